/** Steps that run in lanes; see `runLanes`. */
export interface Lanes {
  /** Settles when no lane can go on. */
  readonly ended: Promise<void>;
  /** The lowest step that is not done, also while steps are running; `length` if all are. */
  lowestNotDone(): number;
  isDone(step: number): boolean;
  /** The steps that are running now, and whether each will have been done. */
  running(): Running[];
}

/** A step under way. */
export interface Running {
  readonly step: number;
  /** Whether the step was done. Never rejects. */
  readonly done: Promise<boolean>;
}

/** What `runLanes` runs, and how. */
export interface LaneOptions {
  /** How many steps there are. */
  readonly length: number;
  /** The lane of a step. */
  readonly laneOf: (step: number) => string;
  /** Whether a step is done without being run. Throwing, or rejecting, means that it failed. */
  readonly skip: (step: number) => boolean | Promise<boolean>;
  /** Does a step. Throwing, or rejecting, means that it failed. */
  readonly run: (step: number) => unknown;
  /** Called with a step that did not fail. */
  readonly succeeded: (step: number) => void;
  /** Called with a step that failed: answers whether it is done after all. Rejecting means that it is not. */
  readonly recover: (step: number, error: unknown) => Promise<boolean>;
  /** How many steps may run at once. */
  readonly concurrency: number;
  /** Asked before every step: once it says no, nothing more is started. */
  readonly mayStart: () => boolean;
}

// How far a step has come; 0: not started.
const RUNNING = 1;
const STOPPED = 2;
const DONE = 3;

/**
 * Runs the steps 0 to `length - 1`, each in its lane:
 *
 * - the steps of one lane run one after another, in the order of their numbers; lanes run side by side;
 * - at most `concurrency` steps run at once, with as many promises;
 * - of the steps that may run, the lowest is started first: what is not done is as high as can be whenever time runs out;
 * - a lane stops at its first step that is not done, the other lanes go on;
 * - once `mayStart` says no, nothing more is started.
 */
export function runLanes({ length, laneOf, skip, run, succeeded, recover, concurrency, mayStart }: LaneOptions): Lanes {
  const state = new Uint8Array(length);
  // Whoever waits for a step that is running.
  const waiters = new Map<number, (done: boolean) => void>();
  // The last step reached of every lane that is in work or stopped, and for every step the one that waits for it (0: none).
  const lastOf = new Map<string, number>();
  const waiting = new Int32Array(length);
  let reached = 0;

  async function work(): Promise<void> {
    while (reached < length && mayStart()) {
      const lane = laneOf(reached);
      let step = enter(lane, reached++);
      while (step >= 0) {
        state[step] = RUNNING;
        let done = true;
        try {
          const skipped = skip(step);
          if (skipped === false || !await skipped) {
            await run(step);
            succeeded(step);
          }
        } catch (error) {
          done = await recover(step, error).catch(() => false);
        }
        state[step] = done ? DONE : STOPPED;
        waiters.get(step)?.(done);
        step = done ? goOn(lane, step) : -1;
      }
    }
  }

  /** The step, if its lane is free; otherwise -1, and it waits for the one before it. */
  function enter(lane: string, step: number): number {
    const last = lastOf.get(lane);
    lastOf.set(lane, step);
    if (last === undefined) {
      return step;
    }
    waiting[last] = step;
    return -1;
  }

  /** The step that waits in the lane, which is lower than any not yet reached; -1 if there is none, and the lane is free. */
  function goOn(lane: string, step: number): number {
    if (waiting[step] > 0) {
      return mayStart() ? waiting[step] : -1;
    }
    lastOf.delete(lane);
    return -1;
  }

  const workers = Array.from({ length: Math.min(concurrency, length) }, work);
  return {
    ended: Promise.all(workers).then(() => undefined),
    isDone: (step) => state[step] === DONE,
    lowestNotDone: () => {
      const step = state.findIndex((reachedState) => reachedState !== DONE);
      return step < 0 ? length : step;
    },
    running: () => {
      const found: Running[] = [];
      for (let step = state.indexOf(RUNNING); step >= 0; step = state.indexOf(RUNNING, step + 1)) {
        const settled = step;
        found.push({ step, done: new Promise((resolve) => waiters.set(settled, resolve)) });
      }
      return found;
    },
  };
}
