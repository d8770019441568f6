/** Something that is frozen while nothing runs in it. */
interface Freezing {
  readonly running: readonly unknown[];
  readonly dead: boolean;
}

interface Entry {
  readonly at: number;
  readonly callback: () => void;
  readonly environment: Freezing | undefined;
}

/** More than any scenario has. */
const MAX_EVENTS = 200_000;

/** Time that passes only when nothing else is left to do. What is due in a frozen environment waits until it thaws. Milliseconds. */
export class World {
  private time = 1_700_000_000_000;
  private readonly entries = new Set<Entry>();
  private failure: Error | undefined;

  readonly now = (): number => this.time;

  readonly schedule = (milliseconds: number, callback: () => void, environment?: Freezing): () => void => {
    const entry = { at: this.time + milliseconds, callback, environment };
    this.entries.add(entry);
    return () => {
      this.entries.delete(entry);
    };
  };

  readonly pause = async (milliseconds: number, environment?: Freezing): Promise<void> =>
    new Promise((resolve) => this.schedule(milliseconds, resolve, environment));

  stop(failure: Error): void {
    this.failure ??= failure;
  }

  /** Lets time pass until something has ended. */
  async run(until: Promise<unknown>): Promise<void> {
    let ended = false;
    void until.then(() => ended = true, (error) => this.stop(error));
    for (let events = 0; ; events++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.failure) {
        throw this.failure;
      }
      if (ended) {
        return;
      }
      const next = this.takeNext();
      if (!next || events > MAX_EVENTS) {
        throw new Error(next ? 'It does not end' : 'Nothing is left that could happen');
      }
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
  }

  /** The earliest of what may happen. */
  private takeNext(): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.entries) {
      const { at, environment } = entry;
      if (environment?.dead) {
        this.entries.delete(entry);
      } else if ((!next || at < next.at) && (!environment || environment.running.length > 0)) {
        next = entry;
      }
    }
    if (next) {
      this.entries.delete(next);
    }
    return next;
  }
}
