import type { Notice, Outcome } from '../engine';
import type { FailedBatch } from '../stream/failed-batch';
import type { Shard } from '../stream/shard';

/**
 * Something that happened to a trigger: what a view is made of. These are the lines of `local --json`, and the `notices` of a simulation.
 * Times are milliseconds since the epoch. Records are numbers of records, except in a `call` and a `record`: they are counted, not shown.
 */
export type ViewNotice = {
  /** When it happened. */
  readonly at: number;
  /** The trigger, where there are several. */
  readonly trigger?: string;
} & (
  | {
    /** The shards of the stream, when they are listed and have changed. */
    readonly type: 'shards';
    /** Which there are. */
    readonly lineage?: readonly Shard[];
  }
  | {
    /** The function was invoked. */
    readonly type: 'invocationStarted';
    /** The number of the invocation: its end has the same. */
    readonly invocation: number;
    /** The shard of the batch. */
    readonly shardId: string;
    /** How many records the batch has. */
    readonly records: number;
    /** The sequence number of the first record. */
    readonly first?: string;
    /** The sequence number of the last record. */
    readonly last?: string;
    /** The age of the last record. */
    readonly iteratorAgeMs?: number;
    /** When the function's timeout ends it, if that is known. */
    readonly deadline?: number;
    /** The number of the execution environment, if it is known already. */
    readonly environment?: number;
    /** The function, where several triggers share one. */
    readonly functionName?: string;
  }
  | {
    /** The invocation ended, or was throttled: then it never started. */
    readonly type: 'invocationEnded';
    /** The number of the invocation. */
    readonly invocation: number;
    /** The shard of the batch. */
    readonly shardId: string;
    /** How many records the batch has. */
    readonly records: number;
    /** How it ended. */
    readonly outcome: ViewedOutcome;
    /** The number of the execution environment. */
    readonly environment?: number;
    /** The function, where several triggers share one. */
    readonly functionName?: string;
  }
  | {
    /** The handler was called for one record. */
    readonly type: 'call';
    /** The number of the invocation. */
    readonly invocation: number;
    /** When the call settled. Absent if it never did. */
    readonly endedAt?: number;
    /** The record's sequence number. */
    readonly record: string;
    /** The item's key: its calls are a lane. */
    readonly item: string;
    /** Why it failed. */
    readonly error?: string;
  }
  | {
    /** What the runtime did with a record, other than to call the handler. */
    readonly type: 'record';
    /** The number of the invocation. */
    readonly invocation: number;
    /** The record's sequence number. */
    readonly record: string;
    /** It was done before, is on the failure destination, or comes again. */
    readonly state: 'skipped' | 'parked' | 'failed';
    /** Why. */
    readonly reason?: string;
  }
  | {
    /** Every record of the shard up to this number is done with. */
    readonly type: 'checkpoint';
    /** Which shard. */
    readonly shardId: string;
    /** The number. */
    readonly sequenceNumber: string;
  }
  | {
    /** A failed batch went to the failure destination, or was refused there. */
    readonly type: 'delivered';
    /** Lambda's message. */
    readonly message: Pick<FailedBatch, 'requestContext' | 'DDBStreamBatchInfo'>;
    /** How many records were given up. */
    readonly records: number;
    /** Whether the destination took it. */
    readonly accepted: boolean;
    /** Why not. */
    readonly reason?: string;
  }
  | {
    /** The runtime parked a record. */
    readonly type: 'parked';
    /** Its shard, if it is known. */
    readonly shardId?: string;
    /** The record's sequence number, if it is known. */
    readonly record?: string;
    /** Its error, if it is known. */
    readonly error?: string;
  }
  | {
    /** A notice of the engine. */
    readonly type: 'notice';
    /** Which. */
    readonly notice: ViewedNotice;
  }
);

/** How an invocation ended, as far as a view shows it. */
export type ViewedOutcome =
  | Pick<Extract<Outcome, { type: 'response' }>, 'type'>
  | Pick<Extract<Outcome, { type: 'error' }>, 'type' | 'errorType' | 'errorMessage'>
  | Extract<Outcome, { type: 'throttled' }>;

/** A notice of the engine, with the number of the records that were lost instead of the records. */
export type ViewedNotice =
  | Exclude<Notice, { type: 'dropped' }>
  | { readonly type: 'dropped'; readonly shardId: string; readonly records: number; readonly reason: string };
