import type { StreamRecord } from '../lib/stream/record';

/** Midnight of 1 January 2025, UTC, in seconds: when records are created that do not say when. */
export const START = 1_735_689_600;

/** The sequence number of a record. */
export const numberOf = (record: StreamRecord) => record.dynamodb!.SequenceNumber!;

/** When the change of a record happened, in milliseconds since the epoch. */
export const createdAt = (record: StreamRecord) => record.dynamodb!.ApproximateCreationDateTime! * 1000;
