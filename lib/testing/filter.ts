import { matchesEventPattern, parseEventPattern } from '../event-pattern';
import type { StreamRecord } from '../stream/record';

/** An event pattern as an object or as JSON text, or a `StreamFilter`. */
export type FilterInput = string | {
  /** The event pattern as JSON text. */
  toJson(): string;
} | { readonly [key: string]: unknown };

/**
 * Whether a record passes a filter, by the rules of AWS's pattern engine.
 *
 * ```tsx
 * import { matchesFilter, streamRecord } from 'dynamo-stream-trigger/testing';
 *
 * expect(matchesFilter({ eventName: ['INSERT'] }, streamRecord({ newImage: { id: '1' } }))).toBe(true);
 * ```
 *
 * @param filter an event pattern as an object or as JSON text, or a `StreamFilter`
 * @param record a stream record, such as `streamRecord` makes
 * @throws InvalidFilterError if AWS's pattern engine refuses the filter, as it does `{}`.
 */
export function matchesFilter(filter: FilterInput, record: StreamRecord): boolean {
  return compileFilter(filter)(record);
}

/**
 * `matchesFilter` for many records: parses the filter once.
 *
 * @param filter an event pattern as an object or as JSON text, or a `StreamFilter`
 * @throws InvalidFilterError if AWS's pattern engine refuses the filter.
 */
export function compileFilter(filter: FilterInput): (record: StreamRecord) => boolean {
  const text = filterText(filter);
  const parsed = parseEventPattern(text);
  if (!parsed.valid) {
    throw new InvalidFilterError(text, parsed.problems.map(({ path, message }) => path ? `${path}: ${message}` : message));
  }
  return (record) => matchesEventPattern(parsed.pattern, record);
}

/** AWS's pattern engine refuses the filter. */
export class InvalidFilterError extends Error {
  /** Made by `matchesFilter` and `compileFilter`. */
  constructor(
    /** The event pattern as JSON text. */
    readonly filter: string,
    /** All that is wrong with it, each with its place in the pattern. */
    readonly problems: readonly string[],
  ) {
    super(`The filter ${filter} is refused: ${problems.join('; ')}`);
    this.name = 'InvalidFilterError';
  }
}

/** The event pattern as JSON text. The object that `lambda.FilterCriteria.filter(…)` returns holds it. */
export function filterText(filter: FilterInput): string {
  if (typeof filter === 'string') {
    return filter;
  }
  if (typeof filter?.toJson === 'function') {
    return filter.toJson();
  }
  const pattern = (filter as { pattern?: unknown } | undefined)?.pattern;
  return typeof pattern === 'string' ? pattern : jsonOf(filter);
}

/** The value as JSON; as text where JSON has no word for it. A circle or a bigint in an object is an error. */
function jsonOf(pattern: unknown): string {
  try {
    return JSON.stringify(pattern) ?? String(pattern);
  } catch (error) {
    throw new InvalidFilterError(String(pattern), [`it can't be written as JSON: ${(error as Error).message}`]);
  }
}
