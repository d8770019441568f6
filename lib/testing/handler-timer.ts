import { type HandlerContext, shared } from './handler-context';

/** A timer that code in a handler has set: in virtual time, or a fake one that moves with it. What Node.js calls a Timeout. */
export class HandlerTimer {
  private cancel: (() => void) | undefined;
  private counted = false;
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
    // An interval never ends: nobody waits for it alone.
    this.count(!this.repeats);
    this.cancel = this.context.environment.schedule(this.milliseconds, () => {
      this.due(this);
      if (this.repeats && this.cancel) {
        this.start();
      }
    });
    return this;
  }

  fire(): void {
    if (!this.repeats) {
      this.stop();
    }
    if (shared.running) {
      shared.running.awake = true;
    }
    shared.storage.run(this.context, this.action);
  }

  private stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.count(false);
  }

  private count(counts: boolean): void {
    if (counts !== this.counted) {
      this.counted = counts;
      this.context.waits += counts ? 1 : -1;
    }
  }

  // The rest is what Node.js's have.

  close(): this {
    this.stop();
    return this;
  }

  refresh(): this {
    return this.cancel ? this.start() : this;
  }

  ref(): this {
    this.referenced = true;
    return this;
  }

  unref(): this {
    this.referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.referenced;
  }
}
