/** What runs in lanes, and how; see `runLanes`. */
export interface LaneOptions {
  /** How many steps there are. */
  readonly length: number;
  /** The lane of a step. */
  readonly laneOf: (step: number) => string;
  /** Does a step. Throwing, or rejecting, means that it failed. */
  readonly run: (step: number) => unknown;
  /** Called with a step that did not fail, and with what it answered. */
  readonly succeeded: (step: number, answer: unknown) => void;
  /** Called with a step that failed: answers whether it is done after all. Rejecting means that it is not. */
  readonly recover: (step: number, error: unknown) => Promise<boolean>;
  /** How many steps may run at once. */
  readonly concurrency: number;
  /** Asked before every step: once it says no, nothing more is started. */
  readonly mayStart: () => boolean;
}

/** Steps that run in lanes. */
export interface Lanes {
  /** Settles when no lane can go on. */
  readonly ended: Promise<unknown>;
  /** For every step, also while others are running, whether it is done: 0 or 1. */
  readonly done: Uint8Array;
  /** The steps that are running now, each with what settles when it has ended. */
  readonly running: () => { readonly step: number; readonly ended: Promise<void> }[];
}

/**
 * Runs the steps 0 to `length - 1`, each in its lane:
 *
 * - the steps of one lane run one after another, in the order of their numbers; lanes run side by side;
 * - at most `concurrency` steps run at once, with as many promises;
 * - of the steps that may run, the lowest is started first: what is not done is as high as can be whenever time runs out;
 * - a lane stops at its first step that is not done, the other lanes go on;
 * - once `mayStart` says no, nothing more is started.
 */
export function runLanes({ length, laneOf, run, succeeded, recover, concurrency, mayStart }: LaneOptions): Lanes {
  const done = new Uint8Array(length);
  // For every step the next of its lane (0: none), and whether it waits for the one before it.
  const nextOf = new Int32Array(length);
  const waits = new Uint8Array(length);
  const lastOf = new Map<string, number>();
  for (let step = 0; step < length; step++) {
    const lane = laneOf(step);
    const last = lastOf.get(lane);
    if (last !== undefined) {
      nextOf[last] = step;
      waits[step] = 1;
    }
    lastOf.set(lane, step);
  }
  let reached = 0;
  // The step of each worker, if it has one.
  const steps: (number | undefined)[] = [];

  /** The step to start after another: the next of its lane, if it was passed by already, otherwise the lowest that waits for none. */
  function next(before: number | undefined): number | undefined {
    if (before !== undefined && done[before] && nextOf[before]) {
      waits[nextOf[before]] = 0;
      if (nextOf[before] < reached) {
        return nextOf[before];
      }
    }
    while (reached < length) {
      const step = reached++;
      if (!waits[step]) {
        return step;
      }
    }
    return undefined;
  }

  async function work(worker: number): Promise<void> {
    const goOn = (before?: number) => steps[worker] = mayStart() ? next(before) : undefined;
    for (let step = goOn(); step !== undefined; step = goOn(step)) {
      try {
        succeeded(step, await run(step));
        done[step] = 1;
      } catch (error) {
        done[step] = Number(await recover(step, error).catch(() => false));
      }
    }
  }

  const workers = Array.from({ length: Math.min(concurrency, length) }, async (_, worker) => work(worker));
  return {
    ended: Promise.all(workers),
    done,
    running: () => workers.flatMap((ended, worker) => {
      const step = steps[worker];
      return step === undefined ? [] : [{ step, ended }];
    }),
  };
}
