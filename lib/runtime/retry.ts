import { isPoisonRecordError } from './errors';
import { checkOptions, COUNT, MILLISECONDS } from './options';
import type { TimeBudget } from './time-budget';

/** How often a record is tried in one invocation, and how long to wait in between. */
export interface RetryOptions {
  /**
   * Tries in all, the first included, as in the AWS SDK.
   *
   * @default 3
   */
  readonly maxAttempts?: number;
  /**
   * The longest wait before the second try, in milliseconds; doubles from try to try. What is waited is a random part of it.
   *
   * @default 100
   */
  readonly baseDelay?: number;
  /**
   * The longest wait before any try, in milliseconds.
   *
   * @default 2000
   */
  readonly maxDelay?: number;
}

/** The options with their defaults. @throws TypeError if one is not what it has to be. */
export function retryPolicy(handler: string, options: RetryOptions = {}): Required<RetryOptions> {
  checkOptions(`${handler} (retry)`, options, { maxAttempts: COUNT, baseDelay: MILLISECONDS, maxDelay: MILLISECONDS });
  const { maxAttempts = 3, baseDelay = 100, maxDelay = 2_000 } = options;
  return { maxAttempts, baseDelay, maxDelay };
}

/** What became of a record that was not done. */
export interface Failure {
  readonly error: unknown;
  /** Calls in this invocation. */
  readonly tries: number;
  /** When the first and the last of them had failed, in milliseconds since the epoch. */
  readonly firstTriedAt: number;
  readonly lastTriedAt: number;
  /** Whether trying again is of no use. Otherwise only the time was up. */
  readonly poison: boolean;
}

/** What `retry` needs. */
export interface Retrying {
  readonly policy: Required<RetryOptions>;
  readonly isRetryable: (error: unknown) => boolean;
  readonly budget: TimeBudget;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  /** The next try, with its number. */
  readonly call: (attempt: number) => unknown;
  readonly onRetry: (error: unknown, attempt: number, delay: number) => void;
}

/**
 * Tries again what failed once: exponential backoff with full jitter, as long as there are tries and there is time.
 * Answers undefined if it succeeds.
 */
export async function retry(
  error: unknown, { policy, isRetryable, budget, now, sleep, random, call, onRetry }: Retrying,
): Promise<Failure | undefined> {
  const firstTriedAt = now();
  for (let tries = 1; ; tries++) {
    const failure = { error, tries, firstTriedAt, lastTriedAt: now() };
    if (budget.signal.aborted) {
      // Unless it says that it is poison, it may have failed because of the abort, which says nothing about the record.
      return { ...failure, poison: isPoisonRecordError(error) };
    }
    if (tries >= policy.maxAttempts || isPoisonRecordError(error) || !mayRetry(isRetryable, error)) {
      return { ...failure, poison: true };
    }
    const delay = random() * Math.min(policy.maxDelay, policy.baseDelay * 2 ** (tries - 1));
    if (!budget.allows(delay)) {
      return { ...failure, poison: false };
    }
    onRetry(error, tries + 1, delay);
    await sleep(delay, budget.signal);
    if (!budget.allows()) {
      return { ...failure, poison: false };
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
