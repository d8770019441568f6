import { type EventPattern, matchesEventPattern, parseEventPattern } from '../event-pattern';
import type { StreamRecord } from '../stream/record';

/** Whether a mapping with these filters lets a record pass: without filters any, with several one that passes one of them. */
export function compileFilters(filters: readonly string[]): (record: StreamRecord) => boolean {
  if (filters.length === 0) {
    return () => true;
  }
  const patterns = filters.map(compile);
  return (record) => patterns.some((pattern) => matchesEventPattern(pattern, record));
}

function compile(filter: string): EventPattern {
  const parsed = parseEventPattern(filter);
  if (!parsed.valid) {
    throw new TypeError(`The filter ${filter} can't be used: ${parsed.problems.map(({ message }) => message).join('; ')}`);
  }
  return parsed.pattern;
}
