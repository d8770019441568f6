import { createdAt, type Entry } from './batch';
import type { MappingPlan } from './options';
import { expiry } from './record-age';
import { carryState, inWindow, openWindow, type TumblingWindow, windowFields } from './window';
import type { StreamEvent, WindowEvent } from '../stream/record';

/** Keeps the tumbling windows of one processor. At most one is open; none ever is in a mapping without windows. */
export class WindowKeeper {
  private window: TumblingWindow | undefined;

  constructor(private readonly shardId: string, private readonly plan: MappingPlan) {}

  get isOpen(): boolean {
    return this.window !== undefined;
  }

  /** Goes on with the window of another one. */
  takeOver({ window }: WindowKeeper): void {
    this.window = window;
  }

  /** When the open window ends. Infinity if none is open. */
  get end(): number {
    return this.window?.end ?? Infinity;
  }

  /** When the open window is too old for its final invocation. */
  get expiry(): number {
    return this.window ? expiry(this.window.newest, this.plan.age) : Infinity;
  }

  /** Opens the window of the next record, unless one is open. */
  openFor(next: Entry): void {
    const { tumblingWindow } = this.plan.settings;
    if (tumblingWindow > 0) {
      this.window ??= openWindow(next, tumblingWindow * 1000);
    }
  }

  /** Whether a record can join a batch now. */
  takes(entry: Entry): boolean {
    return !this.window || inWindow(entry, this.window);
  }

  /** Whether all records of the window are done, so that its final invocation is due. `next` is the next record that waits. */
  isComplete(next: Entry | undefined, readUntil: number): boolean {
    const { window } = this;
    return window !== undefined && (window.terminatedEarly || (next ? !inWindow(next, window) : readUntil >= window.end));
  }

  /** The event of an invocation. A final one has no records. */
  event(entries: readonly Entry[], final: boolean): StreamEvent | WindowEvent {
    const Records = entries.map((entry) => entry.record);
    return this.window ? { Records, ...windowFields(this.window, this.shardId, this.plan.streamArn, final) } : { Records };
  }

  /** Takes over the state from an answer. False if a window is open and the answer has no state: the invocation failed. */
  carry(response: unknown): boolean {
    return !this.window || carryState(this.window, response);
  }

  /** These records of the window are done. */
  passed(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (this.window && last) {
      this.window.newest = Math.max(this.window.newest, createdAt(last));
    }
  }

  close(): void {
    this.window = undefined;
  }
}
