/** Keeps an outage from being parked record by record. */
export interface Brake {
  /** Takes a place for a record on its way; false: too many in a row were parked, and it has to wait for Lambda's retries. */
  readonly takePlace: () => boolean;
  /** The record was parked. */
  readonly keepPlace: () => void;
  /** The record was not parked after all. */
  readonly giveBack: () => void;
  /** A record was done: whatever failed, it is no outage. Records on their way come after it, and keep their places. */
  readonly release: () => void;
}

/** Lets so many records be parked in a row, without one done in between. */
export function createBrake(limit: number): Brake {
  let onTheirWay = 0;
  let parked = 0;
  return {
    takePlace: () => parked + onTheirWay < limit && ++onTheirWay > 0,
    keepPlace: () => { onTheirWay--; parked++; },
    giveBack: () => { onTheirWay--; },
    release: () => { parked = 0; },
  };
}
