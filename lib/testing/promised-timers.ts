import { promises } from 'node:timers';
import { contextOf } from './called-by';
import { beginWait, type HandlerContext, shared, waitIn } from './handler-context';
import { delayOf } from './handler-timer';
import { replace } from './replace';

interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

/**
 * Lets the timers that are promises, iterators and signals take virtual time in a handler: those of `node:timers/promises`, and
 * `AbortSignal.timeout`. Test frameworks don't fake all of them.
 *
 * @param due called when one is due
 * @returns a function that puts the old ones back
 */
export function takePromises(due: () => void): () => void {
  const before = { setTimeout: promises.setTimeout, setInterval: promises.setInterval, wait: promises.scheduler.wait, timeout: AbortSignal.timeout };
  async function waitFor<T>(context: HandlerContext, milliseconds: number, value: T, { signal }: WaitOptions): Promise<T> {
    if (!signal?.aborted) {
      await waitIn(context, milliseconds, signal);
    }
    if (signal?.aborted) {
      throw abortError(signal);
    }
    due();
    return value;
  }
  /** Who is late for a tick gets it at once. */
  async function* ticks<T>(context: HandlerContext, milliseconds: number, value: T, options: WaitOptions): AsyncGenerator<T> {
    const now = () => shared.running?.clock.now() ?? 0;
    for (let next = now() + milliseconds; ; next += milliseconds) {
      yield waitFor(context, Math.max(0, next - now()), value, options);
    }
  }
  async function wait<T>(delay?: number, value?: T, options: WaitOptions = {}): Promise<T> {
    const context = contextOf(wait);
    return context ? waitFor(context, delayOf(delay), value as T, options) : before.setTimeout(delay, value, options) as Promise<T>;
  }
  function tick<T>(delay?: number, value?: T, options: WaitOptions = {}): AsyncIterable<T> {
    const context = contextOf(tick);
    return context ? ticks(context, delayOf(delay), value as T, options) : before.setInterval(delay, value, options) as AsyncIterable<T>;
  }
  async function rest(delay: number, options: WaitOptions = {}): Promise<void> {
    const context = contextOf(rest);
    return context ? waitFor(context, delayOf(delay), undefined, options) : before.wait.call(promises.scheduler, delay, options);
  }
  function timeout(delay: number): AbortSignal {
    const context = contextOf(timeout);
    // What is not a delay is refused by the function that was there.
    return context && delay >= 0 && delay < Infinity ? signalIn(context, delay) : before.timeout.call(AbortSignal, delay);
  }
  const restores = [
    replace(promises, { setTimeout: wait, setInterval: tick }), replace(promises.scheduler, { wait: rest }), replace(AbortSignal, { timeout }),
  ];
  return () => restores.forEach((restore) => restore());
}

/** Whatever it watches over, the handler waits for it too. */
function signalIn(context: HandlerContext, milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const wait = beginWait(context, milliseconds);
  context.environment.schedule(milliseconds, () => {
    context.waits.delete(wait);
    if (shared.running) {
      shared.running.awake = true;
    }
    shared.storage.run(context, () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')));
  });
  return controller.signal;
}

/** What the functions of Node.js reject with. */
function abortError({ reason }: AbortSignal): Error {
  return Object.assign(new Error('The operation was aborted', { cause: reason }), { name: 'AbortError', code: 'ABORT_ERR' });
}
