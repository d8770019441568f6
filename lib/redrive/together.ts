/** Does something for each of them, at most so many at once. The first error ends it. */
export async function together<T>(atOnce: number, all: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = all[Symbol.iterator]();
  let failed = false;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let next = waiting.next(); !next.done && !failed; next = waiting.next()) {
      await work(next.value).catch((error) => {
        failed = true;
        throw error;
      });
    }
  }));
}
