import { type Batch, type Entry, finalBatch, newBatch, sequenceNumberOf } from './batch';
import { GivingUp } from './giving-up';
import type { MappingPlan } from './options';
import type { Caller, Outbox } from './outbox';
import { tooLargeToInvoke } from './outcome';
import { payloadSize } from './payload-size';
import type { Outcome } from './protocol';
import { agedNeighbours, firstExpiry } from './record-age';
import { backoff, bisect, nextStep } from './retries';
import { WaitingRecords } from './waiting-records';
import { WindowKeeper } from './window-keeper';
import type { FailureCondition } from '../stream/failed-batch';
import { EVENT_BYTES } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';
import { type Verdict, verdictOf } from '../stream/verdict';

/** What a processor is doing. */
type Phase = Rest | Waiting
  | { readonly at: 'invoking' }
  /** Records are on their way to the failure destination. `then` goes on afterwards. */
  | { readonly at: 'delivering'; readonly entries: readonly Entry[]; readonly then: Rest | Waiting };

/** Nothing. Time or records make the next batch. */
interface Rest {
  readonly at: 'rest';
}

/** The first batch waits for its retry. Meanwhile its first record may get too old, not always entry 0: creation times may decrease. */
interface Waiting {
  readonly at: 'waiting';
  readonly until: number;
  readonly firstExpiry: number;
}

const REST: Rest = { at: 'rest' };

/** Of an event without records: more than it takes. */
const ENVELOPE_BYTES = 100;

/**
 * Takes records of one shard through the function, one batch after another. A shard has as many processors as
 * parallelizationFactor says, each with item keys of its own.
 */
export class BatchProcessor implements Caller {
  readonly waiting = new WaitingRecords();
  /** Batches begun, in order: one, or what bisecting made of it. */
  private batches: Batch[] = [];
  private phase: Phase = REST;
  private readonly windows: WindowKeeper;
  private readonly givingUp: GivingUp;
  /** When the shard was last read. Infinity: to its end. */
  private readUntil = -Infinity;

  constructor(readonly shardId: string, private readonly plan: MappingPlan, private readonly outbox: Outbox) {
    this.windows = new WindowKeeper(shardId, plan);
    this.givingUp = new GivingUp(this, plan, outbox);
  }

  /** The shard was read at `now`, to its end or not. */
  sawRead(now: number, end: boolean): void {
    this.readUntil = end ? Infinity : now;
  }

  /** When the shard must be read even if the read brings nothing: it shows that a window is complete. Infinity: never. */
  nextNeededRead(): number {
    return this.windows.end > this.readUntil ? this.windows.end : Infinity;
  }

  /** The lowest record that is not done, if any. */
  oldest(): Entry | undefined {
    const next = this.batches.find((batch) => batch.entries.length > 0)?.entries[0] ?? this.waiting.first;
    const leaving = this.phase.at === 'delivering' ? this.phase.entries[0] : undefined;
    if (!next || !leaving) {
      return next ?? leaving;
    }
    return compareSequenceNumbers(sequenceNumberOf(next), sequenceNumberOf(leaving)) < 0 ? next : leaving;
  }

  idle(): boolean {
    return this.phase.at === 'rest' && this.waiting.count === 0 && this.batches.length === 0 && !this.windows.isOpen;
  }

  /** When time alone makes a next step possible. Infinity: never. */
  deadline(): number {
    switch (this.phase.at) {
      case 'invoking':
      case 'delivering':
        return Infinity;
      case 'waiting':
        return Math.min(this.phase.until, this.phase.firstExpiry);
      case 'rest':
        return this.waiting.first ? this.batchingWindowEnd(this.waiting.first) : Infinity;
    }
  }

  /** Does what can be done at `now`: forms a batch, gives up records that are too old, invokes. */
  advance(now: number): void {
    while (this.canMove(now)) {
      const batch = this.batches[0] ?? this.formBatch(now);
      if (!batch) {
        return;
      }
      if (!this.giveUpAged(now, batch)) {
        this.invoke(now, batch);
      }
    }
  }

  /** The mapping is switched off. What was begun starts again, with all of its retries, when the mapping is switched on. */
  release(): void {
    if ((this.phase.at === 'rest' || this.phase.at === 'waiting') && this.batches.length > 0) {
      this.waiting.putBack(this.batches.flatMap((batch) => batch.entries));
      this.batches = [];
      this.phase = REST;
    }
  }

  /** Replaces a processor with other options. The shard has been read as far, and a window stays open unless the length of windows has changed. */
  takeOver(before: BatchProcessor): void {
    this.readUntil = before.readUntil;
    if (this.plan.settings.tumblingWindow === before.plan.settings.tumblingWindow) {
      this.windows.takeOver(before.windows);
    }
  }

  /** Takes the outcome of the invocation under way. */
  returned(now: number, outcome: Outcome): void {
    this.phase = REST;
    const batch = this.batches[0];
    if (outcome.type === 'throttled') {
      this.countFailed(batch);
      this.retry(now, batch);
      return;
    }
    batch.invocations++;
    const verdict = this.verdict(outcome, batch);
    if (verdict.type === 'success') {
      this.moveOn(batch);
      return;
    }
    batch.lastFailure = { requestId: outcome.requestId, functionError: outcome.type === 'error' ? 'Unhandled' : null };
    if (verdict.type === 'checkpoint' && verdict.index > 0) {
      this.keepFrom(batch, verdict.index);
      this.countFailed(batch);
      return;
    }
    this.countFailed(batch);
    switch (nextStep(batch, verdict, this.plan)) {
      case 'split':
        return this.split(batch);
      case 'give up':
        this.moveOn(batch);
        return this.giveUp(now, batch.entries, 'RetryAttemptsExhausted', batch);
      case 'retry':
        return this.retry(now, batch);
    }
  }

  /** Takes the answer of the failure destination. */
  delivered(accepted: boolean): void {
    const { phase } = this;
    if (phase.at !== 'delivering') {
      return;
    }
    this.phase = phase.then;
    this.givingUp.delivered(phase.entries, accepted);
  }

  private canMove(now: number): boolean {
    const { phase } = this;
    return phase.at === 'rest' || (phase.at === 'waiting' && now >= Math.min(phase.until, phase.firstExpiry));
  }

  /** The next batch, if it is complete. */
  private formBatch(now: number): Batch | undefined {
    const first = this.waiting.first;
    if (this.windows.isComplete(first, this.readUntil)) {
      return this.begin(finalBatch());
    }
    if (!first) {
      return undefined;
    }
    this.windows.openFor(first);
    const bytes = Math.min(this.plan.batchBytes, EVENT_BYTES - payloadSize(this.windows.event([], false)));
    if (now < this.batchingWindowEnd(first) && this.readUntil < Infinity && !this.isFull(bytes)) {
      return undefined;
    }
    return this.begin(newBatch(this.waiting.take(this.plan.batchRecords, bytes, (entry) => this.windows.takes(entry))));
  }

  private begin(batch: Batch): Batch {
    this.batches.push(batch);
    return batch;
  }

  /** Whether the waiting records fill a batch with room for this many bytes. */
  private isFull(bytes: number): boolean {
    return this.waiting.count >= this.plan.batchRecords || this.waiting.exceed(bytes);
  }

  /** The end of a tumbling window ends the batching window too. */
  private batchingWindowEnd(first: Entry): number {
    return Math.min(first.arrival.at + this.plan.settings.maxBatchingWindow * 1000, this.windows.end);
  }

  private invoke(now: number, batch: Batch): void {
    const event = this.windows.event(batch.entries, batch.final);
    if (this.isTooLarge(batch, event)) {
      this.outbox.notice({ type: 'tooLarge', shardId: this.shardId, records: batch.entries.length });
      return this.returned(now, tooLargeToInvoke(this.plan.uuid()));
    }
    this.phase = { at: 'invoking' };
    this.outbox.count(this.shardId, 'InvokedEventCount', batch.entries.length);
    this.outbox.invoke(this, event);
  }

  /** A batch was formed to fit, but for a record that is too large alone, and for the state of a window, which grows. */
  private isTooLarge({ entries }: Batch, event: object): boolean {
    const { isOpen } = this.windows;
    const most = entries.reduce((sum, { size }) => sum + size + 1, isOpen ? payloadSize(this.windows.event([], false)) : ENVELOPE_BYTES);
    return most > EVENT_BYTES && payloadSize(event) > EVENT_BYTES;
  }

  private verdict(outcome: Exclude<Outcome, { type: 'throttled' }>, batch: Batch): Verdict {
    if (outcome.type === 'error') {
      return { type: 'failure' };
    }
    const verdict: Verdict = this.plan.settings.reportBatchItemFailures ? verdictOf(outcome.response, batch.entries, sequenceNumberOf) : { type: 'success' };
    const progressed = verdict.type === 'success' || (verdict.type === 'checkpoint' && verdict.index > 0);
    // After a failed invocation the records come again, so its state must not count.
    return progressed && !this.windows.carry(outcome.response) ? { type: 'failure' } : verdict;
  }

  /** The first batch is done or given up: the shard moves on. */
  private moveOn(batch: Batch): void {
    this.batches.shift();
    this.phase = REST;
    if (batch.final) {
      this.windows.close();
    } else {
      this.windows.passed(batch.entries);
    }
  }

  /** The records before `index` are done. The others are a batch of their own, with all of its retries. */
  private keepFrom(batch: Batch, index: number): void {
    batch.entries = batch.entries.slice(index);
    batch.invocations = 0;
    batch.failuresInARow = 0;
  }

  private countFailed(batch: Batch): void {
    this.outbox.count(this.shardId, 'FailedInvokeEventCount', batch.entries.length);
  }

  private retry(now: number, batch: Batch): void {
    batch.failuresInARow++;
    const until = now + backoff(batch.failuresInARow);
    this.phase = { at: 'waiting', until, firstExpiry: this.firstExpiry(batch) };
    this.outbox.notice({ type: 'retrying', shardId: this.shardId, records: batch.entries.length, attempt: batch.invocations + 1, at: until });
  }

  private split(batch: Batch): void {
    const [first, second] = bisect(batch);
    this.batches.splice(0, 1, first, second);
    this.outbox.notice({ type: 'split', shardId: this.shardId, first: first.entries.length, second: second.entries.length });
  }

  private firstExpiry({ entries, final }: Batch): number {
    return final ? this.windows.expiry : firstExpiry(entries, this.plan.age);
  }

  /** Gives up the records of a batch that are too old. False if there are none. */
  private giveUpAged(now: number, batch: Batch): boolean {
    return batch.final ? this.giveUpAgedWindow(now, batch) : this.giveUpAgedRecords(now, batch);
  }

  /** Gives up neighbours together, others one after another: a message names its first and last record, and so all between them. */
  private giveUpAgedRecords(now: number, batch: Batch): boolean {
    const { age } = this.plan;
    const { entries } = batch;
    const aged = agedNeighbours(now, entries, age);
    if (!aged) {
      return false;
    }
    batch.entries = [...entries.slice(0, aged.start), ...entries.slice(aged.end)];
    if (batch.entries.length === 0) {
      this.moveOn(batch);
    } else if (this.phase.at === 'waiting') {
      this.phase = { ...this.phase, firstExpiry: this.firstExpiry(batch) };
    }
    const leaving = entries.slice(aged.start, aged.end);
    if (age.reason === 'retention') {
      this.givingUp.drop(leaving, age.reason);
    } else {
      this.giveUp(now, leaving, age.reason, batch);
    }
    return true;
  }

  /** A final invocation has no records. What is given up is the window's state. */
  private giveUpAgedWindow(now: number, batch: Batch): boolean {
    if (now < this.windows.expiry) {
      return false;
    }
    this.givingUp.drop([], `${this.plan.age.reason}: the final invocation of a tumbling window`);
    this.moveOn(batch);
    return true;
  }

  private giveUp(now: number, entries: readonly Entry[], condition: FailureCondition, batch: Batch): void {
    if (this.givingUp.giveUp(now, entries, condition, batch, this.windows.event(entries, false))) {
      this.phase = { at: 'delivering', entries, then: this.phase.at === 'waiting' ? this.phase : REST };
    }
  }
}
