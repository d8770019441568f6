/** A shard of a stream, as DescribeStream lists it. */
export interface Shard {
  readonly shardId: string;
  readonly parentShardId?: string;
}

/** Where a read of a shard starts. */
export type Position =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  | { readonly type: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

/** Why a read brought nothing. */
export type ReadFailure = PassingReadFailure | LastingReadFailure;

/** The next read may succeed. `trimmed`: the records there are older than the stream's 24 hours, and gone for good; those after them are not. */
export type PassingReadFailure = 'throttled' | 'unavailable' | 'trimmed';

/**
 * Every other read will fail too.
 *
 * - `gone`: there is no such stream, or the shard is not in it
 * - `denied`: the credentials don't allow it, or don't allow the use of the table's KMS key
 * - `expired`: the credentials have expired, or there are none
 * - `invalid`: the API does not accept the request, for example a sequence number that is none of the shard's
 */
export type LastingReadFailure = 'gone' | 'denied' | 'expired' | 'invalid';

/**
 * How long a stream keeps its records, in seconds. Whatever the settings of a mapping say, nothing is older.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
export const STREAM_RETENTION = 24 * 60 * 60;
