import { localStream, NoStreamError, type TableStreams } from '../../lib/local/stream';
import { StreamReadError, type ShardRead, type StreamReader } from '../../lib/reader/stream-reader';
import type { StreamRecord } from '../../lib/stream/record';

const STREAM_ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/2026-11-23T09:00:00.000';
const MINUTE = Date.UTC(2026, 10, 23, 9, 30) / 1000;

/** A record as DynamoDB Local gives it out. */
const local = (change: Partial<StreamRecord> = {}): StreamRecord => ({
  eventID: 'a67c18ba-f362-4413-9167-cd2431245889',
  eventName: 'INSERT',
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: 'ddblocal',
  dynamodb: { ApproximateCreationDateTime: MINUTE, Keys: { pk: { S: '1' } }, SequenceNumber: '000000000000000000001' },
  ...change,
});

/** What the function sees of it, if it arrives this many seconds after the full minute. */
async function seen(record: StreamRecord, arrival = 7.9): Promise<StreamRecord> {
  const { stream } = streamOf({ old: [{ records: [record], end: false }] }, arrival);
  const { records } = await stream.read('shard', { type: 'TRIM_HORIZON' });
  return records[0];
}

/** The stream of a table with these streams, each with the reads of its one shard in turn. The first is the one at the start. */
function streamOf(streams: Record<string, (ShardRead | Error)[]>, arrival = 0) {
  const replaced: string[] = [];
  const positions: string[] = [];
  const table = { streamArn: Object.keys(streams)[0], isOn: true };
  const reader = (streamArn: string, sourceArn?: string): StreamReader => ({
    streamArn,
    shards: async () => [{ shardId: `shard of ${streamArn}` }],
    read: async (_shardId, { type }) => {
      positions.push(type);
      const next = streams[streamArn].shift() ?? { records: [], end: false };
      if (next instanceof Error) {
        throw next;
      }
      return { ...next, records: next.records.map((record) => ({ ...record, eventSourceARN: sourceArn })) };
    },
  });
  const source: TableStreams = { first: table.streamArn, latest: async () => ({ ...table }), reader };
  const stream = localStream(source, { streamArn: STREAM_ARN, now: () => (MINUTE + arrival) * 1000, onReplaced: (arn) => replaced.push(arn) });
  return { stream, table, replaced, positions };
}

test('a record has the region and the ARN of its table, and an id of 32 hexadecimal digits', async () => {
  expect(await seen(local())).toEqual({
    ...local(),
    eventID: 'a67c18baf36244139167cd2431245889',
    awsRegion: 'eu-west-1',
    dynamodb: { ...local().dynamodb, ApproximateCreationDateTime: MINUTE + 7 },
    eventSourceARN: STREAM_ARN,
  });
});

test('a record that time to live removed has its userIdentity, as on AWS', async () => {
  const record = await seen(local({ eventName: 'UNKNOWN_TO_SDK_VERSION' as never }));
  expect(record).toMatchObject({ eventName: 'REMOVE', userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } });
  expect(await seen(local({ eventName: 'REMOVE' }))).not.toHaveProperty('userIdentity');
});

test.each([
  ['within its minute, it was created when it arrived', 7.9, 7],
  ['later, it was created at the end of its minute', 200, 59],
  ['with a clock that went back, it was created when it arrived', -2, -2],
])('if a record arrives %s', async (_, arrival, created) => {
  expect((await seen(local(), arrival)).dynamodb?.ApproximateCreationDateTime).toBe(MINUTE + created);
});

describe('a read that DynamoDB Local calls trimmed', () => {
  const trimmed = () => new StreamReadError('trimmed', 'old', new Error());

  test.each([
    ['TRIM_HORIZON', 'TRIM_HORIZON'],
    ['LATEST', 'TRIM_HORIZON'],
    ['AFTER_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER'],
  ])('is repeated with a new iterator: %s at %s', async (type, again) => {
    const { stream, positions } = streamOf({ old: [trimmed(), { records: [local()], end: false }] });
    expect((await stream.read('shard', { type, sequenceNumber: '1' } as never)).records).toHaveLength(1);
    expect(positions).toEqual([type, again]);
  });

  test('is no longer at LATEST in that shard', async () => {
    const { stream, positions } = streamOf({ old: [trimmed(), { records: [], end: false }, { records: [local()], end: false }] });
    await stream.read('shard', { type: 'LATEST' });
    expect((await stream.read('shard', { type: 'LATEST' })).records).toHaveLength(1);
    expect(positions).toEqual(['LATEST', 'TRIM_HORIZON', 'TRIM_HORIZON']);
  });

  test('is not repeated after another failure', async () => {
    const { stream, positions } = streamOf({ old: [new StreamReadError('throttled', 'old', new Error())] });
    await expect(stream.read('shard', { type: 'LATEST' })).rejects.toMatchObject({ reason: 'throttled' });
    expect(positions).toHaveLength(1);
  });

  test('fails if a new iterator is trimmed too', async () => {
    const { stream } = streamOf({ old: [trimmed(), trimmed()] });
    await expect(stream.read('shard', { type: 'TRIM_HORIZON' })).rejects.toMatchObject({ reason: 'trimmed' });
  });
});

describe('a table that is made anew', () => {
  const OLD = { shardId: 'shard of old' };
  const NEW = { shardId: 'shard of new' };

  test('has the shards of both streams, and then only those of the new one', async () => {
    const { stream, table, replaced } = streamOf({ old: [{ records: [local()], end: true }], new: [{ records: [local(), local()], end: false }] });
    expect(await stream.shards()).toEqual([OLD]);
    table.streamArn = 'new';
    expect(await stream.shards()).toEqual([OLD, NEW]);
    expect(replaced).toEqual(['new']);
    expect((await stream.read(OLD.shardId, { type: 'TRIM_HORIZON' })).records).toHaveLength(1);
    expect((await stream.read(NEW.shardId, { type: 'TRIM_HORIZON' })).records).toMatchObject([{ eventSourceARN: STREAM_ARN }, {}]);
    await stream.shards();
    expect(await stream.shards()).toEqual([NEW]);
    expect(replaced).toEqual(['new']);
  });

  test('without a stream, has the shards of its last one until they are read', async () => {
    const { stream, table } = streamOf({ old: [{ records: [local()], end: true }], new: [] });
    table.isOn = false;
    expect(await stream.shards()).toEqual([OLD]);
    await stream.read(OLD.shardId, { type: 'TRIM_HORIZON' });
    await expect(stream.shards()).rejects.toThrow(new NoStreamError('The table Orders has no stream now.'));
    Object.assign(table, { streamArn: 'new', isOn: true });
    expect(await stream.shards()).toEqual([OLD, NEW]);
  });
});
