import type { Effect, EventCount, Notice, Outcome } from './protocol';
import type { FailedBatch } from '../stream/failed-batch';
import type { StreamEvent, StreamRecord, WindowEvent } from '../stream/record';

/** The part of a mapping that invokes and delivers, and takes what comes back. */
export interface Caller {
  readonly shardId: string;
  returned(now: number, outcome: Outcome): void;
  delivered(accepted: boolean): void;
}

/** The effects of one input, for the driver to do, and who waits for the answers. */
export class Outbox {
  private effects: Effect[] = [];
  private readonly callers = new Map<number, Caller>();
  private lastNumber = 0;

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  notice(notice: Notice): void {
    this.emit({ type: 'notice', notice });
  }

  count(shardId: string, name: EventCount, value: number): void {
    if (value > 0) {
      this.notice({ type: 'count', shardId, name, value });
    }
  }

  invoke(caller: Caller, event: StreamEvent | WindowEvent): void {
    this.emit({ type: 'invoke', invocation: this.expectAnswer(caller), shardId: caller.shardId, event });
  }

  deliver(caller: Caller, message: FailedBatch, records: readonly StreamRecord[], objectKey?: string): void {
    this.emit({ type: 'deliver', delivery: this.expectAnswer(caller), message, objectKey, records });
  }

  /** The caller whose invocation or delivery has this number. Each number is answered once. */
  callerOf(number: number): Caller {
    const caller = this.callers.get(number);
    if (!caller) {
      throw new Error(`No invocation or delivery ${number} is under way. Answer each of them once, with the number of its effect.`);
    }
    this.callers.delete(number);
    return caller;
  }

  /** Empties the outbox. */
  take(): Effect[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  private expectAnswer(caller: Caller): number {
    this.lastNumber++;
    this.callers.set(this.lastNumber, caller);
    return this.lastNumber;
  }
}
