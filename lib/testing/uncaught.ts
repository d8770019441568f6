import { realGlobal } from './real-global';
import { realSetImmediate } from './real-timers';

/** How Lambda's Node.js runtime learns of an error that nothing caught. */
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

type Listener = (...args: any[]) => void;

/**
 * Listens in the place of whoever listens to errors that nothing caught, such as a test framework, which would fail the test.
 *
 * @param take answers whether the error was a handler's. Others go to who listened before. If nobody did, they end the process, as they
 * do without this.
 * @returns a function that ends it
 */
export function catchUncaught(take: (event: typeof EVENTS[number], error: unknown) => boolean): () => void {
  const { process: realProcess } = realGlobal;
  const ends = EVENTS.map((event) => {
    // With those that listen once, which remove themselves.
    let before = realProcess.rawListeners(event) as Listener[];
    const listener: Listener = (error, ...rest) => {
      if (take(event, error)) {
        return;
      }
      if (before.length === 0) {
        realProcess.removeListener(event, listener);
        realSetImmediate(() => {
          throw error;
        });
      }
      const listening = before;
      before = before.filter((other) => !('listener' in other));
      listening.forEach((other) => other.call(realProcess, error, ...rest));
    };
    realProcess.removeAllListeners(event);
    realProcess.on(event as 'uncaughtException', listener);
    return () => {
      realProcess.removeListener(event, listener);
      // There may be many, of which Node.js has warned already.
      const most = realProcess.getMaxListeners();
      realProcess.setMaxListeners(0);
      before.forEach((other) => realProcess.on(event as 'uncaughtException', other as NodeJS.UncaughtExceptionListener));
      realProcess.setMaxListeners(most);
    };
  });
  return () => ends.forEach((end) => end());
}
