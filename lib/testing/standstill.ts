/** Refuses to go on when code waits again and again, but virtual time does not pass. It counts waits, not real time: a slow machine changes nothing. */
export class Standstill {
  private since = -Infinity;
  private changes = -1;
  private steps = 0;

  /**
   * The clock is to go to a moment.
   *
   * @param changes a number that grows whenever an invocation begins or ends: many may do so in one moment
   * @throws Error if it has stood still for too long
   */
  check(at: number, changes: number): void {
    if (at >= this.since + 1 || changes !== this.changes) {
      [this.since, this.changes, this.steps] = [at, changes, 0];
    }
    this.steps++;
    if (this.steps > MOST_STEPS) {
      throw new Error(`The handler has waited for virtual time ${this.steps} times within 1 ms of it, and none of its invocations has ended: `
        + 'it seems to loop, as in for (;;) await sleep(0). Let the loop end, or sleep for 1 ms or more in it, so that the function\'s timeout can strike.');
    }
  }
}

/** Ten waits for each record of the largest batch. */
const MOST_STEPS = 100_000;
