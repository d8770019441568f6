import type { StreamEvent } from './record';

/** The start of the keys under which Lambda puts failed batches in an S3 bucket. */
export const FAILED_BATCH_PREFIX = 'aws/lambda/';

/** Why Lambda gave a batch up. */
export type FailureCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/**
 * Lambda's own message on a failure destination: where the records of a failed batch are to be found, not the records.
 * The order of the fields is Lambda's.
 */
export interface FailedBatch {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: FailureCondition;
    readonly approximateInvokeCount: number;
  };
  /** Absent where the function had no say: records too old are given up without a last invocation. */
  readonly responseContext?: {
    readonly statusCode: number;
    readonly executedVersion: string;
    /** 'Unhandled' when the function threw, timed out or ended; null when it answered, but not for all. */
    readonly functionError: string | null;
  };
  readonly version: '1.0';
  /** ISO 8601, in milliseconds. */
  readonly timestamp: string;
  readonly DDBStreamBatchInfo: {
    readonly shardId: string;
    /** First and last record given up, both included. */
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    /** ISO 8601, in whole seconds. */
    readonly approximateArrivalOfFirstRecord: string;
    readonly approximateArrivalOfLastRecord: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
  /** At S3 destinations only: the event of the last invocation. Documented as JSON text, and recorded as JSON: read both. */
  readonly payload?: string | StreamEvent;
}
