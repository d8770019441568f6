import type { StreamRecord } from '../stream/record';

/** A record that was read and is not done. There are many of them, so they repeat nothing that is in the record. */
export interface Entry {
  readonly record: StreamRecord;
  readonly arrival: Arrival;
  /** Its size in an event, in bytes. Until it is measured: the most that it can be. */
  size: number;
  measured: boolean;
  /** The sequence number read just before it, filtered out or not: the checkpoint while this record is the lowest not done. */
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

/** When the record was created, in milliseconds since the epoch. A record without a creation time counts from its read. */
export function createdAt({ record, arrival }: Entry): number {
  const seconds = record.dynamodb?.ApproximateCreationDateTime;
  return seconds === undefined ? arrival.at : seconds * 1000;
}

/** Records that are invoked together, and retried together. */
export interface Batch {
  entries: readonly Entry[];
  /** How often it was invoked since it last made progress or was split. */
  invocations: number;
  /** How many of these failed or were throttled in a row. The throttled ones are not counted above. */
  failuresInARow: number;
  /** How its last invocation failed. */
  lastFailure?: FailedInvocation;
  /** The last invocation of a tumbling window, which has no records. */
  readonly final: boolean;
}

/** A failed invocation, as the message about a failed batch names it. */
export interface FailedInvocation {
  readonly requestId: string;
  /** 'Unhandled' if the function threw, timed out or ended; null if it answered but did not do all records. */
  readonly functionError: 'Unhandled' | null;
}

/** A batch that has not been tried. */
export function newBatch(entries: readonly Entry[]): Batch {
  return { entries, invocations: 0, failuresInARow: 0, final: false };
}

/** The batch that closes a tumbling window. */
export function finalBatch(): Batch {
  return { ...newBatch([]), final: true };
}
