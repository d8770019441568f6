import { PoisonRecordError, streamHandler, type StreamHandler } from 'dynamo-stream-trigger/runtime';

/** What a record tells its handler to do. */
export interface Told {
  readonly id: string;
  /** Milliseconds that each call takes. */
  readonly takes?: number;
  readonly heedsSignal?: boolean;
  /** How many calls in this environment fail before one succeeds. */
  readonly failures?: number;
  readonly poison?: boolean;
}

/** A handler that does as it is told, and reports each call: the item, the sequence number, and the try. */
export function onChange(report: (call: string) => void, park: boolean): StreamHandler {
  const failed = new Map<string, number>();
  return streamHandler<Told>({
    concurrency: 20,
    retry: { baseDelay: 1, maxAttempts: 3 },
    park,
    onRecord: async ({ sequenceNumber, newImage }, { attempt, signal }) => {
      const { id, takes = 0, heedsSignal = false, failures = 0, poison = false } = newImage!;
      report(JSON.stringify([id, sequenceNumber, attempt]));
      const times = failed.get(sequenceNumber) ?? 0;
      await new Promise((resolve) => {
        setTimeout(resolve, takes);
        signal.addEventListener('abort', () => heedsSignal && resolve(undefined));
      });
      if (heedsSignal) {
        signal.throwIfAborted();
      }
      if (poison) {
        throw new PoisonRecordError(`poison of ${id}`);
      }
      if (times < failures) {
        failed.set(sequenceNumber, times + 1);
        throw new Error(`failure of ${id}`);
      }
    },
  });
}

export const handler = onChange(console.log, process.env.PARK !== 'no');
