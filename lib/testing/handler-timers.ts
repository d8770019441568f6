import * as builtin from 'node:module';
import { promises, setTimeout as realSetTimeout } from 'node:timers';
import { promisify } from 'node:util';
import { type HandlerContext, shared, waitIn } from './handler-context';
import { HandlerTimer } from './handler-timer';

/** Whether a test framework has put fake timers in the place of Node.js's. */
export const timersAreFake = (): boolean => globalThis.setTimeout !== realSetTimeout;

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
 * - `virtual`: they fire in virtual time;
 * - `moved`: they are a test framework's fake ones, which are moved with the virtual clock; it stops where they are due;
 * - `still`: they are fake ones that nobody moves. One that is due and does not fire is an error.
 */
export type TimerMode = 'virtual' | 'moved' | 'still';

/**
 * Puts other timer functions in the place of the global ones, for code that runs in a simulated handler. All other code, and Node.js
 * itself, gets those that were there.
 *
 * @returns a function that puts the old ones back
 */
export function takeTimers(mode: TimerMode): () => void {
  const virtual = mode === 'virtual';
  const before = { setTimeout, setInterval, clearTimeout, clearInterval };
  const fakes = new Map<unknown, HandlerTimer>();
  type Start = (callback: Callback, delay?: number, ...args: unknown[]) => unknown;
  const starter = (original: Start, repeats: boolean): Start => function start(callback, delay, ...args) {
    const context = contextOf(start);
    if (!context) {
      return original(callback, delay, ...args);
    }
    const timer = new HandlerTimer(context, delayOf(delay), () => callback(...args), repeats, DUE[mode]).start();
    if (virtual) {
      return timer;
    }
    const fake = original(() => timer.fire(), delay);
    fakes.set(fake, timer);
    return fake;
  };
  const stopper = (original: typeof clearTimeout) => (timer: any) => {
    const own = timer instanceof HandlerTimer ? timer : fakes.get(timer);
    own?.close();
    if (own !== timer || !timer) {
      original(timer);
    }
  };
  Object.assign(globalThis, {
    setTimeout: starter(before.setTimeout, false),
    setInterval: starter(before.setInterval, true),
    clearTimeout: stopper(before.clearTimeout),
    clearInterval: stopper(before.clearInterval),
  });
  const restorePromised = virtual ? takePromised() : () => undefined;
  return () => {
    Object.assign(globalThis, before);
    restorePromised();
  };
}

/** The same for the timers that are promises and signals, which test frameworks don't fake. */
function takePromised(): () => void {
  const before = promises.setTimeout;
  const beforeSignal = AbortSignal.timeout;
  async function wait<T>(delay = 1, value?: T, options: { readonly signal?: AbortSignal; readonly ref?: boolean } = {}): Promise<T> {
    const context = contextOf(wait);
    if (!context) {
      return before(delay, value as T, options);
    }
    const { signal } = options;
    signal?.throwIfAborted();
    await waitIn(context, delayOf(delay), signal);
    signal?.throwIfAborted();
    return value as T;
  }
  Object.assign(globalThis.setTimeout, { [promisify.custom]: wait });
  replacePromised(wait);
  AbortSignal.timeout = function timeout(delay) {
    const context = contextOf(timeout);
    // What is not a delay is refused by the function that was there.
    if (!context || !(delay >= 0 && delay < Infinity)) {
      return beforeSignal.call(AbortSignal, delay);
    }
    const controller = new AbortController();
    context.environment.schedule(delay, () => {
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    });
    return controller.signal;
  };
  return () => {
    AbortSignal.timeout = beforeSignal;
    replacePromised(before);
  };
}

function replacePromised(replacement: typeof promises.setTimeout): void {
  Object.assign(promises, { setTimeout: replacement });
  // Modules that import it by name. In jest there is no such function.
  builtin.syncBuiltinESMExports?.();
}

/** The delay of a timer as Node.js has it: what is out of range becomes 1 ms. */
function delayOf(delay: unknown): number {
  const milliseconds = Number(delay);
  return milliseconds >= 1 && milliseconds <= LONGEST_DELAY ? Math.trunc(milliseconds) : 1;
}

const LONGEST_DELAY = 2 ** 31 - 1;

/** The context of a handler whose own code calls the function. */
function contextOf(called: (...args: any[]) => unknown): HandlerContext | undefined {
  const context = shared.storage.getStore();
  return context && !isCalledByNode(called) ? context : undefined;
}

/** Some of Node.js's own code, such as that of fetch, calls the global functions too. */
function isCalledByNode(called: (...args: any[]) => unknown): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  const caller: { stack?: string } = {};
  Error.captureStackTrace(caller, called);
  Error.stackTraceLimit = stackTraceLimit;
  return /\(?node:/.test(caller.stack ?? '');
}
