/** What an answer means for its batch. */
export type Verdict =
  | { readonly type: 'success' }
  /** The record at `index` and those after it are not done. */
  | { readonly type: 'checkpoint'; readonly index: number }
  | { readonly type: 'failure' };

const SUCCESS: Verdict = { type: 'success' };
const FAILURE: Verdict = { type: 'failure' };

/**
 * Reads a function's answer as Lambda does where the mapping reports batch item failures. Without a list of failures it is a success, whatever else it holds. With several failures, the
 * lowest is the checkpoint. A failure that names no record of the batch fails the whole batch.
 */
export function verdictOf<T>(response: unknown, batch: readonly T[], sequenceNumberOf: (record: T) => unknown): Verdict {
  const failures = property(response, 'batchItemFailures') ?? [];
  if (!Array.isArray(failures)) {
    return FAILURE;
  }
  let lowest = batch.length;
  const indexes = failures.length > 1 ? indexLookup(batch.map(sequenceNumberOf)) : (identifier: unknown) =>
    batch.findIndex((record) => sequenceNumberOf(record) === identifier);
  for (const failure of failures) {
    const index = indexes(property(failure, 'itemIdentifier'));
    if (index === -1) {
      return FAILURE;
    }
    lowest = Math.min(lowest, index);
  }
  return lowest === batch.length ? SUCCESS : { type: 'checkpoint', index: lowest };
}

function indexLookup(sequenceNumbers: readonly unknown[]): (identifier: unknown) => number {
  const indexes = new Map(sequenceNumbers.map((number, index) => [number, index]));
  return (identifier) => indexes.get(identifier) ?? -1;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
