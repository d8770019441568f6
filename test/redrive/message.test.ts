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

test.each<[string, unknown]>([
  ['text', 'hello'], ['a number', '1'], ['null', 'null'], ['a list', '[]'], ['an object', {}], ['nothing', ''],
  ['a parked record of another format', { ...parked, version: '2.0' }],
  ['a parked record that can\'t be decompressed', { ...rest, gzip: 'AAAA' }],
  ['a parked record without keys', { ...parked, record: { eventName: 'INSERT', dynamodb: { SequenceNumber: '1' } } }],
  ['a parked record without a stream', { ...parked, streamArn: undefined }],
  ['a pointer without a number', { ...rest, keys: {}, eventId: 'e', sequenceNumber: 'x' }],
  ['a failed batch without a function', { ...batch(), requestContext: undefined }],
  ['a failed batch with a number that is none', { ...batch(), DDBStreamBatchInfo: { ...batch().DDBStreamBatchInfo, startSequenceNumber: '-1' } }],
  ['a failed batch of Kinesis', { ...batch(), DDBStreamBatchInfo: undefined, KinesisBatchInfo: {} }],
  ['an asynchronous invocation that failed', { requestPayload: {}, requestContext: {}, responsePayload: {} }],
  ['an event of S3 without a key', { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: {} }] }],
  ['an event of a stream', { Records: [record] }],
  ['too many envelopes', sns(sns(sns(parked)))],
])('%s is unknown', (_name, content) => {
  expect(read(content)).toMatchObject({ kind: 'unknown', reason: expect.any(String) });
});

test('whatever comes, reading it ends without an error', () => {
  const nested = fc.jsonValue()
    .chain((value) => fc.constantFrom({ ...batch(), DDBStreamBatchInfo: value }, { ...parked, record: value }, { Records: [value] }));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), nested.map((value) => JSON.stringify(value))), (text) => {
    expect(readMessage(text).kind).toEqual(expect.any(String));
  }));
});
