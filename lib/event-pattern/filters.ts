import { matchesEventPattern } from './match';
import { parseEventPattern } from './parse';
import type { EventPattern } from './pattern';

/**
 * Tells which records pass these filters. Without filters every record passes; with several, one that passes any of them.
 *
 * @throws TypeError if AWS's pattern engine refuses one of them.
 */
export function compileFilters(filters: readonly string[]): (record: object) => boolean {
  if (filters.length === 0) {
    return () => true;
  }
  const patterns = filters.map(compile);
  return (record) => patterns.some((pattern) => matchesEventPattern(pattern, record));
}

function compile(filter: string): EventPattern {
  const parsed = parseEventPattern(filter);
  if (!parsed.valid) {
    throw new TypeError(`The filter ${filter} is not valid: ${parsed.problems.map(({ message }) => message).join('; ')}`);
  }
  return parsed.pattern;
}
