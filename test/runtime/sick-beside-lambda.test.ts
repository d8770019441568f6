import { locks, never } from './hanging';
import { streamHandler } from '../../lib/runtime';
import { type SimulationRun, type StreamEvent, simulateTrigger, streamRecord } from '../../lib/testing';
import { START } from '../records';

const minutesOf = ({ invocations }: SimulationRun) => Math.max(...invocations.map(({ at, durationMs }) => at + durationMs)) / 60_000 - START / 60;

/** How calls hang: made once for all processes, then for each, then called for each record. */
type Sickness = () => (process: number) => (id: string) => Promise<void>;

const oneCall: Sickness = () => {
  let calls = 0;
  return () => async (id) => id === 'item-7' && calls++ === 0 ? never() : undefined;
};
const firstProcess: Sickness = () => (process) => async () => process === 0 ? never() : undefined;
const heldLock: Sickness = () => {
  const lockOf = locks();
  return () => {
    const take = lockOf();
    return async () => (await take())();
  };
};

/** Minutes until everything is done. */
async function minutes(isOurs: boolean, count: number, timeout: number, options: object, sickness: Sickness): Promise<number> {
  const done = new Set<unknown>();
  const of = sickness();
  let processes = 0;
  const load = () => {
    const call = of(processes++);
    const one = async (id: string) => {
      await call(id);
      done.add(id);
    };
    return isOurs ? streamHandler(async ({ keys }) => one(String(keys.id))) : async ({ Records }: StreamEvent) => {
      for (const { dynamodb } of Records) {
        await one(dynamodb!.Keys!.id.S!);
      }
    };
  };
  const records = Array.from({ length: count }, (_, item) => streamRecord({ keys: { id: `item-${item}` }, createdAt: START }));
  const run = await simulateTrigger({ timeout, handler: { load }, shards: [{ records }], ...options });
  expect(done.size).toBe(count);
  expect([run.parked, run.failed, run.lost]).toEqual([[], [], []]);
  return minutesOf(run);
}

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

test.each<[string, number, number, object, Sickness]>([
  ['one call', 50, 60, {}, oneCall],
  ['one call, in one environment', 50, 60, { environments: 1 }, oneCall],
  ['one call, without bisect', 20, 60, { mapping: { bisectBatchOnError: false } }, oneCall],
  ['one call, with any number of retries', 20, 60, { mapping: { retryAttempts: -1 } }, oneCall],
  ['one call, in a function of 15 minutes', 20, 900, {}, oneCall],
])('where others made progress, %s that hangs costs one timeout more than without the runtime, at most', async (_, count, timeout, options, sickness) => {
  const [ours, plain] = [await minutes(true, count, timeout, options, sickness), await minutes(false, count, timeout, options, sickness)];
  expect(ours).toBeLessThanOrEqual(plain + timeout / 60 + 0.1);
});

test.each<[string, number, number, Sickness]>([
  ['a dead pool', 20, 60, firstProcess],
  ['a lock that is held', 10, 30, heldLock],
])('where nothing was done, %s takes a tenth longer than without the runtime, at most', async (_, count, timeout, sickness) => {
  const [ours, plain] = [await minutes(true, count, timeout, {}, sickness), await minutes(false, count, timeout, {}, sickness)];
  expect(ours).toBeLessThanOrEqual(plain * 1.1);
});
