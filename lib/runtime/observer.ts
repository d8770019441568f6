import type { StreamRecord } from '../stream/record';

/**
 * What happens while a batch is processed; `type` says which of these it is. Times are in milliseconds. A `record` is frozen, because it
 * may be tried again, or parked.
 */
export type RuntimeEvent = {
  /** Of the invocation; undefined outside Lambda. */
  readonly requestId?: string;
} & (
  | {
    /** The function was invoked. */
    readonly type: 'batchStarted';
    /** The stream that the batch comes from. */
    readonly streamArn: string;
    /** How many records it has. */
    readonly records: number;
  }
  | {
    /** A record is done. */
    readonly type: 'recordDone';
    /** Which. */
    readonly record: StreamRecord;
  }
  | {
    /** A record was done before, in this environment, and delivered again. */
    readonly type: 'recordSkipped';
    /** Which. */
    readonly record: StreamRecord;
  }
  | {
    /** A try of a record failed, and another one comes in this invocation. */
    readonly type: 'recordRetried';
    /** Which. */
    readonly record: StreamRecord;
    /** What the handler threw. */
    readonly error: unknown;
    /** The number of the try that comes: 2 for the first retry. */
    readonly attempt: number;
    /** How long until then. */
    readonly delay: number;
  }
  | {
    /** A record is on the failure destination, and counts as done. */
    readonly type: 'recordParked';
    /** Which. */
    readonly record: StreamRecord;
    /** What the handler threw at the last try. */
    readonly error: unknown;
    /** Calls of the handler. */
    readonly tries: number;
  }
  | {
    /** A record is neither done nor parked. Its item waits until Lambda delivers it again. */
    readonly type: 'recordFailed';
    /** Which. */
    readonly record: StreamRecord;
    /** What the handler threw at the last try. */
    readonly error: unknown;
    /** Calls of the handler. */
    readonly tries: number;
    /** Why it is not parked. */
    readonly reason: string;
  }
  | {
    /** The time was up. */
    readonly type: 'deadline';
    /** How many calls were abandoned. */
    readonly running: number;
  }
  | {
    /** Calls no longer settle in this process: it ends, and Lambda starts a new one. */
    readonly type: 'exit';
    /** How many calls were open. */
    readonly running: number;
  }
  | {
    /** The batch came to its end. */
    readonly type: 'checkpoint';
    /** The stream that the batch comes from. */
    readonly streamArn: string;
    /** Where Lambda starts again; undefined if everything is done. */
    readonly sequenceNumber?: string;
  }
);

/**
 * Gets what happens. The answer waits for what it returns, while there is time. What it throws, or rejects with, is logged by its
 * name and has no other effect.
 */
export type Observer = (event: RuntimeEvent) => void | PromiseLike<void>;
