/** The fields of a pattern as a tree of what to look up in a record, so that each part of a record is visited once. */
export class FieldTree {
  /** The tree of fields, each given as its names joined with dots. */
  static of(fields: Iterable<string>): FieldTree {
    return new FieldTree([...new Set(fields)].map((field) => ({ field, ahead: field.split('.') })));
  }

  /** The field that ends here. */
  readonly field: string | undefined;
  private found: Lookup[] | undefined;

  private constructor(private readonly sought: readonly Sought[]) {
    this.field = sought.find(({ ahead }) => ahead.length === 0)?.field;
  }

  /** The keys to look up here. Made when they are first read: a deep field has more of them than a record needs. */
  get lookups(): readonly Lookup[] {
    this.found ??= lookups(this.sought).map(([key, sought]) => ({ key, then: new FieldTree(sought) }));
    return this.found;
  }
}

/** A key to look up, and what to look for behind it. */
export interface Lookup {
  readonly key: string;
  readonly then: FieldTree;
}

interface Sought {
  readonly field: string;
  /** The names still ahead. */
  readonly ahead: readonly string[];
}

/** A record's key may contain dots, because an attribute's name may: every grouping of the names ahead is a key to look up. */
function lookups(sought: readonly Sought[]): [key: string, sought: Sought[]][] {
  const behind = new Map<string, Sought[]>();
  for (const { field, ahead } of sought) {
    for (let taken = 1; taken <= ahead.length; taken++) {
      const key = ahead.slice(0, taken).join('.');
      const next = behind.get(key) ?? [];
      next.push({ field, ahead: ahead.slice(taken) });
      behind.set(key, next);
    }
  }
  return [...behind];
}
