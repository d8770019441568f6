import type { StreamRecord } from './record';

/** Tells a parked record from Lambda's own messages on the failure destination. */
export const PARKED_RECORD_KIND = 'dynamo-stream-trigger/parked-record';

/** The version of the format below. A reader takes every 1.x, and ignores what it does not know. */
export const PARKED_RECORD_VERSION = '1.0';

/** The start of the keys of parked records in an S3 bucket. */
export const PARKED_RECORD_PREFIX = 'dynamo-stream-trigger/parked/';

/**
 * A poison record on the failure destination, whole, with what went wrong: what the runtime writes and redrive reads.
 *
 * JSON, one record a message (SQS, SNS) or object (S3).
 */
export interface ParkedRecord {
  readonly kind: typeof PARKED_RECORD_KIND;
  readonly version: `1.${number}`;
  /** The record as Lambda delivered it. */
  readonly record: StreamRecord;
  readonly streamArn: string;
  readonly functionArn: string;
  /** The version of the function that ran, such as '$LATEST' or '7'; empty if it is not known. */
  readonly executedVersion?: string;
  /** Of the invocation that parked it. */
  readonly requestId: string;
  readonly error: {
    readonly name: string;
    readonly message: string;
    readonly stack?: string;
    /** What a schema found wrong with the record, if that was the failure. */
    readonly issues?: readonly unknown[];
  };
  /** How often the handler was called with the record, as far as the process that parked it knows. */
  readonly tries: number;
  /** ISO 8601: when the first and the last try had failed. */
  readonly firstTriedAt: string;
  readonly lastTriedAt: string;
}

/** The key of a parked record in an S3 bucket: by day, and the same if it is parked again that day. */
export function parkedRecordKey({ record, lastTriedAt }: ParkedRecord): string {
  const day = lastTriedAt.slice(0, 10).replaceAll('-', '/');
  return `${PARKED_RECORD_PREFIX}${day}/${record.dynamodb!.SequenceNumber}-${record.eventID}.json`;
}
