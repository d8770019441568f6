import type { LambdaContext } from './context';
import type { Failure } from './retry';
import type { ParkedRecord } from '../stream/parked-record';
import { PARKED_RECORD_VERSION } from '../stream/parked-record';
import type { StreamRecord } from '../stream/record';

/** The poison record as it goes to the failure destination. */
export function parkedRecord(record: StreamRecord, failure: Failure, streamArn: string, context: Partial<LambdaContext>): ParkedRecord {
  const { name, message, stack, issues } = errorOf(failure.error);
  return {
    kind: 'dynamo-stream-trigger/parked-record',
    version: PARKED_RECORD_VERSION,
    record,
    streamArn,
    functionArn: context.invokedFunctionArn ?? '',
    requestId: context.awsRequestId ?? '',
    error: { name, message, stack, issues },
    tries: failure.tries,
    firstTriedAt: new Date(failure.firstTriedAt).toISOString(),
    lastTriedAt: new Date(failure.lastTriedAt).toISOString(),
  };
}

/**
 * Prints one line of JSON for a record that was not done. It holds nothing of the item: no keys, no images, and of the error
 * no message, because messages quote what was wrong. They are in the parked record, and an observer gets them.
 *
 * @param outcome 'parked', or why the record was not.
 */
export function printFailure(record: StreamRecord, { error, tries }: Failure, outcome: string, requestId?: string): void {
  const { name, message, stack = '' } = errorOf(error);
  console.error(JSON.stringify({
    level: 'ERROR',
    message: 'dynamo-stream-trigger: record failed',
    outcome,
    sequenceNumber: record.dynamodb!.SequenceNumber,
    eventId: record.eventID,
    eventName: record.eventName,
    streamArn: record.eventSourceARN,
    requestId,
    tries,
    error: name,
    at: stack.slice(stack.indexOf(message) + message.length).split('\n').slice(1, 4).map((frame) => frame.trim()),
  }));
}

/** Whatever was thrown, in the shape of an error. */
function errorOf(thrown: unknown): { name: string; message: string; stack?: string; issues?: readonly unknown[] } {
  if (typeof thrown !== 'object' || thrown === null) {
    return { name: typeof thrown, message: String(thrown) };
  }
  const { name = 'Error', message = '', stack, issues } = thrown as Partial<Error> & { issues?: readonly unknown[] };
  return { name: String(name), message: String(message), stack, issues };
}
