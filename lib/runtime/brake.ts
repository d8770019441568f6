/** Keeps an outage from being parked record by record. */
export interface Brake {
  /** Takes a place for a record to be parked; false: too many in a row were, and it has to wait for Lambda's retries. */
  readonly takePlace: () => boolean;
  /** Gives the place back of a record that was not parked after all. */
  readonly giveBack: () => void;
  /** A record was done: whatever failed, it is no outage. */
  readonly release: () => void;
}

/** Lets so many records be parked in a row, without one done in between. */
export function createBrake(limit: number): Brake {
  let parked = 0;
  return {
    takePlace: () => parked < limit && ++parked > 0,
    giveBack: () => { parked = Math.max(0, parked - 1); },
    release: () => { parked = 0; },
  };
}
