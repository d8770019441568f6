import type { LocalEvent } from '../local';

/** What a run has come to so far. Records are counted each time something happens to them. */
export interface Tally {
  /** Under way. */
  inFlight: number;
  invocations: number;
  /** Invocations that threw, timed out or whose process ended. */
  errors: number;
  retries: number;
  filtered: number;
  /** Records on a failure destination. */
  failed: number;
  /** Records given up with no failure destination to go to, or refused there. */
  lost: number;
  /** How old the last record of the last batch was when it went to the function, in milliseconds. */
  iteratorAge: number;
}

export function newTally(): Tally {
  return { inFlight: 0, invocations: 0, errors: 0, retries: 0, filtered: 0, failed: 0, lost: 0, iteratorAge: 0 };
}

/** Counts what happened, at `now` (milliseconds since the epoch). */
export function count(tally: Tally, event: LocalEvent, now: number): void {
  switch (event.type) {
    case 'invocationStarted': {
      const createdAt = event.event.Records.at(-1)?.dynamodb?.ApproximateCreationDateTime;
      tally.inFlight++;
      tally.iteratorAge = createdAt === undefined ? tally.iteratorAge : Math.max(0, now - createdAt * 1000);
      break;
    }
    case 'invocationEnded':
      tally.inFlight--;
      tally.invocations++;
      tally.errors += event.outcome.type === 'error' ? 1 : 0;
      break;
    case 'delivered':
      tally.failed += event.accepted ? event.records.length : 0;
      break;
    case 'notice':
      switch (event.notice.type) {
        case 'retrying': tally.retries++; break;
        case 'dropped': tally.lost += event.notice.records.length; break;
        case 'count': tally.filtered += event.notice.name === 'FilteredOutEventCount' ? event.notice.value : 0; break;
      }
      break;
  }
}
