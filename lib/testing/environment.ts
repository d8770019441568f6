import { fail } from './handler-context';
import { shownValue } from './option-check';
import type { VirtualClock } from './virtual-clock';

/** A Lambda handler of any kind; what it returns may be a promise. */
export type Handler = (event: any, context: any, callback: any) => unknown;

/** Code that each execution environment loads for itself, so that each has its own memory. */
export interface LoadedHandler {
  /**
   * Called when an environment starts. If it throws or rejects, the invocation fails.
   *
   * A module that it imports is loaded once, so that environments share its memory, unless `load` empties the cache of modules before, as
   * with `jest.resetModules()`.
   */
  readonly load: () => Handler | Promise<Handler>;
}

/** What runs in an environment. */
export interface Tenant {
  /** The process ended, by this error or by an exit. */
  readonly processEnded: (end: ProcessError | ExitStatus) => void;
}

/** What a process exits with. */
export type ExitStatus = number;

/** An error that nothing caught: its type and its message. */
export type ProcessError = readonly [errorType: string, errorMessage: string];

/**
 * One execution environment. Between invocations it is frozen: timers that fall due fire when it thaws, or never if its process ends
 * first. With several invocations at once, as on Lambda Managed Instances, it never freezes.
 */
export class SimulatedEnvironment {
  readonly tenants = new Set<Tenant>();
  /** Of the first invocation. */
  startedAt: number | undefined;
  /** By the order in which environments started, from 1. */
  number = 0;
  ended = false;
  private loaded: Handler | Promise<Handler> | undefined;
  private overdue = new Set<() => void>();
  private frozen: boolean;

  constructor(
    readonly code: Handler | LoadedHandler,
    private readonly clock: VirtualClock,
    /** How many invocations it serves at once. */
    readonly capacity: number,
    private readonly nextNumber: () => number,
    /** Whether an invocation is under way of the same code. */
    private readonly isUsed: () => boolean,
  ) {
    this.frozen = capacity === 1;
  }

  /** Who shares what the handler makes. */
  get owner(): object {
    return typeof this.code === 'function' ? this.code : this;
  }

  get free(): boolean {
    return !this.ended && this.tenants.size < this.capacity;
  }

  readonly handler = (): Handler | Promise<Handler> => {
    if (typeof this.code === 'function') {
      return this.code;
    }
    if (!this.loaded) {
      const loading = this.load(this.code);
      this.loaded = loading;
      // The next invocation tries again.
      loading.then((handler) => this.loaded = handler, () => this.loaded = undefined);
    }
    return this.loaded;
  };

  readonly schedule = (milliseconds: number, action: () => void): (() => void) => {
    const due = () => {
      if (this.frozen && !this.isNeeded()) {
        this.overdue.add(due);
      } else if (!this.ended) {
        action();
      }
    };
    const cancel = this.clock.schedule(this.clock.now() + milliseconds, due);
    return () => {
      cancel();
      this.overdue.delete(due);
    };
  };

  /** Environments that share the memory of the test may wait for each other, as for a place in a queue of the handler's module. */
  private isNeeded(): boolean {
    return typeof this.code === 'function' && this.isUsed();
  }

  /** An invocation begins. */
  enter(tenant: Tenant): void {
    this.startedAt ??= this.clock.now();
    this.number ||= this.nextNumber();
    this.tenants.add(tenant);
    if (this.frozen) {
      this.frozen = false;
      const now = this.overdue;
      this.overdue = new Set();
      now.forEach((due) => due());
    }
  }

  /** An invocation has been answered: nothing goes on until the next one. */
  freeze(): void {
    this.frozen = this.capacity === 1;
  }

  /** An invocation is over. */
  leave(tenant: Tenant): void {
    this.tenants.delete(tenant);
  }

  /** The process ends, and all that runs in it. */
  end(end: ProcessError | ExitStatus = 1): void {
    if (!this.ended) {
      this.ended = true;
      this.overdue.clear();
      [...this.tenants].forEach((tenant) => tenant.processEnded(end));
    }
  }

  private async load({ load }: LoadedHandler): Promise<Handler> {
    const handler: unknown = await load();
    if (typeof handler !== 'function') {
      const error = new TypeError(`The handler's load() returned ${shownValue(handler)} but must return the handler, a function, or a promise of it: `
        + 'load: () => handler, or load: async () => (await import(\'../src/on-order\')).handler.');
      // The test's: Lambda would try again.
      fail(this.clock, error);
      throw error;
    }
    return handler as Handler;
  }
}
