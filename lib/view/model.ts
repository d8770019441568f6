import type { ViewedNotice, ViewNotice } from './notice';
import type { EventKind, View, ViewBatch, ViewCall } from './view';

/** Makes a view of notices. It can be drawn at any time, and goes on with the next notice. */
export interface Model {
  readonly view: View;
  /** Takes what happened. Notices of one trigger come in their order; what no version of this package writes has no effect. */
  add(notice: ViewNotice): void;
}

export function createModel(): Model {
  return new Builder();
}

/** The width of a wait of this many milliseconds on the axis of steps: 1 for 100 ms, 2 for a second, 5.6 for an hour. */
const widthOf = (wait: number) => Math.log10(1 + wait / 10);

/** Under way, or due again, among the batches of a shard. */
interface Slot {
  batch?: ViewBatch;
  /** What is left of its batch comes again. */
  isDue: boolean;
}

class Builder implements Model {
  readonly view: View = {
    times: [],
    places: [],
    shards: [],
    environments: [],
    batches: [],
    events: [],
    figures: {
      invocations: 0, failed: 0, partial: 0, throttled: 0, retries: 0, splits: 0,
      filtered: 0, parked: 0, givenUp: 0, refused: 0, lost: 0, highestAge: 0,
    },
  };
  private readonly shards = new Map<string, number>();
  private readonly environments = new Map<string, number>();
  /** By trigger and number. */
  private readonly invocations = new Map<string, ViewBatch>();
  private readonly slots: Slot[][] = [];
  /** The last batch of each shard that ended. What the engine says next is about it. */
  private readonly ended: (ViewBatch | undefined)[] = [];

  add(notice: ViewNotice): void {
    const { at, trigger = '' } = notice;
    switch (notice.type) {
      case 'shards':
        notice.lineage?.forEach(({ shardId, parentShardId }) => this.shardOf(trigger, shardId, parentShardId));
        break;
      case 'invocationStarted':
        this.started(notice, trigger);
        break;
      case 'invocationEnded':
        this.invocationEnded(notice, trigger);
        break;
      case 'call': {
        const { invocation, item: lane, record, endedAt: to, error } = notice;
        const batch = this.invocations.get(`${trigger}\n${invocation}`);
        (batch && (batch.calls ??= []))?.push(stripped<ViewCall>({ lane, record, from: at, to, error }));
        break;
      }
      case 'record': {
        const { invocation, record, state, reason } = notice;
        const batch = this.invocations.get(`${trigger}\n${invocation}`);
        (batch && (batch.remarks ??= []))?.push(stripped({ record, state, reason }));
        break;
      }
      case 'checkpoint': {
        const batch = this.ended[this.shardOf(trigger, notice.shardId)];
        if (batch && this.view.times[batch.to!] === at) {
          batch.checkpoint = notice.sequenceNumber;
        }
        break;
      }
      case 'delivered': {
        const { message: { requestContext: { condition }, DDBStreamBatchInfo: { shardId } }, records, accepted, reason } = notice;
        const text = accepted ? condition : `${condition}, refused: ${reason ?? 'no reason is known'}`;
        this.happened(accepted ? 'givenUp' : 'refused', at, records, text, this.shardOf(trigger, shardId));
        break;
      }
      case 'parked': {
        const { shardId, record, error } = notice;
        const text = [record && `record ${record}`, error].filter(Boolean).join(': ');
        this.happened('parked', at, 1, text, shardId === undefined ? undefined : this.shardOf(trigger, shardId));
        break;
      }
      case 'notice':
        this.engine(notice.notice, at, trigger);
        break;
    }
  }

  private engine(notice: ViewedNotice, at: number, trigger: string): void {
    const { figures } = this.view;
    const shard = this.shardOf(trigger, notice.shardId);
    const batch = this.ended[shard];
    switch (notice.type) {
      case 'count':
        if (notice.name === 'FilteredOutEventCount') {
          figures.filtered += notice.value;
        } else if (notice.name === 'FailedInvokeEventCount' && batch && batch.left === 0) {
          this.notDone(batch, Math.min(notice.value, batch.records));
        }
        break;
      case 'retrying':
        figures.retries++;
        if (batch) {
          batch.retry = { attempt: notice.attempt, until: notice.at };
          this.slots[shard][batch.slot].isDue = true;
        }
        break;
      case 'split':
        figures.splits++;
        if (batch) {
          batch.split = [notice.first, notice.second];
        }
        break;
      case 'dropped':
        this.happened('lost', at, notice.records, notice.reason, shard);
        break;
      case 'tooLarge':
        this.end(this.begin(at, shard, { records: notice.records }), at, 'failed', 'The event is larger than the 6 MB that Lambda takes, so the function was not invoked.');
        break;
      case 'trimmed':
        this.happened('lost', at, 0, `the stream no longer holds what came after ${notice.after ?? 'its start'}`, shard);
        break;
    }
  }

  private started({ at, invocation, shardId, records, first, last, iteratorAgeMs: age, deadline, environment, functionName }: Of<'invocationStarted'>, trigger: string): void {
    const { figures } = this.view;
    figures.highestAge = Math.max(figures.highestAge, age ?? 0);
    const batch = this.begin(at, this.shardOf(trigger, shardId), {
      records, first, last, age, deadline, environment: this.environmentOf(functionName ?? trigger, environment),
    });
    this.invocations.set(`${trigger}\n${invocation}`, batch);
  }

  private invocationEnded({ at, invocation, shardId, records, outcome, environment, functionName }: Of<'invocationEnded'>, trigger: string): void {
    const { figures } = this.view;
    const key = `${trigger}\n${invocation}`;
    const batch = this.invocations.get(key) ?? this.begin(at, this.shardOf(trigger, shardId), { records });
    this.invocations.set(key, batch);
    batch.environment ??= this.environmentOf(functionName ?? trigger, environment);
    figures.invocations += outcome.type === 'throttled' ? 0 : 1;
    if (outcome.type === 'response') {
      this.end(batch, at, 'done');
    } else {
      this.end(batch, at, outcome.type === 'error' ? 'failed' : 'throttled', outcome.type === 'error' ? `${outcome.errorType}: ${outcome.errorMessage}` : undefined);
    }
  }

  private begin(at: number, shard: number, about: Pick<ViewBatch, 'records' | 'first' | 'last' | 'age' | 'deadline' | 'environment'>): ViewBatch {
    const slots = this.slots[shard];
    // Where it was before, if it comes again.
    const again = slots.findIndex(({ batch, isDue }) => isDue && about.first !== undefined && batch?.first === about.first);
    const free = slots.findIndex(({ batch, isDue }) => !isDue && batch?.to !== undefined);
    const due = slots.findIndex(({ isDue }) => isDue);
    const slot = [again, free, due, slots.length].find((place) => place >= 0)!;
    const batch = stripped<ViewBatch>({ shard, slot, from: this.moment(at, true), left: 0, outcome: 'running', ...about });
    slots[slot] = { batch, isDue: false };
    this.view.shards[shard].slots = Math.max(1, slots.length);
    this.view.batches.push(batch);
    return batch;
  }

  private end(batch: ViewBatch, at: number, outcome: ViewBatch['outcome'], error?: string): void {
    batch.to = this.moment(at, true);
    batch.outcome = outcome;
    if (outcome !== 'done') {
      batch.left = batch.records;
      this.view.figures[outcome === 'throttled' ? 'throttled' : 'failed']++;
    }
    if (error !== undefined) {
      batch.error = error;
    }
    this.ended[batch.shard] = batch;
  }

  /** The function answered, but not that all is done. */
  private notDone(batch: ViewBatch, left: number): void {
    batch.left = left;
    batch.outcome = left < batch.records ? 'partial' : 'failed';
    batch.error ??= left < batch.records ? undefined : 'It answered that nothing is done.';
    this.view.figures[batch.outcome]++;
  }

  private happened(kind: EventKind, at: number, records: number, text: string, shard?: number): void {
    this.view.figures[kind] += records;
    this.view.events.push(stripped({ kind, moment: this.moment(at, false), shard, records, text }));
  }

  /** Notes a moment. One that needs no room of its own may be the last one. */
  private moment(at: number, hasRoom: boolean): number {
    const { times, places } = this.view;
    const last = times.length - 1;
    const time = last < 0 ? at : Math.max(at, times[last]);
    if (!hasRoom && time === times[last]) {
      return last;
    }
    return places.push(last < 0 ? 0 : places[last] + 1 + widthOf(time - times[last])) && times.push(time) - 1;
  }

  private shardOf(trigger: string, shardId: string, parentShardId?: string): number {
    const key = `${trigger}\n${shardId}`;
    let index = this.shards.get(key);
    if (index === undefined) {
      index = this.view.shards.push({ trigger, shardId, slots: 1 }) - 1;
      this.shards.set(key, index);
      this.slots.push([]);
    }
    if (parentShardId !== undefined) {
      this.view.shards[index].parentShardId = parentShardId;
    }
    return index;
  }

  private environmentOf(name: string, number: number | undefined): number | undefined {
    if (number === undefined) {
      return undefined;
    }
    const key = `${name}\n${number}`;
    const index = this.environments.get(key) ?? this.view.environments.push({ name, number }) - 1;
    this.environments.set(key, index);
    return index;
  }
}

type Of<Type extends ViewNotice['type']> = Extract<ViewNotice, { type: Type }>;

/** Without what is undefined: JSON has no such thing. */
function stripped<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
