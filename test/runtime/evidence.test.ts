import { withoutStack } from './without-stack';
import { type ChangeRecord, type StreamHandlerOptions, streamHandler } from '../../lib/runtime';
import { now, type SimulationRun, simulateTrigger, streamRecord } from '../../lib/testing';
import { START } from '../records';

const HOUR = 60;

/** A change by its place in the shard, and its item. */
const itemsOf = (count: number) => Array.from({ length: count }, (_, at) => streamRecord({
  keys: { id: `item-${at}` }, newImage: { at }, sequenceNumber: String(10n ** 22n + BigInt(at)), createdAt: START,
}));

interface Course {
  readonly run: SimulationRun;
  readonly calls: number;
  /** Minutes from the start: of every record done, and of every one parked, by its place. */
  readonly doneAt: Map<number, number>;
  readonly parkedAt: Map<number, number>;
}

/** Handles `count` changes with the defaults; `fail` throws what a call fails with, by the place and the minute. */
async function course(count: number, fail: (at: number, minute: number) => void, options: Partial<StreamHandlerOptions> = {}): Promise<Course> {
  let calls = 0;
  const doneAt = new Map<number, number>();
  const minute = () => (now() / 1_000 - START) / 60;
  const load = () => streamHandler({
    ...options,
    onRecord: ({ newImage }: ChangeRecord) => {
      calls++;
      const at = Number(newImage!.at);
      fail(at, minute());
      doneAt.set(at, minute());
    },
  });
  const run = await simulateTrigger({ handler: { load }, shards: [{ records: itemsOf(count) }] });
  const parkedAt = new Map(run.parked.map(({ record, lastTriedAt }) => [
    Number(record.dynamodb!.NewImage!.at.N), (Date.parse(lastTriedAt) / 1_000 - START) / 60,
  ]));
  expect(run.lost).toEqual([]);
  return { run, calls, doneAt, parkedAt };
}

const minutes = (places: Map<number, number>) => Math.max(...places.values());
const refused = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

test('one bad record among a thousand is parked after a few tries, and costs no other a call', async () => {
  const { calls, parkedAt, doneAt } = await course(1_000, (at) => {
    if (at === 500) {
      throw withoutStack(() => new TypeError('bad'));
    }
  });
  expect([...parkedAt.keys()]).toEqual([500]);
  expect(doneAt.size).toBe(999);
  expect(calls).toBeLessThanOrEqual(1_010);
});

test('one bad record alone is parked within ten minutes', async () => {
  const { parkedAt } = await course(1, () => {
    throw withoutStack(() => new TypeError('bad'));
  });
  expect(parkedAt.get(0)).toBeGreaterThanOrEqual(5);
  expect(parkedAt.get(0)).toBeLessThan(10);
});

test('a twentieth of bad records among two thousand is parked, and nothing else, within ten minutes', async () => {
  const isBad = (at: number) => at * 7_919 % 20 === 3;
  const { parkedAt, doneAt } = await course(2_000, (at) => {
    if (isBad(at)) {
      throw withoutStack(() => new TypeError('bad'));
    }
  });
  expect([...parkedAt.keys()].filter((at) => !isBad(at))).toEqual([]);
  expect([parkedAt.size, doneAt.size]).toEqual([100, 1_900]);
  expect(minutes(doneAt)).toBeLessThan(10);
});

test.each([0.3, 0.5])('where %f of the calls fail at random, at most one record in a thousand is parked', async (share) => {
  let seed = 7;
  const { parkedAt, doneAt } = await course(1_000, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    if (seed / 2 ** 31 < share) {
      throw withoutStack(() => new Error('chance'));
    }
  });
  expect(parkedAt.size).toBeLessThanOrEqual(1);
  expect(parkedAt.size + doneAt.size).toBe(1_000);
});

test.each<[string, () => Error, number]>([
  ['an unknown error', () => new Error('down'), 15],
  ['a transient one', refused, HOUR],
])('half of the tenants failing for six hours with %s hold the others up for some minutes more than patience says, once', async (_, failure, patience) => {
  const { parkedAt, doneAt } = await course(400, (at, minute) => {
    if (at % 2 === 1 && minute < 6 * HOUR) {
      throw withoutStack(failure);
    }
  });
  expect(Math.min(...parkedAt.values())).toBeGreaterThanOrEqual(patience);
  expect(minutes(doneAt)).toBeLessThan(patience + 5);
  expect([doneAt.size, parkedAt.size]).toEqual([200, 200]);
});

test('one customer\'s dead endpoint holds the shard up once, for an hour and until the next delivery', async () => {
  const { parkedAt, doneAt } = await course(1_500, (at) => {
    if (at % 50 === 3) {
      throw withoutStack(refused);
    }
  });
  expect([doneAt.size, parkedAt.size]).toEqual([1_470, 30]);
  expect(Math.min(...parkedAt.values())).toBeGreaterThanOrEqual(HOUR);
  expect(Math.min(...parkedAt.values())).toBeLessThan(HOUR + 1);
  // Each of the other 29 is tried three times over two seconds or more.
  expect(minutes(doneAt)).toBeLessThan(HOUR + 7);
});

test.each([60, 200])('%i records that a schema refuses are parked at once, and the others done', async (bad) => {
  const validate = (value: any) => value.at < bad ? { issues: [{ message: 'no' }] } : { value };
  const { parkedAt, doneAt } = await course(bad + 100, () => undefined, { schema: { '~standard': { version: 1, vendor: 'test', validate } } });
  expect([parkedAt.size, doneAt.size]).toEqual([bad, 100]);
  expect(minutes(doneAt)).toBeLessThan(5);
});

test('sixty bad records of one tenant in a row hold the others up for less than twenty minutes', async () => {
  const { parkedAt, doneAt } = await course(160, (at) => {
    if (at < 60) {
      throw withoutStack(() => new TypeError('bad'));
    }
  });
  expect([parkedAt.size, doneAt.size]).toEqual([60, 100]);
  expect(minutes(doneAt)).toBeLessThan(20);
});

test('a blip parks nothing, and an outage of six hours one record for each new environment at most', async () => {
  for (const lasts of [1 / 60, 5 / 60, 0.5, 6 * HOUR]) {
    const { parkedAt, run } = await course(100, (_, minute) => {
      if (minute < lasts) {
        throw withoutStack(() => new Error('down'));
      }
    });
    // A new environment may take a record for alone; there are two at a time, and each lives for four hours.
    const { parked, failed } = lasts === 6 * HOUR ? { parked: 4, failed: 100 } : { parked: 0, failed: 0 };
    expect(parkedAt.size).toBeLessThanOrEqual(parked);
    expect(run.failed.length).toBeLessThanOrEqual(failed);
  }
});
