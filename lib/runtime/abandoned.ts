/** Calls that an earlier invocation of the environment did not wait for, by item. They may go on when the environment thaws. */
export interface Abandoned {
  readonly any: () => boolean;
  /** Settles when the item's call has ended; undefined if there is none. */
  readonly of: (item: string) => Promise<void> | undefined;
  /** Remembers a call until it has ended. `settled` is called then. */
  readonly add: (item: string, ended: Promise<void>, settled: () => void) => void;
}

export function createAbandoned(): Abandoned {
  const calls = new Map<string, Promise<void>>();
  return {
    any: () => calls.size > 0,
    of: (item) => calls.get(item),
    add: (item, ended, settled) => {
      const call = ended.then(() => {
        settled();
        if (calls.get(item) === call) {
          calls.delete(item);
        }
      });
      calls.set(item, call);
    },
  };
}
