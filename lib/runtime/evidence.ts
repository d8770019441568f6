import { createOutcomes, type Others } from './outcomes';

/** A record that failed, and is neither done nor parked, as far as this environment saw it. */
export interface Suspect {
  /** Milliseconds since the epoch: when its first and its last try had failed. */
  readonly firstFailedAt: number;
  readonly lastFailedAt: number;
  /** In all deliveries to this environment. */
  readonly tries: number;
  readonly deliveries: number;
  /** What its last error has in common with others; see `Failing`. */
  readonly cause: string;
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
  /** A try failed. Answers what is known of its record if there is evidence now that it is poison. */
  readonly failed: (failing: Failing, now: number) => Suspect | undefined;
  /** Whether successes are evidence now: only what happens after a failure is. */
  readonly watches: () => boolean;
  /** A record succeeded. `item`: if it did at the first try of its delivery. */
  readonly succeeded: (id: string, item?: string) => void;
  /** A record was parked, or had been done before. */
  readonly settled: (id: string) => void;
  /** Forgets the records that did not come again. */
  readonly forget: (now: number) => void;
}

/** What records fail of. */
interface Cause {
  seenAt: number;
  /** The number of deliveries in which a record failed of it. */
  deliveries: number;
  /** Its suspects, and the one of them that holds up the others for the longest time. */
  open: number;
  holder: string;
  /** Whether one of them held up all others for too long. */
  outwaited: boolean;
}

/** Before these a failure is not judged at all: a blip is over by then. */
const MIN_TRIES = 3;
const MIN_TIME = 2_000;

/** Records of other items that must have succeeded, where others fail too. */
const MIN_SUCCEEDED = 5;

/** A record alone, without others to compare it with: 5 minutes. */
const ALONE_TIME = 300_000;
const MIN_DELIVERIES = 5;

/** How much longer than others a transient failure is waited for. */
const TRANSIENT_FACTOR = 4;

/** The longest time between two deliveries of a record to one of several environments. One that failed before it may be done by now. */
const MAX_PAUSE = 600_000;

/** How long a cause stays known without a failure, and a record that does not come again suspect. */
const MAX_AGE = 3_600_000;

/** Outcomes before a record's first failure in which few may have failed the same way, if the record is to be poison. */
const BEFORE = 50;

/** As many records as the largest batch holds: whoever writes items can't take more of the memory. The oldest are forgotten first. */
const MAX_SUSPECTS = 10_000;
const MAX_CAUSES = 1_000;

/** @param patience milliseconds for which a failure of some items may hold up all others; see `StreamHandlerOptions` */
// eslint-disable-next-line max-lines-per-function -- small functions over one state, which is theirs alone
export function createEvidence(patience: number): Evidence {
  const outcomes = createOutcomes();
  const suspects = new Map<string, Suspect>();
  const causes = new Map<string, Cause>();
  // The last record that was poison because no other failed, and whether it was parked and nothing succeeded since.
  let alone: string | undefined;
  let parkedAlone = false;

  /** Counts a try, and what it failed of as long as a record of it is suspect. */
  function note({ id, item, cause, first }: Failing, now: number): Suspect {
    const before = suspects.get(id);
    const { tries, deliveries, ...known } = before ?? { tries: 0, deliveries: 0, firstFailedAt: now, since: outcomes.length() };
    const suspect = { ...known, tries: tries + 1, deliveries: deliveries + Number(first), cause, lastFailedAt: now };
    const of = causes.get(cause) ?? { deliveries: 0, open: 0, holder: id, outwaited: false, seenAt: now };
    // Of an earlier try, which may have failed of something else.
    close(id);
    of.seenAt = now;
    of.deliveries += Number(first);
    of.open++;
    latest(causes, cause, of, MAX_CAUSES, (oldest) => causes.delete(oldest));
    latest(suspects, id, suspect, MAX_SUSPECTS, close);
    if (first) {
      outcomes.failed(item, cause);
    }
    return suspect;
  }

  /** A record is suspect no longer. What it failed of is over with its last one, unless that was outwaited and may go on. */
  function close(id: string, recovered?: boolean): void {
    const suspect = suspects.get(id);
    const cause = suspect && causes.get(suspect.cause);
    suspects.delete(id);
    if (cause && --cause.open <= 0 && (!cause.outwaited || (recovered && isLasting(suspect, suspect.lastFailedAt)))) {
      causes.delete(suspect.cause);
    }
  }

  /**
   * Whether what a record fails of has held up others for too long. What counts is one record that fails all the time, so that one
   * hiccup after another does not add up; another environment may have had it last.
   */
  function isOutwaited(suspect: Suspect, { id, cause, transient }: Failing, now: number): boolean {
    const known = causes.get(cause)!;
    const holder = suspects.get(known.holder);
    if (!holder || suspect.firstFailedAt < holder.firstFailedAt || now - holder.lastFailedAt > Math.min(patience, MAX_PAUSE)) {
      known.holder = id;
    }
    const since = suspects.get(known.holder)!.firstFailedAt;
    known.outwaited ||= known.deliveries >= MIN_DELIVERIES && now - since >= patience * (transient ? TRANSIENT_FACTOR : 1);
    return known.outwaited;
  }

  function isAlone({ deliveries, firstFailedAt, since }: Suspect, { id, item }: Failing, now: number): boolean {
    const isPoison = !parkedAlone && deliveries >= MIN_DELIVERIES && now - firstFailedAt >= ALONE_TIME && outcomes.isAlone(item, since);
    alone = isPoison ? id : alone;
    return isPoison;
  }

  return {
    failed: (failing, now) => {
      const { item, cause, transient } = failing;
      const suspect = note(failing, now);
      const others = (before: number) => outcomes.others(item, cause, suspect.since - before);
      const isPoison = isLasting(suspect, now)
        && ((isOutwaited(suspect, failing, now) ? isPartial(others(0)) : !transient && isRare(others(0), others(BEFORE)))
          || (!transient && isAlone(suspect, failing, now)));
      return isPoison ? suspect : undefined;
    },
    watches: () => parkedAlone || suspects.size + causes.size > 0,
    succeeded: (id, item) => {
      parkedAlone = false;
      close(id, true);
      if (item !== undefined) {
        outcomes.succeeded(item);
      }
    },
    settled: (id) => {
      close(id);
      parkedAlone ||= id === alone;
    },
    forget: (now) => {
      suspects.forEach(({ lastFailedAt }, id) => now - lastFailedAt > MAX_AGE && close(id));
      causes.forEach(({ seenAt }, cause) => now - seenAt > MAX_AGE && causes.delete(cause));
      if (suspects.size + causes.size === 0) {
        outcomes.clear();
      }
    },
  };
}

function isLasting({ tries, firstFailedAt }: Suspect, now: number): boolean {
  return tries >= MIN_TRIES && now - firstFailedAt >= MIN_TIME;
}

/**
 * Whether hardly anything else fails the same way, neither since the record's first failure nor shortly before. Successes count from
 * its first failure on only: what succeeded before does not show that anything succeeds now.
 */
function isRare(after: Others, around: Others): boolean {
  return after.succeeded >= MIN_SUCCEEDED && [after, around].every(({ tried, same }) => (same + 1) * 5 < tried + 1);
}

/** Whether others succeed, so that it is not everything that fails. */
function isPartial({ tried, succeeded }: Others): boolean {
  return succeeded > 0 && succeeded >= Math.min(MIN_SUCCEEDED, tried / 5);
}

/** Sets a value as the latest one of a map, which holds no more than `most`. */
function latest<T>(map: Map<string, T>, key: string, value: T, most: number, forget: (oldest: string) => void): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) {
    forget(map.keys().next().value!);
  }
}
