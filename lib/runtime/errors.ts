/** Marks a poison record's error. CJS and ESM copies of this file may live side by side, so that `instanceof` would miss some. */
const POISON = Symbol.for('dynamo-stream-trigger/poison');

/**
 * Thrown by a handler for a record that will fail however often it is tried: the record is parked at once, without retries.
 *
 * ```ts
 * throw new PoisonRecordError('An order without lines', { cause: error });
 * ```
 */
export class PoisonRecordError extends Error {
  readonly name = 'PoisonRecordError';
  /** What a schema found wrong with the record; kept in the parked record. */
  declare readonly issues?: readonly unknown[];

  constructor(message: string, options?: { cause?: unknown; issues?: readonly unknown[] }) {
    super(message, options);
    Object.assign(this, { issues: options?.issues, [POISON]: true });
  }
}

/** Whether it is a `PoisonRecordError`, of whichever copy of this package. */
export function isPoisonRecordError(error: unknown): boolean {
  return !!(error as { [POISON]?: unknown } | null | undefined)?.[POISON];
}

/** The function was invoked with something that its handler does not serve. Nothing of it was processed. */
export class InvalidEventError extends Error {
  readonly name = 'InvalidEventError';
}

/** The environment variable in which the construct describes the function's triggers is not of the format. Nothing was processed. */
export class TriggerFactsError extends Error {
  readonly name = 'TriggerFactsError';
}

/**
 * Not all records are done, and the mapping does not report batch item failures (or is not known to): Lambda would take any
 * response for success, so that only throwing keeps the records. Lambda sends the whole batch again.
 */
export class BatchNotDoneError extends Error {
  readonly name = 'BatchNotDoneError';
}
