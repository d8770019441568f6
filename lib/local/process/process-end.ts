/** What asks a process to end: Ctrl-C, another program, a terminal that closes. */
export const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const cleanUps = new Set<() => void>();

/**
 * Has this process clean up before it ends, be it by a signal, of which its `exit` event hears nothing. A program with a signal
 * handler of its own decides for itself when it ends.
 *
 * @param cleanUp is done when it returns: nothing waits for a promise
 * @returns a function that calls it off
 */
export function beforeProcessEnds(cleanUp: () => void): () => void {
  if (cleanUps.size === 0) {
    process.on('exit', cleanUpAll);
    // Before all others: a handler that is there once is gone when it is called.
    END_SIGNALS.forEach((signal) => process.prependListener(signal, endBySignal));
  }
  cleanUps.add(cleanUp);
  return () => {
    if (cleanUps.delete(cleanUp) && cleanUps.size === 0) {
      process.off('exit', cleanUpAll);
      END_SIGNALS.forEach((signal) => process.off(signal, endBySignal));
    }
  };
}

function cleanUpAll(): void {
  [...cleanUps].forEach((cleanUp) => cleanUp());
}

/** Ends the process as the signal would have, had nobody listened. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) {
    cleanUpAll();
    process.off(signal, endBySignal);
    process.kill(process.pid, signal);
  }
}
