/** The signals that ask a process to end: by Ctrl-C, by another program, by a terminal that closes. */
export const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const cleanUps = new Set<() => void>();

/**
 * Cleans up before this process ends, also if a signal ends it, for which there is no `exit` event. A program with a signal handler of
 * its own decides itself when it ends.
 *
 * @param cleanUp must be done when it returns: nothing waits for a promise
 * @returns a function that cancels it
 */
export function beforeProcessEnds(cleanUp: () => void): () => void {
  if (cleanUps.size === 0) {
    process.on('exit', cleanUpAll);
    // First of all: a handler that was added by `once` is no longer counted when it is called.
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

/** Ends the process as the signal would have without a listener. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) {
    cleanUpAll();
    process.off(signal, endBySignal);
    process.kill(process.pid, signal);
  }
}
