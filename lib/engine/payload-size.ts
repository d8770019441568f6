/**
 * How many bytes a value takes in an event: as JSON in UTF-8, which is what Lambda's limits count.
 *
 * The value has to be JSON data. Every record read is measured, so that nothing is serialized for it.
 */
export function payloadSize(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return stringSize(value);
    case 'object':
      return value === null ? 4 : Array.isArray(value) ? arraySize(value) : objectSize(value);
    case 'undefined':
      return 0;
    default:
      return String(value).length;
  }
}

function arraySize(values: readonly unknown[]): number {
  let size = 2 + Math.max(0, values.length - 1);
  for (const value of values) {
    size += value === undefined ? 4 : payloadSize(value);
  }
  return size;
}

function objectSize(value: object): number {
  let size = 1;
  for (const name in value) {
    const part = (value as Record<string, unknown>)[name];
    if (part !== undefined) {
      // A colon, and a comma or the closing brace.
      size += stringSize(name) + payloadSize(part) + 2;
    }
  }
  return Math.max(2, size);
}

/** Quotes and backslashes are escaped, control characters in two to six characters, and so are halves of surrogate pairs. */
const NOT_ITSELF = /["\\\u0000-\u001f]|[^\u0000-\u007f]/;

function stringSize(text: string): number {
  return NOT_ITSELF.test(text) ? Buffer.byteLength(JSON.stringify(text)) : text.length + 2;
}
