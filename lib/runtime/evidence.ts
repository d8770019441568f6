import { createOutcomes, type Outcomes } from './outcomes';

/** A record that failed, as far as this environment saw it. */
export interface Suspect {
  readonly item: string;
  /** Milliseconds since the epoch: when its first and its last try had failed. */
  readonly firstFailedAt: number;
  readonly lastFailedAt: number;
  /** In all deliveries to this environment. */
  readonly tries: number;
  readonly deliveries: number;
  /** What its last error has in common with others; see `Failing`. */
  readonly cause: string;
  readonly transient: boolean;
  /** How many outcomes there were before its first failure. */
  readonly since: number;
}

/** A try that failed. */
export interface Failing {
  /** Of the record: its identity, and its item's. */
  readonly id: string;
  readonly item: string;
  /** The error's name and code: with the same, the same is taken to be the cause. */
  readonly cause: string;
  /** Whether the error is about the world and not about the record. */
  readonly transient: boolean;
  /** Whether it was the first try of this delivery. */
  readonly first: boolean;
}

/** Collects evidence on whether a record that fails is the cause itself, which makes it poison, or suffers from something else. */
export interface Evidence {
  /** An item's record succeeded at the first try of a delivery. */
  readonly succeeded: (item: string) => void;
  readonly failed: (failing: Failing, now: number) => Suspect;
  /** Whether there is evidence now that the record is poison. */
  readonly isPoison: (suspect: Suspect, now: number) => boolean;
  /** The record is done. `parked`: by being parked. */
  readonly settled: (id: string, parked?: boolean) => void;
  /** Forgets the records that did not come again. */
  readonly forget: (now: number) => void;
}

/** What records failed of, as long as it goes on. */
interface Cause {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly seenAt: number;
  readonly deliveries: number;
  /** Whether it held up all others for too long. */
  outwaited: boolean;
}

/** Before these a failure is not judged at all: a blip is over by then. */
const MIN_TRIES = 3;
const MIN_TIME = 2_000;

/** Records of other items that must have succeeded, where others fail too. */
const MIN_SUCCEEDED = 5;

/** A record alone, without others to compare it with. */
const ALONE_TIME = 5 * 60 * 1_000;
const MIN_DELIVERIES = 5;

/** How much longer than others a transient failure is waited for. */
const TRANSIENT_FACTOR = 4;

/** How long a cause that held up all others stays known without a failure, and a record that does not come again suspect. */
const MAX_AGE = 60 * 60 * 1_000;

/** Outcomes before a record's first failure in which few may have failed the same way, if the record is to be poison. */
const BEFORE = 50;

/** @param patience milliseconds for which a failure of some items may hold up all others; see `StreamHandlerOptions` */
// eslint-disable-next-line max-lines-per-function -- small functions over one state, which is theirs alone
export function createEvidence(patience: number): Evidence {
  const outcomes = createOutcomes();
  const suspects = new Map<string, Suspect>();
  const causes = new Map<string, Cause>();
  let parkedAlone = false;

  return {
    isPoison: (suspect, now) => {
      const { item, cause, transient, deliveries, firstFailedAt, since } = suspect;
      if (suspect.tries < MIN_TRIES || now - firstFailedAt < MIN_TIME) {
        return false;
      }
      // By the cause, not by the record: it may have begun in another environment, or with another record.
      const known = causes.get(cause)!;
      known.outwaited ||= known.deliveries >= MIN_DELIVERIES && now - known.since >= patience * (transient ? TRANSIENT_FACTOR : 1);
      if (known.outwaited ? isPartial(outcomes, suspect) : !transient && isRare(outcomes, suspect)) {
        return true;
      }
      const alone = !transient && deliveries >= MIN_DELIVERIES && now - firstFailedAt >= ALONE_TIME && !parkedAlone && outcomes.isAlone(item, since);
      parkedAlone ||= alone;
      return alone;
    },
    succeeded: (item) => {
      parkedAlone = false;
      // Only what happens after a first failure is evidence.
      if (suspects.size + causes.size > 0) {
        outcomes.succeeded(item);
      }
    },
    failed: ({ id, item, cause, transient, first }, now) => {
      const { tries, deliveries, ...known } = suspects.get(id) ?? { tries: 0, deliveries: 0, item, firstFailedAt: now, since: outcomes.length() };
      const suspect = { ...known, tries: tries + 1, deliveries: deliveries + Number(first), cause, transient, lastFailedAt: now };
      suspects.set(id, suspect);
      if (first) {
        outcomes.failed(item, cause);
      }
      const seen = causes.get(cause) ?? { since: now, deliveries: 0, outwaited: false };
      causes.set(cause, { ...seen, seenAt: now, deliveries: seen.deliveries + Number(first) });
      return suspect;
    },
    settled: (id, parked) => {
      const suspect = suspects.get(id);
      suspects.delete(id);
      parkedAlone &&= !!parked;
      // What made it fail is over.
      if (suspect && !parked && suspect.tries >= MIN_TRIES && suspect.lastFailedAt - suspect.firstFailedAt >= MIN_TIME) {
        causes.delete(suspect.cause);
      }
    },
    forget: (now) => {
      suspects.forEach(({ lastFailedAt }, id) => now - lastFailedAt > MAX_AGE && suspects.delete(id));
      causes.forEach((known, cause) => now - known.seenAt > (known.outwaited ? MAX_AGE : patience) && causes.delete(cause));
      if (suspects.size + causes.size === 0) {
        outcomes.clear();
      }
    },
  };
}

/**
 * Whether hardly anything else fails the same way, neither since the record's first failure nor shortly before. Successes count from
 * its first failure on only: what succeeded before does not show that anything succeeds now.
 */
function isRare({ others }: Outcomes, { item, cause, since }: Suspect): boolean {
  const around = others(item, cause, since - BEFORE);
  const after = others(item, cause, since);
  return after.succeeded >= MIN_SUCCEEDED && [after, around].every(({ tried, same }) => (same + 1) * 5 < tried + 1);
}

/** Whether others succeed, so that it is not everything that fails. */
function isPartial({ others }: Outcomes, { item, cause, since }: Suspect): boolean {
  const { tried, succeeded } = others(item, cause, since);
  return succeeded > 0 && succeeded >= Math.min(MIN_SUCCEEDED, tried / 5);
}
