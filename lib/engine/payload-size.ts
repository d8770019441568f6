/**
 * How many bytes a value takes in an event: as JSON in UTF-8, which is what Lambda's limits count. The value has to be JSON data;
 * nothing is serialized for it.
 */
export function payloadSize(value: unknown): number {
  return sizeOf(value, stringSize);
}

/**
 * The most that it can take, told by the lengths of its strings alone: reading a string that was put together from others makes
 * Node.js hold it once more.
 */
export function mostPayloadSize(value: unknown): number {
  return sizeOf(value, mostStringSize);
}

type Measure = (text: string) => number;

function sizeOf(value: unknown, measure: Measure): number {
  switch (typeof value) {
    case 'string':
      return measure(value);
    case 'object':
      return value === null ? 4 : Array.isArray(value) ? arraySize(value, measure) : objectSize(value, measure);
    case 'undefined':
      return 0;
    default:
      return String(value).length;
  }
}

function arraySize(values: readonly unknown[], measure: Measure): number {
  let size = 2 + Math.max(0, values.length - 1);
  for (const value of values) {
    size += value === undefined ? 4 : sizeOf(value, measure);
  }
  return size;
}

function objectSize(value: object, measure: Measure): number {
  let size = 1;
  for (const name in value) {
    const part = (value as Record<string, unknown>)[name];
    if (part !== undefined) {
      // A colon, and a comma or the closing brace.
      size += measure(name) + sizeOf(part, measure) + 2;
    }
  }
  return Math.max(2, size);
}

/** Quotes and backslashes are escaped, control characters in two to six characters, and so are halves of surrogate pairs. */
const NOT_ITSELF = /["\\\u0000-\u001f]|[^\u0000-\u007f]/;

const UTF_8 = new TextEncoder();

function stringSize(text: string): number {
  return NOT_ITSELF.test(text) ? UTF_8.encode(JSON.stringify(text)).length : text.length + 2;
}

/** No character takes more than an escape of six bytes. */
function mostStringSize(text: string): number {
  return 6 * text.length + 2;
}
