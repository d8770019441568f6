import type { StreamEvent } from './record';

/** The start of the keys under which Lambda puts failed batches in an S3 bucket. */
export const FAILED_BATCH_PREFIX = 'aws/lambda/';

/** Why Lambda gave a batch up. */
export type FailureCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/**
 * Lambda's own message on a failure destination: where the records of a failed batch are, without the records.
 * The order of the fields is Lambda's.
 */
export interface FailedBatch {
  /** Which invocations gave the batch up. */
  readonly requestContext: {
    /** Of the last invocation. */
    readonly requestId: string;
    /** The function, alias or version that the mapping invokes. */
    readonly functionArn: string;
    /** Why Lambda gave the batch up. */
    readonly condition: FailureCondition;
    /** How often the function was invoked with the batch. */
    readonly approximateInvokeCount: number;
  };
  /** Absent where the function was not invoked: records too old are given up without a last invocation. */
  readonly responseContext?: {
    /** 200, also for a function that threw. */
    readonly statusCode: number;
    /** The version of the function that ran, such as '$LATEST'. */
    readonly executedVersion: string;
    /** 'Unhandled' when the function threw, timed out or ended; null when it answered, but not for all. */
    readonly functionError: string | null;
  };
  /** The version of Lambda's format. */
  readonly version: '1.0';
  /** ISO 8601, in milliseconds. */
  readonly timestamp: string;
  /** Where the records are while the stream has them: 24 hours. */
  readonly DDBStreamBatchInfo: {
    /** The shard of all of them. */
    readonly shardId: string;
    /** The first record given up. */
    readonly startSequenceNumber: string;
    /** The last record given up. */
    readonly endSequenceNumber: string;
    /** ISO 8601, in whole seconds. */
    readonly approximateArrivalOfFirstRecord: string;
    /** ISO 8601, in whole seconds. */
    readonly approximateArrivalOfLastRecord: string;
    /** The number of records given up. Others may lie in the range: those that no filter let through. */
    readonly batchSize: number;
    /** The ARN of the stream. */
    readonly streamArn: string;
  };
  /** At S3 destinations only: the event of the last invocation. Documented as JSON text, and recorded as JSON: read both. */
  readonly payload?: string | StreamEvent;
}
