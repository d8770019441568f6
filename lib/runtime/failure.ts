import type { LambdaContext } from './context';
import type { Failure } from './retry';
import type { Host } from '../stream/boundary';
import { type ParkedRecord, PARKED_RECORD_KIND, PARKED_RECORD_VERSION } from '../stream/parked-record';
import type { StreamRecord } from '../stream/record';

/** The poison record as it goes to the failure destination. */
export function parkedRecord(
  record: StreamRecord, { error, poison: _, ...tries }: Failure, streamArn: string, context: Partial<LambdaContext>,
): ParkedRecord {
  return {
    kind: PARKED_RECORD_KIND,
    version: PARKED_RECORD_VERSION,
    record,
    streamArn,
    functionArn: context.invokedFunctionArn ?? '',
    requestId: context.awsRequestId ?? '',
    error: describe(error),
    ...tries,
  };
}

/**
 * Prints one line of JSON for a record that was not done. It holds nothing of the item: no keys, no images, and of the error
 * no message, because messages quote what was wrong. They are in the parked record, and an observer gets them.
 *
 * @param outcome 'parked', or why the record was not.
 */
export function printFailure(
  record: StreamRecord, error: unknown, tries: number, outcome: string, requestId: string | undefined, print: NonNullable<Host['log']>,
): void {
  const { message, stack = '' } = describe(error);
  print(JSON.stringify({
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
    // The first frames of its stack, which come after the message.
    at: error instanceof Error ? stack.slice(stack.indexOf(message) + message.length).match(/(?<=^ *)at .+/gm)?.slice(0, 3) : undefined,
  }));
}

/** The name of an error, as far as it is one: of anything else that was thrown only the type, because it may be the item. */
export function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? wordOf(describe(thrown).name) || 'Error' : typeof thrown;
}

/** A text that is a name or a code; nothing of any other, which may be data. */
export function wordOf(text: unknown): string {
  return typeof text === 'string' && /^[\w.$]{1,100}$/.test(text) ? text : '';
}

/** Characters of each part of an error that are kept: its text must not make a parked record too large for the destination. */
const MAX_CHARACTERS = 8_192;

/** Whatever was thrown, in the shape of an error that JSON can hold. Never throws. */
function describe(thrown: any): ParkedRecord['error'] {
  try {
    const { name = 'Error', message = '', stack, issues } = thrown === Object(thrown) ? thrown : { name: typeof thrown, message: thrown };
    return { name: cut(name), message: cut(message), stack: stack ? cut(stack) : undefined, issues: issues?.flatMap(plainIssues()) };
  } catch {
    return { name: 'Error', message: 'unreadable' };
  }
}

function cut(text: unknown): string {
  return String(text).slice(0, MAX_CHARACTERS);
}

/** Of one issue after another: what fits, as JSON holds it. A validator's may hold anything. */
function plainIssues(): (issue: unknown) => unknown[] {
  let left = MAX_CHARACTERS;
  return (issue) => {
    try {
      const text = JSON.stringify(issue, (_, value) => typeof value === 'bigint' ? String(value) : value);
      left -= text.length;
      return left < 0 ? [] : [JSON.parse(text)];
    } catch {
      return [];
    }
  };
}
