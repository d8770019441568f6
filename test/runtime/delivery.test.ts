import * as fc from 'fast-check';
import { withoutStack } from './without-stack';
import { BatchNotDoneError, PoisonRecordError, streamHandler, type BatchResponse, type CallContext, type ChangeRecord, type LambdaContext, type StreamHandler } from '../../lib/runtime';
import { type Host, HOST } from '../../lib/stream/boundary';
import { type ParkedRecord, type SimulationRun, type StreamEvent, type StreamRecord, simulateTrigger, streamRecord } from '../../lib/testing';
import { numberOf, START } from '../records';
import { runs } from '../runs';

const { numRuns: SCENARIOS, seed: SEED } = runs(80, 1);

/** Seconds: short, so that many calls don't fit. */
const TIMEOUT = 2;
/** Milliseconds for which the runtime remembers. */
const MEMORY = 15 * 60 * 1_000;
const ALWAYS = 99;

const often = <T>(usual: T, unusual: fc.Arbitrary<T>) => fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: unusual });

/** What a scenario is made of: everything that may go wrong on Lambda does. */
const plans = fc.record({
  /** The changes of each shard. */
  shards: fc.array(fc.array(fc.record({
    item: fc.nat(3),
    /** Seconds after the one before. */
    gap: often(0, fc.integer({ min: 1, max: 5 })),
    /** Milliseconds that a call takes. */
    latency: fc.oneof({ weight: 3, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.nat(2_500) }),
    /** How often it fails before it succeeds. */
    failures: often(0, fc.oneof({ weight: 2, arbitrary: fc.integer({ min: 1, max: 5 }) }, { weight: 1, arbitrary: fc.constant(ALWAYS) })),
    failsAs: fc.constantFrom('error', 'error', 'poison'),
    heedsSignal: fc.boolean(),
  }), { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 2 }),
  reshard: often<number | undefined>(undefined, fc.integer({ min: 0, max: 10 })),
  // The runtime's options.
  concurrency: fc.integer({ min: 1, max: 4 }),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  park: fc.constantFrom(true, true, true, false),
  // The mapping's settings.
  batchSize: fc.integer({ min: 1, max: 12 }),
  parallelizationFactor: fc.constantFrom(1, 1, 2, 3),
  retryAttempts: fc.integer({ min: 0, max: 8 }),
  reportBatchItemFailures: fc.constantFrom(true, true, true, false),
  bisectBatchOnError: fc.boolean(),
  noProgressBisect: fc.constantFrom('halve' as const, 'whole' as const),
  // The function.
  environments: fc.integer({ min: 1, max: 3 }),
  /** What befalls the first invocations: the process ends before the answer (true) or after so many milliseconds. */
  crashes: fc.array(often<number | boolean>(false, fc.oneof(fc.constant(true), fc.integer({ min: 0, max: 2_000 }))), { maxLength: 8 }),
  timeouts: fc.array(often(false, fc.constant(true)), { maxLength: 4 }),
  throttle: often(0, fc.constant(0.3)),
  // The failure destination.
  parkLatency: fc.constantFrom(0, 20, 700),
  refusals: fc.array(fc.boolean(), { maxLength: 6 }),
  refusesAll: often(false, fc.constant(true)),
  seed: fc.nat(),
});
type Plan = typeof plans extends fc.Arbitrary<infer Value> ? Value : never;
type Change = Plan['shards'][number][number];

/** A record, and what becomes of it. */
interface Written extends Change {
  readonly record: StreamRecord;
  readonly itemId: string;
  failuresLeft: number;
}

/** The world outside of the function: what was written, what has come of it, and what should not have happened. */
class World {
  readonly written = new Map<string, Written>();
  readonly shards: { records: StreamRecord[] }[];
  readonly problems: string[] = [];
  /** What was done, parked or, as a delivery, given up: in the order of time. */
  readonly log: (string | 'delivery')[] = [];
  readonly settled = new Set<string>();
  /** How often each kind of thing happened. */
  readonly seen = new Map<string, number>();

  constructor(readonly plan: Plan) {
    this.shards = plan.shards.map((changes, shard) => {
      let createdAt = START;
      return {
        records: changes.map((change) => {
          createdAt += change.gap;
          const itemId = `${shard}-${change.item}`;
          const sequenceNumber = String(10n ** 22n + BigInt(this.written.size));
          const record = streamRecord({ sequenceNumber, createdAt, keys: { id: itemId } });
          this.written.set(sequenceNumber, { ...change, record, itemId, failuresLeft: change.failures });
          return record;
        }),
      };
    });
  }

  count(kind: string, times = 1): void {
    this.seen.set(kind, (this.seen.get(kind) ?? 0) + times);
  }

  settle(sequenceNumber: string): void {
    this.log.push(sequenceNumber);
    this.settled.add(sequenceNumber);
  }
}

/** One execution environment, with a handler of its own. */
class Environment {
  private host!: Required<Host>;
  /** Items with a call, or a parking, that is not over. */
  private readonly busy = new Set<string>();
  private readonly doneAt = new Map<string, number>();
  /** The number of the invocation under way, and those in which the records began that were done. */
  private invocation = 0;
  private readonly doneIn = new Map<string, number>();
  private readonly handler: StreamHandler;

  constructor(private readonly world: World) {
    const { concurrency, maxAttempts, park } = world.plan;
    const calls = new WeakMap<AbortSignal, { running: number; readonly attempts: Map<string, number> }>();
    this.handler = streamHandler({
      concurrency,
      retry: { maxAttempts },
      park,
      observer: ({ type }) => world.count(type),
      onRecord: async (change, context) => {
        const { signal, attempt } = context;
        const ofInvocation = calls.get(signal) ?? { running: 0, attempts: new Map() };
        calls.set(signal, ofInvocation);
        const { attempts } = ofInvocation;
        attempts.set(change.sequenceNumber, (attempts.get(change.sequenceNumber) ?? 0) + 1);
        this.expect(attempt === attempts.get(change.sequenceNumber) && attempt <= maxAttempts, change.sequenceNumber, `is tried for the ${attempt}. time`);
        this.expect(++ofInvocation.running <= concurrency, change.sequenceNumber, 'is started beside too many others');
        try {
          await this.call(change, context);
        } finally {
          ofInvocation.running--;
        }
      },
    });
  }

  /** The function, as Lambda calls it. */
  readonly invoke = async (event: StreamEvent, context: LambdaContext & { [HOST]: Required<Host> }): Promise<BatchResponse> => {
    this.host = context[HOST];
    this.invocation++;
    try {
      const park = async (record: ParkedRecord) => this.park(record, context);
      const response = await this.handler(event, { ...context, [HOST]: { ...this.host, park } } as LambdaContext);
      this.check(event, response);
      return response;
    } catch (error) {
      const expected = error instanceof BatchNotDoneError && !this.world.plan.reportBatchItemFailures;
      this.expect(expected, numberOf(event.Records[0]), `makes the function throw ${error}`);
      throw error;
    }
  };

  private async call({ sequenceNumber }: ChangeRecord, { signal, getRemainingTimeInMillis }: CallContext): Promise<void> {
    const { world, busy, doneAt, invocation } = this;
    const written = world.written.get(sequenceNumber)!;
    const { itemId, latency, heedsSignal, failsAs } = written;
    world.count('call');
    this.expect(!busy.has(itemId), sequenceNumber, 'is started beside another of its item');
    this.expect(!(this.host.now() - doneAt.get(sequenceNumber)! < MEMORY), sequenceNumber, 'is started again where it was done');
    this.expect(!signal.aborted && getRemainingTimeInMillis() > 0, sequenceNumber, 'is started after the time was up');
    busy.add(itemId);
    try {
      await this.host.sleep(latency, heedsSignal ? signal : undefined);
      if (heedsSignal) {
        signal.throwIfAborted();
      }
      if (written.failuresLeft > 0) {
        written.failuresLeft -= written.failures === ALWAYS ? 0 : 1;
        throw withoutStack(() => failsAs === 'poison' ? new PoisonRecordError('fails') : new Error('fails'));
      }
      doneAt.set(sequenceNumber, this.host.now());
      this.doneIn.set(sequenceNumber, invocation);
      world.settle(sequenceNumber);
    } finally {
      busy.delete(itemId);
      if (invocation !== this.invocation) {
        world.count('settled in a later invocation');
      }
    }
  }

  /** The way to the failure destination, and the answer's way back, take their time. */
  private async park(parked: ParkedRecord, { getRemainingTimeInMillis }: LambdaContext): Promise<void> {
    const { world, busy, doneAt, host, invocation } = this;
    const { plan: { parkLatency, park } } = world;
    const sequenceNumber = numberOf(parked.record);
    const { itemId, record } = world.written.get(sequenceNumber)!;
    this.expect(park, sequenceNumber, 'is parked although parking is off');
    this.expect(!busy.has(itemId), sequenceNumber, 'is parked beside another of its item');
    this.expect(!doneAt.has(sequenceNumber), sequenceNumber, 'is parked where it was done');
    this.expect(getRemainingTimeInMillis() > 0, sequenceNumber, 'is parked after the time was up');
    this.expect(JSON.stringify(parked.record) === JSON.stringify(record), sequenceNumber, 'is not parked as it was delivered');
    busy.add(itemId);
    try {
      await host.sleep(parkLatency);
      await host.park(parked);
      world.settle(sequenceNumber);
      await host.sleep(parkLatency);
      doneAt.set(sequenceNumber, host.now());
      this.doneIn.set(sequenceNumber, invocation);
    } finally {
      busy.delete(itemId);
    }
  }

  private check({ Records }: StreamEvent, { batchItemFailures }: BatchResponse): void {
    const numbers = Records.map(numberOf);
    const checkpoint = batchItemFailures.length === 0 ? numbers.length : numbers.indexOf(batchItemFailures[0].itemIdentifier);
    this.expect(batchItemFailures.length <= 1 && checkpoint >= 0, numbers[0], `is answered with ${JSON.stringify(batchItemFailures)}`);
    this.expect(this.world.plan.reportBatchItemFailures || checkpoint === numbers.length, numbers[0], 'is reported to nobody');
    numbers.slice(0, checkpoint).forEach((number) => this.expect(this.world.settled.has(number), number, 'is passed over'));
    // One that was done before may be reported, if there was no time to get to it.
    this.expect(this.doneIn.get(numbers[checkpoint]) !== this.invocation, numbers[checkpoint], 'is reported although it was done');
  }

  private expect(holds: boolean, sequenceNumber: string, problem: string): void {
    if (!holds) {
      this.world.problems.push(`${sequenceNumber} ${problem}`);
    }
  }
}

interface Story {
  readonly world: World;
  readonly run: SimulationRun;
  readonly timeouts: number;
}

async function tell(plan: Plan, timeout = TIMEOUT): Promise<Story> {
  const world = new World(plan);
  let invocations = 0;
  let refusals = 0;
  let timeouts = 0;
  const run = await simulateTrigger({
    mapping: {
      batchSize: plan.batchSize,
      parallelizationFactor: plan.parallelizationFactor,
      retryAttempts: plan.retryAttempts,
      reportBatchItemFailures: plan.reportBatchItemFailures,
      bisectBatchOnError: plan.bisectBatchOnError,
    },
    noProgressBisect: plan.noProgressBisect,
    handler: { load: () => new Environment(world).invoke },
    shards: world.shards,
    timeout,
    environments: plan.environments,
    seed: plan.seed,
    faults: {
      throttle: plan.throttle,
      crash: () => plan.crashes[invocations++] ?? false,
      timeout: () => {
        const strikes = plan.timeouts[invocations] ?? false;
        timeouts += strikes ? 1 : 0;
        return strikes;
      },
      refuse: ({ message }) => {
        if ('kind' in message) {
          return plan.refusesAll || (plan.refusals[refusals++] ?? false);
        }
        world.log.push('delivery');
        return false;
      },
      reshards: plan.reshard === undefined ? [] : [{ at: plan.reshard }],
    },
  });
  return { world, run, timeouts };
}

/** Every record that was done, parked or given up, in the order of time. */
function* course({ world, run }: Story): Generator<string> {
  let deliveries = 0;
  for (const entry of world.log) {
    yield* entry === 'delivery' ? run.deliveries[deliveries++].records.map(numberOf) : [entry];
  }
}

function outOfOrder(story: Story): string[] {
  const { written } = story.world;
  const first = new Set(course(story));
  const latest = new Map<string, string>();
  return [...first].filter((number) => {
    const { itemId } = written.get(number)!;
    const older = latest.get(itemId) ?? '';
    latest.set(itemId, number);
    return number < older;
  });
}

/** What must have happened for the properties to prove anything. */
const KINDS = [
  'recordDone', 'recordSkipped', 'recordRetried', 'recordParked', 'recordFailed', 'deadline', 'settled in a later invocation',
  'Runtime.ExitError', 'Sandbox.Timedout', 'BatchNotDoneError', 'given up',
];

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

test(`${SCENARIOS} ways of things going wrong: nothing lost, in order, in time, and nothing done twice in one environment`, async () => {
  const seen = new Map<string, number>();
  await fc.assert(fc.asyncProperty(plans, async (plan) => {
    const story = await tell(plan);
    const { world, run, timeouts } = story;
    expect(world.problems).toEqual([]);
    expect(run.lost).toEqual([]);
    expect([...world.written.keys()].filter((number) => !new Set(course(story)).has(number))).toEqual([]);
    expect(outOfOrder(story)).toEqual([]);
    expect(run.invocations.filter(({ error }) => error?.errorType === 'Sandbox.Timedout').length).toBeLessThanOrEqual(timeouts);
    run.invocations.forEach(({ error }) => error && world.count(error.errorType));
    world.count('given up', run.deliveries.length);
    world.seen.forEach((times, kind) => seen.set(kind, (seen.get(kind) ?? 0) + times));
  }), { numRuns: SCENARIOS, seed: SEED });
  expect(KINDS.filter((kind) => !(seen.get(kind)! > SCENARIOS / 20))).toEqual([]);
});

test('without faults and with time enough, a record that fails less than three times is tried until it succeeds, and poison is parked', async () => {
  const calm = plans.map((plan): Plan => ({
    ...plan,
    environments: 1,
    crashes: [],
    timeouts: [],
    throttle: 0,
    parkLatency: 0,
    refusals: [],
    refusesAll: false,
    park: true,
    retryAttempts: -1,
    shards: plan.shards.map((changes) => changes.map((change) => ({
      ...change,
      latency: change.latency % 50,
      // From the third failure on, evidence may make it poison.
      failures: change.failsAs === 'error' ? change.failures % 3 : change.failures,
    }))),
  }));
  await fc.assert(fc.asyncProperty(calm, async (plan) => {
    const { world, run } = await tell(plan, 60);
    const changes = [...world.written.values()];
    const isPoison = ({ failures, failsAs }: Change) => failsAs === 'poison' && failures > 0;
    const tries = (change: Change) => isPoison(change) ? 1 : change.failures + 1;
    expect(world.seen.get('call')).toBe(changes.reduce((sum, change) => sum + tries(change), 0));
    expect(run.parked.map(({ record, tries: made }) => [numberOf(record), made]).sort())
      .toEqual(changes.filter(isPoison).map(({ record }) => [numberOf(record), 1]));
    expect(run.deliveries).toEqual([]);
  }), { numRuns: SCENARIOS / 20, seed: SEED });
});
