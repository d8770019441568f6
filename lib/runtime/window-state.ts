import { WINDOW_STATE_BYTES } from '../stream/record';

/**
 * The state of a window as JSON.
 *
 * @throws TypeError if JSON can't hold it, so that a later record would get another state.
 * @throws RangeError if it is too large.
 */
export function stateToJson(state: unknown): string {
  const problem = lostInJson(state, 'state');
  if (problem) {
    throw new TypeError(`The state of the window has ${problem}, which JSON can't hold, so that the next record would get something else. `
      + 'Keep strings, finite numbers, booleans, null, arrays and plain objects in it');
  }
  const text = JSON.stringify(state);
  const bytes = Buffer.byteLength(text);
  if (bytes > WINDOW_STATE_BYTES) {
    throw new RangeError(`The state of the window takes ${bytes} bytes as JSON, but Lambda allows at most ${WINDOW_STATE_BYTES}: keep less in it`);
  }
  return text;
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
