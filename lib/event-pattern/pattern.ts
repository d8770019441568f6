import type { Alternative } from './alternative';
import type { FieldTree } from './field-tree';

/** A valid event pattern, compiled: data for rules about it, and what matching needs. */
export interface EventPattern {
  /** A record passes if it meets one of the branches. Without `$or` there is one. */
  readonly branches: readonly Branch[];
  /** The fields of all branches, as they are looked up in a record. */
  readonly fields: FieldTree;
}

/** Conditions that must all hold, in the order in which the engine evaluates them. */
export type Branch = readonly Condition[];

/** What a field of the record may hold. */
export interface Condition {
  /** The keys on the way to the field, as the pattern writes them. */
  readonly keys: readonly string[];
  /** The keys joined with dots: to the engine, `{"a": {"b": …}}` and `{"a.b": …}` are one field. */
  readonly field: string;
  /** Where the array of alternatives is in the pattern. */
  readonly path: string;
  /** At least one must hold. */
  readonly alternatives: readonly Alternative[];
  /** Whether one of them asks for a field without a value. */
  readonly mayBeAbsent: boolean;
}
