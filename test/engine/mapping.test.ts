import { drive, newMachine, record, records, START, type TestShard } from './drive';
import type { Input } from '../../lib/engine';

const shards: TestShard[] = [{ shardId: 'shard', records: records(4) }];
const switched = (at: number, enabled: boolean) => ({ at, input: { type: 'enabled', enabled } as const });

test('a disabled mapping reads nothing', () => {
  const { reads, invokes } = drive({ settings: { enabled: false }, shards, until: 60_000 });
  expect([reads, invokes]).toEqual([[], []]);
});

test('a mapping that is switched on later starts at its starting position', () => {
  const { invokes } = drive({ settings: { enabled: false }, shards, inputs: [switched(5000, true)] });
  expect(invokes).toMatchObject([{ at: 5000, numbers: [1, 2, 3, 4] }]);
});

test('a mapping that is switched on again resumes from the checkpoint, with a new retry count', () => {
  const { invokes, reads } = drive({
    settings: { batchSize: 2, retryAttempts: 2, bisectBatchOnError: false },
    shards,
    respond: ({ at, numbers }) => (numbers.includes(3) && at < 10_000 ? new Error('no') : null),
    inputs: [switched(300, false), switched(10_000, true)],
  });
  expect(invokes.map(({ at, numbers }) => [at, numbers])).toEqual([[0, [1, 2]], [0, [3, 4]], [250, [3, 4]], [10_000, [3, 4]]]);
  expect(reads.filter(({ at }) => at > 300 && at < 10_000)).toEqual([]);
});

test('a mapping that is switched on again does not repeat what concurrent batches have done', () => {
  const { batches } = drive({
    settings: { parallelizationFactor: 10, batchSize: 1 },
    shards: [{ shardId: 'shard', records: records(4) }],
    respond: ({ at, numbers }) => (numbers[0] === 1 && at < 10_000 ? new Error('no') : null),
    inputs: [switched(300, false), switched(10_000, true)],
  });
  expect(batches.flat().sort()).toEqual([1, 1, 1, 2, 3, 4]);
});

test('an invocation under way when the mapping is switched off still counts', () => {
  const { batches, checkpoints } = drive({
    settings: { batchSize: 2 }, shards, takes: () => 1000, inputs: [switched(500, false), switched(5000, true)],
  });
  expect(batches).toEqual([[1, 2], [3, 4]]);
  expect(checkpoints.shard).toEqual([2, 4]);
});

test('an invocation or a delivery is answered once, by the number of its effect', () => {
  const machine = newMachine();
  machine.handle(START, { type: 'tick' });
  machine.handle(START, { type: 'described', shards: [{ shardId: 'shard' }] });
  machine.handle(START, { type: 'read', shardId: 'shard', records: records(1), end: false });
  const answer: Input = { type: 'returned', invocation: 1, outcome: { type: 'response', requestId: 'r', response: null } };
  expect(() => machine.handle(START, answer)).not.toThrow();
  expect(() => machine.handle(START, answer))
    .toThrow(new Error('No invocation or delivery 1 is under way. Answer each of them once, with the number of its effect.'));
  expect(() => machine.handle(START, { type: 'delivered', delivery: 7, accepted: true }))
    .toThrow(new Error('No invocation or delivery 7 is under way. Answer each of them once, with the number of its effect.'));
});

test('a filter that is not valid is named with all of its problems', () => {
  expect(() => newMachine({ filters: ['{"a":{},"b":[]}'] })).toThrowErrorMatchingInlineSnapshot('"The filter {"a":{},"b":[]} is not valid: {} is not allowed: name a field in it, or omit the key; [] is not allowed: list the allowed values, or omit the key"');
});

test('records that are filtered out are counted, and the checkpoint passes them', () => {
  const { batches, checkpoints, count } = drive({
    settings: { filters: ['{"dynamodb":{"Keys":{"id":{"S":["item-2"]}}}}'] }, shards,
  });
  expect(batches).toEqual([[2]]);
  expect(checkpoints.shard.at(-1)).toBe(4);
  expect(count('FilteredOutEventCount')).toBe(3);
});

test('the checkpoint passes filtered records before a failing one', () => {
  const { checkpoints } = drive({
    settings: { filters: ['{"dynamodb":{"Keys":{"id":{"S":["item-3"]}}}}'] }, shards, respond: () => new Error('no'), until: 1000,
  });
  expect(checkpoints.shard).toEqual([2]);
});

test('polled, invoked, failed and delivered records are counted as Lambda counts them', () => {
  const { count } = drive({
    settings: { batchSize: 2, retryAttempts: 1, bisectBatchOnError: false },
    shards: [{ shardId: 'shard', records: [...records(2), record(3)] }],
    respond: ({ numbers }) => (numbers.includes(1) ? new Error('no') : null),
  });
  expect({
    polled: count('PolledEventCount'),
    invoked: count('InvokedEventCount'),
    failed: count('FailedInvokeEventCount'),
    delivered: count('OnFailureDestinationDeliveredEventCount'),
    dropped: count('DroppedEventCount'),
  }).toEqual({ polled: 3, invoked: 5, failed: 4, delivered: 2, dropped: 0 });
});

test('a failed read is tried again, with growing waits, until one succeeds', () => {
  const machine = newMachine();
  let now = START;
  machine.handle(now, { type: 'tick' });
  const reads = (input: Input) => machine.handle(now, input).filter(({ type }) => type === 'read').length;
  expect(reads({ type: 'described', shards: [{ shardId: 'shard' }] })).toBe(1);
  const failing = () => {
    reads({ type: 'readFailed', shardId: 'shard', reason: 'throttled' });
    const waited = machine.deadline()! - now;
    now += waited;
    expect(reads({ type: 'tick' })).toBe(1);
    return waited;
  };
  expect([failing(), failing(), failing(), failing()]).toEqual([250, 500, 1000, 2000]);
  reads({ type: 'read', shardId: 'shard', records: [], end: false });
  now += 250;
  reads({ type: 'tick' });
  expect(failing()).toBe(250);
});
