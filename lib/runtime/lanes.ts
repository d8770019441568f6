/** Steps that run in lanes; see `runLanes`. */
export interface Lanes {
  /** Settles when no lane can go on. */
  readonly ended: Promise<void>;
  /** The lowest step that is not done, also while steps are running; `length` if all are. */
  lowestNotDone(): number;
  isDone(step: number): boolean;
  /** The steps running now, and what they will answer. */
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
  /** Does a step and answers whether it is done. Must not throw or reject. */
  readonly run: (step: number) => boolean | Promise<boolean>;
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
export function runLanes({ length, laneOf, run, concurrency, mayStart }: LaneOptions): Lanes {
  const { before, after } = link(length, laneOf);
  const state = new Uint8Array(length);
  const running: (Running | undefined)[] = [];
  // Steps below have been started, or wait for the step before them in their lane.
  let reached = 0;

  /** The lowest step not yet reached that may run, or -1. What it passes over is started when the step before it is done. */
  function reachNext(): number {
    while (reached < length) {
      const step = reached++;
      if (before[step] < 0 || state[before[step]] === DONE) {
        return step;
      }
    }
    return -1;
  }

  function following(step: number): number {
    const next = after[step];
    // A step already reached is lower than every other one that may run.
    return state[step] === DONE && next >= 0 && next < reached ? next : reachNext();
  }

  async function work(worker: number): Promise<void> {
    let step = mayStart() ? reachNext() : -1;
    while (step >= 0) {
      state[step] = RUNNING;
      let done = run(step);
      if (typeof done !== 'boolean') {
        running[worker] = { step, done };
        done = await done;
        running[worker] = undefined;
      }
      state[step] = done ? DONE : STOPPED;
      step = mayStart() ? following(step) : -1;
    }
  }

  const workers = Array.from({ length: Math.min(concurrency, length) }, async (_, worker) => work(worker));
  return {
    ended: Promise.all(workers).then(() => undefined),
    lowestNotDone: () => {
      const step = state.findIndex((reachedState) => reachedState !== DONE);
      return step < 0 ? length : step;
    },
    isDone: (step) => state[step] === DONE,
    running: () => running.filter((entry) => entry !== undefined),
  };
}

/** For every step the one before it and the one after it in its lane, or -1. */
function link(length: number, laneOf: (step: number) => string): { before: Int32Array; after: Int32Array } {
  const before = new Int32Array(length).fill(-1);
  const after = new Int32Array(length).fill(-1);
  const last = new Map<string, number>();
  for (let step = 0; step < length; step++) {
    const lane = laneOf(step);
    const previous = last.get(lane);
    if (previous !== undefined) {
      before[step] = previous;
      after[previous] = step;
    }
    last.set(lane, step);
  }
  return { before, after };
}
