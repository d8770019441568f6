import type { RedrivenResponse } from '../stream/boundary';
import { verdictOf } from '../stream/verdict';

/** A record of an event that was sent. */
export interface SentRecord {
  readonly eventId: string;
  readonly sequenceNumber: string;
}

/** Why a record is not done. */
export type NotDone = { readonly name: string; readonly message: string };

/**
 * What a function's answer says of each record of its event: undefined where it is done.
 *
 * This package's runtime names every record that is not done. Another function's answer is read as Lambda reads it: what comes from the
 * lowest identifier on is not done.
 */
export function readAnswer(response: unknown, sent: readonly SentRecord[]): (NotDone | undefined)[] {
  const failures = (response as Partial<RedrivenResponse> | null | undefined)?.redriven;
  if (failures?.v === 1 && Array.isArray(failures.failures)) {
    return readFailures(failures.failures, sent);
  }
  const verdict = verdictOf(response, sent, ({ sequenceNumber }) => sequenceNumber);
  switch (verdict.type) {
    case 'success': return sent.map(() => undefined);
    case 'failure': return sent.map(() => STRANGER);
    case 'checkpoint': return sent.map((_, index) => index < verdict.index
      ? undefined
      : { name: 'BatchItemFailure', message: index === verdict.index ? 'the function named this record' : 'the function named an earlier record' });
  }
}

function readFailures(failures: RedrivenResponse['redriven']['failures'], sent: readonly SentRecord[]): (NotDone | undefined)[] {
  const errors = new Map(failures.map(({ sequenceNumber, error }) =>
    [sequenceNumber, { name: String(error?.name), message: String(error?.message) }]));
  const numbers = new Set(sent.map(({ sequenceNumber }) => sequenceNumber));
  const areKnown = [...errors.keys()].every((number) => numbers.has(number));
  return sent.map(({ sequenceNumber }) => areKnown ? errors.get(sequenceNumber) : STRANGER);
}

const STRANGER: NotDone = { name: 'InvalidResponse', message: 'the function named a record that was not in the event' };
