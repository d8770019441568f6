/** What became of a record. */
export type RecordOutcome =
  /** The function processed it. */
  | 'done'
  /** Done, but its item changed meanwhile: the function may have written over something newer. */
  | 'overtaken'
  /** Its item has changed since. It counts as done without a call. */
  | 'skipped'
  /** Its item has changed since. Its message stays. */
  | 'held'
  /** It is in the range of a failed batch but may not have been in the batch. Its message stays. */
  | 'inexact'
  /** The function failed, or an earlier record of its item did. Its message stays. */
  | 'failed'
  /** Its event would be larger than Lambda takes. Its message stays. */
  | 'tooLarge'
  /** It was written to a file. Its message stays. */
  | 'written'
  /** Nothing was tried: a dry run, or the run was ended. Its message stays. */
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
