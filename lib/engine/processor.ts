import { backoff } from './backoff';
import { type Batch, createdAt, type Entry, newBatch, sequenceNumberOf } from './batch';
import { judgeResponse, type Verdict } from './batch-response';
import { bisect } from './bisect';
import type { MappingContext } from './context';
import { failureMessage, objectKey } from './failure-message';
import { EVENT_BYTES } from './limits';
import { payloadSize } from './payload-size';
import type { Outcome } from './protocol';
import { expiry } from './record-age';
import { WaitingRecords } from './waiting-records';
import { carryState, inWindow, openWindow, type TumblingWindow, windowFields } from './window';
import type { FailureCondition } from '../stream/failed-batch';
import type { StreamEvent, WindowEvent } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/**
 * Takes records of one shard through the function, one batch after another. A shard has as many processors as
 * parallelizationFactor says, each with its own item keys.
 */
export class BatchProcessor {
  readonly waiting = new WaitingRecords();
  /** Batches begun, in order: one, or what bisecting made of it. */
  private batches: Batch[] = [];
  /** Records on their way to the failure destination. */
  private leaving: readonly Entry[] = [];
  /** An invocation or a delivery is under way. */
  private busy = false;
  private failuresInARow = 0;
  private retryAt = 0;
  /** When the next record of the batch that waits until then gets too old, which need not be its first: creation times may fall. */
  private expiresAt = Infinity;
  private window: TumblingWindow | undefined;
  private readUntil = -Infinity;
  private shardEnded = false;

  constructor(readonly shardId: string, private readonly context: MappingContext) {}

  /** The shard was read at `now`, to its end or not. */
  sawRead(now: number, end: boolean): void {
    this.readUntil = now;
    this.shardEnded ||= end;
  }

  /** The lowest record that is not done, if any. */
  oldest(): Entry | undefined {
    const next = this.batches.find((batch) => batch.entries.length > 0)?.entries[0] ?? this.waiting.first;
    const leaving = this.leaving[0];
    if (!next || !leaving) {
      return next ?? leaving;
    }
    return compareSequenceNumbers(sequenceNumberOf(next), sequenceNumberOf(leaving)) < 0 ? next : leaving;
  }

  idle(): boolean {
    return !this.busy && this.waiting.count === 0 && this.batches.length === 0 && this.window === undefined;
  }

  /** When time alone makes a next step possible. */
  deadline(): number | undefined {
    if (this.busy || !this.context.enabled) {
      return undefined;
    }
    const batch = this.batches[0];
    if (batch) {
      return Math.min(this.retryAt, this.expiresAt);
    }
    return this.waiting.first && this.batchingWindowEnd(this.waiting.first);
  }

  /** Does what can be done at `now`: forms a batch, gives up what is too old, invokes. */
  advance(now: number): void {
    if (!this.context.enabled) {
      this.release();
      return;
    }
    while (!this.busy) {
      const batch = this.batches[0] ?? this.formBatch(now);
      if (!batch) {
        return;
      }
      if (this.giveUpAged(now, batch)) {
        continue;
      }
      if (now < this.retryAt) {
        this.expiresAt = batch.entries.reduce((first, entry) => Math.min(first, expiry(entry, this.context.age)), Infinity);
        return;
      }
      this.invoke(batch);
    }
  }

  /** Takes the outcome of the invocation under way. */
  returned(now: number, outcome: Outcome): void {
    this.busy = false;
    const batch = this.batches[0];
    if (outcome.type === 'throttled') {
      this.failed(now, batch);
      this.retry(batch);
      return;
    }
    batch.invocations++;
    const verdict = this.judge(outcome, batch);
    if (verdict.type === 'success') {
      this.finish(batch);
      return;
    }
    batch.failure = { requestId: outcome.requestId, functionError: outcome.type === 'error' ? 'Unhandled' : null };
    if (verdict.type === 'checkpoint' && verdict.index > 0) {
      this.progress(batch, verdict.index);
      return;
    }
    this.failed(now, batch);
    if (this.maySplit(batch, verdict)) {
      this.split(batch);
    } else if (this.exhausted(batch)) {
      this.giveUp(now, batch.entries, 'RetryAttemptsExhausted', batch);
      this.finish(batch);
    } else {
      this.retry(batch);
    }
  }

  /** Takes whether the failure destination accepted what was given up. */
  delivered(accepted: boolean): void {
    this.busy = false;
    const entries = this.leaving;
    this.leaving = [];
    if (accepted) {
      this.context.count(this.shardId, 'OnFailureDestinationDeliveredEventCount', entries.length);
    } else {
      this.drop(entries, 'refused by the failure destination');
    }
  }

  /** The next batch, if what waits may close one now. */
  private formBatch(now: number): Batch | undefined {
    const first = this.waiting.first;
    if (this.window && this.windowIsOver(now, this.window)) {
      return this.begin({ ...newBatch([]), final: { early: this.window.terminatedEarly } });
    }
    if (!first) {
      return undefined;
    }
    const { tumblingWindow } = this.context.options.settings;
    if (tumblingWindow > 0) {
      this.window ??= openWindow(first, tumblingWindow * 1000);
    }
    const bytes = Math.min(this.context.batchBytes, EVENT_BYTES - payloadSize(this.event(newBatch([]))));
    if (now < this.batchingWindowEnd(first) && !this.shardEnded && !this.isFull(bytes)) {
      return undefined;
    }
    return this.begin(newBatch(this.waiting.take(this.context.batchRecords, bytes, (entry) => this.belongs(entry))));
  }

  private begin(batch: Batch): Batch {
    this.batches.push(batch);
    return batch;
  }

  /** Whether what waits is as much as a batch can be, whose records may take so many bytes. */
  private isFull(bytes: number): boolean {
    return this.waiting.count >= this.context.batchRecords || this.waiting.exceed(bytes);
  }

  private belongs(entry: Entry): boolean {
    return !this.window || inWindow(entry, this.window);
  }

  /** The end of a tumbling window ends the batching window too. */
  private batchingWindowEnd(first: Entry): number {
    const end = first.arrival.at + this.context.options.settings.maxBatchingWindow * 1000;
    return this.window ? Math.min(end, this.window.end) : end;
  }

  /** Whether all of the window's records have been through, so that its final invocation is due. */
  private windowIsOver(now: number, window: TumblingWindow): boolean {
    if (window.terminatedEarly) {
      return true;
    }
    const next = this.waiting.first;
    if (next) {
      return !inWindow(next, window);
    }
    return this.shardEnded || (now >= window.end && this.readUntil >= window.end);
  }

  private event(batch: Batch): StreamEvent | WindowEvent {
    const Records = batch.entries.map((entry) => entry.record);
    return this.window
      ? { Records, ...windowFields(this.window, this.shardId, this.context.options.streamArn, batch.final) }
      : { Records };
  }

  private invoke(batch: Batch): void {
    this.busy = true;
    this.context.count(this.shardId, 'InvokedEventCount', batch.entries.length);
    this.context.invoke(this, this.shardId, this.event(batch));
  }

  private judge(outcome: Exclude<Outcome, { type: 'throttled' }>, batch: Batch): Verdict {
    if (outcome.type === 'error') {
      return { type: 'failure' };
    }
    const verdict: Verdict = this.context.options.settings.reportBatchItemFailures
      ? judgeResponse(outcome.response, batch.entries)
      : { type: 'success' };
    const progressed = verdict.type === 'success' || (verdict.type === 'checkpoint' && verdict.index > 0);
    // The state of a failed invocation covers records that will come again.
    if (this.window && progressed && !carryState(this.window, outcome.response)) {
      return { type: 'failure' };
    }
    return verdict;
  }

  /** The batch is through: done or given up. */
  private finish(batch: Batch): void {
    this.batches.shift();
    this.waitNoLonger();
    if (batch.final) {
      this.window = undefined;
    } else if (this.window) {
      this.window.newest = Math.max(this.window.newest, ...batch.entries.slice(-1).map(createdAt));
    }
  }

  /** The records before `index` are done: the rest is a batch of its own, with its retries still before it. */
  private progress(batch: Batch, index: number): void {
    batch.entries = batch.entries.slice(index);
    batch.invocations = 0;
    this.context.count(this.shardId, 'FailedInvokeEventCount', batch.entries.length);
    this.waitNoLonger();
  }

  /** The next invocation is a first one: nothing of it has failed yet. */
  private waitNoLonger(): void {
    this.failuresInARow = 0;
    this.retryAt = 0;
  }

  private failed(now: number, batch: Batch): void {
    this.context.count(this.shardId, 'FailedInvokeEventCount', batch.entries.length);
    this.failuresInARow++;
    this.retryAt = now + backoff(this.failuresInARow);
  }

  private retry(batch: Batch): void {
    const { shardId, retryAt } = this;
    this.context.notice({ type: 'retrying', shardId, records: batch.entries.length, attempt: batch.invocations + 1, at: retryAt });
  }

  private maySplit(batch: Batch, verdict: Verdict): boolean {
    const { settings, noProgressBisect } = this.context.options;
    const whole = verdict.type === 'checkpoint' && noProgressBisect === 'whole';
    return settings.bisectBatchOnError && batch.entries.length > 1 && !whole;
  }

  private split(batch: Batch): void {
    const [first, second] = bisect(batch);
    this.batches.splice(0, 1, first, second);
    this.waitNoLonger();
    this.context.notice({ type: 'split', shardId: this.shardId, first: first.entries.length, second: second.entries.length });
  }

  private exhausted(batch: Batch): boolean {
    const { retryAttempts } = this.context.options.settings;
    // Until a final invocation succeeds, the mapping suspends further processing (Lambda guide).
    return retryAttempts !== -1 && batch.invocations > retryAttempts && !batch.final;
  }

  /** Gives up what is too old of a batch; true if there was any. */
  private giveUpAged(now: number, batch: Batch): boolean {
    return batch.final ? this.giveUpAgedWindow(now, batch, this.window!) : this.giveUpAgedRecords(now, batch);
  }

  /** Neighbours together, others one after another: a message names its first and its last record, and so all that is between them. */
  private giveUpAgedRecords(now: number, batch: Batch): boolean {
    const { age } = this.context;
    const { entries } = batch;
    const isAged = (entry: Entry) => expiry(entry, age) <= now;
    const start = entries.findIndex(isAged);
    if (start === -1) {
      return false;
    }
    const next = entries.findIndex((entry, index) => index > start && !isAged(entry));
    const end = next === -1 ? entries.length : next;
    const aged = entries.slice(start, end);
    batch.entries = [...entries.slice(0, start), ...entries.slice(end)];
    if (age.reason === 'retention') {
      this.drop(aged, age.reason);
    } else {
      this.giveUp(now, aged, age.reason, batch);
    }
    if (batch.entries.length === 0) {
      this.finish(batch);
    }
    return true;
  }

  /** A final invocation has no records to give up: what is dropped is the window's state. */
  private giveUpAgedWindow(now: number, batch: Batch, window: TumblingWindow): boolean {
    const { limit, reason } = this.context.age;
    if (now <= window.newest + limit) {
      return false;
    }
    this.drop([], `${reason}: the final invocation of a tumbling window`);
    this.finish(batch);
    return true;
  }

  private giveUp(now: number, entries: readonly Entry[], condition: FailureCondition, batch: Batch): void {
    const { destination, mappingId, uuid } = this.context.options;
    if (!destination) {
      this.drop(entries, condition);
      return;
    }
    const { invocations, failure } = batch;
    const message = failureMessage(now, { condition, shardId: this.shardId, entries, invocations, failure }, this.context.options);
    const records = entries.map((entry) => entry.record);
    this.busy = true;
    this.leaving = entries;
    if (destination === 's3') {
      const payload = JSON.stringify(this.event({ ...batch, entries }));
      this.context.deliver(this, { ...message, payload }, records, objectKey(now, this.shardId, mappingId, uuid()));
    } else {
      this.context.deliver(this, message, records);
    }
  }

  private drop(entries: readonly Entry[], reason: string): void {
    if (reason !== 'retention') {
      this.context.count(this.shardId, 'DroppedEventCount', entries.length);
    }
    this.context.notice({ type: 'dropped', shardId: this.shardId, records: entries.map((entry) => entry.record), reason });
  }

  /** Switched off: what was begun starts anew from the checkpoint when the mapping is switched on again. */
  private release(): void {
    if (!this.busy && this.batches.length > 0) {
      this.waiting.putBack(this.batches.flatMap((batch) => batch.entries));
      this.batches = this.batches.filter((batch) => batch.final);
      this.waitNoLonger();
    }
  }
}
