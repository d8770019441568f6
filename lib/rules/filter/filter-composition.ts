import { FILTER_LENGTH, type FilterFacts, filterFacts } from './filter-facts';
import { fieldOf, type RecordPlace, RECORD } from './record-shape';
import { alternativeKey, MAX_BRANCHES, type Operator } from '../../event-pattern';

/** What one field of a record may hold: one of the alternatives, each as an event pattern writes it. */
export interface FieldCondition {
  /** The path to the field, name by name. */
  readonly keys: readonly string[];
  readonly alternatives: readonly unknown[];
}

/** Conditions that must all hold, each on another field. */
export type Conjunction = readonly FieldCondition[];

/** A filter as the ways to pass it: a record passes if it meets one of them. */
export type Ways = readonly Conjunction[];

/**
 * The ways of an event pattern.
 *
 * @throws FilterCompositionError if AWS refuses the pattern, or ignores a part of it.
 */
export function waysOf({ text, parsed }: FilterFacts): Ways {
  if (!parsed.valid) {
    throw new FilterCompositionError(`The filter ${text} can't be combined because AWS refuses it${found(parsed.problems)}`);
  }
  if (parsed.remarks.length > 0) {
    throw new FilterCompositionError(`The filter ${text} can't be combined because it is not what it seems${found(parsed.remarks)}`);
  }
  return parsed.pattern.branches.map((branch) => branch.map(({ keys, alternatives }) => ({
    keys,
    alternatives: alternatives.map(({ operator, operand }) => operator === 'equals' ? operand : { [operator]: operand }),
  })));
}

/**
 * The ways of a record that passes all of the filters.
 *
 * @throws FilterCompositionError if two of them look at the same field: an event pattern has one condition for each. Also if two
 * look into the same list: in one event pattern, both conditions are on one element. Also if they come to more combinations than
 * AWS allows.
 */
export function allOf(filters: readonly Ways[]): Ways {
  const combinations = filters.reduce((product, { length }) => product * length, 1);
  if (combinations > MAX_BRANCHES) {
    throw new FilterCompositionError(`These ${filters.length} filters come to ${combinations} combinations of their alternatives `
      + `but an event pattern may have at most ${MAX_BRANCHES}. Combine fewer filters, or check some of the fields in the function.`);
  }
  return filters.reduce((ways, filter) => ways.flatMap((way) => filter.map((other) => together(way, other))), [[]] as Ways);
}

/** The ways of a record that passes at least one of the filters. */
export function anyOf(filters: readonly Ways[]): Ways {
  const ways = filters.flat();
  const fields = new Set(ways.flatMap((way) => way.map(fieldName)));
  const single = fields.size === 1 && ways.every((way) => way.length === 1);
  return single ? [[{ keys: ways[0][0].keys, alternatives: ways.flatMap(([{ alternatives }]) => alternatives) }]] : ways;
}

/**
 * The filter with these ways.
 *
 * @throws FilterCompositionError if AWS refuses it, as where a field has a name that AWS reads as an operator.
 */
export function filterOf(ways: Ways): FilterFacts {
  const patterns = withoutOverlaps(ways).map(nested);
  const filter = filterFacts(JSON.stringify(patterns.length === 1 ? patterns[0] : { $or: patterns }));
  // One that is too long is not read. A rule of the trigger refuses it.
  if (!filter.parsed.valid && filter.text.length <= FILTER_LENGTH) {
    throw new FilterCompositionError(`The filter can't be written as an event pattern because AWS refuses it${found(filter.parsed.problems)}`);
  }
  return filter;
}

/** The place and the text of the first finding. */
function found([{ path, message }]: readonly { readonly path: string; readonly message: string }[]): string {
  return `${path && ` at ${path}`}: ${message}`;
}

/** The filters can't be one filter. */
export class FilterCompositionError extends Error {
  readonly name = 'FilterCompositionError';
}

/**
 * The same ways, written so that AWS keeps all of them. Of two ways on the same fields that have an alternative in common on each
 * field, AWS keeps only the first. So what the second has beyond the first is split off into ways of its own.
 */
function withoutOverlaps(ways: Ways): Ways {
  const distinct: { readonly way: Conjunction; readonly known: KnownAlternatives }[] = [];
  const open = [...ways];
  for (let way = open.shift(); way !== undefined; way = open.shift()) {
    const known = alternativesByField(way);
    const other = distinct.find((earlier) => overlap(known, earlier.known));
    if (other === undefined) {
      distinct.push({ way, known });
    } else {
      open.unshift(...split(way, other.known));
    }
  }
  return distinct.map(({ way }) => way);
}

/** The alternatives of a way by field, each as a text that is equal for alternatives that are the same to AWS. */
type KnownAlternatives = ReadonlyMap<string, ReadonlySet<string>>;

function alternativesByField(way: Conjunction): KnownAlternatives {
  return new Map(way.map((condition) => [fieldName(condition), new Set(condition.alternatives.map(keyOf))]));
}

function overlap(way: KnownAlternatives, other: KnownAlternatives): boolean {
  return way.size === other.size && [...way].every(([field, keys]) => [...keys].some((key) => other.get(field)?.has(key)));
}

/** What a way lets pass beyond another one, in parts. Each part has nothing in common with the other way on one of the fields. */
function split(way: Conjunction, other: KnownAlternatives): Conjunction[] {
  const isKnown = (condition: FieldCondition) => (alternative: unknown) => other.get(fieldName(condition))!.has(keyOf(alternative));
  const known = way.map((condition) => ({ ...condition, alternatives: condition.alternatives.filter(isKnown(condition)) }));
  return way.flatMap((condition, index) => {
    const alternatives = condition.alternatives.filter((alternative) => !isKnown(condition)(alternative));
    // What differs on an earlier field is in an earlier part.
    return alternatives.length > 0 ? [[...known.slice(0, index), { ...condition, alternatives }, ...way.slice(index + 1)]] : [];
  });
}

function keyOf(alternative: unknown): string {
  const [[operator, operand]] = typeof alternative === 'object' && alternative !== null ? Object.entries(alternative) : [['equals', alternative]];
  return alternativeKey({ operator: operator as Operator, operand });
}

function together(way: Conjunction, other: Conjunction): Conjunction {
  const fields = new Set(way.map(fieldName));
  const twice = other.find((condition) => fields.has(fieldName(condition)));
  if (twice) {
    throw new FilterCompositionError(`Two filters look at ${fieldName(twice)} but an event pattern has one condition for each field: `
      + 'AWS would keep the last. Write one condition, or check the field in the function.');
  }
  const list = way.flatMap((condition) => other.map((second) => sharedList(condition, second))).find((path) => path !== undefined);
  if (list) {
    throw new FilterCompositionError(`Two filters look into the list ${list} but in one event pattern both conditions are on the same `
      + 'element. Write one condition for an element that meets both, or check the list in the function.');
  }
  return [...way, ...other];
}

function sharedList(condition: FieldCondition, other: FieldCondition): string | undefined {
  let place: RecordPlace | undefined = RECORD;
  for (let i = 0; i < condition.keys.length && condition.keys[i] === other.keys[i]; i++) {
    if (place?.type === 'value' && condition.keys[i] === 'L') {
      return condition.keys.slice(0, i).join('.');
    }
    place = place && fieldOf(place, condition.keys[i]);
  }
  return undefined;
}

/** To AWS, `{"a": {"b": …}}` and `{"a.b": …}` are one field. */
function fieldName({ keys }: FieldCondition): string {
  return keys.join('.');
}

interface Pattern {
  [key: string]: Pattern | readonly unknown[];
}

function nested(way: Conjunction): Pattern {
  const pattern: Pattern = {};
  for (const { keys, alternatives } of way) {
    const parent = keys.slice(0, -1).reduce((at, key) => (own(at, key) ?? define(at, key, {})) as Pattern, pattern);
    define(parent, keys[keys.length - 1], alternatives);
  }
  return pattern;
}

function own(pattern: Pattern, key: string): Pattern | readonly unknown[] | undefined {
  return Object.hasOwn(pattern, key) ? pattern[key] : undefined;
}

/** An attribute may be called `__proto__`. */
function define<Value extends Pattern | readonly unknown[]>(pattern: Pattern, key: string, value: Value): Value {
  Object.defineProperty(pattern, key, { value, enumerable: true, configurable: true, writable: true });
  return value;
}
