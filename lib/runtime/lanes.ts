/** What runs in lanes, and how; see `runLanes`. */
export interface LaneOptions {
  /** The lane of each step. */
  readonly lanes: readonly string[];
  /** What a step must wait for before it is tried, if anything. It does not count as running meanwhile. */
  readonly waitsFor: (step: number) => Promise<unknown> | undefined;
  /** Tries a step. Throwing, or rejecting, means that it failed. */
  readonly run: (step: number) => unknown;
  /** Called with a step that did not fail, and with what it returned. */
  readonly succeeded: (step: number, answer: unknown) => void;
  /**
   * Called with a step that failed. Answers whether it is done after all, must be run again, or is not done; rejecting means not done.
   * A step that waits here does not count as running.
   */
  readonly failed: (step: number, error: unknown) => Promise<FailedStep>;
  /** How many steps may run at once. */
  readonly concurrency: number;
  /** Asked before every step: once it answers no, nothing more is started. */
  readonly mayStart: () => boolean;
}

/** What becomes of a step that failed. */
export type FailedStep = 'done' | 'again' | 'not done';

/** Steps that run in lanes. */
export interface Lanes {
  /** Settles when no lane can go on, or when nobody waits for the lanes. */
  readonly ended: Promise<void>;
  /** Waits for the lanes no longer. They go on. */
  readonly leave: () => void;
  /** For every step, also while others are running, whether it is done: 0 or 1. */
  readonly done: Uint8Array;
  /** How many are done. */
  readonly count: () => number;
  /** The steps that have started and not ended. */
  readonly open: () => number[];
  /** How many of them run; the others wait. */
  readonly running: () => number;
  /** Settles when a step that is open ends. */
  readonly end: (step: number) => Promise<void>;
}

const RUNNING = 1;
const WAITING = 2;

/**
 * Runs the steps, each in its lane:
 *
 * - the steps of one lane run one after another, in the order of their numbers; lanes run side by side;
 * - at most `concurrency` steps run at once, with as many promises; one that waits, also to be run again, is not among them;
 * - of the steps that may run, the lowest is started first, so that the lowest step not done is as high as possible whenever time runs out;
 * - a lane stops at its first step that is not done, the other lanes go on;
 * - once `mayStart` answers no, nothing more is started.
 */
// eslint-disable-next-line max-lines-per-function -- small functions over one state, which is theirs alone
export function runLanes({ lanes, waitsFor, run, succeeded, failed, concurrency, mayStart }: LaneOptions): Lanes {
  const { length } = lanes;
  const queue = createQueue(lanes);
  const { done } = queue;
  const state = new Uint8Array(length);
  const onEnd = new Map<number, () => void>();
  let count = 0;
  let workers = 0;
  let waiting = 0;
  let endAll!: () => void;
  const ended = new Promise<void>((resolve) => {
    endAll = resolve;
  });

  function finish(step: number, isDone: boolean): void {
    state[step] = 0;
    count += Number(isDone);
    queue.ended(step, isDone);
    if (onEnd.size > 0) {
      onEnd.get(step)?.();
    }
  }

  const next = () => mayStart() ? queue.next() : undefined;

  async function work(): Promise<void> {
    workers++;
    for (let step = next(); step !== undefined; step = next()) {
      const before = waitsFor(step);
      if (before) {
        void aside(step, before.then(() => 'again'));
        continue;
      }
      state[step] = RUNNING;
      try {
        succeeded(step, await run(step));
        finish(step, true);
      } catch (error) {
        void aside(step, failed(step, error));
      }
    }
    workers--;
    goOn();
  }

  async function aside(step: number, until: Promise<string>): Promise<void> {
    state[step] = WAITING;
    waiting++;
    const outcome = await until.catch(() => 'not done');
    waiting--;
    if (outcome === 'again' && mayStart()) {
      queue.add(step);
    }
    finish(step, outcome === 'done');
    goOn();
  }

  /** Starts a worker for each step that became ready, and ends when nothing is left that could bring one. */
  function goOn(): void {
    while (workers < concurrency && queue.hasNext(workers === 0) && mayStart()) {
      void work();
    }
    if (workers + waiting === 0) {
      endAll();
    }
  }

  for (let worker = Math.min(concurrency, length); worker > 0; worker--) {
    void work();
  }
  goOn();
  return {
    ended,
    leave: endAll,
    done,
    count: () => count,
    open: () => workers + waiting > 0 ? [...state.keys()].filter((step) => state[step]) : [],
    running: () => state.filter((is) => is === RUNNING).length,
    end: async (step) => new Promise((resolve) => onEnd.set(step, resolve)),
  };
}

/** The order in which steps are started. */
function createQueue(lanes: readonly string[]) {
  const { length } = lanes;
  const done = new Uint8Array(length);
  // For every step the next of its lane (0: none), and whether it waits for the one before it.
  const nextOf = new Int32Array(length);
  const waits = new Uint8Array(length);
  const lastOf = new Map<string, number>();
  for (let step = 0; step < length; step++) {
    const lane = lanes[step];
    const last = lastOf.get(lane);
    if (last !== undefined) {
      nextOf[last] = step;
      waits[step] = 1;
    }
    lastOf.set(lane, step);
  }
  // Steps below `reached` that may run, in order.
  const ready: number[] = [];
  let reached = 0;

  function add(step: number): void {
    let place = ready.length;
    while (place > 0 && ready[place - 1] > step) {
      place--;
    }
    ready.splice(place, 0, step);
  }

  return {
    done,
    add,
    /** Whether a step is ready. `any`: or none was started yet that may be. */
    hasNext: (any: boolean) => ready.length > 0 || (any && reached < length),
    next: (): number | undefined => {
      while (waits[reached] && ready.length === 0) {
        reached++;
      }
      return ready.shift() ?? (reached < length ? reached++ : undefined);
    },
    ended: (step: number, isDone: boolean) => {
      const following = nextOf[step];
      done[step] = Number(isDone);
      if (isDone && following) {
        waits[following] = 0;
        if (following < reached) {
          add(following);
        }
      }
    },
  };
}
