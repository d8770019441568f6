import * as fc from 'fast-check';
import { streamHandler } from '../../lib/runtime';
import { elapsed, simulateTrigger, type SimulationOptions, sleep, type StreamEvent, streamRecord } from '../../lib/testing';
import { START } from '../records';
import { runs } from '../runs';

/** One record a second. */
const changes = (count: number) => Array.from({ length: count }, (_, n) => streamRecord({ newImage: { id: `${n}`, n }, createdAt: START + n }));
const run = (options: Partial<SimulationOptions>) => simulateTrigger({ handler: () => null, shards: [{ records: changes(10) }], ...options });
const idOf = (record: { dynamodb?: { Keys?: any } }) => Number(record.dynamodb!.Keys.id.S);

describe('a deployment', () => {
  test('gives the function other code: invocations under way finish with the old one', async () => {
    const { invocations } = await run({
      mapping: { batchSize: 1 },
      handler: async () => {
        await sleep(700);
        return `old until ${elapsed()}`;
      },
      deployments: [{ at: 4.5, handler: () => 'new' }],
    });
    expect(invocations.map(({ response }) => response)).toEqual([
      'old until 0.7', 'old until 1.7', 'old until 2.7', 'old until 3.7', 'old until 4.7', 'new', 'new', 'new', 'new', 'new',
    ]);
  });

  test('with an overlap both versions serve, the new one more and more often, each with its own memory', async () => {
    const versions = ['old', 'new'].map((version) => ({
      load: () => {
        let count = 0;
        return () => `${version} ${++count}`;
      },
    }));
    const { invocations } = await run({
      environments: 1, mapping: { batchSize: 1 }, shards: [{ records: changes(300) }],
      handler: versions[0], deployments: [{ at: 100, handler: versions[1], overlap: 100 }],
    });
    const ofNew = invocations.map(({ response }) => String(response).startsWith('new'));
    const share = (from: number, to: number) => ofNew.slice(from, to).filter(Boolean).length / (to - from);
    expect([share(0, 100), share(201, 300)]).toEqual([0, 1]);
    expect(share(100, 150)).toBeLessThan(share(150, 200));
    expect(share(100, 200)).toBeGreaterThan(0.3);
    expect(share(100, 200)).toBeLessThan(0.7);
    expect(new Set(invocations.map(({ response }) => response)).size).toBe(300);
  });

  test('the fix of a poison record lets the shard go on', async () => {
    const handler = (isFixed: boolean) => streamHandler({
      park: false, onRecord: ({ keys }) => {
        if (!isFixed && keys.id === '3') {
          throw new Error('a bug');
        }
      },
    });
    const { failed, lost, calls } = await run({ handler: handler(false), deployments: [{ at: 3600, handler: handler(true) }] });
    expect([failed, lost]).toEqual([[], []]);
    expect(calls.at(-1)!.at).toBeGreaterThan((START + 3600) * 1000);
  });
});

describe('settings that are changed', () => {
  const sizes = ({ invocations }: Awaited<ReturnType<typeof run>>) => invocations.map(({ event }) => event.Records.length);

  test('hold from the checkpoint on', async () => {
    const result = await run({ mapping: { batchSize: 1 }, changes: [{ at: 4.5, mapping: { batchSize: 10, maxBatchingWindow: 20 } }] });
    expect(sizes(result)).toEqual([1, 1, 1, 1, 1, 5]);
    expect(result.lost).toEqual([]);
  });

  test('wait for what is in flight', async () => {
    const seen: number[] = [];
    const result = await run({
      shards: [{ records: changes(1).concat(changes(3).slice(1)) }],
      mapping: { batchSize: 1 },
      changes: [{ at: 0.5, mapping: { batchSize: 100 } }],
      handler: async ({ Records }: StreamEvent) => {
        await sleep(5000);
        seen.push(...Records.map(idOf));
      },
    });
    expect(seen).toEqual([0, 1, 2]);
    expect(sizes(result)).toEqual([1, 2]);
  });

  test('a filter that is added, a destination that is taken away', async () => {
    const { invocations, failed, lost } = await run({
      handler: () => {
        throw new Error('no');
      },
      mapping: { batchSize: 1, retryAttempts: 0 },
      changes: [
        { at: 2.5, mapping: { filters: [{ dynamodb: { Keys: { id: { S: ['5', '8'] } } } }] } },
        { at: 6.5, mapping: { onFailure: 'none' } },
      ],
    });
    expect(invocations.map(({ event }) => event.Records.map(idOf))).toEqual([[0], [1], [2], [5], [8]]);
    expect([failed.length, lost.map(idOf)]).toEqual([4, [8]]);
  });

  test('lose nothing and keep the order of an item, whenever they change', async () => {
    await fc.assert(fc.asyncProperty(fc.record({
      times: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }),
      sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 5, maxLength: 5 }),
      factors: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 }),
      latency: fc.constantFrom(0, 700, 4000),
      off: fc.boolean(),
      reshard: fc.boolean(),
      seed: fc.nat(),
    }), async ({ times, sizes: batchSizes, factors, latency, off, reshard, seed }) => {
      const records = Array.from({ length: 30 }, (_, n) => streamRecord({ newImage: { id: `${n % 4}`, n }, keys: { id: `${n % 4}` }, createdAt: START + n }));
      const done = new Map<string, number[]>();
      const settings = (place: number) => ({ batchSize: batchSizes[place], parallelizationFactor: factors[place] });
      const { lost, failed } = await run({
        shards: [{ records }],
        mapping: settings(0),
        changes: times.map((at, place) => ({ at, mapping: settings(place + 1) })),
        switches: off ? [{ at: 7, enabled: false }, { at: 15, enabled: true }] : [],
        faults: { latency, reshards: reshard ? [{ at: 10 }] : [], throttle: 0.1 },
        seed,
        handler: ({ Records }: StreamEvent) => Records.forEach(({ dynamodb }) => {
          const key = dynamodb!.Keys!.id.S!;
          done.set(key, [...done.get(key) ?? [], Number(dynamodb!.NewImage!.n.N)]);
        }),
      });
      expect([lost, failed]).toEqual([[], []]);
      const all = [...done.values()].flat();
      for (const numbers of done.values()) {
        const first = [...new Set(numbers)];
        expect(first).toEqual([...first].sort((a, b) => a - b));
      }
      expect(new Set(all).size).toBe(30);
      // With several batches of a shard at once, what is done beyond the checkpoint comes again.
      expect(factors.every((factor) => factor === 1) && all.length > 30).toBe(false);
    }), runs(40, 1));
  });

  test.each([
    [{ batchSize: 0 }, /The mapping is not valid\.\n- batchSize is 0/],
    [{ startingPosition: 'LATEST' }, 'changes[].mapping has startingPosition or enabled, but AWS can\'t change a starting position, and switches enable a mapping. Omit them.'],
  ])('to %j are refused before anything runs', async (mapping, message) => {
    await expect(run({ changes: [{ at: 1, mapping: mapping as object }] })).rejects.toThrow(message);
  });
});
