import * as builtin from 'node:module';
import timers from 'node:timers';
import { promisify } from 'node:util';
import { contextOf } from './called-by';
import { takeClocks } from './handler-clocks';
import { shared } from './handler-context';
import { delayOf, HandlerTimer, refuseFake } from './handler-timer';
import { takePromises } from './promised-timers';
import { promisesAreChanged, realNextTick, realPromises, realQueueMicrotask, realSetImmediate, watched } from './real-timers';
import { replace } from './replace';

type Callback = (...args: unknown[]) => void;

const DUE: { readonly [mode in TimerMode]: (timer: HandlerTimer) => void } = {
  virtual: (timer) => timer.fire(),
  moved: () => undefined,
  still: refuseFake,
};

/**
 * What becomes of the timers of handlers:
 *
 * - `virtual`: they fire in virtual time, which their clocks show too;
 * - `moved`: they may be a test framework's fake ones, which are moved with the virtual clock; it stops where they are due;
 * - `still`: they may be fake ones that nobody moves. One that is due and does not fire is an error.
 *
 * Where they may be fake, each is looked at: some are not faked, and some are real ones that somebody has wrapped, such as a tracer.
 */
export type TimerMode = 'virtual' | 'moved' | 'still';

/**
 * Puts other timer functions in the place of the global ones and of those of `node:timers`, for code that runs in a simulated handler. All
 * other code, and Node.js itself, gets those that were there.
 *
 * @returns a function that puts the old ones back
 */
export function takeTimers(mode: TimerMode): () => void {
  // Not all fake timers are in the module too.
  const inModule = mode === 'virtual' || timers.setTimeout === globalThis.setTimeout;
  const restores = takeImmediates();
  if (mode === 'virtual' || promisesAreChanged()) {
    restores.push(takePromises(mode === 'still' ? refuseFake : () => undefined));
  }
  if (mode === 'virtual') {
    restores.push(takeClocks());
  }
  const functions = timerFunctions(mode);
  restores.push(replace(globalThis, functions));
  if (inModule) {
    restores.push(replace(timers, functions));
  }
  syncImports();
  return () => {
    restores.forEach((restore) => restore());
    syncImports();
  };
}

/** For modules that import the functions of Node.js by name. In jest there is no such function. */
function syncImports(): void {
  builtin.syncBuiltinESMExports?.();
}

/**
 * What waits for no time goes on at once in a handler, also where it is fake: Node.js's own functions take the place of fake ones.
 *
 * @returns functions that put the old ones back
 */
function takeImmediates(): (() => void)[] {
  const { setImmediate: immediate, queueMicrotask: microtask } = globalThis;
  const { process } = globalThis;
  const { nextTick } = process;
  const isFake = (make: (nothing: () => void) => unknown, clear?: (made: any) => void) => {
    const { made, isReal } = watched(() => make(() => undefined));
    clear?.(made);
    return !isReal;
  };
  const inHandler = <Arguments extends any[], T>(fake: (...args: Arguments) => T, own: (...args: any[]) => T) => (...args: Arguments) =>
    (shared.running && shared.storage.getStore() ? own : fake)(...args);
  const restores: (() => void)[] = [];
  if (immediate !== realSetImmediate && isFake(immediate, clearImmediate)) {
    const promised = { [promisify.custom]: realPromises.setImmediate };
    const functions = { setImmediate: Object.assign(inHandler(immediate, realSetImmediate), promised) };
    const inModule = timers.setImmediate === immediate;
    restores.push(replace(globalThis, functions), ...inModule ? [replace(timers, functions)] : []);
  }
  if (microtask !== realQueueMicrotask && isFake(microtask)) {
    restores.push(replace(globalThis, { queueMicrotask: inHandler(microtask, realQueueMicrotask) }));
  }
  if (nextTick !== realNextTick && isFake((nothing) => nextTick(nothing))) {
    restores.push(replace(process, { nextTick: inHandler<any[], void>(nextTick, realNextTick) }));
  }
  return restores;
}

function timerFunctions(mode: TimerMode) {
  const before = { setTimeout, setInterval, clearTimeout, clearInterval };
  /** By the number that each of them stands for. */
  const fakes = new Map<number, HandlerTimer>();
  type Start = (callback: Callback, delay?: number, ...args: unknown[]) => unknown;
  const starter = (original: Start, repeats: boolean): Start => function start(callback, delay, ...args) {
    const context = contextOf(start);
    if (!context || typeof callback !== 'function') {
      return original(callback, delay, ...args);
    }
    const action = () => callback(...args);
    const timer = new HandlerTimer(context, delayOf(delay), action, repeats, DUE[mode]);
    if (mode === 'virtual') {
      return timer.start();
    }
    const { made, isReal } = watched(() => original(() => isReal ? action() : timer.fire(), delay));
    if (!isReal) {
      fakes.set(Number(made), timer.start());
    }
    return made;
  };
  const stopper = (original: typeof clearTimeout) => (timer: any) => {
    const own = HandlerTimer.of(timer);
    own?.close();
    fakes.get(Number(timer))?.close();
    if (!own) {
      original(timer);
    }
  };
  return {
    setTimeout: Object.assign(starter(before.setTimeout, false), {
      [promisify.custom]: mode === 'virtual' ? timers.promises.setTimeout : (before.setTimeout as any)[promisify.custom],
    }),
    setInterval: starter(before.setInterval, true),
    clearTimeout: stopper(before.clearTimeout),
    clearInterval: stopper(before.clearInterval),
  };
}
