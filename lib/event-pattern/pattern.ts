import type { Alternative } from './alternative';
import type { FieldTree } from './field-tree';

/** A valid event pattern, compiled: data for whoever judges it, and what matching needs. */
export interface EventPattern {
  /** A record passes if one of the branches lets it through. Without `$or` there is one. */
  readonly branches: readonly Branch[];
  /** The fields of all branches, as they are looked up in a record. */
  readonly fields: FieldTree;
}

/** Conditions that all have to hold, in the order in which the engine looks at them. */
export type Branch = readonly Condition[];

/** What a field of the record may hold. */
export interface Condition {
  /** The keys on the way to the field, as the pattern writes them. */
  readonly keys: readonly string[];
  /** The keys joined with dots: to the engine, `{"a": {"b": …}}` and `{"a.b": …}` are one field. */
  readonly field: string;
  /** Where the array of alternatives stands in the pattern. */
  readonly path: string;
  /** At least one has to hold. */
  readonly alternatives: readonly Alternative[];
  /** Whether one of them asks that the field holds no value. */
  readonly mayBeAbsent: boolean;
}
