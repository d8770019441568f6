import { drive, failed, newMachine, record, records, sequenceNumber, START, type TestShard } from './drive';
import type { Input } from '../../lib/engine';
import { DESCRIBE_RETRY_DELAY } from '../../lib/engine/limits';

test('shards without a common parent are read side by side', () => {
  const { invokes } = drive({
    shards: [{ shardId: 'a', records: records(2) }, { shardId: 'b', records: records(2) }], takes: () => 1000,
  });
  expect(invokes.map(({ at, shardId }) => [at, shardId])).toEqual([[0, 'a'], [0, 'b']]);
});

test('children are read when the last record of their parent is done', () => {
  const { invokes } = drive({
    settings: { retryAttempts: 1, bisectBatchOnError: false },
    shards: [
      { shardId: 'left', parentShardId: 'parent', records: records(1) },
      { shardId: 'right', parentShardId: 'parent', records: records(1) },
      { shardId: 'parent', records: records(2), closed: true },
    ],
    respond: ({ shardId }) => (shardId === 'parent' ? new Error('no') : null),
  });
  expect(invokes.map(({ shardId }) => shardId)).toEqual(['parent', 'parent', 'left', 'right']);
});

test('a shard does not wait for a parent that the stream no longer lists', () => {
  expect(drive({ shards: [{ shardId: 'child', parentShardId: 'long gone', records: records(1) }] }).batches).toEqual([[1]]);
});

test('a shard that appears later is found', () => {
  const listing: TestShard[] = [{ shardId: 'parent', records: records(1), closed: true }];
  const child = { shardId: 'child', parentShardId: 'parent', records: records(1) };
  const { invokes } = drive({ shards: listing, takes: () => 5000, respond: ({ shardId }) => void (shardId === 'parent' && listing.push(child)) });
  expect(invokes.map(({ shardId }) => shardId)).toEqual(['parent', 'child']);
});

test('a shard that the stream no longer lists counts as ended, and its children are read', () => {
  const parent = { shardId: 'parent', records: [record(1), record(2, 3600)] };
  const child = { shardId: 'child', parentShardId: 'parent', records: records(1) };
  const { invokes, notices } = drive({
    shards: [parent, child], inputs: [{ at: 1000, input: { type: 'described', shards: [child] } }], until: 2000,
  });
  expect(invokes.map(({ shardId }) => shardId)).toEqual(['parent', 'child']);
  expect(notices).toContainEqual({ type: 'trimmed', shardId: 'parent', after: sequenceNumber(1) });
});

test('a shard that has ended is not read again', () => {
  const { reads } = drive({ shards: [{ shardId: 'shard', records: records(2), closed: true }], takes: () => 5000 });
  expect(reads).toHaveLength(1);
});

test('a shard that vanishes during a read is not read again, and the records of the read are invoked', () => {
  const machine = newMachine();
  const handle = (input: Input) => machine.handle(START, input).map(({ type }) => type);
  handle({ type: 'tick' });
  expect(handle({ type: 'described', shards: [{ shardId: 'shard' }] })).toContain('read');
  handle({ type: 'described', shards: [] });
  const effects = handle({ type: 'read', shardId: 'shard', records: records(1), end: false });
  expect(effects).toContain('invoke');
  expect(effects).not.toContain('read');
});

test('TRIM_HORIZON starts with the oldest record, LATEST after the newest record', () => {
  const shards = [{ shardId: 'shard', records: [record(1), record(2, 5)] }];
  expect(drive({ settings: { startingPosition: 'TRIM_HORIZON' }, shards }).batches).toEqual([[1], [2]]);
  expect(drive({ settings: { startingPosition: 'LATEST' }, shards }).batches).toEqual([[2]]);
});

test('when the shards can\'t be listed, the machine asks again, and LATEST stays LATEST', () => {
  let asked = 0;
  const { reads } = drive({
    settings: { startingPosition: 'LATEST' }, shards: [{ shardId: 'shard', records: [record(1)] }], lists: () => ++asked > 2, until: 2000,
  });
  expect(reads[0]).toMatchObject({ at: 2 * DESCRIBE_RETRY_DELAY, from: 'LATEST' });
});

test('when the shards can\'t be listed any more, reading goes on', () => {
  let asked = 0;
  const { batches, notices } = drive({ shards: [{ shardId: 'shard', records: [record(1), record(2, 30)] }], lists: () => ++asked === 1 });
  expect(batches).toEqual([[1], [2]]);
  expect(notices.map(({ type }) => type)).not.toContain('trimmed');
});

test('each read names its position, so that an expired iterator can be replaced', () => {
  const { reads, batches } = drive({ settings: { batchSize: 2 }, shards: [{ shardId: 'shard', records: [...records(3), record(4, 1)] }] });
  expect(batches).toEqual([[1, 2], [3], [4]]);
  expect(new Set(reads.slice(1).map(({ from }) => from))).toEqual(new Set(['AFTER_SEQUENCE_NUMBER']));
});

test('after records that the stream has deleted, reading goes on at the oldest that is left', () => {
  const { reads, notices } = drive({
    shards: [{ shardId: 'shard', records: records(1) }],
    inputs: [{ at: 600, input: { type: 'readFailed', shardId: 'shard', reason: 'trimmed' } }],
    until: 600,
  });
  expect(notices).toContainEqual({ type: 'trimmed', shardId: 'shard', after: sequenceNumber(1) });
  expect(reads.find(({ at }) => at === 600)).toMatchObject({ from: 'TRIM_HORIZON' });
});

test('when a mapping resumes, deleted records are reported from its checkpoint on', () => {
  const { notices } = drive({
    options: { checkpoints: { shard: sequenceNumber(5) } },
    shards: [{ shardId: 'shard', records: [record(9, 60)] }],
    inputs: [{ at: 600, input: { type: 'readFailed', shardId: 'shard', reason: 'trimmed' } }],
    until: 600,
  });
  expect(notices).toContainEqual({ type: 'trimmed', shardId: 'shard', after: sequenceNumber(5) });
});

test('at LATEST, a later shard is read from its first record', () => {
  const listing: TestShard[] = [{ shardId: 'first', records: [record(1, 1)] }];
  const { reads, invokes } = drive({
    settings: { startingPosition: 'LATEST' },
    shards: listing,
    takes: () => 12_000,
    respond: () => void (listing.length === 1 && listing.push({ shardId: 'later', records: records(1) })),
  });
  expect(reads[0]).toMatchObject({ shardId: 'first', from: 'LATEST' });
  expect(reads.find(({ shardId }) => shardId === 'later')).toMatchObject({ at: 10_000, from: 'TRIM_HORIZON', brought: 1 });
  expect(invokes.map(({ shardId }) => shardId)).toEqual(['first', 'later']);
});

test('a mapping resumes after its checkpoint, or from the start in a shard without one', () => {
  const { reads, invokes } = drive({
    settings: { startingPosition: 'LATEST' },
    options: { checkpoints: { a: sequenceNumber(2) } },
    shards: [{ shardId: 'a', records: records(3) }, { shardId: 'b', records: records(1) }],
  });
  expect(reads.find(({ shardId }) => shardId === 'a')).toMatchObject({ from: 'AFTER_SEQUENCE_NUMBER' });
  expect(reads.find(({ shardId }) => shardId === 'b')).toMatchObject({ from: 'TRIM_HORIZON' });
  expect(invokes.map(({ shardId, numbers }) => [shardId, numbers])).toEqual([['a', [3]], ['b', [1]]]);
});

test('a checkpoint names the last record that is done', () => {
  const { checkpoints } = drive({
    settings: { batchSize: 3 },
    shards: [{ shardId: 'shard', records: records(6) }],
    respond: ({ numbers }, nth) => (nth === 2 ? failed(5) : numbers && null),
  });
  expect(checkpoints.shard).toEqual([3, 4, 6]);
});
