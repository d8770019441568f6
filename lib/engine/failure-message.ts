import { createdAt, type Entry, type FailedInvocation, sequenceNumberOf } from './batch';
import { FAILED_BATCH_PREFIX, type FailedBatch, type FailureCondition } from '../stream/failed-batch';

/** What is given up, and why. */
export interface GivenUp {
  readonly condition: FailureCondition;
  readonly shardId: string;
  readonly entries: readonly Entry[];
  readonly invocations: number;
  readonly lastFailure?: FailedInvocation;
}

/** What is the same in all messages of a mapping. */
export interface MessageOrigin {
  readonly functionArn: string;
  readonly streamArn: string;
  readonly executedVersion: string;
  readonly uuid: () => string;
}

/** Lambda's message about a failed batch. */
export function failureMessage(now: number, givenUp: GivenUp, origin: MessageOrigin): FailedBatch {
  const { condition, shardId, entries, invocations, lastFailure } = givenUp;
  const first = entries[0];
  const last = entries[entries.length - 1];
  return {
    requestContext: {
      requestId: lastFailure?.requestId ?? origin.uuid(),
      functionArn: origin.functionArn,
      condition,
      // Recorded: 1 for a record that was too old before its first invocation.
      approximateInvokeCount: Math.max(1, invocations),
    },
    ...(condition === 'RetryAttemptsExhausted' && lastFailure && {
      responseContext: { statusCode: 200, executedVersion: origin.executedVersion, functionError: lastFailure.functionError },
    }),
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: sequenceNumberOf(first),
      endSequenceNumber: sequenceNumberOf(last),
      approximateArrivalOfFirstRecord: wholeSeconds(createdAt(first)),
      approximateArrivalOfLastRecord: wholeSeconds(createdAt(last)),
      batchSize: entries.length,
      streamArn: origin.streamArn,
    },
  };
}

/** Where Lambda puts a failed batch in an S3 bucket. */
export function objectKey(now: number, shardId: string, mappingId: string, uuid: string): string {
  const [date, time] = wholeSeconds(now).replace('Z', '').split('T');
  return `${FAILED_BATCH_PREFIX}${mappingId}/${shardId}/${date.replaceAll('-', '/')}/${date}T${time.replaceAll(':', '.')}-${uuid}`;
}

function wholeSeconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
