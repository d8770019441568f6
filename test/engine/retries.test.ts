import { drive, failed, record, records } from './drive';

const shard = (count: number) => [{ shardId: 'shard', records: records(count) }];
const off = { bisectBatchOnError: false };

test.each([0, 1, 3])('%i retries make one invocation more, then the batch is given up', (retryAttempts) => {
  const { invokes, deliveries } = drive({ settings: { ...off, retryAttempts }, shards: shard(2), respond: () => new Error('no') });
  expect(invokes).toHaveLength(retryAttempts + 1);
  expect(deliveries.map(({ message }) => message.requestContext)).toMatchObject([
    { condition: 'RetryAttemptsExhausted', approximateInvokeCount: retryAttempts + 1 },
  ]);
});

test('the shard moves on after a batch that was given up', () => {
  const { batches } = drive({
    settings: { ...off, retryAttempts: 1, batchSize: 2 },
    shards: shard(4),
    respond: ({ numbers }) => (numbers.includes(1) ? new Error('no') : null),
  });
  expect(batches).toEqual([[1, 2], [1, 2], [3, 4]]);
});

test('progress starts the retry count again, and what remains is not refilled', () => {
  const { batches, deliveries } = drive({
    settings: { ...off, retryAttempts: 3, batchSize: 3 },
    shards: shard(9),
    respond: ({ numbers }) => (numbers.includes(6) ? failed(6) : null),
  });
  expect(batches).toEqual([[1, 2, 3], [4, 5, 6], [6], [6], [6], [6], [7, 8, 9]]);
  expect(deliveries[0].message).toMatchObject({
    requestContext: { approximateInvokeCount: 4 }, responseContext: { functionError: null }, DDBStreamBatchInfo: { batchSize: 1 },
  });
});

test('the wait before a retry doubles, up to a minute', () => {
  const { invokes } = drive({ settings: { ...off, retryAttempts: 10 }, shards: shard(1), respond: () => new Error('no') });
  const waits = invokes.slice(1).map(({ at }, index) => at - invokes[index].at);
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

test('a success ends the waiting: the next failure starts with the shortest wait', () => {
  const { invokes } = drive({
    settings: { batchSize: 1, retryAttempts: 2 }, shards: shard(2), respond: (_, nth) => ([1, 2, 4].includes(nth) ? new Error('no') : null),
  });
  expect(invokes.map(({ at, numbers }) => [at, ...numbers])).toEqual([[0, 1], [250, 1], [750, 1], [750, 2], [1000, 2]]);
});

test('throttles use no retry', () => {
  const { invokes, deliveries } = drive({
    settings: { ...off, retryAttempts: 0 }, shards: shard(1), respond: (_, nth) => (nth < 20 ? 'throttled' : null),
  });
  expect(invokes).toHaveLength(20);
  expect(deliveries).toEqual([]);
});

test('throttled until too old: the record goes to the destination, counted once', () => {
  const { deliveries } = drive({ settings: { ...off, retryAttempts: 0, maxRecordAge: 60 }, shards: shard(1), respond: () => 'throttled' });
  expect(deliveries.map(({ message }) => message.requestContext)).toMatchObject([{ condition: 'RecordAgeExceeded', approximateInvokeCount: 1 }]);
});

test('without a failure destination what is given up is dropped, and counted as such', () => {
  const { deliveries, notices, count } = drive({
    settings: { ...off, retryAttempts: 0 }, options: { destination: undefined }, shards: shard(2), respond: () => new Error('no'),
  });
  expect(deliveries).toEqual([]);
  expect(notices).toContainEqual({ type: 'dropped', shardId: 'shard', records: records(2), reason: 'RetryAttemptsExhausted' });
  expect(count('DroppedEventCount')).toBe(2);
});

test('what the destination refuses is lost, and the shard moves on', () => {
  const { batches, count } = drive({
    settings: { batchSize: 1, retryAttempts: 0 },
    shards: shard(2),
    respond: ({ numbers }) => (numbers[0] === 1 ? new Error('no') : null),
    accepts: () => false,
  });
  expect(batches).toEqual([[1], [2]]);
  expect(count('DroppedEventCount')).toBe(1);
  expect(count('OnFailureDestinationDeliveredEventCount')).toBe(0);
});

test('the checkpoint moves past given-up records only when they are on the destination', () => {
  const { checkpoints } = drive({
    settings: { batchSize: 2, retryAttempts: 0, bisectBatchOnError: false }, shards: shard(4), respond: (_, nth) => (nth === 1 ? new Error('no') : null),
  });
  expect(checkpoints.shard).toEqual([2, 4]);
});

describe('record age', () => {
  test('only the record that is too old goes to the destination, without a responseContext', () => {
    const { batches, deliveries } = drive({
      settings: { maxRecordAge: 60, batchSize: 10, maxBatchingWindow: 61 },
      shards: [{ shardId: 'shard', records: [record(1), record(2, 30)] }],
    });
    expect(batches).toEqual([[2]]);
    expect(deliveries[0].message.requestContext).toMatchObject({ condition: 'RecordAgeExceeded', approximateInvokeCount: 1 });
    expect(deliveries[0].message).not.toHaveProperty('responseContext');
    expect(deliveries[0].message.DDBStreamBatchInfo).toMatchObject({ batchSize: 1 });
  });

  test('8 invocations fit into an age of 60 seconds', () => {
    const { invokes, deliveries } = drive({
      settings: { batchSize: 1, retryAttempts: -1, maxRecordAge: 60, maxBatchingWindow: 1 }, shards: shard(1), respond: () => new Error('no'),
    });
    expect(invokes).toHaveLength(8);
    expect(deliveries[0].message.requestContext).toMatchObject({ condition: 'RecordAgeExceeded', approximateInvokeCount: 8 });
    expect(deliveries[0].message).not.toHaveProperty('responseContext');
  });

  test('a record that gets too old in the wait before a retry does not wait for it', () => {
    const { deliveries } = drive({ settings: { ...off, retryAttempts: -1, maxRecordAge: 70 }, shards: shard(1), respond: () => new Error('no') });
    expect(deliveries[0].at).toBe(70_001);
  });

  test('records that get too old leave their batch, whose retries go on', () => {
    const { batches, deliveries } = drive({
      settings: { batchSize: 2, maxBatchingWindow: 30, retryAttempts: 9, maxRecordAge: 60, bisectBatchOnError: false },
      shards: [{ shardId: 'shard', records: [record(1), record(2, 29)] }],
      respond: () => new Error('no'),
    });
    expect(batches).toEqual([...Array(7).fill([1, 2]), [2]]);
    expect(deliveries.map(({ at, message }) => [at, message.requestContext.approximateInvokeCount, message.DDBStreamBatchInfo.batchSize])).toEqual([
      [60_001, 7, 1], [89_001, 8, 1],
    ]);
  });

  test('without a limit, the retention of 24 hours ends it: lost, and nothing goes to the destination', () => {
    const { deliveries, notices, invokes } = drive({
      settings: { ...off, retryAttempts: -1, maxRecordAge: -1 }, shards: shard(1), respond: () => new Error('no'),
    });
    expect(deliveries).toEqual([]);
    expect(notices).toContainEqual({ type: 'dropped', shardId: 'shard', records: records(1), reason: 'retention' });
    expect(invokes[invokes.length - 1].at).toBeLessThanOrEqual(24 * 3600 * 1000);
  });
});
