import { createHook } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';
import { realGlobal } from './real-global';

/**
 * A function of Node.js as it was when this was loaded. Test frameworks put fake ones into its place. One that was there already knows what it
 * stands for.
 */
function real<Owner extends object, Name extends keyof Owner & string>(owner: Owner, name: Name): Owner[Name] {
  const found = owner[name] as any;
  return found.clock?.[`_${name}`] ?? found;
}

export const realSetImmediate = real(timers, 'setImmediate');
export const realSetTimeout = real(timers, 'setTimeout');
export const realNextTick = real(realGlobal.process, 'nextTick');
export const realQueueMicrotask = real(realGlobal, 'queueMicrotask');

/** The promised timers, as they were when this was loaded. */
export const realPromises = { ...timers.promises, wait: timers.promises.scheduler.wait };

/** Milliseconds of real time since some moment. */
export const realNow = performance.now.bind(performance);

/**
 * Calls a function, and answers whether it has made something of Node.js that calls back: a timer, an immediate, a tick, a microtask. A fake
 * function makes none. One that somebody has wrapped does, such as a tracer.
 */
export function watched<T>(make: () => T): { readonly made: T; readonly isReal: boolean } {
  let isReal = false;
  const hook = createHook({ init: (_, type) => isReal ||= MADE.includes(type) });
  hook.enable();
  try {
    return { made: make(), isReal };
  } finally {
    hook.disable();
  }
}

const MADE = ['Timeout', 'Immediate', 'TickObject', 'Microtask'];

/**
 * Checks that there are real timers to simulate with.
 *
 * @throws Error if fake timers were there first that don't know what they stand for, as those of node:test don't.
 */
export function checkRealTimers(): void {
  const nothing = () => undefined;
  if (!watched(() => realSetImmediate(nothing)).isReal || !watched(() => realSetTimeout(nothing, 1)).isReal) {
    throw new Error('dynamo-stream-trigger/testing was loaded while the timers of Node.js were fake, but it needs the real ones beside them. Import it '
      + 'before fake timers are enabled, at the top of the test.');
  }
}

/** Whether the timers of the test may be fake. Somebody may also have wrapped them. */
export function timersAreChanged(): boolean {
  return globalThis.setTimeout !== realSetTimeout || globalThis.setImmediate !== realSetImmediate || promisesAreChanged();
}

export function promisesAreChanged(): boolean {
  return timers.promises.setTimeout !== realPromises.setTimeout;
}
