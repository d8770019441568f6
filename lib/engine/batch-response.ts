import { type Entry, sequenceNumberOf } from './batch';

/** What an invocation means for its batch. */
export type Verdict =
  | { readonly type: 'success' }
  /** The record at `index` and those after it are not done. */
  | { readonly type: 'checkpoint'; readonly index: number }
  | { readonly type: 'failure' };

const SUCCESS: Verdict = { type: 'success' };
const FAILURE: Verdict = { type: 'failure' };

/**
 * Reads a partial batch response. Without a list of failures it is a success, whatever else it holds. With several failures, the
 * lowest is the checkpoint. A failure that names no record of the batch fails the whole batch.
 */
export function verdictOf(response: unknown, entries: readonly Entry[]): Verdict {
  const failures = property(response, 'batchItemFailures') ?? [];
  if (!Array.isArray(failures)) {
    return FAILURE;
  }
  let lowest = entries.length;
  const indexes = indexLookup(entries, failures.length);
  for (const failure of failures) {
    const index = indexes(property(failure, 'itemIdentifier'));
    if (index === -1) {
      return FAILURE;
    }
    lowest = Math.min(lowest, index);
  }
  return lowest === entries.length ? SUCCESS : { type: 'checkpoint', index: lowest };
}

/** The index of the record that an identifier names, or -1. */
function indexLookup(entries: readonly Entry[], lookups: number): (identifier: unknown) => number {
  if (lookups <= 1) {
    return (identifier) => entries.findIndex((entry) => sequenceNumberOf(entry) === identifier);
  }
  const indexes = new Map<unknown, number>(entries.map((entry, index) => [sequenceNumberOf(entry), index]));
  return (identifier) => indexes.get(identifier) ?? -1;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
