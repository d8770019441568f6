import { realSetImmediate, realSetTimeout } from './real-timers';

/** Turns of the event loop without a pause: most real waits are over by then. */
const QUICK_TURNS = 20;

/** Turns after real work that nothing more comes of. */
const CALM_TURNS = 3;

/** A wait until handlers settle: what was last seen of them, and since when. Times are milliseconds of `GrantedTime`. */
export class Settling {
  private quiet: number;
  private alone: number;
  private turns = 0;
  private calm = 0;

  /**
   * @param start the time now
   * @param progress a number that grows when something real happens
   * @param life a number that grows when code of a handler runs
   */
  constructor(private start: number, private progress: number, private life: number) {
    this.quiet = start;
    this.alone = start;
  }

  get startedAt(): number {
    return this.start;
  }

  /** Since when nothing has happened. */
  get quietSince(): number {
    return this.quiet;
  }

  /** Since when no handler has shown a sign of life. */
  get aloneSince(): number {
    return this.alone;
  }

  /** Whether it takes longer than most waits. */
  get isLong(): boolean {
    return this.turns >= QUICK_TURNS;
  }

  /** Whether handlers that do not wait in this turn will not go on to wait: what has come may lead to more, which takes a turn or two to begin. */
  isOver(isWaiting: boolean): boolean {
    this.calm = isWaiting ? 0 : this.calm + 1;
    return !isWaiting && (this.turns === 0 || this.calm > CALM_TURNS);
  }

  happened(progress: number, now: number): void {
    if (progress !== this.progress) {
      this.progress = progress;
      this.quiet = now;
    }
  }

  /** @param isOwn whether a handler waits for something of its own */
  lived(isOwn: boolean, life: number, now: number): void {
    if (isOwn || life !== this.life) {
      this.life = life;
      this.alone = now;
    }
  }

  /** What was waited for in vain is no longer waited for. */
  gaveUp(now: number): void {
    this.quiet = now;
  }

  /** What is left has time of its own. */
  restart(now: number): void {
    this.start = now;
    this.turns = 0;
  }

  /** Resolves in the next turn of the event loop, or after a pause that grows if handlers have waited for long. */
  async next(isWaiting: boolean): Promise<void> {
    await (isWaiting && this.isLong ? pause(Math.min(this.turns - QUICK_TURNS + 1, 10)) : turn());
    this.turns++;
  }
}

export const turn = () => new Promise<void>((resolve) => realSetImmediate(resolve));
const pause = (milliseconds: number) => new Promise<void>((resolve) => realSetTimeout(resolve, milliseconds));
