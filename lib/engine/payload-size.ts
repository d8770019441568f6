/** How many bytes a value takes in an event: as JSON in UTF-8, which Lambda's limits count. The value must be JSON data. */
export function payloadSize(value: unknown): number {
  return sizeOf(value, stringSize);
}

/**
 * The most that it can take, by the lengths of its strings alone. It reads no string: a string that was concatenated takes its memory
 * twice once it is read.
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

/** Characters that take more bytes than one each. */
const LARGER = /["\\\u0000-\u001f]|[^\u0000-\u007f]/;

function stringSize(text: string): number {
  let size = text.length + 2;
  if (LARGER.test(text)) {
    size = 2;
    for (const character of text) {
      size += characterSize(character.codePointAt(0)!);
    }
  }
  return size;
}

function characterSize(code: number): number {
  if (code < 0x80) {
    return code < 0x20 ? controlSize(code) : code === QUOTE || code === BACKSLASH ? 2 : 1;
  }
  if (code < 0x800) {
    return 2;
  }
  const halfOfPair = code >= 0xd800 && code <= 0xdfff;
  return halfOfPair ? ESCAPE : code < 0x10000 ? 3 : 4;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The bytes of an escape such as \u0000. */
const ESCAPE = 6;

/** \b, \t, \n, \f and \r have short escapes. */
function controlSize(code: number): number {
  return code >= 0x08 && code <= 0x0d && code !== 0x0b ? 2 : ESCAPE;
}

function mostStringSize(text: string): number {
  return ESCAPE * text.length + 2;
}
