import * as fc from 'fast-check';
import { z } from 'zod';
import { type StreamHandlerOptions, PoisonRecordError, streamHandler } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';
import { type Handler, type StreamRecord, simulateTrigger, streamRecord } from '../../lib/testing';

const START = 1_735_689_600;
const PARKED_AT_MOST = 10;

const numberOf = (record: StreamRecord) => record.dynamodb!.SequenceNumber!;
const itemOf = (record: StreamRecord) => record.dynamodb!.Keys!.id.S!;

/** How everything fails for a while: in each environment, records are handled with these options. */
const outages: [string, (isDown: () => boolean) => Pick<StreamHandlerOptions<any>, 'onRecord' | 'schema'>][] = [
  ['a database that is down', (isDown) => ({
    onRecord: () => {
      if (isDown()) {
        throw new Error('down');
      }
    },
  })],
  ['a handler that takes every record for poison', (isDown) => ({
    onRecord: () => {
      if (isDown()) {
        throw new PoisonRecordError('down');
      }
    },
  })],
  ['a schema that rejects everything', (isDown) => ({ schema: z.object({}).refine(() => !isDown()), onRecord: () => undefined })],
];

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe.each(outages)('%s', (_, failing) => {
  test('parks ten records an environment at most, loses none, and afterwards each item goes on in order', async () => {
    const plans = fc.record({
      items: fc.array(fc.nat(30), { minLength: 40, maxLength: 120 }),
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
    await fc.assert(fc.asyncProperty(plans, async ({ items, begins, lasts, environments, concurrency, seed, ...mapping }) => {
      const records = items.map((item, at) => streamRecord({
        keys: { id: `item-${item}` }, newImage: { id: `item-${item}` }, sequenceNumber: String(10n ** 22n + BigInt(at)), createdAt: START + Math.floor(at / 5),
      }));
      const down = (START + begins) * 1_000;
      const parkedBy: number[] = [];
      const done: string[] = [];
      const load = (): Handler => {
        const environment = parkedBy.push(0) - 1;
        let clock: () => number;
        const handler = streamHandler({
          ...failing(() => clock() >= down && clock() < down + lasts * 1_000),
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
        return async (event, context) => {
          clock = context[HOST].now;
          return handler(event, context);
        };
      };
      const run = await simulateTrigger({ mapping, handler: { load }, environments, seed, shards: [{ records }] });
      expect(run.lost).toEqual([]);
      expect(run.failed).toEqual([]);
      expect(Math.max(...parkedBy)).toBeLessThanOrEqual(PARKED_AT_MOST);
      const settled = [...done, ...run.parked.map(({ record }) => numberOf(record))];
      expect([...new Set(settled)].sort()).toEqual(records.map(numberOf));
      const last = new Map<string, string>();
      for (const number of new Set(done)) {
        const item = itemOf(records[Number(BigInt(number) - 10n ** 22n)]);
        expect(number > (last.get(item) ?? '')).toBe(true);
        last.set(item, number);
      }
    }), { numRuns: 60, seed: 1 });
  });
});
