import { type Running, shared } from './handler-context';
import { realNow } from './real-timers';
import { replace } from './replace';

/**
 * Lets `Date` and `performance.now()` show virtual time to code that runs in a simulated handler. Node.js itself has its own.
 *
 * @returns a function that puts the old ones back
 */
export function takeClocks(): () => void {
  const RealDate = Date;
  const beforeNow = performance.now.bind(performance);
  const start = realNow();
  const now = () => inHandler()?.clock.now() ?? RealDate.now();
  const VirtualDate: DateConstructor = new Proxy(RealDate, {
    construct: (_, given, called) => Reflect.construct(RealDate, given.length === 0 && inHandler() ? [now()] : given, called),
    apply: () => new VirtualDate().toString(),
    get: (target, name) => name === 'now' ? now : Reflect.get(target, name),
  });
  const restores = [
    replace(globalThis, { Date: VirtualDate }),
    // Some code compares it with Date.
    replace(RealDate.prototype, { constructor: VirtualDate }),
    replace(performance, {
      now: () => {
        const running = inHandler();
        return running ? start + running.clock.now() - running.startedAt : beforeNow();
      },
    }),
  ];
  return () => restores.forEach((restore) => restore());
}

function inHandler(): Running | undefined {
  return shared.storage.getStore() && shared.running;
}
