import { type RunningSimulation, shared } from './handler-context';
import { realNow } from './real-timers';
import { replace } from './replace';

/**
 * Lets `Date`, `performance.now()` and formats of the time show virtual time to code that runs in a simulated handler. Node.js itself has its
 * own.
 *
 * @returns a function that puts the old ones back
 */
export function takeClocks(): () => void {
  const RealDate = Date;
  const beforeDate = RealDate.now;
  const beforeNow = performance.now.bind(performance);
  const start = realNow();
  const now = () => inHandler()?.clock.now() ?? beforeDate();
  const VirtualDate: DateConstructor = new Proxy(RealDate, {
    construct: (_, given, called) => Reflect.construct(RealDate, given.length === 0 && inHandler() ? [now()] : given, called),
    apply: () => new VirtualDate().toString(),
  });
  const restores = [
    // Also for classes that extend it, and for code that took it before.
    replace(RealDate, { now }),
    replace(globalThis, { Date: VirtualDate }),
    // Some code compares it with Date.
    replace(RealDate.prototype, { constructor: VirtualDate }),
    replace(performance, {
      now: () => {
        const running = inHandler();
        return running ? start + running.clock.now() - running.startedAt : beforeNow();
      },
    }),
    takeFormats(now),
  ];
  return () => restores.forEach((restore) => restore());
}

/** A format without a date shows the current one. */
function takeFormats(now: () => number): () => void {
  const { prototype } = Intl.DateTimeFormat;
  const { formatToParts } = prototype;
  const format = Object.getOwnPropertyDescriptor(prototype, 'format')!;
  const restore = replace(prototype, {
    formatToParts(this: Intl.DateTimeFormat, date: Date | number = now()) {
      return formatToParts.call(this, date);
    },
  });
  Object.defineProperty(prototype, 'format', {
    ...format,
    get(this: Intl.DateTimeFormat) {
      const bound: Intl.DateTimeFormat['format'] = format.get!.call(this);
      return (date: Date | number = now()) => bound(date);
    },
  });
  return () => {
    restore();
    Object.defineProperty(prototype, 'format', format);
  };
}

function inHandler(): RunningSimulation | undefined {
  return shared.storage.getStore() && shared.running;
}
