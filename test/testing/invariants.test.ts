import * as fc from 'fast-check';
import { follow, type Move, numberOf, type Observed } from './mapping-model';
import { simulateTrigger, type SimulationOptions, type SimulationRun, type StreamEvent, type StreamRecord, streamRecord } from '../../lib/testing';
import { runs } from '../runs';

interface Plan {
  readonly batchSize: number;
  readonly maxBatchingWindow: number;
  readonly parallelizationFactor: number;
  /** The quota of retries, and the record age in seconds; -1: without limit. */
  readonly limits: { readonly retryAttempts: number; readonly maxRecordAge: number };
  readonly bisectBatchOnError: boolean;
  readonly noProgressBisect: 'halve' | 'whole';
  readonly answers: 'names the first' | 'names all that are left' | 'names none of the batch' | 'throws';
  readonly reportBatchItemFailures: boolean;
  readonly filtered: boolean;
  readonly environments: number;
  readonly latency: number;
  readonly throttle: number;
  readonly crash: number;
  readonly timeout: number;
  readonly refuse: number;
  readonly onFailure: 'sqs' | 's3' | 'none';
  readonly reshard: boolean;
  readonly switched: boolean;
  readonly seed: number;
  /** By shard: item, kind, when, and how often it fails (99: always). */
  readonly shards: readonly (readonly { readonly item: number; readonly kept: boolean; readonly gap: number; readonly fails: number }[])[];
}

const sometimes = (chance: number) => fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(chance) });
const rarely = fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) });

const plans: fc.Arbitrary<Plan> = fc.record({
  batchSize: fc.integer({ min: 1, max: 12 }),
  maxBatchingWindow: fc.constantFrom(0, 0, 1, 20),
  parallelizationFactor: fc.constantFrom(1, 1, 1, 2, 3, 10),
  limits: fc.oneof(
    { weight: 3, arbitrary: fc.record({ retryAttempts: fc.integer({ min: 0, max: 4 }), maxRecordAge: fc.constant(-1) }) },
    { weight: 1, arbitrary: fc.record({ retryAttempts: fc.constantFrom(-1, 2, 7), maxRecordAge: fc.constantFrom(60, 75) }) },
  ),
  bisectBatchOnError: fc.boolean(),
  noProgressBisect: fc.constantFrom('halve', 'whole'),
  answers: fc.constantFrom('names the first', 'names all that are left', 'names none of the batch', 'throws'),
  reportBatchItemFailures: fc.constantFrom(true, true, true, false),
  filtered: fc.boolean(),
  environments: fc.constantFrom(1, 2, 20),
  latency: fc.constantFrom(0, 0, 10, 700),
  throttle: sometimes(0.3),
  crash: sometimes(0.2),
  timeout: sometimes(0.1),
  refuse: sometimes(0.5),
  onFailure: fc.constantFrom('sqs', 'sqs', 's3', 'none'),
  reshard: rarely,
  switched: rarely,
  seed: fc.nat(),
  shards: fc.array(fc.array(fc.record({
    item: fc.nat({ max: 5 }),
    kept: fc.boolean(),
    gap: fc.constantFrom(0, 0, 0, 1, 7),
    fails: fc.constantFrom(0, 0, 0, 0, 1, 2, 99),
  }), { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
  // A message that nothing accepted does not tell all its records, which ages would make hard to know.
}).map((plan) => (plan.limits.maxRecordAge === -1 ? plan : { ...plan, refuse: 0 }));

interface Story extends Observed {
  readonly plan: Plan;
  readonly records: readonly StreamRecord[];
  readonly run: SimulationRun;
  /** What the handler got done, in order; a record may come twice. */
  readonly done: readonly StreamRecord[];
  readonly poison: ReadonlySet<string>;
}

const START = 1_735_689_600;
const itemOf = (record: StreamRecord) => JSON.stringify(record.dynamodb!.Keys);
const passes = ({ filtered }: Plan, record: StreamRecord) => !filtered || record.dynamodb!.NewImage!.kind.S === 'kept';

async function tell(plan: Plan): Promise<Story> {
  let number = 0;
  const failures = new Map<string, number>();
  const shards = plan.shards.map((list, shard) => {
    let time = START;
    return {
      records: list.map(({ item, kept, gap, fails }) => {
        time += gap;
        const sequenceNumber = String(10n ** 22n + BigInt(++number));
        failures.set(sequenceNumber, fails);
        return streamRecord({
          sequenceNumber, createdAt: time, keys: { id: `${shard}-${item}` }, newImage: { id: `${shard}-${item}`, kind: kept ? 'kept' : 'other' },
        });
      }),
    };
  });
  const poison = new Set([...failures].filter(([, times]) => times === 99).map(([sequenceNumber]) => sequenceNumber));
  const done: StreamRecord[] = [];
  const moves: Move[] = [];
  const chance = chanceFrom(plan.seed);
  const { batchSize, maxBatchingWindow, parallelizationFactor, bisectBatchOnError, onFailure, reportBatchItemFailures } = plan;
  const { crash, timeout, latency, noProgressBisect, environments, seed, limits: { retryAttempts, maxRecordAge } } = plan;
  const switches = plan.switched ? [{ at: 3.333, enabled: false }, { at: 9.777, enabled: true }] : [];
  const reshards = plan.reshard ? [{ at: 5 }, { at: 12 }] : [];
  // Works through the batch and stops at the first failure, as a careful handler does.
  const handler = ({ Records }: StreamEvent) => {
    for (const [index, record] of Records.entries()) {
      const left = failures.get(numberOf(record))!;
      if (left > 0) {
        failures.set(numberOf(record), left === 99 ? 99 : left - 1);
        return failure(plan, Records.slice(index));
      }
      done.push(record);
    }
    return { batchItemFailures: [] };
  };
  const mapping = { batchSize, parallelizationFactor, retryAttempts, bisectBatchOnError, reportBatchItemFailures, onFailure };
  const options: SimulationOptions = {
    mapping: {
      ...mapping, maxBatchingWindow, maxRecordAge, filters: plan.filtered ? [{ dynamodb: { NewImage: { kind: { S: ['kept'] } } } }] : [],
    },
    handler,
    shards,
    environments,
    noProgressBisect,
    switches,
    seed,
    faults: {
      latency,
      crash,
      timeout,
      throttle: ({ at, shardId, event }) => {
        const throttled = chance() < plan.throttle;
        moves.push({ type: 'attempt', at, shardId, numbers: event.Records.map(numberOf), throttled });
        return throttled;
      },
      refuse: ({ at, message }) => {
        const accepted = chance() >= plan.refuse;
        if ('requestContext' in message) {
          moves.push({ type: 'message', at, message, accepted });
        }
        return !accepted;
      },
      reshards,
    },
  };
  const run = await simulateTrigger(options);
  const records = shards.flatMap((shard) => shard.records);
  const passing = shards.map((shard) => shard.records.filter((record) => passes(plan, record)));
  return { plan, mapping, maxBatchingWindow, maxRecordAge, noProgressBisect, switches, reshards, shards: passing, moves, records, run, done, poison };
}

/** What the handler makes of a failure at the first of these records. */
function failure({ answers }: Plan, left: readonly StreamRecord[]) {
  switch (answers) {
    case 'names the first':
      return { batchItemFailures: [{ itemIdentifier: numberOf(left[0]) }] };
    case 'names all that are left':
      return { batchItemFailures: left.map((record) => ({ itemIdentifier: numberOf(record) })).reverse() };
    case 'names none of the batch':
      return { batchItemFailures: [{ itemIdentifier: '1' }] };
    case 'throws':
      throw new Error('fails');
  }
}

/** Some source of chance other than that of the simulation. */
function chanceFrom(seed: number): () => number {
  let state = seed % 233_280;
  return () => {
    state = (state * 9301 + 49_297) % 233_280;
    return state / 233_280;
  };
}

/** The same seed brings the same plans, so each story is told once. */
const stories = new Map<string, Promise<Story>>();

function toldOnce(plan: Plan): Promise<Story> {
  const key = JSON.stringify(plan);
  const story = stories.get(key) ?? tell(plan);
  stories.set(key, story);
  return story;
}

const always = (name: string, check: (story: Story) => void, numRuns = 100, of = plans) =>
  test(name, () => fc.assert(fc.asyncProperty(of, async (plan) => check(await toldOnce(plan))), runs(numRuns, 1)));

always('every move of a mapping is one that its settings promise, and what is lost and counted is what follows from them', (story) => {
  const { records, run, plan } = story;
  const { lost, metrics } = follow(story);
  const ignored = story.plan.reportBatchItemFailures ? [] : reportedInVain(story);
  expect(run.lost.map(numberOf).sort()).toEqual(records.map(numberOf).filter((number) => lost.has(number) || ignored.includes(number)));
  expect(run.metrics).toEqual({
    ...metrics, PolledEventCount: records.length, FilteredOutEventCount: records.filter((record) => !passes(plan, record)).length,
  });
}, 200);

/** What a handler reported to a mapping that does not listen. */
function reportedInVain({ run }: Story): string[] {
  return run.invocations.flatMap(({ event, response }) => {
    const listed = ((response as any)?.batchItemFailures ?? []).map(({ itemIdentifier }: any) => itemIdentifier);
    return event.Records.map(numberOf).filter((number) => listed.includes(number));
  });
}

// A mapping that ignores reports takes what the handler of the other plans leaves undone for done.
const heard = plans.map((plan): Plan => ({ ...plan, reportBatchItemFailures: plan.reportBatchItemFailures || plan.answers !== 'throws' }));

always('every record is processed, filtered out, on the destination or lost, and lost only where nothing took it', ({ records, run, done, plan }) => {
  const delivered = new Set(run.deliveries.flatMap((delivery) => delivery.records));
  const lost = new Set(run.lost);
  const processed = new Set(done.map(numberOf));
  for (const record of records) {
    expect([!passes(plan, record), processed.has(numberOf(record)), delivered.has(record), lost.has(record)]).toContain(true);
    expect(delivered.has(record) && lost.has(record)).toBe(false);
  }
  expect(done.every((record) => passes(plan, record))).toBe(true);
  if (plan.onFailure !== 'none' && plan.refuse === 0) {
    expect(run.lost).toEqual([]);
  }
}, 100, heard);

always('a record goes to the destination once at most', ({ run }) => {
  const delivered = run.deliveries.flatMap((delivery) => delivery.records);
  expect(new Set(delivered).size).toBe(delivered.length);
});

/** Plans in which bisecting isolates each record that always fails: failures count, there are tries enough, and the destination takes all. */
const isolating = plans.map((plan): Plan => ({
  ...plan,
  bisectBatchOnError: true,
  noProgressBisect: 'halve',
  answers: plan.answers === 'names none of the batch' ? 'throws' : plan.answers,
  reportBatchItemFailures: true,
  onFailure: plan.onFailure === 'none' ? 'sqs' : plan.onFailure,
  limits: { retryAttempts: Math.max(2, plan.limits.retryAttempts), maxRecordAge: -1 },
  refuse: 0,
  crash: 0,
  timeout: 0,
}));

test('without faults of the function, bisecting brings exactly the poison records to the destination', async () => {
  const seen = new Map<string, number>();
  const count = (kind: string) => seen.set(kind, (seen.get(kind) ?? 0) + 1);
  await fc.assert(fc.asyncProperty(isolating, async (plan) => {
    const { records, run, poison } = await tell(plan);
    const expected = records.filter((record) => poison.has(numberOf(record)) && passes(plan, record)).map(numberOf);
    expect(run.deliveries.flatMap((delivery) => delivery.records.map(numberOf)).sort()).toEqual(expected.sort());
    expected.forEach(() => count('poison'));
    count(plan.answers);
    run.invocations.forEach(({ event: { Records } }) => count(Records.length > 1 ? 'a batch of several' : 'a batch of one'));
  }), runs(100, 1));
  const kinds = ['poison', 'names the first', 'names all that are left', 'throws', 'a batch of several', 'a batch of one'];
  expect(kinds.filter((kind) => !(seen.get(kind)! >= 20))).toEqual([]);
});

always('the first successes of an item come in the order of the stream', ({ done }) => {
  const last = new Map<string, bigint>();
  const seen = new Set<string>();
  for (const record of done) {
    const number = numberOf(record);
    if (!seen.has(number)) {
      seen.add(number);
      expect(last.get(itemOf(record)) ?? 0n).toBeLessThan(BigInt(number));
      last.set(itemOf(record), BigInt(number));
    }
  }
});

always('no child of a shard is touched before the shard is done with', ({ moves }) => {
  const shardIds = moves.map((move) => (move.type === 'attempt' ? move.shardId : move.message.DDBStreamBatchInfo.shardId));
  for (const [index, shardId] of shardIds.entries()) {
    expect(shardIds.slice(index).some((later) => shardId.startsWith(`${later}-`))).toBe(false);
  }
});

always('at most parallelizationFactor batches of a shard are in work at once', ({ plan, run }) => {
  for (const { at, shardId } of run.invocations) {
    const inWork = run.invocations.filter((other) => other.shardId === shardId && other.at <= at && at < other.at + other.durationMs);
    expect(inWork.length).toBeLessThanOrEqual(plan.parallelizationFactor);
  }
});

always('time never goes back', ({ run, moves }) => {
  const times = moves.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const starts = run.invocations.map(({ at }) => at);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  expect(run.endedAt).toBeGreaterThanOrEqual(Math.max(run.startedAt, ...times, ...starts));
});

test('the same seed gives the same run', () => fc.assert(fc.asyncProperty(plans, async (plan) => {
  const [first, second] = [await tell(plan), await tell(plan)];
  expect(JSON.stringify(second.run)).toBe(JSON.stringify(first.run));
  expect(second.done.map(numberOf)).toEqual(first.done.map(numberOf));
}), runs(20, 1)));

test('where creation times fall, a record still gets too old in its own time, and a message spans no record that was not given up', () =>
  fc.assert(fc.asyncProperty(fc.record({
    seconds: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 25 }),
    batchSize: fc.integer({ min: 1, max: 10 }),
    maxBatchingWindow: fc.integer({ min: 0, max: 20 }),
    bisectBatchOnError: fc.boolean(),
    seed: fc.integer(),
  }), async ({ seconds, seed: chance, ...settings }) => {
    const records = seconds.map((second, index) => streamRecord({ createdAt: 1_735_689_600 + second, sequenceNumber: String(1000 + index) }));
    const expiries = new Map(records.map((record) => [numberOf(record), (record.dynamodb!.ApproximateCreationDateTime! + 60) * 1000]));
    const isPoison = (record: StreamRecord) => numberOf(record).endsWith('5');
    const run = await simulateTrigger({
      mapping: { ...settings, maxRecordAge: 60, retryAttempts: 6 },
      handler: ({ Records }: StreamEvent) => {
        if (Records.some(isPoison)) {
          throw new Error('poison');
        }
      },
      shards: [{ records }],
      faults: { throttle: 0.6 },
      seed: chance,
    });
    expect(run.lost).toEqual([]);
    const givenUp = new Set(run.deliveries.flatMap((delivery) => delivery.records.map(numberOf)));
    for (const { at, message: { requestContext, DDBStreamBatchInfo: info }, records: gone } of run.deliveries) {
      const spanned = records.map(numberOf).filter((number) => number >= info.startSequenceNumber && number <= info.endSequenceNumber);
      expect(spanned.filter((number) => !givenUp.has(number))).toEqual([]);
      expect(info.batchSize).toBe(gone.length);
      if (requestContext.condition === 'RecordAgeExceeded') {
        expect(Math.max(...gone.map((record) => expiries.get(numberOf(record))!))).toBeLessThan(at);
      }
    }
    for (const { at, event } of run.invocations) {
      expect(event.Records.filter((record) => expiries.get(numberOf(record))! < at)).toEqual([]);
    }
  }), runs(150, 1)));
