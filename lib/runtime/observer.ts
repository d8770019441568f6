import type { StreamRecord } from '../stream/record';

/** What happens while a batch is processed. Times are in milliseconds. A `record` is frozen, because it may be tried again, or parked. */
export type RuntimeEvent = { /** Of the invocation; undefined outside Lambda. */ readonly requestId?: string } & (
  | { readonly type: 'batchStarted'; readonly streamArn: string; readonly records: number }
  | { readonly type: 'recordDone'; readonly record: StreamRecord }
  /** Done before, in this environment, and delivered again. */
  | { readonly type: 'recordSkipped'; readonly record: StreamRecord }
  | { readonly type: 'recordRetried'; readonly record: StreamRecord; readonly error: unknown; readonly attempt: number; readonly delay: number }
  | { readonly type: 'recordParked'; readonly record: StreamRecord; readonly error: unknown; /** Calls of the handler. */ readonly tries: number }
  /** Not done and not parked; `reason` names why not. Its item waits until Lambda delivers it again. */
  | { readonly type: 'recordFailed'; readonly record: StreamRecord; readonly error: unknown; readonly tries: number; readonly reason: string }
  /** The time was up; `running` calls were abandoned. */
  | { readonly type: 'deadline'; readonly running: number }
  /** Calls no longer settle in this process: it ends, and Lambda starts a new one. */
  | { readonly type: 'exit'; readonly running: number }
  /** The batch came to its end. `sequenceNumber`: where Lambda starts again, unless everything is done. */
  | { readonly type: 'checkpoint'; readonly streamArn: string; readonly sequenceNumber?: string }
);

/**
 * Gets what happens. The answer waits for what it returns, as long as there is time. What it throws, or rejects with, is logged by its
 * name and has no other effect.
 */
export type Observer = (event: RuntimeEvent) => void | PromiseLike<void>;
