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

/** Why a read failed. `trimmed`: the records there are older than the stream's 24 hours, and gone for good. The others pass. */
export type ReadFailure = 'throttled' | 'unavailable' | 'trimmed';
