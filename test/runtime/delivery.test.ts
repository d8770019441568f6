import * as fc from 'fast-check';
import { HOST } from '../../lib/stream/boundary';
import type { StreamEvent, StreamRecord } from '../../lib/stream/record';
import type { BatchResponse, StreamHandler } from '../../lib/runtime';
import { streamHandler } from '../../lib/runtime';
import { position, record } from './records';
import type { VirtualClock } from './virtual-time';
import { inVirtualTime } from './virtual-time';

const SCENARIOS = Number(process.env.SCENARIOS ?? 10_000);
const TIMEOUT = 2_000;

/** What a scenario is made of. Everything that may go wrong on Lambda does: see `deliver`. */
const scenario = fc.record({
  records: fc.array(fc.record({
    key: fc.nat(3),
    latency: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 2_500 })),
    /** How often it fails before it succeeds; 99: always. */
    failures: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.integer({ min: 1, max: 5 }) }, fc.constant(99)),
    heedsSignal: fc.boolean(),
  }), { minLength: 1, maxLength: 12 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  report: fc.boolean(),
  bisect: fc.boolean(),
  park: fc.constantFrom('takes', 'refuses', 'none'),
  maxParkedInARow: fc.integer({ min: 1, max: 4 }),
  /** The environment of each invocation, in turn. */
  environments: fc.array(fc.nat(1), { minLength: 1, maxLength: 6 }),
  /** The calls, counted over all, in which the process ends. */
  crashes: fc.uniqueArray(fc.nat(25), { maxLength: 3 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/** Lambda's retry loop around one handler, as simple as it can be. */
async function deliver(plan: Scenario, clock: VirtualClock) {
  const records = plan.records.map(({ key }, at) => record(at, key));
  const problems: string[] = [];
  const failuresLeft = plan.records.map(({ failures }) => failures);
  const settled = new Set<number>();
  const parked = new Set<number>();
  let calls = 0;

  class Environment {
    crashed = false;
    readonly done = new Set<number>();
    readonly busy = new Set<number>();
    readonly handler: StreamHandler = streamHandler({
      concurrency: plan.concurrency,
      retry: { maxAttempts: plan.maxAttempts },
      maxParkedInARow: plan.maxParkedInARow,
      onRecord: async ({ sequenceNumber }, { signal }) => this.call(position(sequenceNumber), signal),
    });

    async call(at: number, signal: AbortSignal): Promise<void> {
      const { key, latency, heedsSignal } = plan.records[at];
      if (this.busy.has(key)) problems.push(`record ${at} starts beside another of its item`);
      if (this.done.has(at)) problems.push(`record ${at} is done twice in one environment`);
      if (signal.aborted) problems.push(`record ${at} starts after the abort`);
      this.busy.add(key);
      if (plan.crashes.includes(calls++)) this.crashed = true;
      await this.unlessCrashed(new Promise<void>((resolve, reject) => {
        setTimeout(resolve, latency);
        if (heedsSignal) signal.addEventListener('abort', () => reject(new Error('aborted')));
      }).finally(() => this.busy.delete(key)));
      if (failuresLeft[at] > 0) {
        failuresLeft[at]--;
        throw new Error('fails');
      }
      this.done.add(at);
      settle(at);
    }

    async unlessCrashed<T>(promise: Promise<T>): Promise<T> {
      const result = await promise.catch((error) => ({ error }));
      if (this.crashed) await new Promise(() => undefined);
      if (typeof result === 'object' && result !== null && 'error' in result) throw result.error;
      return result as T;
    }
  }

  function settle(at: number): void {
    const first = !settled.has(at);
    if (first && plan.records.some(({ key }, before) => before < at && key === plan.records[at].key && !settled.has(before))) {
      problems.push(`record ${at} is done before an older one of its item`);
    }
    settled.add(at);
  }

  async function invoke(environment: Environment, batch: StreamRecord[]): Promise<BatchResponse | undefined> {
    const end = clock.now + TIMEOUT;
    const context = {
      getRemainingTimeInMillis: () => end - clock.now,
      [HOST]: {
        triggers: [{ report: plan.report }],
        random: () => 0.5,
        ...plan.park !== 'none' && {
          park: async ({ record: { dynamodb } }: { record: StreamRecord }) => {
            await environment.unlessCrashed(new Promise((resolve) => setTimeout(resolve, 40)));
            if (plan.park === 'refuses') throw new Error('refused');
            const at = position(dynamodb!.SequenceNumber!);
            parked.add(at);
            settle(at);
          },
        },
      },
    };
    let outcome: { response?: BatchResponse } | undefined;
    const event: StreamEvent = JSON.parse(JSON.stringify({ Records: batch }));
    environment.handler(event, context as any).then((response) => { outcome = { response }; }, () => { outcome = {}; });
    while (!outcome && !environment.crashed) {
      if (!await clock.step()) break;
      if (clock.now > end && !outcome) {
        problems.push('the function runs into its timeout');
        break;
      }
    }
    return outcome?.response;
  }

  const environments = [new Environment(), new Environment()];
  const batches = [{ batch: records, attempts: 0 }];
  const givenUp: number[] = [];
  for (let turn = 0; batches.length > 0; turn++) {
    const { batch, attempts } = batches.shift()!;
    const slot = plan.environments[turn % plan.environments.length];
    const response = await invoke(environments[slot], batch);
    if (environments[slot].crashed) environments[slot] = new Environment();
    const failures = response?.batchItemFailures;
    if (failures?.length === 0) continue;
    const from = failures ? batch.findIndex(({ dynamodb }) => dynamodb!.SequenceNumber === failures[0].itemIdentifier) : 0;
    if (from < 0 || (failures && failures.length !== 1)) problems.push(`the response is ${JSON.stringify(response)}`);
    const rest = batch.slice(from);
    if (from === 0 && plan.bisect && rest.length > 1) {
      const half = Math.ceil(rest.length / 2);
      batches.unshift({ batch: rest.slice(0, half), attempts }, { batch: rest.slice(half), attempts });
    } else if (from === 0 && attempts >= 8) {
      const sequence = rest.map(({ dynamodb }) => position(dynamodb!.SequenceNumber!));
      givenUp.push(...sequence);
      sequence.forEach((at) => settled.add(at));
    } else {
      batches.unshift({ batch: rest, attempts: from > 0 ? 0 : attempts + 1 });
    }
  }
  while (await clock.step());
  return { problems, settled, parked, givenUp, calls };
}

beforeEach(() => { jest.spyOn(console, 'error').mockImplementation(); });
afterEach(() => { jest.restoreAllMocks(); });

test(`${SCENARIOS} ways of things going wrong: nothing lost, in order, nothing done twice in one environment`, async () => {
  await fc.assert(fc.asyncProperty(scenario, async (plan) => inVirtualTime(async (clock) => {
    const { problems, settled } = await deliver(plan, clock);
    expect(problems).toEqual([]);
    expect(settled.size).toBe(plan.records.length);
  })), { numRuns: SCENARIOS });
}, 300_000);
