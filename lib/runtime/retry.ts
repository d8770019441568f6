import type { TimeBudget } from './time-budget';
import type { Host } from '../stream/boundary';

/** How a failed record is tried again, before it waits for Lambda's own retry. */
export interface RetryOptions {
  /**
   * The most tries in an invocation, the first included, as in the AWS SDK.
   *
   * @default - as many as `maxTime` allows
   */
  readonly maxAttempts?: number;
  /**
   * For how long a record is tried again, in whole milliseconds; at most half of the time that the invocation has.
   *
   * @default 10000
   */
  readonly maxTime?: number;
  /**
   * The longest wait before the second try, in whole milliseconds; it doubles from try to try. What is waited is a random part of it.
   *
   * @default 1000
   */
  readonly baseDelay?: number;
  /**
   * The longest wait before any try, in whole milliseconds.
   *
   * @default 5000
   */
  readonly maxDelay?: number;
}

/** Waits between the tries of an invocation's records. */
export interface Retry {
  /** How long to wait before the next try, `spent` milliseconds after the first failure; undefined if this invocation tries no more. */
  readonly delay: (tries: number, spent: number) => number | undefined;
  readonly wait: (delay: number) => Promise<void>;
}

/** Exponential backoff with full jitter, while there are tries and time. */
export function retryIn(
  { maxAttempts = Infinity, maxTime = 10_000, baseDelay = 1_000, maxDelay = 5_000 }: RetryOptions, budget: TimeBudget, host: Host,
): Retry {
  const { now = Date.now, sleep = pause, random = Math.random } = host;
  const half = now() + budget.left() / 2;
  return {
    delay: (tries, spent) => {
      const delay = random() * Math.min(maxDelay, baseDelay * 2 ** (tries - 1));
      return tries < maxAttempts && spent + delay <= maxTime && now() + delay <= half && budget.allows(delay) ? delay : undefined;
    },
    wait: async (delay) => sleep(delay, budget.signal()),
  };
}

/** Ends early when the signal aborts. */
async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timeout = setTimeout(wake, milliseconds);
    function wake(): void {
      clearTimeout(timeout);
      signal?.removeEventListener('abort', wake);
      resolve();
    }
    signal?.addEventListener('abort', wake);
  });
}
