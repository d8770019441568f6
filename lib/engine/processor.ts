import { backoff } from './backoff';
import { type Batch, type Entry, newBatch } from './batch';
import { judgeResponse, type Verdict } from './batch-response';
import { bisect } from './bisect';
import type { MappingContext } from './context';
import { failureMessage, objectKey } from './failure-message';
import { EVENT_BYTES } from './limits';
import { payloadSize } from './payload-size';
import type { Outcome } from './protocol';
import { expiry } from './record-age';
import { carryState, inWindow, openWindow, type TumblingWindow, windowFields } from './window';
import type { StreamEvent, StreamRecord, WindowEvent } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/**
 * Takes records of one shard through the function, one batch after another. A shard has as many processors as the
 * parallelizationFactor says, each with its own item keys.
 */
export class BatchProcessor {
  /** Records read, not yet in a batch. */
  private buffer: Entry[] = [];
  private bufferSize = 0;
  /** Batches begun, in order: one, or what bisecting made of it. */
  private batches: Batch[] = [];
  /** Records on their way to the failure destination. */
  private leaving: Entry[] = [];
  private busy = false;
  private failuresInARow = 0;
  private retryAt = 0;
  private window: TumblingWindow | undefined;
  /** No more records will come: the shard ended. */
  private complete = false;
  /** Until when the shard is known to have been read. */
  private readUntil = -Infinity;

  constructor(private readonly shardId: string, private readonly context: MappingContext) {}

  /** How many records wait for a batch. */
  get waiting(): number {
    return this.buffer.length;
  }

  get waitingSize(): number {
    return this.bufferSize;
  }

  accept(entry: Entry): void {
    this.buffer.push(entry);
    this.bufferSize += entry.size;
  }

  /** The shard was read at `now`, and ends there if `complete`. */
  sawRead(now: number, complete: boolean): void {
    this.readUntil = now;
    this.complete ||= complete;
  }

  /** The lowest record that is not done, if any. */
  oldest(): Entry | undefined {
    const next = this.batches.find((batch) => batch.entries.length > 0)?.entries[0] ?? this.buffer[0];
    const leaving = this.leaving[0];
    if (!next || !leaving) {
      return next ?? leaving;
    }
    return compareSequenceNumbers(next.sequenceNumber, leaving.sequenceNumber) < 0 ? next : leaving;
  }

  idle(): boolean {
    return !this.busy && this.buffer.length === 0 && this.batches.length === 0 && this.window === undefined;
  }

  /** When time alone makes the next step possible. */
  deadline(): number | undefined {
    if (this.busy || !this.context.enabled) {
      return undefined;
    }
    const batch = this.batches[0];
    if (batch) {
      return batch.final ? this.retryAt : Math.min(this.retryAt, expiry(batch.entries[0], this.context.age));
    }
    const batchCloses = this.buffer.length > 0 ? this.batchingWindowEnd() : Infinity;
    const windowCloses = this.window && this.readUntil < this.window.end ? this.window.end : Infinity;
    const next = Math.min(batchCloses, windowCloses);
    return next === Infinity ? undefined : next;
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
    const named = verdict.type === 'checkpoint';
    if (this.context.options.settings.bisectBatchOnError && batch.entries.length > 1 && !(named && this.context.options.noProgressBisect === 'whole')) {
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

  /** The next batch, if what is there may close one now. */
  private formBatch(now: number): Batch | undefined {
    const { tumblingWindow } = this.context.options.settings;
    if (tumblingWindow > 0) {
      if (this.window && this.windowIsOver(now)) {
        return this.begin({ ...newBatch([]), final: { early: this.window.terminatedEarly } });
      }
      if (this.buffer.length > 0) {
        this.window ??= openWindow(this.buffer[0], tumblingWindow * 1000);
      }
    }
    if (this.buffer.length === 0) {
      return undefined;
    }
    const overhead = this.eventOverhead();
    const mayWait = !this.complete && now < this.batchingWindowEnd();
    if (mayWait && this.buffer.length < this.context.batchCapacity && overhead + this.bufferSize + this.buffer.length <= EVENT_BYTES
      && (!this.window || inWindow(this.buffer[this.buffer.length - 1], this.window))) {
      return undefined;
    }
    const count = this.fits(overhead);
    const entries = this.buffer.splice(0, count);
    for (const entry of entries) {
      this.bufferSize -= entry.size;
    }
    return this.begin(newBatch(entries));
  }

  private begin(batch: Batch): Batch {
    this.batches.push(batch);
    return batch;
  }

  /** How many of the waiting records go into one event: at least one. */
  private fits(overhead: number): number {
    const most = Math.min(this.buffer.length, this.context.batchCapacity);
    let size = overhead;
    for (let count = 0; count < most; count++) {
      const entry = this.buffer[count];
      // A comma comes between records.
      size += entry.size + (count > 0 ? 1 : 0);
      if (count > 0 && (size > EVENT_BYTES || (this.window && !inWindow(entry, this.window)))) {
        return count;
      }
    }
    return most;
  }

  private eventOverhead(): number {
    return this.window ? payloadSize(this.event(newBatch([]))) : '{"Records":[]}'.length;
  }

  private batchingWindowEnd(): number {
    const end = this.buffer[0].arrivedAt + this.context.options.settings.maxBatchingWindow * 1000;
    return this.window ? Math.min(end, Math.max(this.window.end, this.buffer[0].arrivedAt)) : end;
  }

  /** Whether the window's records have all been through, so that its final invocation is due. */
  private windowIsOver(now: number): boolean {
    const window = this.window!;
    if (window.terminatedEarly) {
      return true;
    }
    const next = this.buffer[0];
    if (next) {
      return !inWindow(next, window);
    }
    return this.complete || (now >= window.end && this.readUntil >= window.end);
  }

  private event(batch: Batch): StreamEvent | WindowEvent {
    const Records: StreamRecord[] = batch.entries.map((entry) => entry.record);
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
    this.failuresInARow = 0;
    this.retryAt = 0;
    if (batch.final) {
      this.window = undefined;
    } else if (this.window) {
      this.window.newest = batch.entries.reduce((newest, entry) => Math.max(newest, entry.createdAt), this.window.newest);
    }
  }

  /** The records before `index` are done: the rest is a batch of its own, with its retries still before it. */
  private progress(batch: Batch, index: number): void {
    this.context.count(this.shardId, 'FailedInvokeEventCount', batch.entries.length - index);
    batch.entries = batch.entries.slice(index);
    batch.invocations = 0;
    this.failuresInARow = 0;
    this.retryAt = 0;
  }

  private failed(now: number, batch: Batch): void {
    this.context.count(this.shardId, 'FailedInvokeEventCount', batch.entries.length);
    this.failuresInARow++;
    this.retryAt = now + backoff(this.failuresInARow);
  }

  private retry(batch: Batch): void {
    this.context.notice({
      type: 'retrying', shardId: this.shardId, records: batch.entries.length, attempt: batch.invocations + 1, at: this.retryAt,
    });
  }

  private split(batch: Batch): void {
    const [first, second] = bisect(batch);
    this.batches.splice(0, 1, first, second);
    this.context.notice({ type: 'split', shardId: this.shardId, first: first.entries.length, second: second.entries.length });
  }

  private exhausted(batch: Batch): boolean {
    const { retryAttempts } = this.context.options.settings;
    // Until a final invocation succeeds, the mapping suspends further processing (Lambda guide).
    return retryAttempts !== -1 && batch.invocations > retryAttempts && !batch.final;
  }

  /** Gives up the records of a batch that are too old; true if there were any. */
  private giveUpAged(now: number, batch: Batch): boolean {
    const { age } = this.context;
    if (batch.final) {
      if (this.window!.newest + age.limit >= now) {
        return false;
      }
      this.drop([], `${age.reason}: final invocation of a tumbling window`);
      this.finish(batch);
      return true;
    }
    if (expiry(batch.entries[0], age) > now && batch.entries.every((entry) => expiry(entry, age) > now)) {
      return false;
    }
    const aged = batch.entries.filter((entry) => expiry(entry, age) <= now);
    batch.entries = batch.entries.filter((entry) => expiry(entry, age) > now);
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

  private giveUp(now: number, entries: Entry[], condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded', batch: Batch): void {
    const { destination, mappingId, uuid } = this.context.options;
    if (!destination) {
      this.drop(entries, condition);
      return;
    }
    const { invocations, failure } = batch;
    const givenUp = { condition, shardId: this.shardId, entries, invocations, failure };
    const message = failureMessage(now, givenUp, this.context.options);
    this.busy = true;
    this.leaving = entries;
    const records = entries.map((entry) => entry.record);
    if (destination === 's3') {
      const payload = JSON.stringify(this.event({ ...batch, entries }));
      this.context.deliver(this, { ...message, payload }, records, objectKey(now, this.shardId, mappingId, uuid()));
    } else {
      this.context.deliver(this, message, records);
    }
  }

  private drop(entries: Entry[], reason: string): void {
    if (reason !== 'retention') {
      this.context.count(this.shardId, 'DroppedEventCount', entries.length);
    }
    this.context.notice({ type: 'dropped', shardId: this.shardId, records: entries.map((entry) => entry.record), reason });
  }

  /** Switched off: what was begun starts anew from the checkpoint when the mapping is switched on again. */
  private release(): void {
    if (this.busy) {
      return;
    }
    const entries = this.batches.flatMap((batch) => batch.entries);
    this.bufferSize += entries.reduce((size, entry) => size + entry.size, 0);
    this.buffer.unshift(...entries);
    this.batches = this.batches.filter((batch) => batch.final);
    this.failuresInARow = 0;
    this.retryAt = 0;
  }
}
