import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { readMessage } from '../../lib/redrive/message';
import type { ParkedRecord } from '../../lib/stream/parked-record';
import { streamRecord } from '../../lib/testing';

const STREAM = 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000';
const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:on-change:live';
const record = streamRecord({ newImage: { id: 'a', n: 1 }, streamArn: STREAM });
const number = record.dynamodb!.SequenceNumber!;
const parked: ParkedRecord = {
  kind: 'dynamo-stream-trigger/parked-record', version: '1.0', record, streamArn: STREAM, functionArn: FUNCTION, requestId: 'r',
  error: { name: 'E', message: 'm' }, tries: 1, firstTriedAt: '2025-01-01T00:00:00.000Z', lastTriedAt: '2025-01-01T00:00:00.000Z',
};
const { record: _, ...rest } = parked;
const batch = (payload?: unknown) => ({
  requestContext: { requestId: 'r', functionArn: FUNCTION, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
  version: '1.0',
  timestamp: '2025-01-01T00:00:00.000Z',
  DDBStreamBatchInfo: {
    shardId: 'shard', startSequenceNumber: number, endSequenceNumber: number, batchSize: 1, streamArn: STREAM,
    approximateArrivalOfFirstRecord: '2025-01-01T00:00:00Z', approximateArrivalOfLastRecord: '2025-01-01T00:00:00Z',
  },
  payload,
});
const s3 = (...keys: string[]) => ({
  Records: keys.map((key) => ({ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key } } })),
});
const sns = (content: object) => ({ Type: 'Notification', Message: JSON.stringify(content) });
const read = (content: unknown) => readMessage(typeof content === 'string' ? content : JSON.stringify(content));

test.each<[string, unknown, object]>([
  ['a parked record', parked, { kind: 'record', record, isWhole: true, streamArn: STREAM, functionArn: FUNCTION }],
  ['a compressed one', { ...rest, gzip: gzipSync(JSON.stringify(record)).toString('base64') }, { kind: 'record', record, isWhole: true }],
  ['one of a later version', { ...parked, version: '1.7', more: 1 }, { kind: 'record', isWhole: true }],
  ['one without an image', { ...parked, altered: ['OldImage'] }, { kind: 'record', isWhole: false }],
  ['a pointer to a record', { ...rest, keys: {}, eventId: 'e', eventName: 'MODIFY', sequenceNumber: number, reason: 'too large' }, {
    kind: 'pointer', eventId: 'e', sequenceNumber: number, arrived: Date.parse('2025-01-01'),
  }],
  ['a failed batch', batch(), { kind: 'batch', shardId: 'shard', first: number, last: number, size: 1 }],
  ['one with its event', batch({ Records: [record] }), { kind: 'batch', records: [record] }],
  ['one with its event as text', batch(JSON.stringify({ Records: [record] })), { kind: 'batch', records: [record] }],
  ['an event that had more records than were given up', batch({ Records: [streamRecord({ sequenceNumber: '100' }), record] }), { records: [record] }],
  ['an event of S3', s3('aws/lambda/a+b%2Bc'), { kind: 'objects', objects: [{ bucket: 'b', key: 'aws/lambda/a b+c' }] }],
  ['a key with an ampersand as it is', s3('a&b=c'), { objects: [{ bucket: 'b', key: 'a&b=c' }] }],
  ['one of S3 through SNS', sns(sns(s3('k'))), { kind: 'objects', objects: [{ bucket: 'b', key: 'k' }] }],
  ['a failed batch in an envelope', sns(batch()), { kind: 'batch', size: 1 }],
  ['a parked record in an envelope', sns(parked), { kind: 'record', record }],
  ['the test of S3', { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' }, { kind: 'empty' }],
  ['an object that was removed', { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectRemoved:Delete', s3: {} }] }, { kind: 'empty' }],
])('%s is known', (_name, content, message) => {
  expect(read(content)).toMatchObject(message);
});

test.each<[string, unknown]>([
  ['an event that can\'t be read', batch('{')],
  ['an event with a record that is none', batch({ Records: [record, { dynamodb: {} }] })],
  ['an event without records', batch({ Records: [] })],
])('a failed batch with %s is read from the stream', (_name, content) => {
  expect(read(content)).toEqual({ ...read(batch()) });
});

const NOT_JSON = 'It is not a JSON object';
const NOTHING_KNOWN = 'It is neither a failed batch of a DynamoDB stream, nor a parked record, nor an event of S3';
const WITHOUT_ORIGIN = 'It is a failed batch without the ARN of a stream, the id of a shard or the ARN of a function';
const WITHOUT_RANGE = 'It is a failed batch without a range: two numbers of 21 to 40 digits, the first of which is not above the last';
const WITHOUT_SIZE = 'It is a failed batch whose size is not a whole number from 1 to 10000';
const WITHOUT_TIME = 'It is a failed batch whose times are not possible';
const POINTER_WITHOUT = 'It is a parked record without an eventID, a sequence number or a possible time';
const batchWith = (change: object) => ({ ...batch(), DDBStreamBatchInfo: { ...batch().DDBStreamBatchInfo, ...change } });
const pointer = (change: object) => ({ ...rest, keys: {}, eventId: 'e', eventName: 'MODIFY', sequenceNumber: number, reason: 'too large', ...change });
const NOW = Date.parse('2025-01-02T00:00:00Z');

test.each<[string, unknown, string]>([
  ['text', 'hello', NOT_JSON], ['a number', '1', NOT_JSON], ['null', 'null', NOT_JSON], ['a list', '[]', NOT_JSON], ['an object', {}, NOTHING_KNOWN], ['nothing', '', NOT_JSON],
  ['a parked record of another format', { ...parked, version: '2.0' }, NOTHING_KNOWN],
  ['a parked record that can\'t be decompressed', { ...rest, gzip: 'AAAA' }, NOTHING_KNOWN],
  [
    'a parked record without keys', { ...parked, record: { eventName: 'INSERT', dynamodb: { SequenceNumber: '1' } } },
    'It is a parked record whose record is not one of its stream',
  ],
  ['a parked record without a stream', { ...parked, streamArn: undefined }, 'It is a parked record without the ARN of a function or of a stream'],
  ['a parked record without a function', { ...parked, functionArn: 'on-change' }, 'It is a parked record without the ARN of a function or of a stream'],
  ['a pointer without a number', pointer({ sequenceNumber: 'x' }), POINTER_WITHOUT],
  ['a pointer without an eventID', pointer({ eventId: '' }), POINTER_WITHOUT],
  ['a pointer without a time', pointer({ firstTriedAt: 'yesterday' }), POINTER_WITHOUT],
  ['a failed batch without a function', { ...batch(), requestContext: undefined }, WITHOUT_ORIGIN],
  ['a failed batch without a stream', batchWith({ streamArn: undefined }), WITHOUT_ORIGIN],
  ['a failed batch without a shard', batchWith({ shardId: '' }), WITHOUT_ORIGIN],
  ['a failed batch with a number that is none', batchWith({ startSequenceNumber: '-1' }), WITHOUT_RANGE],
  ['a failed batch that ends with a number that is none', batchWith({ endSequenceNumber: '1' }), WITHOUT_RANGE],
  ['a failed batch that ends before it begins', batchWith({ startSequenceNumber: `${number}0` }), WITHOUT_RANGE],
  ['a failed batch of no record', batchWith({ batchSize: 0 }), WITHOUT_SIZE],
  ['a failed batch of half a record', batchWith({ batchSize: 0.5 }), WITHOUT_SIZE],
  ['a failed batch of more records than an event has', batchWith({ batchSize: 10_001 }), WITHOUT_SIZE],
  ['a failed batch from before there were streams', batchWith({ approximateArrivalOfFirstRecord: '2013-12-31T23:59:59.999Z' }), WITHOUT_TIME],
  ['a failed batch from tomorrow', batchWith({ approximateArrivalOfLastRecord: new Date(NOW + 86_400_001).toISOString() }), WITHOUT_TIME],
  ['a failed batch of Kinesis', { ...batch(), DDBStreamBatchInfo: undefined, KinesisBatchInfo: {} }, NOTHING_KNOWN],
  ['an asynchronous invocation that failed', { requestPayload: {}, requestContext: {}, responsePayload: {} }, NOTHING_KNOWN],
  ['an event of S3 without a key', { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: {} }] }, 'It is an event of S3 that names no object'],
  ['an event of a stream', { Records: [record] }, NOTHING_KNOWN],
  ['too many envelopes', sns(sns(sns(parked))), NOTHING_KNOWN],
])('%s is unknown, with the reason', (_name, content, reason) => {
  expect(readMessage(typeof content === 'string' ? content : JSON.stringify(content), NOW)).toEqual({ kind: 'unknown', reason });
});

test.each([
  { batchSize: 1 }, { batchSize: 10_000 }, { approximateArrivalOfFirstRecord: '2014-01-01T00:00:00Z' },
  { approximateArrivalOfLastRecord: new Date(NOW + 86_400_000).toISOString() },
])('a failed batch with %j is known', (change) => {
  expect(readMessage(JSON.stringify(batchWith(change)), NOW).kind).toBe('batch');
});

test('whatever comes, reading it ends without an error', () => {
  const nested = fc.jsonValue()
    .chain((value) => fc.constantFrom({ ...batch(), DDBStreamBatchInfo: value }, { ...parked, record: value }, { Records: [value] }));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), nested.map((value) => JSON.stringify(value))), (text) => {
    expect(readMessage(text).kind).toEqual(expect.any(String));
  }));
});
