import { realNow } from './real-timers';

/**
 * The real time in which this process could do something. A process may be frozen, or starved by others: nothing can happen in it then, and nothing
 * could be heard of, so that this time must not count against what a handler waits for.
 */
export class GrantedTime {
  /** Milliseconds since it was made, at the last look. */
  now = 0;
  private last = realNow();

  /** One more turn of the event loop was granted. */
  look(): number {
    const now = realNow();
    this.now += Math.min(now - this.last, LONGEST_TURN);
    this.last = now;
    return this.now;
  }
}

/** Milliseconds between two looks that count, at most: somewhat more than the longest pause between them. */
const LONGEST_TURN = 15;
