import { isPoisonRecordError } from './errors';
import { type TimeBudget, NO_TIME } from './time-budget';
import type { Host } from '../stream/boundary';

/** How often a record is tried in one invocation, and how long to wait in between. */
export interface RetryOptions {
  /**
   * Tries in all, the first included, as in the AWS SDK.
   *
   * @default 3
   */
  readonly maxAttempts?: number;
  /**
   * The longest wait before the second try, in whole milliseconds; doubles from try to try. What is waited is a random part of it.
   *
   * @default 100
   */
  readonly baseDelay?: number;
  /**
   * The longest wait before any try, in whole milliseconds.
   *
   * @default 2000
   */
  readonly maxDelay?: number;
}

/** What became of a record that was not done. */
export interface Failure {
  readonly error: unknown;
  /** Whether trying again is of no use. Otherwise only the time was up. */
  readonly poison: boolean;
  /** Calls in this invocation. */
  readonly tries: number;
  /** ISO 8601: when the first and the last of them had failed. */
  readonly firstTriedAt: string;
  readonly lastTriedAt: string;
}

/** What `retry` needs. */
export interface Retrying {
  readonly policy: RetryOptions;
  readonly isRetryable: (error: unknown) => boolean;
  readonly budget: TimeBudget;
  readonly host: Host;
  /** The next try, with its number. */
  readonly call: (attempt: number) => unknown;
  /** Told before the wait for the next try. */
  readonly onRetry: (error: unknown, attempt: number, delay: number) => void;
}

/**
 * Tries again what failed once: exponential backoff with full jitter, as long as there are tries and there is time.
 * Answers undefined if it succeeds.
 */
export async function retry(error: unknown, { policy, isRetryable, budget, host, call, onRetry }: Retrying): Promise<Failure | undefined> {
  const { maxAttempts = 3, baseDelay = 100, maxDelay = 2_000 } = policy;
  const { now = Date.now, sleep = pause, random = Math.random } = host;
  const failedAt = () => new Date(now()).toISOString();
  const firstTriedAt = failedAt();
  for (let tries = 1; ; tries++) {
    // After the abort any other error may come from it, which says nothing about the record.
    const late = budget.signal.aborted || error === NO_TIME;
    const poison = isPoisonRecordError(error) || (!late && (tries >= maxAttempts || !mayRetry(isRetryable, error)));
    const failure = { error, poison, tries, firstTriedAt, lastTriedAt: failedAt() };
    const delay = random() * Math.min(maxDelay, baseDelay * 2 ** (tries - 1));
    if (poison || !budget.allows(delay)) {
      return failure;
    }
    onRetry(error, tries + 1, delay);
    await sleep(delay, budget.signal);
    if (!budget.allows()) {
      return failure;
    }
    try {
      await call(tries + 1);
      return undefined;
    } catch (next) {
      error = next;
    }
  }
}

/** A question that fails is no answer: the record is tried again, and is poison after its last try anyway. */
function mayRetry(isRetryable: (error: unknown) => boolean, error: unknown): boolean {
  try {
    return isRetryable(error);
  } catch {
    return true;
  }
}

async function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
