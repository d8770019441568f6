import { drive, failed, type Invoke, records } from './drive';

const poison = (n: number) => ({ numbers }: Invoke) => (numbers.includes(n) ? new Error('poison') : null);
const run = (count: number, respond: (invoke: Invoke, nth: number) => unknown, extra: object = {}) => drive({
  settings: { bisectBatchOnError: true, retryAttempts: 2 }, shards: [{ shardId: 'shard', records: records(count) }], respond, ...extra,
});

test('a failed batch is halved, the first half first, until the poison record is alone', () => {
  const { batches } = run(4, poison(3));
  expect(batches).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [3], [4]]);
});

test('splitting uses no retry: the poison record alone still has all of its retries', () => {
  const { deliveries } = run(8, poison(8));
  expect(deliveries).toMatchObject([{ message: { requestContext: { approximateInvokeCount: 3 }, DDBStreamBatchInfo: { batchSize: 1 } } }]);
});

test('a half is invoked at once, without a wait', () => {
  const { invokes } = run(1000, poison(1));
  const alone = invokes.findIndex(({ numbers }) => numbers.length === 1);
  expect(invokes[alone].at).toBe(invokes[0].at);
});

test('only the poison record is given up', () => {
  const { deliveries, batches } = run(100, poison(42));
  expect(deliveries.map(({ records: [{ dynamodb }] }) => dynamodb!.Keys)).toEqual([{ id: { S: 'item-42' } }]);
  expect(new Set(batches.flat()).size).toBe(100);
});

test('with a partial response the batch is cut at the returned record, and not halved', () => {
  const { batches } = run(4, ({ numbers }) => (numbers.includes(3) ? failed(3) : null));
  expect(batches.slice(0, 3)).toEqual([[1, 2, 3, 4], [3, 4], [3]]);
});

test('a partial response that names the first record halves the batch, by default', () => {
  const { batches } = run(4, ({ numbers }) => (numbers.includes(1) ? failed(1) : null));
  expect(batches).toEqual([[1, 2, 3, 4], [1, 2], [1], [1], [1], [2], [3, 4]]);
});

test('with noProgressBisect: whole, a partial response that names the first record retries the whole batch', () => {
  const { batches, deliveries } = run(4, ({ numbers }) => (numbers.includes(1) ? failed(1) : null), { options: { noProgressBisect: 'whole' } });
  expect(batches).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]);
  expect(deliveries).toMatchObject([{ message: { DDBStreamBatchInfo: { batchSize: 4 } } }]);
});

test('a throw halves the batch, with noProgressBisect: whole too', () => {
  const { batches } = run(2, poison(2), { options: { noProgressBisect: 'whole' } });
  expect(batches.slice(0, 3)).toEqual([[1, 2], [1], [2]]);
});

test('throttles do not split', () => {
  const { batches } = run(4, (_, nth) => (nth === 1 ? 'throttled' : null));
  expect(batches).toEqual([[1, 2, 3, 4], [1, 2, 3, 4]]);
});
