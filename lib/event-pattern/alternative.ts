import { caselessText, endsWithIgnoringCase, equalsIgnoringCase, startsWithIgnoringCase } from './ignore-case';
import { ipDigits, isInIpRange, parseCidr } from './ip-address';
import { describeJson, plainValue, type JsonNode } from './json';
import { comparableNumber } from './number';
import type { PatternProblem, PatternProblemKind } from './problem';
import { matchesWildcard, parseWildcard } from './wildcard';

/** A comparison that an alternative can make. `equals` is the one that is written without a name. */
export type Operator =
  'equals' | 'exactly' | 'prefix' | 'suffix' | 'equals-ignore-case' | 'wildcard' | 'cidr' | 'numeric' | 'exists' | 'anything-but';

/** One element of a field's array: a plain value or an operator with its operand. */
export interface Alternative {
  readonly operator: Operator;
  /** The plain value, or what stands beside the operator's name, as `JSON.parse` reads it. */
  readonly operand: unknown;
  /** Whether a plain value of a record meets the alternative. No value meets `exists: false`. */
  readonly passes: (value: unknown) => boolean;
}

/** Whether an alternative asks for a field without a value. */
export function asksForAbsence({ operator, operand }: Alternative): boolean {
  return operator === 'exists' && operand === false;
}

/** Reads an element of a field's array. Reports what is wrong with it to `report`. */
export function parseAlternative(node: JsonNode, path: string, report: (problem: PatternProblem) => void): Alternative | undefined {
  try {
    return node.type === 'object' ? operation(node, path) : plain(node, path);
  } catch (error) {
    if (error instanceof Refusal) {
      report({ kind: error.kind, path: error.path, message: error.message });
      return undefined;
    }
    throw error;
  }
}

type Test = Alternative['passes'];

/** Ends the reading of one alternative. */
class Refusal extends Error {
  constructor(readonly kind: PatternProblemKind, readonly path: string, message: string) {
    super(message);
  }
}

function plain(node: JsonNode, path: string): Alternative {
  if (node.type === 'array') {
    throw new Refusal('bad-alternative', path, `${describeJson(node)} is an array in an array: list the values in the outer one`);
  }
  return { operator: 'equals', operand: plainValue(node), passes: equals(node) };
}

function operation(node: JsonNode & { type: 'object' }, path: string): Alternative {
  if (node.members.length !== 1) {
    throw new Refusal('bad-alternative', path,
      `${describeJson(node)} has ${node.members.length} operators: an object in an array must have exactly one; write several operators as several objects`);
  }
  const [{ key, value }] = node.members;
  if (!Object.hasOwn(OPERATORS, key)) {
    throw new Refusal('unknown-operator', path, `${JSON.stringify(key)} is not an operator: use ${names(Object.keys(OPERATORS))}`);
  }
  const operator = key as Exclude<Operator, 'equals'>;
  return { operator, operand: plainValue(value), passes: OPERATORS[operator](value, `${path}.${operator}`) };
}

/** The engine compares a string with its quotes: the value `a` passes the prefix `a"` and the suffix `"a`. */
const OPERATORS: Record<Exclude<Operator, 'equals'>, (operand: JsonNode, path: string) => Test> = {
  'exactly': (operand, path) => {
    const text = string(operand, path);
    return (value) => value === text;
  },
  'prefix': (operand, path) => {
    if (operand.type === 'object') {
      const caseless = caselessText(ignoredCase(operand, path));
      return strings((value) => startsWithIgnoringCase(caseless, `${value}"`));
    }
    const prefix = string(operand, path, ' or {"equals-ignore-case": "a string"}');
    return strings((value) => `${value}"`.startsWith(prefix));
  },
  'suffix': (operand, path) => {
    if (operand.type === 'object') {
      const caseless = caselessText(ignoredCase(operand, path));
      return strings((value) => endsWithIgnoringCase(caseless, `"${value}`));
    }
    const suffix = string(operand, path, ' or {"equals-ignore-case": "a string"}');
    return strings((value) => `"${value}`.endsWith(suffix));
  },
  'equals-ignore-case': (operand, path) => {
    const caseless = caselessText(string(operand, path));
    return strings((value) => equalsIgnoringCase(caseless, value));
  },
  'wildcard': (operand, path) => {
    const wildcard = parseWildcard(string(operand, path));
    if ('wrong' in wildcard) {
      throw new Refusal(wildcard.tooComplex ? 'too-complex' : 'bad-operand', path, `${describeJson(operand)}: ${wildcard.wrong}`);
    }
    return strings((value) => matchesWildcard(wildcard, value));
  },
  'cidr': (operand, path) => {
    const range = parseCidr(string(operand, path));
    if ('wrong' in range) {
      throw new Refusal('bad-operand', path, `${describeJson(operand)} is not a network such as "10.0.0.0/8" or "2001:db8::/32": ${range.wrong}`);
    }
    return (value) => isInIpRange(range, value);
  },
  'numeric': numeric,
  'exists': (operand, path) => {
    if (operand.type !== 'boolean') {
      throw new Refusal('bad-operand', path, `${describeJson(operand)} must be true or false`);
    }
    return () => operand.value;
  },
  'anything-but': anythingBut,
};

/** A plain value in an array. A string that is an IP address matches that address however it is written. */
function equals(node: JsonNode): Test {
  switch (node.type) {
    case 'number': {
      // The engine compares as text what it can't compare as a number; a record's numbers are doubles already.
      const number = Number(node.text);
      return (value) => value === number;
    }
    case 'string': {
      const address = ipDigits(node.value);
      const range = address !== undefined && { first: address, last: address };
      return range ? (value) => isInIpRange(range, value) : (value) => value === node.value;
    }
    case 'boolean': return (value) => value === node.value;
    default: return (value) => value === null;
  }
}

/** One bound or two: `["=", 1]`, `["<", 10]`, `[">=", 0, "<", 10]`. */
function numeric(operand: JsonNode, path: string): Test {
  const refuse = (reason: string) => new Refusal('bad-operand', path,
    `${describeJson(operand)} is not a comparison such as ["=", 1], ["<", 10] or [">=", 0, "<", 10]: ${reason}`);
  if (operand.type !== 'array') {
    throw refuse('it must be an array');
  }
  const [operator, operand1, secondOperator, operand2, ...rest] = operand.items;
  const is = (node: JsonNode | undefined, ...allowed: string[]) => node?.type === 'string' && allowed.includes(node.value);
  const text = (node: JsonNode) => (node as JsonNode & { type: 'string' }).value;
  const number = (node: JsonNode | undefined) => {
    if (node?.type !== 'number') {
      throw refuse(node === undefined ? 'a number is missing' : `${describeJson(node)} is not a number`);
    }
    const comparable = comparableNumber(node.text);
    if (comparable === undefined) {
      throw refuse(`${node.text} has more digits, or is larger, than AWS can compare (a 64-bit floating-point number)`);
    }
    return comparable;
  };
  if (!is(operator, '=', '<', '<=', '>', '>=')) {
    throw refuse('it must start with "=", "<", "<=", ">" or ">="');
  }
  const first = bound(text(operator), number(operand1));
  if (secondOperator === undefined) {
    return first;
  }
  if (!is(operator, '>', '>=') || !is(secondOperator, '<', '<=') || rest.length > 0) {
    throw refuse('a range must be ">" or ">=" with its lower end, then "<" or "<=" with its upper end');
  }
  const second = bound(text(secondOperator), number(operand2));
  if (number(operand1) >= number(operand2)) {
    throw refuse('the lower end must be below the upper end');
  }
  return (value) => first(value) && second(value);
}

function bound(operator: string, limit: number): Test {
  switch (operator) {
    case '=': return (value) => value === limit;
    case '<': return (value) => typeof value === 'number' && value < limit;
    case '<=': return (value) => typeof value === 'number' && value <= limit;
    case '>': return (value) => typeof value === 'number' && value > limit;
    default: return (value) => typeof value === 'number' && value >= limit;
  }
}

/** Passes every value but the named ones, of any type. A missing value does not pass. */
function anythingBut(operand: JsonNode, path: string): Test {
  if (operand.type === 'object') {
    return anythingButLike(operand, path);
  }
  const items = operand.type === 'array' ? operand.items : [operand];
  const texts = items.flatMap((item) => item.type === 'string' ? [item.value] : []);
  const numbers = items.flatMap((item) => item.type === 'number' ? [item.text] : []);
  if (items.length === 0 || (texts.length !== items.length && numbers.length !== items.length)) {
    throw new Refusal('bad-operand', path,
      `${describeJson(operand)} must be one or several strings, or one or several numbers (not true, false or null)`);
  }
  const incomparable = numbers.find((text) => comparableNumber(text) === undefined);
  if (incomparable !== undefined) {
    throw new Refusal('bad-operand', path,
      `${incomparable} has more digits, or is larger, than AWS can compare (a 64-bit floating-point number)`);
  }
  const excluded = new Set<unknown>([...texts, ...numbers.map(Number)]);
  return (value) => !excluded.has(value);
}

function anythingButLike(operand: JsonNode & { type: 'object' }, path: string): Test {
  const allowed = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'] as const;
  const nested = allowed.find((name) => name === operand.members[0]?.key);
  if (operand.members.length !== 1 || nested === undefined) {
    throw new Refusal('bad-operand', path, `${describeJson(operand)}: an object in anything-but must have exactly one of ${names(allowed)}`);
  }
  const [{ value: texts }] = operand.members;
  const nestedPath = `${path}.${nested}`;
  const items = texts.type === 'array' ? texts.items : [texts];
  if (items.length === 0) {
    throw new Refusal('bad-operand', nestedPath, 'an empty array excludes nothing: give at least one string');
  }
  const tests = items.map((item, i) => {
    const itemPath = texts.type === 'array' ? `${nestedPath}[${i}]` : nestedPath;
    const text = string(item, itemPath);
    if (text === '' && (nested === 'prefix' || nested === 'suffix')) {
      throw new Refusal('bad-operand', itemPath, `an empty ${nested} is part of every string: give at least one character`);
    }
    return OPERATORS[nested](item, itemPath);
  });
  return (value) => !tests.some((test) => test(value));
}

function strings(test: (value: string) => boolean): Test {
  return (value) => typeof value === 'string' && test(value);
}

function string(operand: JsonNode, path: string, or = ''): string {
  if (operand.type !== 'string') {
    throw new Refusal('bad-operand', path, `${describeJson(operand)} is not allowed: give a string${or}`);
  }
  return operand.value;
}

function ignoredCase(operand: JsonNode & { type: 'object' }, path: string): string {
  if (operand.members.length !== 1 || operand.members[0].key !== 'equals-ignore-case') {
    throw new Refusal('bad-operand', path, `${describeJson(operand)} is not allowed: give a string or {"equals-ignore-case": "a string"}`);
  }
  return string(operand.members[0].value, `${path}.equals-ignore-case`);
}

function names(list: readonly string[]): string {
  return `${list.slice(0, -1).join(', ')} or ${list[list.length - 1]}`;
}
