import { fieldOf, type RecordPlace, RECORD } from './record-shape';
import { parseEventPattern, type Alternative, type Branch, type Condition, type EventPattern, type ParsedPattern } from '../../event-pattern';
import { EVENT_NAMES } from '../../stream/record';

/** The most characters that a filter may have. */
export const FILTER_LENGTH = 4096;

/** A filter, read once for all who look at it. */
export interface FilterFacts {
  /** The event pattern as JSON text. */
  readonly text: string;
  readonly parsed: ParsedPattern;
  /** The conditions of the filter, each once even if `$or` repeats it; none of an invalid one. */
  readonly conditions: readonly FilterCondition[];
}

/** A field that a filter looks at, and what it may be. */
export interface FilterCondition {
  /** The path to it, name by name. */
  readonly keys: readonly string[];
  /** What a record has there; undefined if no record has such a field. */
  readonly place?: RecordPlace;
  /** Where the path leaves the shape of a record: up to the first name that no record has, and what the name should be a field of. */
  readonly stray?: { readonly parent: RecordPlace; readonly keys: readonly string[] };
  readonly alternatives: readonly Alternative[];
  /** The event names that the filter allows together with this condition; undefined if it allows all. */
  readonly eventNames?: readonly string[];
}

export function filterFacts(text: string): FilterFacts {
  // A rule refuses a longer one, which need not be read for that.
  const parsed: ParsedPattern = text.length > FILTER_LENGTH ? { valid: false, problems: [], remarks: [] } : parseEventPattern(text);
  return { text, parsed, conditions: parsed.valid ? conditionsOf(parsed.pattern) : [] };
}

function conditionsOf({ branches }: EventPattern): FilterCondition[] {
  const byPath = new Map<string, FilterCondition>();
  for (const branch of branches) {
    for (const condition of branch) {
      const before = byPath.get(condition.path);
      byPath.set(condition.path, { ...placed(condition), eventNames: union(before, eventNamesOf(branch)) });
    }
  }
  return [...byPath.values()];
}

function placed({ keys, alternatives }: Condition): FilterCondition {
  let place: RecordPlace = RECORD;
  for (const [index, name] of keys.entries()) {
    const next = fieldOf(place, name);
    if (next === undefined) {
      return { keys, alternatives, stray: name.includes('.') ? undefined : { parent: place, keys: keys.slice(0, index + 1) } };
    }
    place = next;
  }
  // To AWS, `{"a.S": …}` is `{"a": {"S": …}}`: a name with dots may be the path to something inside the attribute.
  return place.type === 'value' && keys.some((name) => name.includes('.')) ? { keys, alternatives } : { keys, alternatives, place };
}

/** A condition in several branches comes together with the event names of all of them. */
function union(before: FilterCondition | undefined, names: readonly string[] | undefined): readonly string[] | undefined {
  if (before === undefined) {
    return names;
  }
  return before.eventNames && names && [...before.eventNames, ...names];
}

function eventNamesOf(branch: Branch): readonly string[] | undefined {
  const alternatives = branch.find(({ field }) => field === 'eventName')?.alternatives;
  return alternatives && EVENT_NAMES.filter((name) => alternatives.some(({ passes }) => passes(name)));
}
