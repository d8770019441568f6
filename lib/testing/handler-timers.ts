import * as builtin from 'node:module';
import timers from 'node:timers';
import { promisify } from 'node:util';
import { contextOf } from './called-by';
import { takeClocks } from './handler-clocks';
import { shared } from './handler-context';
import { delayOf, HandlerTimer } from './handler-timer';
import { takePromises } from './promised-timers';
import { replace } from './replace';

type Callback = (...args: unknown[]) => void;

const DUE: { readonly [mode in TimerMode]: (timer: HandlerTimer) => void } = {
  virtual: (timer) => timer.fire(),
  moved: () => undefined,
  still: () => shared.running?.fail(new Error('The handler waits for a fake timer, but nothing moves it. Move fake timers with the virtual clock, as '
    + 'in advanceTimers: (ms) => jest.advanceTimersByTimeAsync(ms), or use real ones.')),
};

/**
 * What becomes of the timers of handlers:
 *
 * - `virtual`: they fire in virtual time, which their clocks show too;
 * - `moved`: they are a test framework's fake ones, which are moved with the virtual clock; it stops where they are due;
 * - `still`: they are fake ones that nobody moves. One that is due and does not fire is an error.
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
  const restores = mode === 'virtual' ? [takePromises(), takeClocks()] : [];
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
    const timer = new HandlerTimer(context, delayOf(delay), () => callback(...args), repeats, DUE[mode]).start();
    if (mode === 'virtual') {
      return timer;
    }
    const fake = original(() => timer.fire(), delay);
    fakes.set(Number(fake), timer);
    return fake;
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
