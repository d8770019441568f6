import { fieldOf, type Place, RECORD } from './record-shape';
import { parseEventPattern, type Alternative, type Branch, type Condition, type EventPattern, type ParsedPattern } from '../../event-pattern';
import { EVENT_NAMES } from '../../stream/record';

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
  /** The names that lead to it. */
  readonly keys: readonly string[];
  /** What stands there in a record; undefined if no record has such a field. */
  readonly place?: Place;
  /** The name at which the way left the shape of a record, and where that was. */
  readonly stray?: { readonly parent: Place; readonly keys: readonly string[] };
  readonly alternatives: readonly Alternative[];
  /** The event names that the filter lets pass beside this condition; undefined if it says nothing of them. */
  readonly eventNames?: readonly string[];
}

export function filterFacts(text: string): FilterFacts {
  const parsed = parseEventPattern(text);
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
  let place: Place = RECORD;
  for (const [index, name] of keys.entries()) {
    const next = fieldOf(place, name);
    if (next === undefined) {
      return { keys, alternatives, stray: name.includes('.') ? undefined : { parent: place, keys: keys.slice(0, index + 1) } };
    }
    place = next;
  }
  // `{"a.S": …}` is `{"a": {"S": …}}` to the engine: where names hold dots, they may lead further than to an attribute of that name.
  return place.type === 'value' && keys.some((name) => name.includes('.')) ? { keys, alternatives } : { keys, alternatives, place };
}

/** A condition of several branches stands beside the event names of all of them. */
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
