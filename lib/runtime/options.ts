import type { OnRecord, StreamHandlerOptions } from './stream-handler';
import type { EventName } from '../stream/record';

/** Options that were checked, with defaults in place. */
export interface CheckedOptions {
  /** What to call for a record; undefined: such a record is done without a call. */
  readonly call: { readonly [name in EventName]?: OnRecord<any> };
  readonly concurrency: number;
  readonly reportBatchItemFailures?: boolean;
}

const DEFAULT_CONCURRENCY = 10;

const ALLOWED: { [option in keyof StreamHandlerOptions]-?: { test: (value: any) => boolean; kind: string } } = {
  onRecord: { test: isFunction, kind: 'a function' },
  onInsert: { test: isFunction, kind: 'a function' },
  onModify: { test: isFunction, kind: 'a function' },
  onRemove: { test: isFunction, kind: 'a function' },
  concurrency: { test: (value) => Number.isInteger(value) && value >= 1, kind: 'a whole number from 1' },
  reportBatchItemFailures: { test: (value) => typeof value === 'boolean', kind: 'true or false' },
};

/** @throws TypeError that names what was given, what is allowed and what to do. */
export function checkOptions(given: OnRecord<any> | StreamHandlerOptions<any, any>): CheckedOptions {
  const options: StreamHandlerOptions<any, any> = typeof given === 'function' ? { onRecord: given } : given;
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`streamHandler was given ${options === null ? 'null' : typeof options}; it takes a function or an object of options.`);
  }
  for (const [name, value] of Object.entries(options)) {
    const allowed = ALLOWED[name as keyof StreamHandlerOptions];
    if (!allowed) {
      throw new TypeError(`streamHandler knows no option "${name}"; its options are ${Object.keys(ALLOWED).join(', ')}.`);
    }
    if (value !== undefined && !allowed.test(value)) {
      throw new TypeError(`The option ${name} of streamHandler is ${String(value)}; it has to be ${allowed.kind}.`);
    }
  }
  const { onRecord, onInsert, onModify, onRemove, concurrency = DEFAULT_CONCURRENCY, reportBatchItemFailures } = options;
  if (!onRecord === !(onInsert ?? onModify ?? onRemove)) {
    throw new TypeError(`streamHandler was given ${onRecord ? 'onRecord beside' : 'none of onRecord,'} onInsert, onModify, onRemove; `
      + 'it takes onRecord for every record, or any of the other three.');
  }
  return {
    call: { INSERT: onRecord ?? onInsert, MODIFY: onRecord ?? onModify, REMOVE: onRecord ?? onRemove },
    concurrency,
    reportBatchItemFailures,
  };
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
