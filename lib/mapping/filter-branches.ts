import { fieldOf, Place, RECORD } from './record-shape';

/** One field that a filter looks at, and what it may be. */
export interface FilterLeaf {
  /** The names that lead to it. */
  readonly path: readonly string[];
  /** What stands there in a record; undefined if no record has such a field. */
  readonly place?: Place;
  /** The field at which the path left the shape of a record. */
  readonly stray?: { readonly parent: Place; readonly path: readonly string[] };
  readonly alternatives: readonly unknown[];
  /** The event names that the filter lets pass beside this field; undefined if it says nothing simple of them. */
  readonly eventNames?: readonly string[];
}

/** The fields that a valid pattern looks at, those of its `$or` branches included. */
export function leavesOf(pattern: string): FilterLeaf[] {
  return walk(JSON.parse(pattern), { path: [], place: RECORD });
}

interface Position {
  readonly path: readonly string[];
  readonly place?: Place;
  readonly stray?: FilterLeaf['stray'];
  readonly eventNames?: readonly string[];
}

function walk(fields: { [name: string]: unknown }, here: Position): FilterLeaf[] {
  const eventNames = here.path.length === 0 ? literalNames(fields.eventName) ?? here.eventNames : here.eventNames;
  return Object.entries(fields).flatMap(([name, value]) => {
    if (name === '$or' && isBranches(value)) return value.flatMap((branch) => walk(branch, { ...here, eventNames }));
    const there = { ...step(here, name), eventNames };
    return Array.isArray(value) ? [{ ...there, alternatives: value }] : walk(value as { [name: string]: unknown }, there);
  });
}

function step({ path, place, stray }: Position, name: string): Position {
  const next = { path: [...path, name] };
  if (place === undefined) return { ...next, stray };
  const found = fieldOf(place, name);
  return found === undefined ? { ...next, stray: { parent: place, path: next.path } } : { ...next, place: found };
}

function isBranches(value: unknown): value is { [name: string]: unknown }[] {
  return Array.isArray(value) && value.length > 0 && value.every((branch) => typeof branch === 'object' && branch !== null);
}

function literalNames(alternatives: unknown): readonly string[] | undefined {
  return Array.isArray(alternatives) && alternatives.every((name) => typeof name === 'string') ? alternatives : undefined;
}
