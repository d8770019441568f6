import * as fc from 'fast-check';
import { simulateTrigger, type SimulationOptions, type SimulationRun, type StreamEvent, type StreamRecord, streamRecord } from '../../lib/testing';

interface Plan {
  readonly batchSize: number;
  readonly maxBatchingWindow: number;
  readonly parallelizationFactor: number;
  readonly retryAttempts: number;
  readonly bisectBatchOnError: boolean;
  readonly noProgressBisect: 'halve' | 'whole';
  readonly answers: 'reports' | 'throws';
  readonly filtered: boolean;
  readonly environments: number;
  readonly latency: number;
  readonly throttle: number;
  readonly crash: number;
  readonly timeout: number;
  readonly refuse: number;
  readonly onFailure: 'sqs' | 's3' | 'none';
  readonly reshard: boolean;
  readonly seed: number;
  /** By shard: item, kind, when, and how often it fails (99: always). */
  readonly shards: readonly (readonly { readonly item: number; readonly kept: boolean; readonly gap: number; readonly fails: number }[])[];
}

const sometimes = (chance: number) => fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(chance) });

const plans: fc.Arbitrary<Plan> = fc.record({
  batchSize: fc.integer({ min: 1, max: 12 }),
  maxBatchingWindow: fc.constantFrom(0, 0, 1, 20),
  parallelizationFactor: fc.constantFrom(1, 1, 2, 3, 10),
  retryAttempts: fc.integer({ min: 0, max: 4 }),
  bisectBatchOnError: fc.boolean(),
  noProgressBisect: fc.constantFrom('halve', 'whole'),
  answers: fc.constantFrom('reports', 'throws'),
  filtered: fc.boolean(),
  environments: fc.constantFrom(1, 2, 20),
  latency: fc.constantFrom(0, 0, 10, 700),
  throttle: sometimes(0.3),
  crash: sometimes(0.2),
  timeout: sometimes(0.1),
  refuse: sometimes(0.5),
  onFailure: fc.constantFrom('sqs', 'sqs', 's3', 'none'),
  reshard: fc.boolean(),
  seed: fc.nat(),
  shards: fc.array(fc.array(fc.record({
    item: fc.nat({ max: 5 }),
    kept: fc.boolean(),
    gap: fc.constantFrom(0, 0, 0, 1, 7),
    fails: fc.constantFrom(0, 0, 0, 0, 1, 2, 99),
  }), { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
});

interface Story {
  readonly plan: Plan;
  readonly records: readonly StreamRecord[];
  readonly run: SimulationRun;
  /** What the handler got done, in order; a record may come twice. */
  readonly done: readonly StreamRecord[];
  readonly poison: ReadonlySet<string>;
}

const START = 1_735_689_600;
const numberOf = (record: StreamRecord) => record.dynamodb!.SequenceNumber!;
const itemOf = (record: StreamRecord) => JSON.stringify(record.dynamodb!.Keys);

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
  // Works through the batch and stops at the first failure, as a careful handler does.
  const handler = (event: StreamEvent) => {
    for (const record of event.Records) {
      const left = failures.get(numberOf(record))!;
      if (left > 0) {
        failures.set(numberOf(record), left === 99 ? 99 : left - 1);
        if (plan.answers === 'throws') {
          throw new Error('fails');
        }
        return { batchItemFailures: [{ itemIdentifier: numberOf(record) }] };
      }
      done.push(record);
    }
    return { batchItemFailures: [] };
  };
  const { batchSize, maxBatchingWindow, parallelizationFactor, retryAttempts, bisectBatchOnError, onFailure } = plan;
  const { throttle, crash, timeout, refuse, latency, noProgressBisect, environments, seed } = plan;
  const options: SimulationOptions = {
    mapping: {
      batchSize,
      maxBatchingWindow,
      parallelizationFactor,
      retryAttempts,
      bisectBatchOnError,
      onFailure,
      reportBatchItemFailures: plan.answers === 'reports',
      filters: plan.filtered ? [{ dynamodb: { NewImage: { kind: { S: ['kept'] } } } }] : [],
    },
    handler,
    shards,
    environments,
    noProgressBisect,
    seed,
    faults: { latency, throttle, crash, timeout, refuse, reshards: plan.reshard ? [{ at: 5 }, { at: 12 }] : [] },
  };
  const run = await simulateTrigger(options);
  return { plan, records: shards.flatMap((shard) => shard.records), run, done, poison };
}

const always = (name: string, check: (story: Story) => void, numRuns = 150) =>
  test(name, () => fc.assert(fc.asyncProperty(plans, async (plan) => check(await tell(plan))), { numRuns }));

const passes = ({ plan }: Story, record: StreamRecord) => !plan.filtered || record.dynamodb!.NewImage!.kind.S === 'kept';
const reachesDestination = ({ plan }: Story) => plan.onFailure !== 'none' && plan.refuse === 0;

always('every record is processed, filtered out, on the destination or lost, and lost only where the destination did not take it', (story) => {
  const { records, run, done } = story;
  const delivered = new Set(run.deliveries.flatMap((delivery) => delivery.records));
  const lost = new Set(run.lost);
  const processed = new Set(done.map(numberOf));
  for (const record of records) {
    const ends = [!passes(story, record), processed.has(numberOf(record)), delivered.has(record), lost.has(record)];
    expect(ends).toContain(true);
    expect(delivered.has(record) && lost.has(record)).toBe(false);
  }
  expect(done.every((record) => passes(story, record))).toBe(true);
  if (reachesDestination(story)) {
    expect(run.lost).toEqual([]);
  }
});

always('a record goes to the destination once at most', ({ run }) => {
  const delivered = run.deliveries.flatMap((delivery) => delivery.records);
  expect(new Set(delivered).size).toBe(delivered.length);
});

always('without faults of the function, bisecting brings exactly the poison records to the destination', (story) => {
  const { plan, run, poison, records } = story;
  const halves = plan.bisectBatchOnError && (plan.answers === 'throws' || plan.noProgressBisect === 'halve');
  if (halves && plan.crash === 0 && plan.timeout === 0 && plan.retryAttempts >= 2 && reachesDestination(story)) {
    const expected = records.filter((record) => poison.has(numberOf(record)) && passes(story, record)).map(numberOf);
    expect(run.deliveries.flatMap((delivery) => delivery.records.map(numberOf)).sort()).toEqual(expected.sort());
  }
}, 300);

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

always('a batch is given up after exactly its retries, and its message names it', ({ plan, run }) => {
  for (const { message, records } of run.deliveries) {
    expect(message.requestContext).toMatchObject({ condition: 'RetryAttemptsExhausted', approximateInvokeCount: plan.retryAttempts + 1 });
    expect(message.DDBStreamBatchInfo).toMatchObject({
      batchSize: records.length, startSequenceNumber: numberOf(records[0]), endSequenceNumber: numberOf(records.at(-1)!),
    });
  }
});

always('no batch is empty, over its size, of several shards or out of order', ({ plan, run }) => {
  for (const { event } of run.invocations) {
    const numbers = event.Records.map((record) => BigInt(numberOf(record)));
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers.length).toBeLessThanOrEqual(plan.batchSize);
    expect(numbers).toEqual([...numbers].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(event.Records.map((record) => itemOf(record).split('-')[0])).size).toBe(1);
  }
});

always('at most parallelizationFactor batches of a shard are in work at once', ({ plan, run }) => {
  for (const { at, shardId } of run.invocations) {
    const inWork = run.invocations.filter((other) => other.shardId === shardId && other.at <= at && at < other.at + other.durationMs);
    expect(inWork.length).toBeLessThanOrEqual(plan.parallelizationFactor);
  }
});

always('time never goes back', ({ run }) => {
  const times = run.invocations.map(({ at }) => at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(run.endedAt).toBeGreaterThanOrEqual(Math.max(run.startedAt, ...times, ...run.deliveries.map(({ at }) => at)));
});

always('a record is never delivered before it was written', ({ run }) => {
  for (const { at, event } of run.invocations) {
    for (const record of event.Records) {
      expect(record.dynamodb!.ApproximateCreationDateTime! * 1000).toBeLessThanOrEqual(at);
    }
  }
});

always('the metrics add up', (story) => {
  const { records, run } = story;
  const { metrics } = run;
  expect(metrics.PolledEventCount).toBe(records.length);
  expect(metrics.FilteredOutEventCount).toBe(records.filter((record) => !passes(story, record)).length);
  expect(metrics.OnFailureDestinationDeliveredEventCount).toBe(run.deliveries.reduce((sum, delivery) => sum + delivery.records.length, 0));
  expect(metrics.DroppedEventCount).toBe(run.lost.length);
  expect(metrics.InvokedEventCount).toBeGreaterThanOrEqual(run.invocations.reduce((sum, { event }) => sum + event.Records.length, 0));
});

test('the same seed gives the same run', () => fc.assert(fc.asyncProperty(plans, async (plan) => {
  const [first, second] = [await tell(plan), await tell(plan)];
  expect(JSON.stringify(second.run)).toBe(JSON.stringify(first.run));
  expect(second.done.map(numberOf)).toEqual(first.done.map(numberOf));
}), { numRuns: 60 }));
