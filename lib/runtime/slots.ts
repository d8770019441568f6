/** Makes a call when there is a slot for it, which the call holds until it or `until` settles. */
export type Slots = <T>(call: () => T | Promise<T>, until: Promise<unknown>) => Promise<T>;

/** Bounds how many calls are under way at once. Those that wait for a slot get one in the order in which they came. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  function release(): void {
    free++;
    waiting.shift()?.();
  }
  return async (call, until) => {
    if (free-- <= 0) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    const answer = (async () => call())();
    Promise.race([answer, until]).then(release, release);
    return answer;
  };
}
