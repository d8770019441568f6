import { isTransientError } from './errors';

/** What is read of an error to know it. */
interface ErrorShape {
  readonly name: string;
  readonly code: string;
  readonly cause?: unknown;
  /** Of an AggregateError. */
  readonly errors?: readonly unknown[];
  /** Of a transaction of DynamoDB: one for each of its items. */
  readonly CancellationReasons?: readonly { readonly Code: string }[];
  readonly $fault?: unknown;
  readonly $retryable?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: string };
}

/** Connections and DNS, by Node.js, its HTTP/2, and undici, which is its fetch. */
const CODES = /^(E(CONN(REFUSED|RESET|ABORTED)|TIMEDOUT|PIPE|(HOST|NET)(UNREACH|DOWN)|AI_AGAIN|NOTFOUND|NOTCONN)|UND_ERR_.*(TIMEOUT|SOCKET|CLOSED|DESTROYED)|ERR_HTTP2_.*S(TREAM|ESSION).*)$/;

/** Throttling by the AWS SDK's names, aborts and timeouts, and Powertools Idempotency while another call of the record is in progress. */
const NAMES = /Throttl|ThroughputExceeded|TooManyRequests|(Request|Bandwidth)LimitExceeded|SlowDown|RequestTimeout|PriorRequestNotComplete|Transaction(InProgress|Conflict)|^(AbortError|TimeoutError|IdempotencyAlreadyInProgressError)$/;

/** Errors in errors: how deep a cause is looked for. */
const MAX_DEPTH = 5;

/** Whether an error, or a cause of it, is known to be about the world and not about the record. Never throws. */
export function isKnownTransient(error: unknown, depth = 0): boolean {
  if (error !== Object(error) || depth === MAX_DEPTH) {
    return false;
  }
  try {
    const { name, code, cause, errors, CancellationReasons, $fault, $retryable, $metadata } = error as ErrorShape;
    return !!$retryable || $fault === 'server' || /^(429|5)/.test($metadata?.httpStatusCode!)
      || NAMES.test(name) || CODES.test(code)
      || !!CancellationReasons?.some(({ Code }) => NAMES.test(Code)) || isKnownTransient(cause, depth + 1)
      || !!errors?.length && errors.every((one) => isTransientError(one) || isKnownTransient(one, depth + 1));
  } catch {
    return false;
  }
}
