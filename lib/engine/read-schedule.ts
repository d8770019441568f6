import { POLL_INTERVAL } from './limits';
import { backoff } from './retries';
import type { PassingReadFailure } from '../stream/shard';

/** When a shard is read: at once after records, 4 times a second without records, and with growing waits while reads fail. */
export class ReadSchedule {
  private next = -Infinity;
  /** No read before this moment brings anything. */
  private quietUntil = -Infinity;
  private failuresInARow = 0;

  /**
   * When to read next. Reads that are known to bring nothing are left out. The others keep their times.
   *
   * @param needed when a read is needed even if it brings nothing
   */
  nextRead(needed: number): number {
    return this.firstFrom(Math.min(this.quietUntil, needed));
  }

  /** When the last read before `now` would have been that was left out since the last call. Undefined: none was. */
  leftOut(now: number): number | undefined {
    const next = this.firstFrom(Math.min(this.quietUntil, now));
    if (next === this.next) {
      return undefined;
    }
    this.next = next;
    return next - POLL_INTERVAL;
  }

  succeeded(now: number, foundRecords: boolean, quietUntil = -Infinity): void {
    this.next = foundRecords ? now : now + POLL_INTERVAL;
    // After records, the next read may wait until there is room for more. Only that read starts the interval.
    this.quietUntil = foundRecords ? -Infinity : quietUntil;
    this.failuresInARow = 0;
  }

  failed(now: number, reason: PassingReadFailure): void {
    this.quietUntil = -Infinity;
    if (reason === 'trimmed') {
      this.next = now;
    } else {
      this.failuresInARow++;
      this.next = now + Math.max(POLL_INTERVAL, backoff(this.failuresInARow));
    }
  }

  /** From now on nothing is read, so nothing is left out. */
  pause(): void {
    this.quietUntil = -Infinity;
  }

  /** The first read that is not before this moment, if there is one every interval. */
  private firstFrom(moment: number): number {
    return moment <= this.next ? this.next : this.next + Math.ceil((moment - this.next) / POLL_INTERVAL) * POLL_INTERVAL;
  }
}
