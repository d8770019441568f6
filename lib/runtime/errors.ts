/** Mark the two errors. CJS and ESM copies of this file may be loaded side by side, so `instanceof` would miss some. */
const POISON = Symbol.for('dynamo-stream-trigger/poison');
const TRANSIENT = Symbol.for('dynamo-stream-trigger/transient');

/**
 * Thrown by a handler for a record that will fail however often it is tried: the record is parked at once, without retries.
 *
 * ```tsx
 * import { PoisonRecordError, streamHandler } from 'dynamo-stream-trigger/runtime';
 *
 * interface Order { readonly lines: readonly string[] }
 *
 * export const handler = streamHandler<Order>(async ({ newImage }) => {
 *   if (newImage?.lines.length === 0) {
 *     throw new PoisonRecordError('An order without lines');
 *   }
 * });
 * ```
 */
export class PoisonRecordError extends Error {
  /** Always the same, whatever a bundler does to the name of the class. */
  readonly name = 'PoisonRecordError';
  /** What a schema found wrong with the record; kept in the parked record. */
  declare readonly issues?: readonly unknown[];

  /**
   * Has the record parked, if the handler throws it.
   *
   * @param message what is wrong with the record; it is kept in the parked record
   * @param options the error behind it, and what a validator found
   */
  constructor(message: string, options?: {
    /** The error behind it. */
    cause?: unknown;
    /** What a validator found. */
    issues?: readonly unknown[];
  }) {
    super(message, options);
    Object.assign(this, { issues: options?.issues, [POISON]: true });
  }
}

/**
 * Thrown by a handler when the record is not the cause: something it needs is throttled, unreachable or locked. The record is tried
 * again until that is over.
 *
 * ```tsx
 * import { streamHandler, TransientError } from 'dynamo-stream-trigger/runtime';
 *
 * export const handler = streamHandler(async ({ keys }, { signal }) => {
 *   const response = await fetch(`https://warehouse.example.com/${keys.orderId}`, { method: 'POST', signal });
 *   if (response.status === 423) {
 *     throw new TransientError('The warehouse is closed for maintenance');
 *   }
 * });
 * ```
 */
export class TransientError extends Error {
  /** Always the same, whatever a bundler does to the name of the class. */
  readonly name = 'TransientError';

  /**
   * Has the record wait, if the handler throws it.
   *
   * @param message what the handler waits for
   * @param options the error behind it
   */
  constructor(message: string, options?: {
    /** The error behind it. */
    cause?: unknown;
  }) {
    super(message, options);
    Object.assign(this, { [TRANSIENT]: true });
  }
}

/** Whether an error is a `PoisonRecordError`, of whichever copy of this package. */
export function isPoisonRecordError(error: unknown): boolean {
  return has(error, POISON);
}

/** Whether an error is a `TransientError`, of whichever copy of this package. */
export function isTransientError(error: unknown): boolean {
  return has(error, TRANSIENT);
}

function has(error: unknown, mark: symbol): boolean {
  try {
    return !!(error as { [mark: symbol]: unknown } | null | undefined)?.[mark];
  } catch {
    return false;
  }
}

/** The function was invoked with something that its handler does not serve. Nothing of it was processed. */
export class InvalidEventError extends Error {
  /** Always the same, whatever a bundler does to the name of the class. */
  readonly name = 'InvalidEventError';
}

/** The environment variable in which the construct describes the function's triggers is not of the format. Nothing was processed. */
export class TriggerFactsError extends Error {
  /** Always the same, whatever a bundler does to the name of the class. */
  readonly name = 'TriggerFactsError';
}

/**
 * Not all records are done, and the mapping does not report batch item failures (or is not known to): Lambda would take any
 * response for success, so that only throwing keeps the records. Lambda sends the whole batch again. Also of a window that could not be ended.
 */
export class BatchNotDoneError extends Error {
  /** Always the same, whatever a bundler does to the name of the class. */
  readonly name = 'BatchNotDoneError';
}
