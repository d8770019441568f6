import type { EventBatch } from './event';

/** What was done beyond the checkpoint, and comes again because Lambda starts again at the checkpoint. */
export interface Memory {
  readonly has: (batch: EventBatch, step: number, now: () => number) => boolean;
  /** After a batch: what is done from the checkpoint on is remembered, what lies before it does not come again. */
  readonly update: (batch: EventBatch, done: ArrayLike<unknown>, checkpoint: number, now: number) => void;
  /** Remembers a record that was done after its invocation. */
  readonly add: (batch: EventBatch, step: number, now: number) => void;
}

/** As many as two of the largest batches hold; the oldest are forgotten first. */
const MAX_REMEMBERED = 20_000;

/** Milliseconds. Long enough for most of Lambda's retries, and each delivery starts it again. */
const MAX_AGE = 15 * 60 * 1_000;

/**
 * The memory of one environment. It can only save work: a record is known by its stream, its eventID and its sequence number,
 * so that no other record is taken for it, and one that is not remembered is done again.
 */
export function createMemory(): Memory {
  // In order of time.
  const doneAt = new Map<string, number>();

  function add(batch: EventBatch, step: number, now: number): void {
    if (batch.eventIds[step]) {
      doneAt.set(identity(batch, step), now);
    }
  }

  return {
    has: (batch, step, now) => {
      const at = doneAt.size ? doneAt.get(identity(batch, step)) : undefined;
      return at !== undefined && now() - at < MAX_AGE;
    },
    add,
    update: (batch, done, checkpoint, now) => {
      const { length } = batch.records;
      if (doneAt.size === 0 && checkpoint === length) {
        return;
      }
      for (let step = 0; step < length; step++) {
        if (done[step]) {
          doneAt.delete(identity(batch, step));
          if (step >= checkpoint) {
            add(batch, step, now);
          }
        }
      }
      for (const [oldest, at] of doneAt) {
        if (doneAt.size <= MAX_REMEMBERED && now - at < MAX_AGE) {
          break;
        }
        doneAt.delete(oldest);
      }
    },
  };
}

/** A text that only this record has. */
export function identity({ streamArn, sequenceNumbers, eventIds }: EventBatch, step: number): string {
  return `${streamArn},${eventIds[step]},${sequenceNumbers[step]}`;
}
