/**
 * The work's result, or an error as soon as the signal says to stop. What is under way is then left to itself.
 *
 * @throws what the signal was aborted with
 */
export async function stoppable<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  let onStop!: () => void;
  const stopped = new Promise<never>((_, reject) => {
    onStop = () => reject(stop.reason);
    stop.addEventListener('abort', onStop);
  });
  if (stop.aborted) {
    onStop();
  }
  try {
    return await Promise.race([stopped, work]);
  } finally {
    stop.removeEventListener('abort', onStop);
  }
}

/** As long as nothing says to stop. */
export async function* untilStopped<T>(stop: AbortSignal, all: AsyncIterator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  for (let next = await stoppable(stop, all.next()); !next.done; next = await stoppable(stop, all.next())) {
    yield next.value;
  }
}
