/**
 * JSON read strictly, with what `JSON.parse` drops and the pattern engine reads: keys that appear twice, and numbers as they are
 * written.
 */
export type JsonNode =
  | { readonly type: 'object'; readonly members: readonly JsonMember[] }
  | { readonly type: 'array'; readonly items: readonly JsonNode[] }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' };

/** One key of an object with its value, in the order of the text. */
export interface JsonMember {
  readonly key: string;
  readonly value: JsonNode;
}

/** The text is not JSON. The message names line and column, what was found and what was expected. */
export class JsonSyntaxError extends Error {}

/** Limits of the JSON reader that the pattern engine uses (Jackson's StreamReadConstraints). */
const MAX_DEPTH = 1000;
const MAX_DIGITS = 1000;

/** Reads the JSON value at the start of a text. `end` is where it ends: the caller decides about what follows. */
export function readJson(text: string): { node: JsonNode; end: number } {
  const reader = new Reader(text);
  const node = reader.value(0);
  return { node, end: reader.position };
}

/** Turns a node into the value `JSON.parse` makes of it. */
export function plainValue(node: JsonNode): unknown {
  switch (node.type) {
    case 'object': return Object.fromEntries(node.members.map(({ key, value }) => [key, plainValue(value)]));
    case 'array': return node.items.map(plainValue);
    case 'number': return Number(node.text);
    case 'null': return null;
    default: return node.value;
  }
}

/** A node as a message shows it. */
export function describeJson(node: JsonNode): string {
  const text = node.type === 'number' ? node.text : JSON.stringify(plainValue(node));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

const WHITESPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /[A-Za-z]+/y;

class Reader {
  position = 0;

  constructor(private readonly text: string) {}

  value(depth: number): JsonNode {
    this.take(WHITESPACE);
    const first = this.text[this.position];
    if (first === '{' || first === '[') {
      if (depth >= MAX_DEPTH) {
        throw this.error(`objects and arrays nested deeper than ${MAX_DEPTH} levels`, `at most ${MAX_DEPTH} levels`);
      }
      this.position++;
      return first === '{' ? this.object(depth) : this.array(depth);
    }
    if (first === '"') {
      return { type: 'string', value: this.string() };
    }
    return this.number() ?? this.word();
  }

  private object(depth: number): JsonNode {
    const members: JsonMember[] = [];
    while (this.hasNext('}', members.length > 0)) {
      this.take(WHITESPACE);
      if (this.text[this.position] !== '"') {
        throw this.error(undefined, 'a key in double quotes');
      }
      const key = this.string();
      this.take(WHITESPACE);
      if (this.text[this.position] !== ':') {
        throw this.error(undefined, `":" after the key ${JSON.stringify(key)}`);
      }
      this.position++;
      members.push({ key, value: this.value(depth + 1) });
    }
    return { type: 'object', members };
  }

  private array(depth: number): JsonNode {
    const items: JsonNode[] = [];
    while (this.hasNext(']', items.length > 0)) {
      items.push(this.value(depth + 1));
    }
    return { type: 'array', items };
  }

  /** Steps over the closing bracket or, from the second member on, over the comma. */
  private hasNext(close: '}' | ']', needsComma: boolean): boolean {
    this.take(WHITESPACE);
    const next = this.text[this.position];
    if (next === close) {
      this.position++;
      return false;
    }
    if (needsComma) {
      if (next !== ',') {
        throw this.error(undefined, `"," or "${close}"`);
      }
      this.position++;
    }
    return true;
  }

  private string(): string {
    const literal = this.take(STRING);
    if (literal === undefined) {
      throw this.error('a string that does not end, or holds a control character or an unknown escape', 'a string in double quotes');
    }
    return JSON.parse(literal) as string;
  }

  private number(): JsonNode | undefined {
    const text = this.take(NUMBER);
    if (text !== undefined && text.replace(/[^0-9]/g, '').length > MAX_DIGITS) {
      throw this.error(`a number of more than ${MAX_DIGITS} digits`, 'a shorter one');
    }
    return text === undefined ? undefined : { type: 'number', text };
  }

  private word(): JsonNode {
    const start = this.position;
    switch (this.take(WORD)) {
      case 'true': return { type: 'boolean', value: true };
      case 'false': return { type: 'boolean', value: false };
      case 'null': return { type: 'null' };
      default:
        this.position = start;
        throw this.error(undefined, 'a value: an object, an array, a string in double quotes, a number, true, false or null');
    }
  }

  private take(expression: RegExp): string | undefined {
    expression.lastIndex = this.position;
    const found = expression.exec(this.text)?.[0];
    this.position += found?.length ?? 0;
    return found;
  }

  private error(found: string | undefined, expected: string): JsonSyntaxError {
    const before = this.text.slice(0, this.position).split('\n');
    const character = String.fromCodePoint(this.text.codePointAt(this.position) ?? 0);
    const what = found ?? (this.position >= this.text.length ? 'the end of the text' : JSON.stringify(character));
    return new JsonSyntaxError(`line ${before.length}, column ${before[before.length - 1].length + 1}: found ${what}, expected ${expected}`);
  }
}
