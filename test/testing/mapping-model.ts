import { expect } from 'expect';
import type { FailedBatch, SimulatedMapping, SimulationOptions, SimulationRun, StreamRecord } from '../../lib/testing';
import { createdAt, numberOf } from '../records';

/** What a mapping tried, in the order of its trying: an invocation, whether or not it was throttled, or a message to the destination. */
export type Move =
  | { readonly type: 'attempt'; readonly at: number; readonly shardId: string; readonly numbers: readonly string[]; readonly throttled: boolean }
  | { readonly type: 'message'; readonly at: number; readonly message: FailedBatch; readonly accepted: boolean };

/** What the model must know of a run. */
export interface Observed {
  readonly mapping: Required<Pick<SimulatedMapping,
  'batchSize' | 'parallelizationFactor' | 'retryAttempts' | 'bisectBatchOnError' | 'reportBatchItemFailures' | 'onFailure'>>;
  /** In seconds. */
  readonly maxBatchingWindow: number;
  /** In seconds; -1: the stream's retention. */
  readonly maxRecordAge: number;
  readonly noProgressBisect: 'halve' | 'whole';
  readonly switches: NonNullable<SimulationOptions['switches']>;
  /** When every open shard is split, each time, in seconds after the start. */
  readonly reshards: readonly { readonly at: number }[];
  /** Those that pass the filters, each list in the order of its shard. */
  readonly shards: readonly (readonly StreamRecord[])[];
  readonly moves: readonly Move[];
  readonly run: SimulationRun;
}

/** What the settings promise of a run, once it has been followed to its end. */
export interface Promised {
  readonly lost: ReadonlySet<string>;
  readonly metrics: {
    readonly InvokedEventCount: number;
    readonly FailedInvokeEventCount: number;
    readonly DroppedEventCount: number;
    readonly OnFailureDestinationDeliveredEventCount: number;
  };
}

/** Items of one shard whose batches follow each other: all of them, or those that one of several concurrent batches takes. */
interface Lane {
  /** Not in a batch yet, oldest first. */
  queue: StreamRecord[];
  /** Begun: one batch, or what splitting left of it. */
  batches: { numbers: readonly string[]; invocations: number }[];
  failuresInARow: number;
  /** When the last batch was begun: while enough records wait for the next one, none is read. */
  begunAt: number;
  /** When the last attempt or delivery was over. */
  freeAt: number;
  retryAt: number;
  /** Records were given up too old just before the next batch, and may have been part of it. */
  agedBefore: boolean;
  /** Retries are used up: a message must come. */
  due?: { readonly functionError: 'Unhandled' | null };
}

const newLane = (): Lane => ({ queue: [], batches: [], failuresInARow: 0, begunAt: 0, freeAt: 0, retryAt: 0, agedBefore: false });

const POLL = 250;
const DAY = 24 * 60 * 60;

export const itemOf = (record: StreamRecord) => JSON.stringify(record.dynamodb!.Keys);
const wait = (failures: number) => Math.min(250 * 2 ** (failures - 1), 60_000);

/**
 * Follows what a mapping did, move by move, and expects each to be what the settings promise. What they leave open is taken as it came:
 * which items go together, and which read brought a record.
 *
 * It is written from the documentation's point of view, one lane of records after another, and knows nothing of the engine.
 */
export function follow(observed: Observed): Promised {
  const { mapping, moves, run } = observed;
  const { batchSize, parallelizationFactor, retryAttempts } = mapping;
  const records = new Map(observed.shards.flat().map((record) => [numberOf(record), record]));
  const lost = new Set<string>();
  const metrics = { InvokedEventCount: 0, FailedInvokeEventCount: 0, DroppedEventCount: 0, OnFailureDestinationDeliveredEventCount: 0 };
  const ageLimit = 1000 * (observed.maxRecordAge === -1 ? DAY : observed.maxRecordAge);
  const goesSomewhere = mapping.onFailure !== 'none';
  const invocations = new Map<string, SimulationRun['invocations'][number][]>();
  for (const invocation of run.invocations) {
    const key = keyOf(invocation.shardId, invocation.event.Records.map(numberOf));
    invocations.set(key, [...invocations.get(key) ?? [], invocation]);
  }
  const lanes = lanesOf(observed, records);

  for (const move of moves) {
    const first = move.type === 'attempt' ? move.numbers[0] : move.message.DDBStreamBatchInfo.startSequenceNumber;
    const lane = lanes.get(first)!;
    expect(isOn(observed, move.at) || move.type === 'message').toBe(true);
    startAnewIfSwitchedOff(lane, move.at);
    if (move.type === 'message') {
      takeMessage(lane, move);
    } else {
      takeAttempt(lane, move);
    }
  }
  for (const number of records.keys()) {
    if (!lanes.has(number)) {
      expect([goesSomewhere, isAged(number, run.endedAt)]).toEqual([false, true]);
      drop([number]);
    }
  }
  for (const lane of new Set(lanes.values())) {
    dropAged(lane, run.endedAt);
    expect([lane.queue, lane.batches, lane.due]).toEqual([[], [], undefined]);
  }
  return { lost, metrics };

  function takeAttempt(lane: Lane, move: Extract<Move, { type: 'attempt' }>): void {
    const { at, shardId, numbers, throttled } = move;
    expect(lane.due).toBeUndefined();
    dropAged(lane, at);
    if (lane.batches.length === 0) {
      begin(lane, move);
    } else {
      expect(at).toBe(lane.failuresInARow > 0 ? Math.max(lane.retryAt, lane.freeAt) : lane.freeAt);
    }
    const [batch] = lane.batches;
    expect(numbers).toEqual(batch.numbers);
    expect(numbers.filter((number) => isAged(number, at))).toEqual([]);
    metrics.InvokedEventCount += numbers.length;
    if (throttled) {
      lane.freeAt = at;
      fail(lane, numbers.length);
      return;
    }
    const invocation = invocations.get(keyOf(shardId, numbers))!.shift()!;
    expect(invocation.at).toBeGreaterThanOrEqual(at);
    lane.freeAt = invocation.at + invocation.durationMs;
    batch.invocations++;
    judge(lane, invocation);
  }

  function begin(lane: Lane, { at, shardId, numbers }: Extract<Move, { type: 'attempt' }>): void {
    const count = numbers.length;
    const taken = lane.queue.splice(0, count).map(numberOf);
    expect(taken).toEqual(numbers);
    expect(count).toBeLessThanOrEqual(batchSize);
    expect(at).toBeGreaterThanOrEqual(createdAt(records.get(numbers[count - 1])!));
    // Nobody promises which of the items that go another way wait for these.
    if (parallelizationFactor === 1 && !lane.agedBefore && !wasSwitchedOff(observed, at - POLL, at)) {
      const [next] = lane.queue;
      const created = createdAt(records.get(numbers[0])!);
      const window = observed.maxBatchingWindow * 1000;
      const generation = shardId.split('-').length - 2;
      const shardEnds = run.startedAt + 1000 * (observed.reshards[generation]?.at ?? Infinity);
      if (count < batchSize) {
        expect(at).toBeGreaterThanOrEqual(Math.min(next ? Infinity : shardEnds, created + window));
        expect(next ? createdAt(next) : Infinity).toBeGreaterThan(at - POLL);
      }
      if (observed.switches.length === 0 && generation === 0) {
        expect(at).toBeLessThanOrEqual(Math.max(lane.freeAt, Math.max(created + POLL, lane.begunAt) + window));
      }
    }
    lane.batches = [{ numbers, invocations: 0 }];
    lane.agedBefore = false;
    lane.begunAt = at;
  }

  function judge(lane: Lane, { response, error }: SimulationRun['invocations'][number]): void {
    const [batch] = lane.batches;
    const { numbers } = batch;
    const listed: { itemIdentifier: string }[] = mapping.reportBatchItemFailures && !error ? (response as any)?.batchItemFailures ?? [] : [];
    const places = listed.map(({ itemIdentifier }) => numbers.indexOf(itemIdentifier));
    const lowest = Math.min(...places);
    if (!error && listed.length === 0) {
      succeed(lane);
      lane.batches.shift();
    } else if (!error && lowest > 0) {
      succeed(lane);
      batch.numbers = numbers.slice(lowest);
      batch.invocations = 0;
      metrics.FailedInvokeEventCount += batch.numbers.length;
    } else {
      fail(lane, numbers.length);
      const isWhole = !error && lowest === 0 && observed.noProgressBisect === 'whole';
      if (mapping.bisectBatchOnError && numbers.length > 1 && !isWhole) {
        succeed(lane);
        const middle = Math.floor(numbers.length / 2);
        lane.batches.splice(0, 1, ...[numbers.slice(0, middle), numbers.slice(middle)].map((half) => ({ numbers: half, invocations: 0 })));
      } else if (retryAttempts !== -1 && batch.invocations === retryAttempts + 1) {
        if (goesSomewhere) {
          lane.due = { functionError: error ? 'Unhandled' : null };
        } else {
          drop(numbers);
          succeed(lane);
          lane.batches.shift();
        }
      }
    }
  }

  function takeMessage(lane: Lane, { at, message, accepted }: Extract<Move, { type: 'message' }>): void {
    const { requestContext, responseContext, DDBStreamBatchInfo: info } = message;
    let numbers: readonly string[];
    if (lane.due) {
      const [batch] = lane.batches;
      numbers = batch.numbers;
      expect(at).toBe(lane.freeAt);
      expect(requestContext).toMatchObject({ condition: 'RetryAttemptsExhausted', approximateInvokeCount: retryAttempts + 1 });
      expect(responseContext).toEqual({ statusCode: 200, executedVersion: '$LATEST', functionError: lane.due.functionError });
      lane.batches.shift();
      lane.due = undefined;
      succeed(lane);
    } else {
      const [batch] = lane.batches;
      const candidates = batch ? batch.numbers : lane.queue.slice(0, batchSize).map(numberOf);
      numbers = candidates.filter((number) => isAged(number, at)).slice(0, info.batchSize);
      expect(requestContext).toMatchObject({ condition: 'RecordAgeExceeded', approximateInvokeCount: Math.max(1, batch?.invocations ?? 0) });
      expect(responseContext).toBeUndefined();
      if (batch) {
        expect(numbers).toEqual(candidates.filter((number) => isAged(number, at)));
        expect(at).toBe(Math.max(lane.freeAt, createdAt(records.get(numbers[0])!) + ageLimit + 1));
      } else {
        lane.agedBefore = true;
        lane.begunAt = at;
      }
      remove(lane, new Set(numbers));
    }
    expect(info).toMatchObject({ startSequenceNumber: numbers[0], endSequenceNumber: numbers.at(-1), batchSize: numbers.length });
    lane.freeAt = at;
    if (accepted) {
      metrics.OnFailureDestinationDeliveredEventCount += numbers.length;
    } else {
      drop(numbers);
    }
  }

  function succeed(lane: Lane): void {
    lane.failuresInARow = 0;
  }

  function fail(lane: Lane, count: number): void {
    metrics.FailedInvokeEventCount += count;
    lane.failuresInARow++;
    lane.retryAt = lane.freeAt + wait(lane.failuresInARow);
  }

  function drop(numbers: readonly string[]): void {
    numbers.forEach((number) => lost.add(number));
    metrics.DroppedEventCount += numbers.length;
  }

  function isAged(number: string, at: number): boolean {
    return createdAt(records.get(number)!) + ageLimit < at;
  }

  /** Where nothing takes them, records that are too old go without a move. */
  function dropAged(lane: Lane, at: number): void {
    if (goesSomewhere) {
      return;
    }
    const begun = lane.batches.length > 0;
    const candidates = begun ? lane.batches[0].numbers : lane.queue.map(numberOf);
    const aged = candidates.filter((number) => isAged(number, at));
    if (aged.length === 0) {
      return;
    }
    drop(aged);
    lane.agedBefore = !begun;
    lane.begunAt = at;
    remove(lane, new Set(aged));
    if (begun && lane.batches[0]?.numbers.length !== candidates.length - aged.length) {
      lane.freeAt = Math.max(lane.freeAt, createdAt(records.get(aged.at(-1)!)!) + ageLimit + 1);
      dropAged(lane, at);
    }
  }

  function remove(lane: Lane, gone: ReadonlySet<string>): void {
    lane.queue = lane.queue.filter((record) => !gone.has(numberOf(record)));
    const [batch] = lane.batches;
    if (batch && gone.size > 0) {
      batch.numbers = batch.numbers.filter((number) => !gone.has(number));
      if (batch.numbers.length === 0) {
        lane.batches.shift();
        succeed(lane);
      }
    }
  }

  /** Switched off between two moves, a mapping starts anew with what is not done. */
  function startAnewIfSwitchedOff(lane: Lane, at: number): void {
    if (lane.due === undefined && wasSwitchedOff(observed, lane.freeAt, at)) {
      lane.queue = [...lane.batches.flatMap(({ numbers }) => numbers.map((number) => records.get(number)!)), ...lane.queue];
      lane.batches = [];
      succeed(lane);
    }
  }
}

function keyOf(shardId: string, numbers: readonly string[]): string {
  return [shardId, ...numbers].join();
}

function isOn({ switches, run }: Observed, at: number): boolean {
  return switches.filter((one) => run.startedAt + one.at * 1000 <= at).at(-1)?.enabled ?? true;
}

/** Whether it was off at any moment from `from` to `to`. */
function wasSwitchedOff(observed: Observed, from: number, to: number): boolean {
  const { switches, run } = observed;
  const offs = switches.filter(({ enabled }) => !enabled).map(({ at }) => run.startedAt + at * 1000);
  return !isOn(observed, from) || offs.some((at) => at >= from && at <= to);
}

/** The records that a message is known to be about: all of them where it was accepted, else the first and the last. */
function recordsOf({ run }: Observed, message: FailedBatch): string[] {
  const { startSequenceNumber, endSequenceNumber } = message.DDBStreamBatchInfo;
  return run.deliveries.find((delivery) => delivery.message === message)?.records.map(numberOf) ?? [startSequenceNumber, endSequenceNumber];
}

/** For each record its lane: those of one shard, or of the items that were seen in one batch of it. None where nobody can know it. */
function lanesOf(observed: Observed, records: ReadonlyMap<string, StreamRecord>): Map<string, Lane> {
  const { mapping, moves, shards, reshards } = observed;
  const shardOf = new Map<string, string>();
  const names = new Map<string, string>();
  const nameOf = (name: string): string => {
    const other = names.get(name);
    return other === undefined || other === name ? name : nameOf(other);
  };
  const laneName = (number: string) => nameOf(`${shardOf.get(number)} ${mapping.parallelizationFactor === 1 ? '' : itemOf(records.get(number)!)}`);
  for (const move of moves) {
    const numbers = move.type === 'attempt' ? move.numbers : recordsOf(observed, move.message);
    const shardId = move.type === 'attempt' ? move.shardId : move.message.DDBStreamBatchInfo.shardId;
    for (const number of numbers) {
      expect(shardOf.get(number) ?? shardId).toBe(shardId);
      shardOf.set(number, shardId);
    }
    for (const number of numbers) {
      names.set(laneName(number), laneName(numbers[0]));
    }
  }
  const lanes = new Map<string, Lane>();
  const laneOf = new Map<string, Lane>();
  for (const [place, list] of shards.entries()) {
    // A shard that is not split has one name; of its children, a record that was in no move may be in either.
    const known = list.map((record) => shardOf.get(numberOf(record))).find((name) => name !== undefined);
    const shardId = reshards.length > 0 ? undefined : known ?? `${place}`;
    for (const record of list) {
      const number = numberOf(record);
      const name = shardOf.get(number) ?? shardId;
      if (name !== undefined) {
        shardOf.set(number, name);
        const lane = lanes.get(laneName(number)) ?? newLane();
        lanes.set(laneName(number), lane);
        laneOf.set(number, lane);
        lane.queue.push(record);
      }
    }
  }
  return laneOf;
}
