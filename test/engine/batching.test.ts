import { drive, failed, record, records } from './drive';

const shard = (...list: ReturnType<typeof records>) => [{ shardId: 'shard', records: list }];

test('a batch closes at the batch size', () => {
  expect(drive({ settings: { batchSize: 3 }, shards: shard(...records(7)) }).batches).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
});

test('without a batching window, a batch does not wait for more records than a read brings', () => {
  const { invokes } = drive({ shards: shard(record(1), record(2, 3)) });
  expect(invokes.map(({ at, numbers }) => [at, numbers])).toEqual([[0, [1]], [3000, [2]]]);
});

test('the batching window opens with the first record', () => {
  const { invokes } = drive({ settings: { maxBatchingWindow: 5 }, shards: shard(record(1), record(2, 4), record(3, 6)) });
  expect(invokes.map(({ at, numbers }) => [at, numbers])).toEqual([[5000, [1, 2]], [11_000, [3]]]);
});

test('a full batch does not wait for the batching window to end', () => {
  const { invokes } = drive({ settings: { maxBatchingWindow: 300, batchSize: 2 }, shards: shard(record(1), record(2, 4)) });
  expect(invokes).toMatchObject([{ at: 4000, numbers: [1, 2] }]);
});

test('the end of the shard closes a batch: nothing more can come', () => {
  const closed = [{ shardId: 'shard', records: records(2), closed: true }];
  expect(drive({ settings: { maxBatchingWindow: 300 }, shards: closed }).invokes).toMatchObject([{ at: 0, numbers: [1, 2] }]);
});

test('one read brings at most 1,000 records, so that without a batching window a batch has no more', () => {
  const sizes = drive({ settings: { batchSize: 10_000 }, shards: shard(...records(2500)) }).batches.map((batch) => batch.length);
  expect(Math.max(...sizes)).toBe(1000);
  expect(sizes.reduce((a, b) => a + b)).toBe(2500);
});

test('a batching window collects up to 10,000 records over several reads', () => {
  const { batches } = drive({ settings: { batchSize: 10_000, maxBatchingWindow: 1 }, shards: shard(...records(12_000)) });
  expect(batches.map((batch) => batch.length)).toEqual([10_000, 2000]);
});

test('one read brings at most 1 MB, so that without a batching window a batch has no more', () => {
  const big = Array.from({ length: 7 }, (_, index) => record(index + 1, 0, { text: 'x'.repeat(400 * 1024) }));
  expect(drive({ shards: shard(...big) }).batches).toEqual([[1, 2], [3, 4], [5, 6], [7]]);
});

test('a record that is larger than a read comes alone', () => {
  const huge = [1, 2].map((n) => record(n, 0, { text: 'x'.repeat(1200 * 1024) }));
  expect(drive({ shards: shard(...huge) }).batches).toEqual([[1], [2]]);
});

test('the state of a tumbling window takes its share of the 6 MB, and none of a read', () => {
  const big = Array.from({ length: 26 }, (_, index) => record(index + 1, 0, { text: 'x'.repeat(500 * 1024) }));
  const batches = (maxBatchingWindow: number) => drive({
    settings: { tumblingWindow: 60, maxBatchingWindow }, shards: shard(...big), respond: () => ({ state: { text: 'x'.repeat(1000 * 1024) } }),
  }).batches.map((batch) => batch.length);
  expect(batches(10)).toEqual([12, 10, 4, 0]);
  expect(batches(0)).toEqual([...Array(13).fill(2), 0]);
});

test('an event has at most 6 MB, measured as JSON in UTF-8', () => {
  const big = Array.from({ length: 20 }, (_, index) => record(index + 1, 0, { text: 'é"'.repeat(100 * 1024) }));
  const { invokes } = drive({ settings: { maxBatchingWindow: 10 }, shards: shard(...big) });
  const sizes = invokes.map(({ event }) => Buffer.byteLength(JSON.stringify(event)));
  const one = Buffer.byteLength(JSON.stringify(big[0]));
  expect(invokes.flatMap(({ numbers }) => numbers)).toHaveLength(20);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(6 * 1024 * 1024);
  expect(sizes[0] + one).toBeGreaterThan(6 * 1024 * 1024);
  expect(invokes[0].at).toBe(0);
});

test('a record whose event is larger than 6 MB is never invoked, and given up as if each of its tries had failed', () => {
  // An item of 380,000 empty strings is a legal one, and so are its two images.
  const large = record(2, 0, { text: '\u0001'.repeat(1.1 * 1024 * 1024) });
  const { invokes, deliveries } = drive({ settings: { retryAttempts: 2 }, shards: shard(record(1), large, record(3)) });
  expect(invokes.flatMap(({ numbers }) => numbers)).toEqual([1, 3]);
  expect(deliveries.map(({ message: { requestContext }, records: given }) => [requestContext.condition, given])).toEqual([
    ['RetryAttemptsExhausted', [large]],
  ]);
});

test('a batch that the state of a window has made larger than 6 MB is not invoked either', () => {
  const [first, ...others] = [1, 2, 3].map((n) => record(n, 0, { text: 'x'.repeat(n === 1 ? 1 : 2.8 * 1024 * 1024) }));
  const { invokes, notices } = drive({
    settings: { tumblingWindow: 60, maxBatchingWindow: 1, retryAttempts: 1, bisectBatchOnError: false }, shards: shard(first, ...others),
    // The first one is done, and the state that comes of it leaves no room for both others.
    respond: ({ numbers }, nth) => nth === 1 ? { ...failed(numbers[1]), state: { text: 'x'.repeat(900 * 1024) } } : { state: {} },
    until: 30_000,
  });
  expect(Math.max(...invokes.map(({ event }) => Buffer.byteLength(JSON.stringify(event))))).toBeLessThanOrEqual(6 * 1024 * 1024);
  expect(notices).toContainEqual({ type: 'tooLarge', shardId: 'shard', records: 2 });
});

test('an idle shard is read 4 times a second, and a shard with records again at once', () => {
  const { reads } = drive({ shards: shard(record(1), record(2, 1)) });
  expect(reads.map(({ at, brought }) => [at, brought])).toEqual([[0, 1], [0, 0], [250, 0], [500, 0], [750, 0], [1000, 1], [1000, 0]]);
});

test('while a batch fails, reading stops when enough records wait for the next batch', () => {
  const { reads } = drive({
    settings: { batchSize: 100, bisectBatchOnError: false, retryAttempts: 3 },
    shards: shard(...records(5000)),
    respond: () => new Error('down'),
    until: 0,
  });
  expect(reads.reduce((sum, { brought }) => sum + brought, 0)).toBeLessThan(2100);
});

test('while a batch fails, reading stops when enough bytes wait for the next batch', () => {
  const { reads } = drive({
    settings: { bisectBatchOnError: false, retryAttempts: 10 },
    shards: shard(...Array.from({ length: 30 }, (_, index) => record(index + 1, index, { text: 'x'.repeat(400 * 1024) }))),
    respond: () => new Error('down'),
    until: 30_000,
  });
  // One in work, and three of which two are a batch.
  expect(reads.reduce((sum, { brought }) => sum + brought, 0)).toBe(4);
});
