import { localStream } from '../../lib/local/stream';
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
  eventSourceARN: 'arn:aws:dynamodb:ddblocal:000000000000:table/Orders/stream/2026-11-23T09:00:00.000',
  ...change,
});

/** What the function sees of it, if it arrives this many seconds after the full minute. */
async function seen(record: StreamRecord, arrival = 7.9): Promise<StreamRecord> {
  const reader = { streamArn: 'local', shards: async () => [], read: async () => ({ records: [record], end: false }) };
  const { records } = await localStream(reader, STREAM_ARN, () => (MINUTE + arrival) * 1000).read('shard', { type: 'TRIM_HORIZON' });
  return records[0];
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
