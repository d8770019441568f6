import { currentContext, type HandlerContext, shared, waitIn } from './handler-context';
import { shownValue } from './option-check';

/**
 * The virtual time of the simulation under way, in milliseconds since the epoch.
 *
 * @throws Error if no simulation is under way.
 */
export function now(): number {
  return running('now').clock.now();
}

/**
 * The virtual time since the simulation under way has started, in seconds, as options count it.
 *
 * ```tsx
 * import { elapsed } from 'dynamo-stream-trigger/testing';
 *
 * const send = async () => {
 *   if (elapsed() > 60 && elapsed() < 600) {
 *     throw new Error('The warehouse is down');
 *   }
 * };
 * ```
 *
 * @throws Error if no simulation is under way.
 */
export function elapsed(): number {
  const { clock, startedAt } = running('elapsed');
  return (clock.now() - startedAt) / 1000;
}

/**
 * Waits in virtual time, in a handler that is simulated or in whatever it calls.
 *
 * ```tsx
 * import { sleep } from 'dynamo-stream-trigger/testing';
 *
 * const send = async (signal: AbortSignal) => {
 *   await sleep(2000, { signal });
 * };
 * ```
 *
 * @param milliseconds 0 or more, of virtual time
 * @param options `signal` ends the wait: it rejects then, with the signal's reason.
 * @throws Error if no simulation is under way.
 * @throws RangeError if it is not a number of milliseconds, 0 or more.
 */
export async function sleep(milliseconds: number, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
  const { clock, fail, waits } = running('sleep');
  if (!(typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds < Infinity)) {
    throw new RangeError(`sleep() was given ${shownValue(milliseconds)} but takes a number of milliseconds, 0 or more.`);
  }
  const { signal } = options;
  signal?.throwIfAborted();
  const outside: HandlerContext = {
    clock, environment: { schedule: (wait, action) => clock.schedule(clock.now() + wait, action) }, owner: clock, waits, thrown: fail,
  };
  await waitIn(currentContext() ?? outside, milliseconds, signal);
  signal?.throwIfAborted();
}

function running(name: string) {
  if (!shared.running) {
    throw new Error(`${name}() was called outside of a simulation. Call it in a handler that simulateTrigger runs, or in a function of its options.`);
  }
  return shared.running;
}
