import * as timers from 'node:timers';

/**
 * Lets the handlers that were started do what they can without the virtual clock moving: until they have all answered, or all
 * that goes on in this process is waiting for that clock. Real timers and I/O of a handler are waited for.
 */
export class Settling {
  private before = activity();

  /** What goes on now has nothing to do with a handler. */
  nothingRuns(): void {
    this.before = activity();
  }

  async wait(answered: () => boolean): Promise<void> {
    for (let turn = 0; ; turn++) {
      await (turn < TURNS ? new Promise(timers.setImmediate) : new Promise((resolve) => timers.setTimeout(resolve, 1)));
      if (answered() || !moreThan(activity(), this.before)) {
        return;
      }
    }
  }
}

/** So many turns of the event loop without a pause: most real waits are over by then. */
const TURNS = 20;

/** What keeps this process alive, counted by kind: timers, sockets, file operations. */
function activity(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function moreThan(now: Map<string, number>, before: Map<string, number>): boolean {
  return [...now].some(([kind, count]) => count > (before.get(kind) ?? 0));
}
