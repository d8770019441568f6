import type { PassingReadFailure, ReadFailure } from '../stream/shard';

/** A read that failed and brought nothing. If the reason passes, the next read tries again at the same place. */
export class StreamReadError extends Error {
  readonly name = 'StreamReadError';

  constructor(readonly reason: ReadFailure, streamArn: string, cause: unknown) {
    super(`Reading ${streamArn} failed (${reason}): ${cause instanceof Error ? `${cause.name}: ${cause.message}` : cause}`, { cause });
  }

  /** Whether the iterator was too old. It lives for 15 minutes. */
  get iteratorExpired(): boolean {
    return nameOf(this.cause) === 'ExpiredIteratorException';
  }

  /** Undefined if every other read will fail too. */
  get passingReason(): PassingReadFailure | undefined {
    return PASSING.find((reason) => reason === this.reason);
  }
}

const PASSING: readonly PassingReadFailure[] = ['throttled', 'unavailable', 'trimmed'];

/** What an error of the streams API means to a reader. One that is not known may pass. */
export function failureOf(error: unknown): ReadFailure {
  return REASONS.find(([names]) => names.test(nameOf(error)))?.[1] ?? 'unavailable';
}

/**
 * By the name of the error: of the streams API, of KMS where the table has a key of its own, the errors that every AWS API has in common,
 * and of the SDK where it finds no credentials.
 */
const REASONS: readonly (readonly [RegExp, ReadFailure])[] = [
  [/^TrimmedDataAccess/, 'trimmed'],
  [/^(LimitExceeded|ProvisionedThroughputExceeded|RequestLimitExceeded|TooManyRequests|SlowDown)|Throttl/, 'throttled'],
  [/^ResourceNotFound/, 'gone'],
  [/^(ExpiredToken|RequestExpired|CredentialsProvider|TokenProvider)/, 'expired'],
  [/^(AccessDenied|NotAuthorized|OptInRequired|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidSignature|IncompleteSignature|SignatureDoesNotMatch|MissingAuthenticationToken|KMS|Kms)/, 'denied'],
  [/^(Validation|Serialization|InvalidParameter|UnknownOperation|InvalidAction)/, 'invalid'],
];

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
