import * as fc from 'fast-check';
import { withoutStack } from './without-stack';
import { streamHandler } from '../../lib/runtime';
import { now, type StreamRecord, simulateTrigger, streamRecord } from '../../lib/testing';
import { numberOf, START } from '../records';
import { runs } from '../runs';

const itemOf = (record: StreamRecord) => record.dynamodb!.Keys!.id.S!;

/** How everything fails for a while, and how many records each environment may park meanwhile. */
const outages: [string, () => Error, number][] = [
  // One that is alone for five minutes: see evidence.ts.
  ['a database that is down', () => new Error('down'), 1],
  ['throttling', () => Object.assign(new Error('slow down'), { name: 'ThrottlingException' }), 0],
  ['a connection refused', () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 0],
];

/** So many shards with so many records each, each of an item of its own. */
const shardsOf = (count: number, length: number) => Array.from({ length: count }, (_, shard) => ({
  records: Array.from({ length }, (__, at) => streamRecord({
    keys: { id: `item-${shard}-${at}` }, sequenceNumber: String(10n ** 22n + BigInt(shard * 1_000 + at)), createdAt: START,
  })),
}));

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

test('an outage of any kind loses no record, and afterwards each item goes on in order', async () => {
  const plans = fc.record({
    outage: fc.constantFrom(...outages),
    items: fc.array(fc.nat(20), { minLength: 25, maxLength: 60 }),
    /** Seconds until the outage begins, and how long it lasts. Lambda's retries at the construct's defaults last longer. */
    begins: fc.integer({ min: 0, max: 20 }),
    lasts: fc.integer({ min: 20, max: 3_600 }),
    environments: fc.integer({ min: 1, max: 4 }),
    parallelizationFactor: fc.constantFrom(1, 4),
    batchSize: fc.constantFrom(7, 100),
    bisectBatchOnError: fc.boolean(),
    concurrency: fc.integer({ min: 1, max: 20 }),
    seed: fc.nat(),
  });
  await fc.assert(fc.asyncProperty(plans, async ({ outage, items, begins, lasts, environments, concurrency, seed, ...mapping }) => {
    const [, failure, parkedAtMost] = outage;
    const records = items.map((item, at) => streamRecord({
      keys: { id: `item-${item}` }, newImage: { id: `item-${item}` }, sequenceNumber: String(10n ** 22n + BigInt(at)), createdAt: START + Math.floor(at / 5),
    }));
    const down = (START + begins) * 1_000;
    const parkedBy: number[] = [];
    const done: string[] = [];
    const load = () => {
      const environment = parkedBy.push(0) - 1;
      return streamHandler({
        onRecord: () => {
          if (now() >= down && now() < down + lasts * 1_000) {
            throw withoutStack(failure);
          }
        },
        concurrency,
        observer: (event) => {
          if (event.type === 'recordDone') {
            done.push(numberOf(event.record));
          }
          if (event.type === 'recordParked') {
            parkedBy[environment]++;
          }
        },
      });
    };
    const run = await simulateTrigger({ mapping, handler: { load }, environments, seed, shards: [{ records }] });
    expect(run.lost).toEqual([]);
    expect(run.failed).toEqual([]);
    expect(Math.max(...parkedBy)).toBeLessThanOrEqual(parkedAtMost);
    const settled = [...done, ...run.parked.map(({ record }) => numberOf(record))];
    expect([...new Set(settled)].sort()).toEqual(records.map(numberOf));
    const last = new Map<string, string>();
    for (const number of new Set(done)) {
      const item = itemOf(records[Number(BigInt(number) - 10n ** 22n)]);
      expect(number > (last.get(item) ?? '')).toBe(true);
      last.set(item, number);
    }
  }), runs(6, 1));
});

test.each(outages)('%s for 1, 5 and 30 seconds parks nothing, and is over within five seconds', async (_, failure) => {
  for (const lasts of [1, 5, 30]) {
    let doneAt = 0;
    const load = () => streamHandler(() => {
      const second = now() / 1_000 - START;
      if (second < lasts) {
        throw withoutStack(failure);
      }
      doneAt = Math.max(doneAt, second);
    });
    const { parked, failed, lost } = await simulateTrigger({ handler: { load }, environments: 8, shards: shardsOf(8, 12) });
    expect([parked, failed, lost]).toEqual([[], [], []]);
    expect(doneAt).toBeLessThan(lasts + 5);
  }
});

test.each(outages)('%s for an hour and a quarter: four shards and four environments park no more than one record for each environment', async (_, failure, parkedAtMost) => {
  // Longer than any patience: see evidence.ts.
  const LASTS = 75 * 60;
  const done = new Set<string>();
  let doneAt = 0;
  let environments = 0;
  const load = () => {
    environments++;
    return streamHandler({
      logger: { error: () => undefined },
      onRecord: ({ sequenceNumber }) => {
        const second = now() / 1_000 - START;
        if (second < LASTS) {
          throw withoutStack(failure);
        }
        done.add(sequenceNumber);
        doneAt = Math.max(doneAt, second);
      },
    });
  };
  const { parked, failed, lost } = await simulateTrigger({
    mapping: { retryAttempts: -1 }, handler: { load }, environments: 4, shards: shardsOf(4, 2),
  });
  expect([failed, lost]).toEqual([[], []]);
  expect(parked.length).toBeLessThanOrEqual(parkedAtMost * environments);
  expect(done.size).toBe(8 - parked.length);
  // Lambda's longest pause comes on top.
  expect(doneAt).toBeLessThan(LASTS + 5 + 60);
});
