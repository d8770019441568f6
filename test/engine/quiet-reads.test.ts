import * as fc from 'fast-check';
import { drive, failed, record, type Story } from './drive';
import { runs } from '../runs';

const stories = fc.record({
  settings: fc.record({
    batchSize: fc.integer({ min: 1, max: 6 }),
    maxBatchingWindow: fc.constantFrom(0, 0, 1, 20),
    parallelizationFactor: fc.constantFrom(1, 1, 2),
    tumblingWindow: fc.constantFrom(0, 0, 1, 10),
    retryAttempts: fc.integer({ min: 0, max: 4 }),
    maxRecordAge: fc.constantFrom(-1, 60),
    bisectBatchOnError: fc.boolean(),
  }),
  /** By shard, seconds between its records. */
  gaps: fc.array(fc.array(fc.constantFrom(0, 0, 0.1, 1, 7, 40), { maxLength: 12 }), { minLength: 1, maxLength: 2 }),
  /** Which invocations fail, and how. */
  failures: fc.array(fc.constantFrom('no', 'no', 'error', 'throttled', 'first'), { maxLength: 30 }),
  takes: fc.constantFrom(0, 10, 700, 5000),
  /** Milliseconds after the start at which the mapping is switched off, then on, and so on. */
  switches: fc.array(fc.integer({ min: 0, max: 200 }).map((quarters) => quarters * 125), { maxLength: 4 })
    .map((times) => times.sort((a, b) => a - b)),
}).map(({ settings, gaps, failures, takes, switches }): Story => ({
  settings: { ...settings, parallelizationFactor: settings.tumblingWindow > 0 ? 1 : settings.parallelizationFactor },
  shards: gaps.map((list, shard) => {
    let seconds = 0;
    return { shardId: `shard-${shard}`, records: list.map((gap, index) => record(index + 1, seconds += gap, { id: `item-${index % 4}` })) };
  }),
  respond: ({ numbers }, nth) => {
    switch (failures[nth - 1]) {
      case 'error': return new Error('no');
      case 'throttled': return 'throttled';
      case 'first': return { ...failed(...numbers.slice(0, 1)), state: {} };
      default: return { state: { nth } };
    }
  },
  takes: () => takes,
  inputs: switches.map((at, index) => ({ at, input: { type: 'enabled', enabled: index % 2 === 1 } })),
  until: 3_600_000,
}));

test('when the driver knows that a shard is quiet, reads are left out, and nothing else changes', () => {
  let skipped = 0;
  fc.assert(fc.property(stories, (story) => {
    const [all, some] = [drive(story), drive({ ...story, foresees: true })];
    for (const what of ['invokes', 'deliveries', 'checkpoints', 'notices'] as const) {
      expect(some[what]).toEqual(all[what]);
    }
    skipped += all.reads.length - some.reads.length;
  }), runs(60, 1));
  expect(skipped).toBeGreaterThan(1_500);
});

test('a quiet shard is read when its next record comes, and at the end of a window', () => {
  const shards = [{ shardId: 'shard', records: [record(1), record(2, 30)] }];
  const at = (tumblingWindow: number) => drive({ settings: { tumblingWindow }, shards, respond: () => ({ state: {} }), foresees: true }).reads
    .map((read) => read.at);
  expect(at(0)).toEqual([0, 0, 30_000, 30_000]);
  expect(at(10)).toEqual([0, 0, 10_000, 30_000, 30_000, 40_000]);
});
