/** What became of a record. */
export type RecordOutcome =
  /** The function processed it. */
  | 'done'
  /** Done, but its item changed meanwhile: the function may have written over something newer. */
  | 'overtaken'
  /** Its item has changed since. It counts as done without a call. */
  | 'skipped'
  /** Its item has changed since. It stays. */
  | 'held'
  /** It is in the range of a failed batch, but may not have been in the batch. It stays. */
  | 'inexact'
  /** The function failed, or an earlier record of its item did. It stays. */
  | 'failed'
  /** Its event would be larger than Lambda takes. It stays. */
  | 'tooLarge'
  /** It was written to a file. It stays. */
  | 'written'
  /** Nothing was tried: a dry run, or the run was ended. It stays. */
  | 'notTried';

export const RECORD_OUTCOMES = [
  'done', 'overtaken', 'skipped', 'held', 'inexact', 'failed', 'tooLarge', 'written', 'notTried',
] as const satisfies readonly RecordOutcome[];

/** Outcomes after which nothing is left to do. */
const SETTLED: readonly RecordOutcome[] = ['done', 'overtaken', 'skipped'];

export function isSettled(outcome: RecordOutcome): boolean {
  return SETTLED.includes(outcome);
}

/** A line of the report: no images. */
export interface ReportLine {
  readonly outcome: RecordOutcome | 'lost' | 'unknown';
  readonly eventId?: string;
  readonly sequenceNumber?: string;
  /** The message or object that is about it, where it is not about one record. */
  readonly message?: string;
  readonly error?: string;
}
