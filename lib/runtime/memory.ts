import type { StreamRecord } from '../stream/record';

/** What was done beyond the checkpoint, and comes again because Lambda starts again at the checkpoint. */
export interface Memory {
  readonly has: (record: StreamRecord, now: () => number) => boolean;
  /** After a batch: what is done from the checkpoint on is remembered, what lies before it does not come again. */
  readonly update: (records: readonly StreamRecord[], done: ArrayLike<unknown>, checkpoint: number, now: number) => void;
}

/** As many as two of the largest batches hold; the oldest are forgotten first. */
const MAX_REMEMBERED = 20_000;

/** Milliseconds. Long enough for most of Lambda's retries, and each delivery starts it anew. */
const MAX_AGE = 15 * 60 * 1_000;

/**
 * The memory of one environment. It can only save work: a record is known by its stream, its eventID and its sequence number,
 * so that nothing else is ever taken for it, and one that is not remembered is done again.
 */
export function createMemory(): Memory {
  // In order of time.
  const doneAt = new Map<string, number>();
  return {
    has: (record, now) => {
      const at = doneAt.size > 0 ? doneAt.get(identity(record)) : undefined;
      return at !== undefined && now() - at < MAX_AGE;
    },
    update: (records, done, checkpoint, now) => {
      if (doneAt.size === 0 && checkpoint === records.length) {
        return;
      }
      records.forEach((record, step) => {
        if (done[step]) {
          const id = identity(record);
          doneAt.delete(id);
          if (step >= checkpoint && record.eventID) {
            doneAt.set(id, now);
          }
        }
      });
      for (const [oldest, at] of doneAt) {
        if (doneAt.size <= MAX_REMEMBERED && now - at < MAX_AGE) {
          break;
        }
        doneAt.delete(oldest);
      }
    },
  };
}

function identity({ eventSourceARN, eventID, dynamodb }: StreamRecord): string {
  return [eventSourceARN, eventID, dynamodb!.SequenceNumber].join();
}
