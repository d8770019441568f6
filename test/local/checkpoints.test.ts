import type { LocalMapping } from '../../lib/local/assembly/app';
import { checkpointsIn } from '../../lib/local/checkpoints';
import type { StreamReader } from '../../lib/reader/stream-reader';
import { folderWith } from '../folder';

const mapping = (startingPosition: string) => ({ path: 'Shop/OrderEvents', settings: { startingPosition } }) as LocalMapping;
/** A stream with these reads of its one shard. */
function streamOf(reads: string[][], streamArn = 'arn:stream/1'): StreamReader {
  const left = [...reads];
  return {
    streamArn,
    shards: async () => [{ shardId: 'shard' }],
    read: async () => ({ records: (left.shift() ?? []).map((SequenceNumber) => ({ dynamodb: { SequenceNumber } })), end: false }),
  };
}

test.each([
  ['TRIM_HORIZON', [['1'], ['2']], {}],
  ['LATEST', [['1'], ['2']], { shard: '2' }],
  ['LATEST', [], {}],
])('a mapping that starts at %s of %j keeps to it, even if it is killed before its first checkpoint', async (position, reads, checkpoints) => {
  const folder = folderWith({});
  const start = { startingPosition: 'TRIM_HORIZON', checkpoints };
  expect(await checkpointsIn(folder).startOf(mapping(position), streamOf(reads))).toEqual(start);
  expect(await checkpointsIn(folder).startOf(mapping(position), streamOf([['1'], ['2'], ['3']]))).toEqual(start);
});

test('a mapping goes on behind the last that was done', async () => {
  const folder = folderWith({});
  const checkpoints = checkpointsIn(folder);
  await checkpoints.startOf(mapping('TRIM_HORIZON'), streamOf([]));
  checkpoints.save(mapping('TRIM_HORIZON'), 'shard', '7');
  checkpoints.save(mapping('TRIM_HORIZON'), 'shard', '8');
  expect((await checkpointsIn(folder).startOf(mapping('TRIM_HORIZON'), streamOf([]))).checkpoints).toEqual({ shard: '8' });
});

test('a table that was made anew is read anew', async () => {
  const folder = folderWith({});
  const checkpoints = checkpointsIn(folder);
  await checkpoints.startOf(mapping('TRIM_HORIZON'), streamOf([]));
  checkpoints.save(mapping('TRIM_HORIZON'), 'shard', '7');
  expect((await checkpointsIn(folder).startOf(mapping('TRIM_HORIZON'), streamOf([], 'arn:stream/2'))).checkpoints).toEqual({});
});

test('a mapping whose table is made anew during a run goes on in the new stream, wherever it starts', async () => {
  const folder = folderWith({});
  const checkpoints = checkpointsIn(folder);
  await checkpoints.startOf(mapping('LATEST'), streamOf([['1']]));
  checkpoints.restart(mapping('LATEST'), 'arn:stream/2');
  checkpoints.save(mapping('LATEST'), 'shard', '7');
  expect((await checkpointsIn(folder).startOf(mapping('LATEST'), streamOf([['7'], ['8']], 'arn:stream/2'))).checkpoints).toEqual({ shard: '7' });
});

test('where tables are in memory, a mapping that comes again goes on where it was, and nothing is written', async () => {
  const checkpoints = checkpointsIn();
  await checkpoints.startOf(mapping('LATEST'), streamOf([['1']]));
  checkpoints.save(mapping('LATEST'), 'shard', '7');
  expect(await checkpoints.startOf(mapping('LATEST'), streamOf([['7'], ['8']]))).toEqual({ startingPosition: 'TRIM_HORIZON', checkpoints: { shard: '7' } });
});
