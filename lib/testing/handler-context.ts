import { AsyncLocalStorage } from 'node:async_hooks';
import { realGlobal } from './real-global';
import type { VirtualClock } from './virtual-clock';

/** The invocation that code runs in. It follows the code through promises, timers and I/O. */
export interface HandlerContext {
  /** The clock of its simulation. */
  readonly clock: VirtualClock;
  readonly environment: {
    /** Calls back after this many milliseconds of virtual time, while the environment is not frozen. Returns a function that cancels it. */
    readonly schedule: (milliseconds: number, action: () => void) => () => void;
  };
  /** Who shares what is made in it: the environment, or the function if its environments share one handler. */
  readonly owner: object;
  /** The waits for virtual time that are under way in it. */
  readonly waits: Set<Wait>;
  /** How many timers of the runtime may end it. They are not what it waits for, but end what is never answered. */
  budgets?: number;
  /** Once it has answered: who is under way since, in whose place its code may work, as a listener on a kept connection does. */
  readonly successor?: () => HandlerContext | undefined;
  /** Takes an error that a timer's callback threw, so that nothing caught it. */
  readonly thrown: (error: unknown) => void;
}

/** A wait for virtual time. */
export interface Wait {
  /** When it ends, in milliseconds since the epoch. */
  readonly until: number;
}

/** The simulation under way. */
export interface RunningSimulation {
  readonly clock: VirtualClock;
  readonly startedAt: number;
  /** Whether a wait has ended, so that code has something to do. */
  awake: boolean;
  /** The waits for virtual time of code that runs in no handler. One may wait for it. */
  readonly waits: Set<Wait>;
  /** Ends the simulation with an error. */
  readonly fail: (error: unknown) => void;
}

interface Shared {
  readonly storage: AsyncLocalStorage<HandlerContext>;
  /** The simulation that calls `advanceTimers`, and waits for it. */
  readonly called: AsyncLocalStorage<RunningSimulation>;
  running?: RunningSimulation;
  /** When the last simulation is over, by the global object of its test: one that a test has left behind holds up no other test file. */
  readonly lastRuns: WeakMap<object, Promise<void>>;
}

const SHARED = Symbol.for('dynamo-stream-trigger/simulation');

/** CJS and ESM copies of this package share it: a handler may import one, and its test the other. */
export const shared = (realGlobal[SHARED] ??= {
  storage: new AsyncLocalStorage(), called: new AsyncLocalStorage(), lastRuns: new WeakMap(),
}) as Shared;

/** The context in which code runs now, if it is one of the simulation under way. What an earlier one has left behind is other code of the process. */
export function simulatedContext(): HandlerContext | undefined {
  const context = shared.storage.getStore();
  return context && context.clock === shared.running?.clock ? context : undefined;
}

/** Ends a simulation with an error of the test's own, if it is still under way. */
export function fail(clock: VirtualClock, error: unknown): void {
  if (shared.running?.clock === clock) {
    shared.running.fail(error);
  }
}

/** The context for which code runs now, if it runs in a handler. */
export function currentContext(): HandlerContext | undefined {
  const context = shared.storage.getStore();
  return context?.successor?.() ?? context;
}

/** Waits in virtual time; an abort ends the wait early. */
export async function waitIn(context: HandlerContext, milliseconds: number, signal?: AbortSignal): Promise<void> {
  const wait = beginWait(context, signal?.aborted ? 0 : milliseconds);
  try {
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        signal?.removeEventListener('abort', wake);
        if (shared.running) {
          shared.running.awake = true;
        }
        resolve();
      };
      const cancel = context.environment.schedule(signal?.aborted ? 0 : milliseconds, wake);
      signal?.addEventListener('abort', wake);
    });
  } finally {
    context.waits.delete(wait);
  }
}

/** A wait for virtual time begins in a handler. Whoever calls this takes the wait out of `context.waits` when it is over. */
export function beginWait(context: HandlerContext, milliseconds: number): Wait {
  const wait = { until: (shared.running?.clock.now() ?? 0) + milliseconds };
  context.waits.add(wait);
  return wait;
}
