import { type Arrival, type Entry, sequenceNumberOf } from './batch';
import { READ_RECORDS } from './limits';
import type { MappingPlan } from './options';
import type { Outbox } from './outbox';
import { mostPayloadSize } from './payload-size';
import { BatchProcessor } from './processor';
import type { Input } from './protocol';
import { ReadSchedule } from './read-schedule';
import type { WaitingRecords } from './waiting-records';
import { itemKey } from '../stream/item-key';
import type { StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';
import type { Position, PassingReadFailure } from '../stream/shard';

/** Reads one shard, hands its records to the processors of their item keys, and keeps the shard's checkpoint. */
export class ShardPoller {
  /** When time alone makes a next step possible. Infinity: never. */
  deadline = Infinity;
  private processors: BatchProcessor[];
  private readonly schedule = new ReadSchedule();
  private position: Position;
  private reading = false;
  private ended = false;
  /** The last sequence number read. */
  private lastRead: string | undefined;
  private reported: string | undefined;

  constructor(readonly shardId: string, from: Position, private plan: MappingPlan, private readonly outbox: Outbox) {
    this.position = from;
    this.lastRead = this.reported = from.type === 'AFTER_SEQUENCE_NUMBER' ? from.sequenceNumber : undefined;
    this.processors = this.newProcessors();
  }

  /** Whether the shard has ended and all of its records are done. A read under way may still bring some. */
  isDone(): boolean {
    return this.ended && !this.reading && this.idle();
  }

  idle(): boolean {
    return this.processors.every((processor) => processor.idle());
  }

  /** Does what can be done at `now`. */
  advance(now: number): void {
    this.catchUp(now);
    for (const processor of this.processors) {
      processor.advance(now);
    }
    if (now >= this.nextRead()) {
      this.reading = true;
      this.outbox.emit({ type: 'read', shardId: this.shardId, from: this.position, limit: READ_RECORDS });
    }
    this.report();
    this.deadline = this.processors.reduce((first, processor) => Math.min(first, processor.deadline()), this.nextRead());
  }

  /** The mapping is switched off. */
  release(now: number): void {
    this.catchUp(now);
    this.schedule.pause();
    this.processors.forEach((processor) => processor.release());
    this.report();
    this.deadline = Infinity;
  }

  /** The mapping was released and has other options: what it has read and not done is distributed again. Filters see it again. */
  change(plan: MappingPlan): void {
    const before = this.processors;
    const entries = before.flatMap(({ waiting }) => waiting.all).sort((a, b) => compareSequenceNumbers(sequenceNumberOf(a), sequenceNumberOf(b)));
    this.plan = plan;
    this.processors = this.newProcessors();
    this.processors.forEach((processor, n) => processor.takeOver(before[Math.min(n, before.length - 1)]));
    this.push(entries);
  }

  /** Takes the answer to a read. */
  read(now: number, { records, end, quietUntil }: Extract<Input, { type: 'read' }>): void {
    this.reading = false;
    this.schedule.succeeded(now, records.length > 0, quietUntil);
    this.outbox.count(this.shardId, 'PolledEventCount', records.length);
    const arrival = { at: now };
    this.push(records.map((record) => this.entry(arrival, record)));
    if (this.lastRead !== undefined) {
      this.position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: this.lastRead };
    }
    this.ended ||= end;
    this.processors.forEach((processor) => processor.sawRead(now, this.ended));
  }

  readFailed(now: number, reason: PassingReadFailure): void {
    this.reading = false;
    this.schedule.failed(now, reason);
    if (reason === 'trimmed') {
      this.outbox.notice({ type: 'trimmed', shardId: this.shardId, after: this.lastRead });
      this.position = { type: 'TRIM_HORIZON' };
    }
  }

  /** The stream no longer lists the shard. */
  vanished(now: number): void {
    if (!this.ended) {
      this.ended = true;
      this.outbox.notice({ type: 'trimmed', shardId: this.shardId, after: this.lastRead });
      this.processors.forEach((processor) => processor.sawRead(now, true));
    }
  }

  /** Those that pass the filters wait for a batch. */
  private push(entries: readonly Entry[]): void {
    const passing = entries.filter(({ record }) => this.plan.passes(record));
    passing.forEach((entry) => this.processorOf(entry.record).waiting.push(entry));
    this.outbox.count(this.shardId, 'FilteredOutEventCount', entries.length - passing.length);
  }

  private newProcessors(): BatchProcessor[] {
    return Array.from({ length: this.plan.settings.parallelizationFactor }, () => new BatchProcessor(this.shardId, this.plan, this.outbox));
  }

  private entry(arrival: Arrival, record: StreamRecord): Entry {
    const entry = { record, arrival, size: mostPayloadSize(record), measured: false, after: this.lastRead };
    this.lastRead = sequenceNumberOf(entry);
    return entry;
  }

  /** An item's records all go to the same processor. */
  private processorOf(record: StreamRecord): BatchProcessor {
    return this.processors.length === 1
      ? this.processors[0]
      : this.processors[hash(itemKey(record.dynamodb?.Keys ?? {})) % this.processors.length];
  }

  /** A read that was left out counts as one that brought nothing. */
  private catchUp(now: number): void {
    const leftOut = this.schedule.leftOut(now);
    if (leftOut !== undefined && !this.ended) {
      this.processors.forEach((processor) => processor.sawRead(leftOut, false));
    }
  }

  /** When to read. Infinity: time alone makes no read necessary. */
  private nextRead(): number {
    if (!this.wantsRecords()) {
      return Infinity;
    }
    return this.schedule.nextRead(this.processors.reduce((first, processor) => Math.min(first, processor.nextNeededRead()), Infinity));
  }

  /** Whether fewer records wait than the processors can take in their next batches. */
  private wantsRecords(): boolean {
    if (this.reading || this.ended) {
      return false;
    }
    const { batchRecords, batchBytes } = this.plan;
    const sum = (of: (waiting: WaitingRecords) => number) => this.processors.reduce((total, { waiting }) => total + of(waiting), 0);
    const bytes = batchBytes * this.processors.length;
    return sum((waiting) => waiting.count) < batchRecords * this.processors.length
      && (sum((waiting) => waiting.mostBytes) < bytes || sum((waiting) => waiting.bytes()) < bytes);
  }

  private report(): void {
    let oldest: Entry | undefined;
    for (const processor of this.processors) {
      const candidate = processor.oldest();
      if (candidate && (!oldest || compareSequenceNumbers(sequenceNumberOf(candidate), sequenceNumberOf(oldest)) < 0)) {
        oldest = candidate;
      }
    }
    const checkpoint = oldest ? oldest.after : this.lastRead;
    if (checkpoint !== undefined && checkpoint !== this.reported) {
      this.reported = checkpoint;
      this.outbox.emit({ type: 'checkpoint', shardId: this.shardId, sequenceNumber: checkpoint });
    }
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
