import type { StreamRecord } from '../stream/record';

/** A record that was read and is not done with. There are many of them: what the record itself says is not repeated. */
export interface Entry {
  readonly record: StreamRecord;
  readonly arrival: Arrival;
  /** Its size in an event, in bytes: the most that it can be, until it was measured. */
  size: number;
  measured: boolean;
  /** The sequence number read just before it, of a record that passed the filters or not: the checkpoint while it is not done. */
  readonly after: string | undefined;
}

/** The read that brought a record. */
export interface Arrival {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function sequenceNumberOf({ record }: Entry): string {
  return record.dynamodb?.SequenceNumber ?? '';
}

/** When the record was created, in milliseconds since the epoch; when it was read, if it does not say. */
export function createdAt({ record, arrival }: Entry): number {
  const seconds = record.dynamodb?.ApproximateCreationDateTime;
  return seconds === undefined ? arrival.at : seconds * 1000;
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
