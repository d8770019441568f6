import { drive, failed, newMachine, numberOf, record, records, sequenceNumber, START } from './drive';
import type { Effect, Input } from '../../lib/engine';
import type { MappingSettings } from '../../lib/rules/settings';
import type { StreamRecord } from '../../lib/stream/record';

const shard = (count: number) => [{ shardId: 'shard', records: records(count) }];
const off = { bisectBatchOnError: false };

test.each([0, 1, 3])('with retryAttempts %i, a batch is invoked once more than that and then given up', (retryAttempts) => {
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

test.each([
  ['a failed', () => new Error('no'), 2],
  ['a throttled', () => 'throttled', 1],
])('of %s batch the next invocation and its time are noticed', (_, respond, attempt) => {
  const { notices } = drive({ settings: { ...off, retryAttempts: 1 }, shards: shard(2), respond: (__, nth) => (nth === 1 ? respond() : null) });
  expect(notices.filter(({ type }) => type === 'retrying')).toEqual([{ type: 'retrying', shardId: 'shard', records: 2, attempt, at: START + 250 }]);
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

test('a throttle is waited out like a failure', () => {
  const { invokes, count } = drive({ settings: off, shards: shard(2), respond: (_, nth) => (nth < 4 ? 'throttled' : null) });
  expect(invokes.map(({ at }) => at)).toEqual([0, 250, 750, 1750]);
  expect(count('FailedInvokeEventCount')).toBe(6);
});

test('a record that is throttled until it is too old goes to the destination, with an invoke count of 1', () => {
  const { deliveries } = drive({ settings: { ...off, retryAttempts: 0, maxRecordAge: 60 }, shards: shard(1), respond: () => 'throttled' });
  expect(deliveries.map(({ message }) => message.requestContext)).toMatchObject([{ condition: 'RecordAgeExceeded', approximateInvokeCount: 1 }]);
});

test('without a failure destination, records that are given up are dropped and counted as dropped', () => {
  const { deliveries, notices, count } = drive({
    settings: { ...off, retryAttempts: 0 }, options: { destination: undefined }, shards: shard(2), respond: () => new Error('no'),
  });
  expect(deliveries).toEqual([]);
  expect(notices).toContainEqual({ type: 'dropped', shardId: 'shard', records: records(2), reason: 'RetryAttemptsExhausted' });
  expect(count('DroppedEventCount')).toBe(2);
});

test('records that the destination refuses are lost, and the shard moves on', () => {
  const { batches, count, notices } = drive({
    settings: { batchSize: 1, retryAttempts: 0 },
    shards: shard(2),
    respond: ({ numbers }) => (numbers[0] === 1 ? new Error('no') : null),
    accepts: () => false,
  });
  expect(notices).toContainEqual({ type: 'dropped', shardId: 'shard', records: records(1), reason: 'refused by the failure destination' });
  expect(batches).toEqual([[1], [2]]);
  expect(count('DroppedEventCount')).toBe(1);
  expect(count('OnFailureDestinationDeliveredEventCount')).toBe(0);
});

test('the checkpoint moves past given-up records only when they are on the destination', () => {
  const checkpointsIn = (effects: readonly Effect[]) => effects.filter(({ type }) => type === 'checkpoint');
  // The second record is the one that gets too old.
  const { machine, now } = started({ ...off, batchSize: 2, maxRecordAge: 60 }, [record(1, 30), record(2), record(3, 30)]);
  machine.handle(now, { type: 'returned', invocation: 1, outcome: { type: 'throttled' } });
  const tooOld = machine.handle(now + 31_000, { type: 'tick' });
  expect(tooOld.map(({ type }) => type)).toContain('deliver');
  expect(checkpointsIn(tooOld)).toEqual([]);
  expect(checkpointsIn(machine.handle(now + 31_000, { type: 'delivered', delivery: 2, accepted: true }))).toEqual([]);
  expect(checkpointsIn(machine.handle(now + 31_000, answered(3)))).toMatchObject([{ sequenceNumber: sequenceNumber(2) }]);

  const failing = started({ ...off, batchSize: 2, retryAttempts: 0 }, records(3));
  const givenUp = failing.machine.handle(now, { type: 'returned', invocation: 1, outcome: { type: 'error', requestId: '', errorType: '', errorMessage: '' } });
  expect(givenUp.map(({ type }) => type)).toContain('deliver');
  expect(checkpointsIn(givenUp)).toEqual([]);
  expect(checkpointsIn(failing.machine.handle(now, { type: 'delivered', delivery: 2, accepted: true })))
    .toMatchObject([{ sequenceNumber: sequenceNumber(2) }]);
});

/** A machine that has read these records of its one shard. */
function started(settings: Partial<MappingSettings>, list: readonly StreamRecord[]) {
  const machine = newMachine(settings);
  const now = START + 30_000;
  machine.handle(now, { type: 'tick' });
  machine.handle(now, { type: 'described', shards: [{ shardId: 'shard' }] });
  machine.handle(now, { type: 'read', shardId: 'shard', records: list, end: false });
  return { machine, now };
}

function answered(invocation: number): Input {
  return { type: 'returned', invocation, outcome: { type: 'response', requestId: '', response: null } };
}

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

  test('a record that gets too old while it waits for a retry is given up at once', () => {
    const { deliveries } = drive({ settings: { ...off, retryAttempts: -1, maxRecordAge: 70 }, shards: shard(1), respond: () => new Error('no') });
    expect(deliveries[0].at).toBe(70_001);
  });

  test('a record that gets too old before an earlier record is given up at once', () => {
    const { batches, deliveries } = drive({
      settings: { ...off, retryAttempts: -1, maxRecordAge: 70, maxBatchingWindow: 60 },
      shards: [{ shardId: 'shard', records: [record(1, 10), record(2)] }],
      respond: () => new Error('no'),
    });
    expect(deliveries.map(({ at }) => at)).toEqual([70_001, 80_001]);
    expect(batches[batches.length - 1]).toEqual([1]);
  });

  test('the range of a message has no record of the batch that is not given up', () => {
    const created = [0, 40, 0, 0, 40, 0];
    const { batches, deliveries, count, checkpoints } = drive({
      settings: { maxRecordAge: 60, batchSize: 10, maxBatchingWindow: 61 },
      shards: [{ shardId: 'shard', records: created.map((seconds, index) => record(index + 1, seconds)) }],
    });
    expect(batches).toEqual([[2, 5]]);
    expect(deliveries.map(({ message: { DDBStreamBatchInfo: { startSequenceNumber, endSequenceNumber, batchSize } } }) =>
      [numberOf(startSequenceNumber), numberOf(endSequenceNumber), batchSize])).toEqual([[1, 1, 1], [3, 4, 2], [6, 6, 1]]);
    expect(count('OnFailureDestinationDeliveredEventCount')).toBe(4);
    expect(checkpoints.shard[checkpoints.shard.length - 1]).toBe(6);
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

  test('without a limit, records are lost after the retention of 24 hours, and nothing goes to the destination', () => {
    const { deliveries, notices, invokes, count } = drive({
      settings: { ...off, retryAttempts: -1, maxRecordAge: -1 }, shards: shard(1), respond: () => new Error('no'), foresees: true,
    });
    expect(deliveries).toEqual([]);
    expect(count('DroppedEventCount')).toBe(0);
    expect(notices).toContainEqual({ type: 'dropped', shardId: 'shard', records: records(1), reason: 'retention' });
    expect(invokes[invokes.length - 1].at).toBeLessThanOrEqual(24 * 3600 * 1000);
  });
});
