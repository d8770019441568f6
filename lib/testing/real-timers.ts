import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

type Name = 'setImmediate' | 'setTimeout';

/**
 * A timer function of Node.js as it was when this was loaded. Test frameworks put fake ones into the module too. One that was there already
 * knows what it stands for.
 */
const real = <T extends Name>(name: T): (typeof timers)[T] => {
  const found = timers[name] as any;
  return found.clock?.[`_${name}`] ?? found;
};

export const realSetImmediate = real('setImmediate');
export const realSetTimeout = real('setTimeout');

/** Milliseconds of real time since some moment. */
export const realNow = performance.now.bind(performance);

/** Whether a test framework has put fake timers in the place of Node.js's. */
export function timersAreFake(): boolean {
  return globalThis.setTimeout !== realSetTimeout;
}
