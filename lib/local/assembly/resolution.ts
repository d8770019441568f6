import type { SynthesizedStack } from '../../assembly';

/** Replaces CloudFormation's functions and dynamic references in a value of a template by what they stand for. */
export type Resolve = (stack: SynthesizedStack, value: unknown) => any;

/** A value of a template that can't be known on this machine. */
export class UnresolvedValueError extends Error {
  readonly name = 'UnresolvedValueError';

  /** @param what the value, as the subject of a sentence */
  constructor(readonly what: string, reason = 'is only known after a deployment') {
    super(`${what} ${reason}`);
  }
}

/** A value that is searched among others: one that can't be known here is not the one, and does not end the search. */
export function ifKnown<T>(value: () => T): T | undefined {
  try {
    return value();
  } catch (error) {
    if (error instanceof UnresolvedValueError) {
      return undefined;
    }
    throw error;
  }
}
