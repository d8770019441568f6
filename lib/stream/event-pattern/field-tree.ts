import type { Branch } from './pattern';

/** The fields of a pattern as a tree of what to look up in a record, so that each part of a record is visited once. */
export interface FieldTree {
  /** The field that ends here, by its place in the list of all fields. */
  readonly field?: string;
  readonly lookups: readonly Lookup[];
}

/** A key to look up, and what to look for behind it. */
export interface Lookup {
  readonly key: string;
  readonly then: FieldTree;
}

/** Builds the tree for all conditions of all branches. */
export function fieldTree(branches: readonly Branch[]): FieldTree {
  const fields = new Set(branches.flatMap(branch => branch.map(({ field }) => field)));
  return subtree([...fields].map(field => ({ field, rest: field.split('.') })));
}

interface Sought {
  readonly field: string;
  /** The names still ahead. */
  readonly rest: readonly string[];
}

/** A record's key may hold dots, as an attribute's name may: every grouping of the names ahead is a key to look up. */
function subtree(sought: readonly Sought[]): FieldTree {
  const behind = new Map<string, Sought[]>();
  for (const { field, rest } of sought) {
    for (let taken = 1; taken <= rest.length; taken++) {
      const key = rest.slice(0, taken).join('.');
      behind.set(key, [...behind.get(key) ?? [], { field, rest: rest.slice(taken) }]);
    }
  }
  return {
    field: sought.find(({ rest }) => rest.length === 0)?.field,
    lookups: [...behind].map(([key, next]) => ({ key, then: subtree(next) })),
  };
}
