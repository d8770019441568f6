/** The outcome of an item whose record succeeded; that of one that failed is the cause. */
const SUCCESS = '';

/** How other items fared. */
export interface Others {
  readonly tried: number;
  readonly succeeded: number;
  /** How many failed with the same cause. */
  readonly same: number;
}

/** The latest outcome of each item, in order of time: of the first try of a record in a delivery. */
export interface Outcomes {
  readonly succeeded: (item: string) => void;
  readonly failed: (item: string, cause: string) => void;
  /** How many outcomes there were so far: a place in time. */
  readonly length: () => number;
  /** How all items but one fared from a place on. */
  readonly others: (item: string, cause: string, from: number) => Others;
  /** Whether no other item failed from a place on. */
  readonly isAlone: (item: string, from: number) => boolean;
  readonly clear: () => void;
}

/** Items are remembered by their keys, which take up to 3 kB each. */
const MAX_OUTCOMES = 4_096;

/** How many outcomes are looked at for one judgement. The latest are enough, and in an outage all records are judged again and again. */
const MAX_JUDGED = 1_000;

export function createOutcomes(): Outcomes {
  // Undefined: the item has a later one.
  let outcomes: (string | undefined)[] = [];
  let forgotten = 0;
  const placeOf = new Map<string, number>();
  // The places of the last failure, and of the last one of another item than that.
  let last = { item: '', place: -1 };
  let lastOther = -1;

  function forget(count: number): void {
    outcomes = outcomes.slice(count);
    forgotten += count;
    placeOf.forEach((place, item) => place < forgotten && placeOf.delete(item));
  }

  function note(item: string, outcome: string): number {
    const before = placeOf.get(item);
    if (before !== undefined) {
      outcomes[before - forgotten] = undefined;
    }
    const place = forgotten + outcomes.push(outcome) - 1;
    placeOf.set(item, place);
    if (outcomes.length > MAX_OUTCOMES) {
      forget(MAX_OUTCOMES / 2);
    }
    return place;
  }

  return {
    succeeded: (item) => note(item, SUCCESS),
    failed: (item, cause) => {
      const place = note(item, cause);
      if (last.item !== item) {
        lastOther = last.place;
      }
      last = { item, place };
    },
    length: () => forgotten + outcomes.length,
    others: (item, cause, from) => {
      const own = placeOf.get(item);
      const count = { tried: 0, succeeded: 0, same: 0 };
      for (let place = Math.max(forgotten, from, forgotten + outcomes.length - MAX_JUDGED); place < forgotten + outcomes.length; place++) {
        const outcome = outcomes[place - forgotten];
        if (outcome !== undefined && place !== own) {
          count.tried++;
          count.succeeded += Number(outcome === SUCCESS);
          count.same += Number(outcome === cause);
        }
      }
      return count;
    },
    isAlone: (item, from) => (last.item === item ? lastOther : last.place) < from,
    clear: () => forget(outcomes.length),
  };
}
