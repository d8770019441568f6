import { compileFilters } from './filters';
import { EVENT_BYTES, READ_BYTES, READ_RECORDS } from './limits';
import type { MappingOptions } from './mapping';
import type { BatchProcessor } from './processor';
import type { Effect, EventCount, Notice } from './protocol';
import { type AgeLimit, ageLimit } from './record-age';
import type { FailedBatch } from '../stream/failed-batch';
import type { StreamEvent, StreamRecord, WindowEvent } from '../stream/record';

/** What the parts of one mapping share: its options, what follows from them, and the way to the driver. */
export class MappingContext {
  enabled: boolean;
  readonly passes: (record: StreamRecord) => boolean;
  readonly age: AgeLimit;
  /** The most records of one batch, and what they may take: without a batching window there is nothing to wait for beyond one read. */
  readonly batchRecords: number;
  readonly batchBytes: number;

  private effects: Effect[] = [];
  private readonly inFlight = new Map<number, BatchProcessor>();
  private lastNumber = 0;

  constructor(readonly options: MappingOptions) {
    const { settings } = options;
    this.enabled = settings.enabled;
    this.passes = compileFilters(settings.filters);
    this.age = ageLimit(settings);
    const collects = settings.maxBatchingWindow > 0;
    this.batchRecords = collects ? settings.batchSize : Math.min(settings.batchSize, READ_RECORDS);
    this.batchBytes = collects ? EVENT_BYTES : READ_BYTES;
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  notice(notice: Notice): void {
    this.emit({ type: 'notice', notice });
  }

  count(shardId: string, name: EventCount, value: number): void {
    this.notice({ type: 'count', shardId, name, value });
  }

  invoke(processor: BatchProcessor, shardId: string, event: StreamEvent | WindowEvent): void {
    this.emit({ type: 'invoke', invocation: this.number(processor), shardId, event });
  }

  deliver(processor: BatchProcessor, message: FailedBatch, records: readonly StreamRecord[], objectKey?: string): void {
    this.emit({ type: 'deliver', delivery: this.number(processor), message, objectKey, records });
  }

  /** Whose invocation or delivery has come back. */
  settle(number: number): BatchProcessor {
    const processor = this.inFlight.get(number);
    if (!processor) {
      throw new Error(`No invocation or delivery ${number} is under way: each is answered once, by the number of its effect.`);
    }
    this.inFlight.delete(number);
    return processor;
  }

  takeEffects(): Effect[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  private number(processor: BatchProcessor): number {
    this.lastNumber++;
    this.inFlight.set(this.lastNumber, processor);
    return this.lastNumber;
  }
}
