import { WINDOW_STATE_BYTES } from '../stream/record';

/**
 * The state of a window as JSON.
 *
 * @throws TypeError if JSON can't hold it, so that a later record would get another state.
 */
export function stateToJson(state: unknown): string {
  const problem = lostInJson(state, 'state');
  if (problem) {
    throw new TypeError(`The state of the window has ${problem}, which JSON can't hold, so the next record would get something else. `
      + 'Keep strings, finite numbers, booleans, null, arrays and plain objects in it');
  }
  return JSON.stringify(state);
}

/** Whether a state is so large that its window must end. */
export function isTooLarge(state: string): boolean {
  return Buffer.byteLength(state) > WINDOW_STATE_BYTES;
}

/** What Lambda takes as an answer, and delivers as an event, with room for the rest of it. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const PAYLOAD_BYTES = 5_767_168;

/** @throws RangeError if no answer can hold the state. */
export function checkPayload(state: string): void {
  const bytes = Buffer.byteLength(state);
  if (bytes > PAYLOAD_BYTES) {
    throw new RangeError(`One record makes the state of the window ${bytes} bytes of JSON, but an answer holds at most ${PAYLOAD_BYTES}: keep less in it`);
  }
}

/** Where a value is that does not survive JSON, and its kind; holds nothing of its content. A property that is undefined may vanish. */
function lostInJson(value: unknown, path: string): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return `${value} at ${path}`;
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return undefined;
  }
  if (Array.isArray(value)) {
    return first(value.keys(), (index) => lostInJson(value[index], `${path}[${index}]`));
  }
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== null && prototype !== Object.prototype) {
    return `a ${prototype?.constructor?.name ?? typeof value} at ${path}`;
  }
  const object = value as { [name: string]: unknown };
  return first(Object.keys(object), (name) => object[name] === undefined ? undefined : lostInJson(object[name], `${path}.${name}`));
}

function first<T>(values: Iterable<T>, of: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const found = of(value);
    if (found) {
      return found;
    }
  }
  return undefined;
}
