import type { PatternProblem, PatternRemark } from './problem';

/** A valid pattern, compiled. What is in it is the matter of this folder. */
export interface EventPattern {
  /** The text it was made from. */
  readonly text: string;
}

/** What `parseEventPattern` found: a pattern, or what is wrong with it, all of it. */
export type ParsedPattern =
  | { readonly valid: true; readonly pattern: EventPattern; readonly remarks: readonly PatternRemark[] }
  | { readonly valid: false; readonly problems: readonly PatternProblem[]; readonly remarks: readonly PatternRemark[] };

/** Reads an event pattern from JSON text. Never throws. */
export function parseEventPattern(text: string): ParsedPattern {
  return { valid: true, pattern: { text }, remarks: [] };
}
