import { beginWait, type HandlerContext, shared, type Wait } from './handler-context';

/** What a `using` declaration calls. Node.js has it from version 20 on. */
const DISPOSE: unique symbol = (Symbol as { readonly dispose?: symbol }).dispose as any ?? Symbol('dispose');

/** Above the numbers that Node.js gives to its timers. */
let lastNumber = 2 ** 40;

/** Timers that were made numbers. */
const byNumber = new Map<number, HandlerTimer>();

/** A timer that code in a handler has set: in virtual time, or a fake one that moves with it. What Node.js calls a Timeout. */
export class HandlerTimer {
  /** The timer that was given to a function that clears it: itself, or its number. */
  static of(given: unknown): HandlerTimer | undefined {
    return given instanceof HandlerTimer ? given : byNumber.get(Number(given));
  }

  private number: number | undefined;
  private cancel: (() => void) | undefined;
  private wait: Wait | undefined;
  private closed = false;
  private referenced = true;

  constructor(
    private readonly context: HandlerContext,
    private readonly milliseconds: number,
    private readonly action: () => void,
    private readonly repeats: boolean,
    /** What happens when the virtual clock gets to where it is due. */
    private readonly due: (timer: HandlerTimer) => void,
  ) {}

  /** Lets the virtual clock stop where it is due. */
  start(): this {
    this.stop();
    this.closed = false;
    this.cancel = this.context.environment.schedule(this.milliseconds, () => {
      this.due(this);
      if (this.repeats && this.cancel) {
        this.start();
      }
    });
    this.count();
    return this;
  }

  fire(): void {
    if (!this.repeats) {
      this.stop();
    }
    if (shared.running) {
      shared.running.awake = true;
    }
    try {
      shared.storage.run(this.context, this.action);
    } catch (error) {
      // Whoever moves the clock did not throw it.
      this.context.thrown(error);
    }
  }

  private stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.count();
  }

  /** An interval never ends, and what is unref'd need not: nobody waits for these alone. */
  private count(): void {
    const counts = this.cancel !== undefined && this.referenced && !this.repeats;
    if (counts) {
      this.wait ??= beginWait(this.context, this.milliseconds);
    } else if (this.wait) {
      this.context.waits.delete(this.wait);
      this.wait = undefined;
    }
  }

  // The rest is what Node.js's have.

  close(): this {
    this.stop();
    this.closed = true;
    if (this.number !== undefined) {
      byNumber.delete(this.number);
    }
    return this;
  }

  /** Also after it has fired, unless it was cleared. */
  refresh(): this {
    return this.closed ? this : this.start();
  }

  ref(): this {
    this.referenced = true;
    this.count();
    return this;
  }

  unref(): this {
    this.referenced = false;
    this.count();
    return this;
  }

  hasRef(): boolean {
    return this.referenced;
  }
  [Symbol.toPrimitive](): number {
    this.number ??= ++lastNumber;
    byNumber.set(this.number, this);
    return this.number;
  }

  [DISPOSE](): void {
    this.close();
  }
}

/** A fake timer is due that nobody moves. */
export function refuseFake(): void {
  shared.running?.fail(new Error('The handler waits for a fake timer, but nothing moves it. Move fake timers with the virtual clock, as in advanceTimers: '
    + '(ms) => jest.advanceTimersByTimeAsync(ms), or use real ones.'));
}

/** The delay of a timer as Node.js has it: what is out of range becomes 1 ms. */
export function delayOf(delay: unknown): number {
  const milliseconds = Number(delay);
  return milliseconds >= 1 && milliseconds <= LONGEST_DELAY ? Math.trunc(milliseconds) : 1;
}

const LONGEST_DELAY = 2 ** 31 - 1;
