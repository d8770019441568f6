import { drive, numberOf, record } from './drive';

const settings = { parallelizationFactor: 4, batchSize: 5 };
const items = Array.from({ length: 200 }, (_, index) => record(index + 1, 0, { id: `item-${index % 20}` }));
const shards = [{ shardId: 'shard', records: items }];
const itemOf = (n: number) => (n - 1) % 20;

test('up to parallelizationFactor batches of a shard run side by side', () => {
  let running: number[] = [];
  let most = 0;
  drive({
    settings,
    shards,
    takes: () => 100,
    respond: ({ at }) => {
      running = [...running.filter((end) => end > at), at + 100];
      most = Math.max(most, running.length);
      return null;
    },
  });
  expect(most).toBe(4);
});

test('the records of an item run in order, one batch after another', () => {
  const ends = new Map<number, number>();
  const last = new Map<number, number>();
  drive({
    settings,
    shards,
    takes: ({ numbers }) => numbers.length * 37,
    respond: ({ at, numbers }) => {
      for (const n of numbers) {
        expect(ends.get(itemOf(n)) ?? 0).toBeLessThanOrEqual(at);
        expect(last.get(itemOf(n)) ?? 0).toBeLessThan(n);
        last.set(itemOf(n), n);
      }
      numbers.forEach((n) => ends.set(itemOf(n), at + numbers.length * 37));
      return null;
    },
  });
});

test('a failing item holds up only the items of its own batches', () => {
  const { invokes } = drive({
    settings: { ...settings, retryAttempts: 5, bisectBatchOnError: false },
    shards,
    respond: ({ numbers }) => (numbers.some((n) => itemOf(n) === 0) ? new Error('no') : null),
  });
  const first = invokes.find(({ numbers }) => numbers.includes(1))!;
  const heldUp = new Set(invokes.filter(({ at }) => at > first.at).flatMap(({ numbers }) => numbers.map(itemOf)));
  expect(heldUp.size).toBeGreaterThan(0);
  expect(heldUp.size).toBeLessThan(15);
});

test('the checkpoint stays before the lowest record that is not done, whichever batch it is in', () => {
  const done = new Set<number>();
  const { checkpoints } = drive({
    settings,
    shards,
    takes: ({ numbers }) => (numbers[0] % 3) * 100 + 1,
    respond: ({ numbers }) => {
      numbers.forEach((n) => done.add(n));
      return null;
    },
  });
  expect(checkpoints.shard).toEqual([...checkpoints.shard].sort((a, b) => a - b));
  expect(checkpoints.shard.at(-1)).toBe(numberOf(items[199]));
  expect(done.size).toBe(200);
});

test('the checkpoint does not pass a batch that is under way', () => {
  const { checkpoints } = drive({
    settings, shards, takes: ({ numbers }) => (numbers.includes(1) ? 1e6 : 1), until: 900_000,
  });
  expect(checkpoints.shard ?? []).toEqual([]);
});
