/** How many calls of AWS are under way at once. */
export const CALLS_AT_ONCE = 8;

/** Does something for each of them, some at once. After an error nothing more is begun, and what is under way is waited for. */
export async function together<T>(atOnce: number, all: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = all[Symbol.iterator]();
  let failed = false;
  const workers = await Promise.allSettled(Array.from({ length: atOnce }, async () => {
    for (let next = waiting.next(); !next.done && !failed; next = waiting.next()) {
      await work(next.value).catch((error) => {
        failed = true;
        throw error;
      });
    }
  }));
  for (const worker of workers) {
    if (worker.status === 'rejected') {
      throw worker.reason;
    }
  }
}
