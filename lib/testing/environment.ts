import type { VirtualClock } from './virtual-clock';

/** A Lambda handler of any kind; what it returns may be a promise. */
export type Handler = (event: any, context: any, callback: any) => unknown;

/** Code that each execution environment loads for itself, so that each has its own memory. */
export interface LoadedHandler {
  /** Called when an environment starts. If it throws or rejects, the invocation fails. */
  readonly load: () => Handler | Promise<Handler>;
}

/** One execution environment: it serves one invocation at a time. */
export interface SimulatedEnvironment {
  readonly handler: () => Handler | Promise<Handler>;
  /** Calls back after so many milliseconds. Returns a function that cancels it. */
  readonly schedule: (milliseconds: number, action: () => void) => () => void;
  /** An invocation begins. */
  readonly thaw: () => void;
  /** The invocation has been answered. */
  readonly freeze: () => void;
  /** The environment that takes its place when its process ends. */
  readonly successor: () => SimulatedEnvironment;
}

/** Environments that share one handler and its memory. They never freeze: one may wait for the work of another. */
export function sharedEnvironment(handler: Handler, clock: VirtualClock): SimulatedEnvironment {
  const nothing = () => undefined;
  const environment: SimulatedEnvironment = {
    handler: () => handler,
    schedule: (milliseconds, action) => clock.schedule(clock.now() + milliseconds, action),
    thaw: nothing,
    freeze: nothing,
    successor: () => environment,
  };
  return environment;
}

/**
 * An environment that loads its own handler. Between invocations it is frozen: timers that fall due fire when it thaws, or never if
 * its process ends first.
 */
export function loadingEnvironment({ load }: LoadedHandler, clock: VirtualClock): SimulatedEnvironment {
  let handler: Handler | undefined;
  let frozen = true;
  let overdue = new Set<() => void>();
  return {
    handler: async () => handler ??= await load(),
    schedule: (milliseconds, action) => {
      const due = () => action();
      const cancel = clock.schedule(clock.now() + milliseconds, () => frozen ? overdue.add(due) : due());
      return () => {
        cancel();
        overdue.delete(due);
      };
    },
    thaw: () => {
      frozen = false;
      const now = overdue;
      overdue = new Set();
      now.forEach((due) => due());
    },
    freeze: () => {
      frozen = true;
    },
    successor: () => loadingEnvironment({ load }, clock),
  };
}
