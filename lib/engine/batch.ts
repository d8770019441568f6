import type { StreamRecord } from '../stream/record';

/** A record that was read and is not done with. */
export interface Entry {
  readonly record: StreamRecord;
  readonly sequenceNumber: string;
  /** When it was created, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** When it was read. */
  readonly arrivedAt: number;
  /** Its size in an event, in bytes. */
  readonly size: number;
  /** The sequence number read just before it, of a record that passed the filters or not: the checkpoint while it is not done. */
  readonly after: string | undefined;
}

/** Records that are invoked with together, and again together when that fails. */
export interface Batch {
  entries: readonly Entry[];
  /** Since the batch is what it is: progress and splitting start a new count. */
  invocations: number;
  /** How the last of them ended. */
  failure?: Failure;
  /** Of a tumbling window, its last invocation: without records. */
  readonly final?: { readonly early: boolean };
}

/** A failed invocation, as a failed batch names it. */
export interface Failure {
  readonly requestId: string;
  /** 'Unhandled' when the function threw, timed out or ended; null when it answered, but not for all. */
  readonly functionError: 'Unhandled' | null;
}

/** A batch that has not been tried. */
export function newBatch(entries: readonly Entry[]): Batch {
  return { entries, invocations: 0 };
}
