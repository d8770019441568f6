/**
 * Time that passes only when nothing else is left to do: replaces the global timers while `body` runs. Milliseconds.
 */
export async function inVirtualTime<T>(body: (clock: VirtualClock) => Promise<T>): Promise<T> {
  const real = { setTimeout, clearTimeout, now: Date.now };
  const clock = new VirtualClock();
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, milliseconds = 0) => clock.at(clock.now + milliseconds, callback),
    clearTimeout: (timer: Timer | undefined) => clock.cancel(timer),
  });
  Date.now = () => clock.now;
  try {
    return await body(clock);
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    Date.now = real.now;
  }
}

interface Timer { readonly time: number; readonly callback: () => void }

export class VirtualClock {
  now = 1_000_000;
  private timers: Timer[] = [];

  at(time: number, callback: () => void): Timer {
    const timer = { time, callback };
    this.timers.push(timer);
    return timer;
  }

  cancel(timer: Timer | undefined): void {
    this.timers = this.timers.filter((other) => other !== timer);
  }

  /** Lets everything run that is due, then moves on to the next timer. Answers false if there is none. */
  async step(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    const next = this.timers.reduce<Timer | undefined>((first, timer) => first && first.time <= timer.time ? first : timer, undefined);
    if (!next) {
      return false;
    }
    this.cancel(next);
    this.now = Math.max(this.now, next.time);
    next.callback();
    return true;
  }
}
