import * as fc from 'fast-check';
import type { Move, Observed } from './mapping-model';
import { simulateTrigger, type SimulationOptions, type SimulationRun, type StreamEvent, type StreamRecord, streamRecord } from '../../lib/testing';
import { numberOf, START } from '../records';

/** How a mapping is set, what befalls it, and what its handler makes of the records. */
export interface Plan {
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

export const plans: fc.Arbitrary<Plan> = fc.record({
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

/** What came of a plan. */
export interface Story extends Observed {
  readonly plan: Plan;
  readonly records: readonly StreamRecord[];
  readonly run: SimulationRun;
  /** What the handler got done, in order; a record may come twice. */
  readonly done: readonly StreamRecord[];
  readonly poison: ReadonlySet<string>;
}

export const passes = ({ filtered }: Plan, record: StreamRecord) => !filtered || record.dynamodb!.NewImage!.kind.S === 'kept';

/** Simulates a plan. */
export async function tell(plan: Plan): Promise<Story> {
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
