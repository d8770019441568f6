import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

test('the ends of all shards are found, each read to its last record', async () => {
  const positions: object[] = [];
  const records = (...numbers: string[]) => numbers.map((SequenceNumber) => ({ dynamodb: { SequenceNumber } }));
  const reads: Record<string, Awaited<ReturnType<StreamReader['read']>>[]> = {
    closed: [{ records: records('1', '2'), end: false }, { records: records('3'), end: true }], open: [{ records: records('9'), end: false }, { records: [], end: false }], empty: [{ records: [], end: false }],
  };
  const stream: StreamReader = {
    streamArn: 'arn:stream/1',
    shards: async () => Object.keys(reads).map((shardId) => ({ shardId })),
    read: async (shardId, position) => {
      positions.push({ shardId, ...position });
      return reads[shardId].shift()!;
    },
  };
  expect((await checkpointsIn().startOf(mapping('LATEST'), stream)).checkpoints).toEqual({ closed: '3', open: '9' });
  expect(positions).toEqual([
    { shardId: 'closed', type: 'TRIM_HORIZON' }, { shardId: 'closed', type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '2' },
    { shardId: 'open', type: 'TRIM_HORIZON' }, { shardId: 'open', type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '9' }, { shardId: 'empty', type: 'TRIM_HORIZON' },
  ]);
});

test('they are written where people can read them', async () => {
  const folder = folderWith({});
  checkpointsIn(folder).restart(mapping('LATEST'), 'arn:stream/1');
  expect(readFileSync(join(folder, 'checkpoints.json'), 'utf8')).toBe(`{
  "Shop/OrderEvents": {
    "stream": "arn:stream/1",
    "shards": {}
  }
}`);
});

test('those that can\'t be read are refused', () => {
  const folder = folderWith({ 'checkpoints.json': '{' });
  expect(() => checkpointsIn(folder)).toThrow(expect.objectContaining({
    code: 'FOLDER_UNUSABLE',
    message: expect.stringMatching(/^Can't read .*\/checkpoints\.json: .+\nRemove it to start each trigger at its starting position\.$/),
  }));
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
