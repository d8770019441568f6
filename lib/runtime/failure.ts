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
    error: { name: cut(name), message: cut(message), stack: stack && cut(stack), issues: plainIssues(issues) },
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
    error: nameOf(error),
    at: framesOf(error),
  }));
}

/** The name of an error, as far as it is one: of anything else that was thrown only the type, because it may be the item. */
export function nameOf(thrown: unknown): string {
  const { name } = errorOf(thrown);
  return thrown instanceof Error ? IDENTIFIER.test(name) ? name : 'Error' : typeof thrown;
}

export const IDENTIFIER = /^[\w.$]{1,100}$/;

/** Where an error was thrown: the first frames of its stack, without the message above them. */
function framesOf(thrown: unknown): string[] {
  const { message, stack = '' } = errorOf(thrown);
  return thrown instanceof Error
    ? stack.slice(stack.indexOf(message) + message.length).split('\n').map((line) => line.trim()).filter((line) => line.startsWith('at ')).slice(0, 3)
    : [];
}

/** Whatever was thrown, in the shape of an error. Never throws. */
function errorOf(thrown: unknown): { name: string; message: string; stack?: string; issues?: unknown } {
  try {
    if (typeof thrown !== 'object' || thrown === null) {
      return { name: typeof thrown, message: String(thrown) };
    }
    const { name = 'Error', message = '', stack, issues } = thrown as Partial<Error> & { issues?: unknown };
    return { name: String(name), message: String(message), stack: typeof stack === 'string' ? stack : undefined, issues };
  } catch {
    return { name: 'Error', message: 'What was thrown can\'t be read' };
  }
}

/** Characters of each part of an error that a parked record keeps: its text must not make the record too large for the destination. */
const MAX_CHARACTERS = 8_192;

function cut(text: string): string {
  return text.slice(0, MAX_CHARACTERS);
}

/** The issues that fit, as JSON holds them: a validator's may hold anything. */
function plainIssues(issues: unknown): unknown[] | undefined {
  if (!Array.isArray(issues)) {
    return undefined;
  }
  let left = MAX_CHARACTERS;
  return issues.flatMap((issue) => {
    try {
      const text = JSON.stringify(issue, (_, value) => typeof value === 'bigint' ? String(value) : value);
      left -= text.length;
      return left < 0 ? [] : [JSON.parse(text)];
    } catch {
      return [];
    }
  });
}
