/** What is read of an error to know it. */
interface ErrorShape {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly $fault?: unknown;
  readonly $retryable?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Connections and DNS, by Node.js and by undici, which is its fetch. */
const CODES = /^(E(CONN(REFUSED|RESET|ABORTED)|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND|NOTCONN)|UND_ERR_.*(TIMEOUT|SOCKET|CLOSED|DESTROYED))$/;

/** Throttling by the AWS SDK's names, aborts and timeouts, and Powertools Idempotency while another call of the record is in progress. */
const NAMES = /Throttl|ThroughputExceeded|TooManyRequests|RequestLimitExceeded|BandwidthLimitExceeded|SlowDown|TransactionInProgress|^(AbortError|TimeoutError|IdempotencyAlreadyInProgressError)$/;

/** Errors in errors: how deep a cause is looked for. */
const MAX_DEPTH = 5;

/** Whether an error, or a cause of it, is known to be about the world and not about the record. Never throws. */
export function isKnownTransient(error: unknown, depth = 0): boolean {
  if (error !== Object(error) || depth === MAX_DEPTH) {
    return false;
  }
  try {
    const { name, code, cause, $fault, $retryable, $metadata } = error as ErrorShape;
    const status = $metadata?.httpStatusCode ?? 0;
    return !!$retryable || $fault === 'server' || status === 429 || status >= 500
      || NAMES.test(String(name)) || CODES.test(String(code)) || isKnownTransient(cause, depth + 1);
  } catch {
    return false;
  }
}
