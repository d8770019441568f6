import { type Batch, newBatch } from './batch';
import { FIRST_RETRY_DELAY, LONGEST_RETRY_DELAY } from './limits';
import type { MappingOptions } from './options';
import type { Verdict } from '../stream/verdict';

/** What happens to a batch whose invocation failed without progress. */
export type NextStep = 'split' | 'give up' | 'retry';

export function nextStep(batch: Batch, verdict: Verdict, { settings, noProgressBisect }: MappingOptions): NextStep {
  const { bisectBatchOnError, retryAttempts } = settings;
  const keepsWhole = verdict.type === 'checkpoint' && noProgressBisect === 'whole';
  if (bisectBatchOnError && batch.entries.length > 1 && !keepsWhole) {
    return 'split';
  }
  // The mapping suspends further processing until a final invocation succeeds (Lambda guide).
  return retryAttempts !== -1 && batch.invocations > retryAttempts && !batch.final ? 'give up' : 'retry';
}

/** How long to wait after this many failures in a row, in milliseconds. */
export function backoff(failures: number): number {
  return Math.min(FIRST_RETRY_DELAY * 2 ** (failures - 1), LONGEST_RETRY_DELAY);
}

/** Halves a failed batch of two records or more, in order. Each half starts with all of its retries. */
export function bisect(batch: Batch): [Batch, Batch] {
  const middle = Math.floor(batch.entries.length / 2);
  return [newBatch(batch.entries.slice(0, middle)), newBatch(batch.entries.slice(middle))];
}
