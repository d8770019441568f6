import { gzipSync } from 'node:zlib';
import { FAILURE_PREFIXES } from '../../lib/stream/failure-prefixes';
import {
  PARKED_RECORD_KIND, PARKED_RECORD_PREFIX, PARKED_RECORD_VERSION, type ParkedRecord, parkedRecordKey, withImages,
} from '../../lib/stream/parked-record';
import { readParkedRecord } from '../../lib/stream/read-parked-record';

const [OLD, NEW] = [{ id: { S: 'a' }, state: { S: 'open' } }, { id: { S: 'a' }, state: { S: 'paid' } }];

const PARKED: ParkedRecord = {
  kind: PARKED_RECORD_KIND,
  version: PARKED_RECORD_VERSION,
  record: { eventID: 'e-1', eventName: 'MODIFY', dynamodb: { Keys: { id: { S: 'a' } }, NewImage: NEW, OldImage: OLD, SequenceNumber: '100' } },
  streamArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/2026-01-01T00:00:00.000',
  functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:on-order',
  requestId: 'r-1',
  error: { name: 'TypeError', message: 'bad' },
  tries: 1,
  firstTriedAt: '2026-01-31T23:59:58.000Z',
  lastTriedAt: '2026-01-31T23:59:59.000Z',
};

test('what deployed functions have written stays readable: these names never change', () => {
  expect([PARKED_RECORD_KIND, PARKED_RECORD_VERSION, PARKED_RECORD_PREFIX]).toEqual(['dynamo-stream-trigger/parked-record', '1.0', 'dynamo-stream-trigger/parked/']);
  expect(FAILURE_PREFIXES).toEqual(['aws/lambda/', 'dynamo-stream-trigger/parked/']);
});

describe('a parked record is read', () => {
  const { record, ...rest } = PARKED;

  test.each<[string, object]>([
    ['as it is', PARKED],
    ['of a later version of the format', { ...PARKED, version: '1.12', more: true }],
    ['without more than its keys', { ...rest, keys: { id: { S: 'a' } }, eventId: 'e-1', eventName: 'MODIFY', sequenceNumber: '100', reason: 'too large' }],
  ])('%s', (_, parked) => {
    expect(readParkedRecord(JSON.stringify(parked))).toEqual(parked);
  });

  test('gzipped', () => {
    expect(readParkedRecord(JSON.stringify({ ...rest, gzip: gzipSync(JSON.stringify(record)).toString('base64') }))).toEqual(PARKED);
  });

  test.each<[string, string]>([
    ['is not JSON', 'x'],
    ['is null', 'null'],
    ['is of Lambda', '{"version":"1.0","DDBStreamBatchInfo":{}}'],
    ...['2.0', '11.0', '1', '1.x', 'v1.0', undefined].map((version): [string, string] => [`has the version ${version}`, JSON.stringify({ ...PARKED, version })]),
  ])('nothing that %s', (_, text) => {
    expect(readParkedRecord(text)).toBeUndefined();
  });
});

describe('with other images', () => {
  test('it names those that differ, in one order, and those that differed before', () => {
    expect(withImages(PARKED, { NewImage: NEW, OldImage: OLD })).toBe(PARKED);
    expect(withImages(PARKED, { NewImage: NEW })).toEqual({
      ...PARKED, altered: ['OldImage'], record: { ...PARKED.record, dynamodb: { ...PARKED.record.dynamodb, OldImage: undefined } },
    });
    expect(withImages(PARKED, { NewImage: OLD, OldImage: OLD })).toMatchObject({
      altered: ['NewImage'], record: { eventID: 'e-1', dynamodb: { NewImage: OLD, SequenceNumber: '100' } },
    });
    expect(withImages({ ...PARKED, altered: ['OldImage'] }, { OldImage: OLD })).toMatchObject({ altered: ['NewImage', 'OldImage'] });
    expect(withImages({ ...PARKED, altered: ['OldImage'] }, { NewImage: NEW, OldImage: OLD })).toMatchObject({ altered: ['OldImage'] });
  });

  test('null is not an image', () => {
    const none = { NewImage: null, OldImage: null } as object;

    expect(withImages(PARKED, none)).toEqual(withImages(PARKED, {}));
    expect(withImages(withImages(PARKED, {}), none).record.dynamodb).toMatchObject({ NewImage: undefined, OldImage: undefined });
  });
});

test.each<[string, Partial<ParkedRecord>, string]>([
  ['its function', {}, '123456789012/on-order/2026/01/31/100-e-1.json'],
  ['an alias', { functionArn: `${PARKED.functionArn}:live` }, '123456789012/on-order.live/2026/01/31/100-e-1.json'],
  ['no function that is known', { functionArn: '' }, '2026/01/31/100-e-1.json'],
])('its key in a bucket is by %s, then by day', (_, more, key) => {
  expect(parkedRecordKey({ ...PARKED, ...more })).toBe(`dynamo-stream-trigger/parked/${key}`);
});
