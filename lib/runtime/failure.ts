import type { LambdaContext } from './context';
import { type EventBatch, delivered } from './event';
import { type ParkedRecord, PARKED_RECORD_KIND, PARKED_RECORD_VERSION } from '../stream/parked-record';

/** What became of a record that was not done. */
export interface RecordFailure {
  readonly error: unknown;
  /** Calls, and when the first and the last of them had failed: ISO 8601. */
  readonly tries: number;
  readonly firstTriedAt: string;
  readonly lastTriedAt: string;
}

/** The poison record as it goes to the failure destination. */
export function parkedRecord(
  { batch, context }: { readonly batch: EventBatch; readonly context: Partial<LambdaContext> },
  step: number,
  { error, ...tries }: RecordFailure,
): ParkedRecord {
  return {
    kind: PARKED_RECORD_KIND,
    version: PARKED_RECORD_VERSION,
    record: delivered(batch, step),
    streamArn: batch.streamArn,
    functionArn: context.invokedFunctionArn ?? '',
    executedVersion: context.functionVersion ?? '',
    requestId: context.awsRequestId ?? '',
    error: describeThrown(error),
    ...tries,
  };
}

/**
 * The first frames of an error's stack: lines that look like frames of V8, with a file, a line and a column. A message, which may
 * quote the item, can't pass for one.
 */
export function framesOf(error: unknown): string[] | undefined {
  if (!isError(error)) {
    return undefined;
  }
  const { message, stack = '' } = describeThrown(error);
  return stack.slice(stack.indexOf(message) + message.length).match(FRAME)?.slice(0, 3);
}

/** `at f (file:1:2)`, `at new C (file:1:2)`, `at async file:1:2`; names and files without blanks. */
const FRAME = /(?<=^ *)at (async )?(new )?([\w.$<>#[\]/-]+ (\[as [\w.$]+\] )?\()?(file:|node:|webpack:|\/|[A-Za-z]:[\\/])([^\s()"'@]|(?<=[\\/])@)*:\d+:\d+\)?$/gm;

/**
 * The name of an error, for the log. Its own may be data that was assigned to it, so that it must look like one, or come from an AWS service;
 * otherwise it is the name of its class. Of anything else that was thrown only its type, because it may be the item.
 */
export function nameOf(thrown: unknown): string {
  const name = ownNameOf(thrown);
  try {
    const isItsOwn = !(thrown instanceof Error) || /(Error|Exception)$/.test(name) || '$metadata' in thrown;
    return isItsOwn ? name : wordOf(Object.getPrototypeOf(thrown).constructor.name) || 'Error';
  } catch {
    return typeof thrown;
  }
}

/** What an error calls itself, if that is a word. Of anything else that was thrown its type. */
export function ownNameOf(thrown: unknown): string {
  return isError(thrown) ? wordOf(describeThrown(thrown).name) || 'Error' : typeof thrown;
}

/** Also of what throws when it is looked at, such as a revoked proxy. */
function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

/** A text that is a name or a code; empty for any other, which may be data. */
export function wordOf(text: unknown): string {
  return typeof text === 'string' && /^[\w.$]{1,100}$/.test(text) ? text : '';
}

/** Characters of each part of an error that are kept: its text must not make a parked record too large for the destination. */
const MAX_CHARACTERS = 8_192;

/** Whatever was thrown, in the shape of an error that JSON can hold. Never throws. */
export function describeThrown(thrown: any): ParkedRecord['error'] {
  try {
    const { name = 'Error', message = '', stack, issues } = thrown === Object(thrown) ? thrown : { name: typeof thrown, message: thrown };
    return { name: cut(name), message: cut(message), stack: stack ? cut(stack) : undefined, issues: issues?.flatMap?.(plainIssues()) };
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
