/** A call that never settles. */
export const never = async () => new Promise<never>(() => undefined);

/** Locks, one for each process, of which a single one is never released: by the first call that gets it. */
export function locks(): () => () => Promise<() => void> {
  let hung = false;
  return () => {
    let lock: Promise<void> = Promise.resolve();
    return async () => {
      const before = lock;
      let release!: () => void;
      lock = new Promise((resolve) => {
        release = resolve;
      });
      await before;
      if (!hung) {
        hung = true;
        await never();
      }
      return release;
    };
  };
}
