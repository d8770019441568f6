import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { streamReader, type StreamReader } from '../../lib/reader/stream-reader';
import type { Position } from '../../lib/stream/shard';

const STREAM_ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/2026-11-23T09:00:00.000';

/** A streams API whose answers the test writes: what DynamoDB Local can't be made to do. */
let server: Server;
let answers: Record<string, ((input: any) => string | { error: string })[]>;
let calls: { action: string; input: any }[];
let reader: StreamReader;

beforeAll((done) => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const action = String(request.headers['x-amz-target']).split('.')[1];
    const input = JSON.parse(Buffer.concat(chunks).toString());
    calls.push({ action, input });
    const answer = answers[action].shift()!(input);
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    if (typeof answer === 'string') {
      response.end(answer);
    } else {
      response.writeHead(400).end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${answer.error}`, message: 'no' }));
    }
  }).listen(0, '127.0.0.1', done);
  // A kept connection is not closed just when it is used again.
  server.keepAliveTimeout = 0;
});
afterAll(() => server.close());

beforeEach(() => {
  calls = [];
  answers = { DescribeStream: [], GetShardIterator: [], GetRecords: [] };
  reader = streamReader(client(), STREAM_ARN);
});

function client(): DynamoDBStreamsClient {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBStreamsClient({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
}

const after = (sequenceNumber: string): Position => ({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber });

const iterator = (name: string) => () => JSON.stringify({ ShardIterator: name });
const records = (numbers: string[], next?: string) => () => JSON.stringify({
  Records: numbers.map((SequenceNumber) => ({ eventID: SequenceNumber, dynamodb: { SequenceNumber } })), NextShardIterator: next,
});
const error = (name: string) => () => ({ error: name });
const inputsOf = (action: string) => calls.filter((call) => call.action === action).map((call) => call.input);

test('records come in Lambda\'s shape: bytes in base64, seconds as numbers, every attribute name as it is', async () => {
  answers.GetShardIterator.push(iterator('i1'));
  answers.GetRecords.push(() => '{"Records":[{"eventID":"e","eventName":"REMOVE","eventVersion":"1.1","eventSource":"aws:dynamodb",'
    + '"awsRegion":"eu-west-1","dynamodb":{"ApproximateCreationDateTime":1.795424E9,"Keys":{"pk":{"S":"é"}},'
    + '"OldImage":{"b":{"B":"AQID"},"bs":{"BS":["AQ=="]},"__proto__":{"S":"plain"},"n":{"N":"1.50"}},"SequenceNumber":"100000000000000000001"},'
    + '"userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}}],"NextShardIterator":"i2"}');
  const { records: [record], end } = await reader.read('shard-1', { type: 'TRIM_HORIZON' });
  expect(end).toBe(false);
  expect(JSON.stringify(record)).toBe('{"eventID":"e","eventName":"REMOVE","eventVersion":"1.1","eventSource":"aws:dynamodb",'
    + '"awsRegion":"eu-west-1","dynamodb":{"ApproximateCreationDateTime":1795424000,"Keys":{"pk":{"S":"é"}},'
    + '"OldImage":{"b":{"B":"AQID"},"bs":{"BS":["AQ=="]},"__proto__":{"S":"plain"},"n":{"N":"1.50"}},"SequenceNumber":"100000000000000000001"},'
    + `"userIdentity":{"principalId":"dynamodb.amazonaws.com","type":"Service"},"eventSourceARN":"${STREAM_ARN}"}`);
});

test('all pages of shards are listed', async () => {
  answers.DescribeStream.push(
    () => JSON.stringify({ StreamDescription: { Shards: [{ ShardId: 'a' }], LastEvaluatedShardId: 'a' } }),
    () => JSON.stringify({ StreamDescription: { Shards: [{ ShardId: 'b', ParentShardId: 'a' }] } }),
  );
  expect(await reader.shards()).toEqual([{ shardId: 'a' }, { shardId: 'b', parentShardId: 'a' }]);
  expect(inputsOf('DescribeStream')).toEqual([{ StreamArn: STREAM_ARN }, { StreamArn: STREAM_ARN, ExclusiveStartShardId: 'a' }]);
});

test('a read that goes on where the last one of its shard ended uses the iterator of that read', async () => {
  answers.GetShardIterator.push(iterator('i1'), iterator('other'));
  answers.GetRecords.push(records([], 'i2'), records(['1'], 'i3'), records(['5'], 'o2'), records([], undefined));
  await reader.read('shard-1', { type: 'LATEST' });
  await reader.read('shard-1', { type: 'LATEST' });
  await reader.read('shard-2', after('4'), 10);
  expect(await reader.read('shard-1', after('1'))).toEqual({ records: [], end: true });
  expect(inputsOf('GetShardIterator')).toEqual([
    { StreamArn: STREAM_ARN, ShardId: 'shard-1', ShardIteratorType: 'LATEST' },
    { StreamArn: STREAM_ARN, ShardId: 'shard-2', ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '4' },
  ]);
  expect(inputsOf('GetRecords')).toEqual([
    { ShardIterator: 'i1' }, { ShardIterator: 'i2' }, { ShardIterator: 'other', Limit: 10 }, { ShardIterator: 'i3' },
  ]);
});

test.each<[string, Position]>([
  ['before', { type: 'TRIM_HORIZON' }],
  ['behind', { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '7' }],
])('a read from a position %s the end of the last one starts there', async (_, position) => {
  answers.GetShardIterator.push(iterator('i1'), iterator('i2'));
  answers.GetRecords.push(records(['1'], 'i1'), records(['8'], 'i2'));
  await reader.read('shard-1', { type: 'TRIM_HORIZON' });
  await reader.read('shard-1', position);
  expect(inputsOf('GetShardIterator')[1]).toMatchObject({ ShardIteratorType: position.type });
});

test('records name the source that the reader was given, whatever the ARN under which the stream is served', async () => {
  answers.GetShardIterator.push(iterator('i1'));
  answers.GetRecords.push(records(['1'], 'i2'));
  const { records: [record] } = await streamReader(client(), 'arn:local', { sourceArn: STREAM_ARN }).read('shard-1', { type: 'TRIM_HORIZON' });
  expect(record.eventSourceARN).toBe(STREAM_ARN);
  expect(inputsOf('GetShardIterator')[0]).toMatchObject({ StreamArn: 'arn:local' });
});

test('an expired iterator is replaced by one at the position of the read', async () => {
  answers.GetShardIterator.push(iterator('i1'), iterator('again'));
  answers.GetRecords.push(records(['1', '2'], 'i2'), error('ExpiredIteratorException'), records(['3'], 'i4'));
  await reader.read('shard-1', { type: 'TRIM_HORIZON' });
  const { records: [{ eventID }] } = await reader.read('shard-1', after('2'));
  expect(eventID).toBe('3');
  expect(inputsOf('GetShardIterator')[1]).toMatchObject({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '2' });
});

test('an iterator that expires before it brought anything is replaced by one at the same position', async () => {
  answers.GetShardIterator.push(iterator('i1'), iterator('again'));
  answers.GetRecords.push(records([], 'i2'), error('ExpiredIteratorException'), records(['1'], 'i3'));
  await reader.read('shard-1', { type: 'TRIM_HORIZON' });
  await reader.read('shard-1', { type: 'TRIM_HORIZON' });
  expect(inputsOf('GetShardIterator')[1]).toMatchObject({ ShardIteratorType: 'TRIM_HORIZON' });
});

test.each([
  ['LimitExceededException', 'throttled'],
  ['ProvisionedThroughputExceededException', 'throttled'],
  ['ThrottlingException', 'throttled'],
  ['TrimmedDataAccessException', 'trimmed'],
  ['ResourceNotFoundException', 'gone'],
  ['AccessDeniedException', 'denied'],
  ['KMSAccessDeniedException', 'denied'],
  ['UnrecognizedClientException', 'denied'],
  ['ExpiredTokenException', 'expired'],
  ['ValidationException', 'invalid'],
  ['InternalServerError', 'unavailable'],
])('%s means %s', async (name, reason) => {
  answers.GetShardIterator.push(iterator('i1'));
  answers.GetRecords.push(error(name));
  await expect(reader.read('shard-1', { type: 'TRIM_HORIZON' })).rejects.toMatchObject({ name: 'StreamReadError', reason });
});

test.each([
  ['LimitExceededException'],
  ['InternalServerError'],
])('after %s the same iterator is read again, so that nothing written meanwhile is missed', async (name) => {
  answers.GetShardIterator.push(iterator('i1'));
  answers.GetRecords.push(error(name), records(['1'], 'i2'), error(name), records(['2'], 'i3'));
  const read = (position: Position = { type: 'LATEST' }) => reader.read('shard-1', position);
  await expect(read()).rejects.toThrow(name);
  await read();
  await expect(read(after('1'))).rejects.toThrow(name);
  await read(after('1'));
  expect(inputsOf('GetRecords')).toEqual(['i1', 'i1', 'i2', 'i2'].map((ShardIterator) => ({ ShardIterator })));
});

test('an iterator that expires at LATEST before it brought anything is replaced by one at TRIM_HORIZON, so that nothing is missed', async () => {
  answers.GetShardIterator.push(iterator('i1'), iterator('again'));
  answers.GetRecords.push(records([], 'i2'), error('ExpiredIteratorException'), records(['1'], 'i3'));
  await reader.read('shard-1', { type: 'LATEST' });
  await reader.read('shard-1', { type: 'LATEST' });
  expect(inputsOf('GetShardIterator').map((input) => input.ShardIteratorType)).toEqual(['LATEST', 'TRIM_HORIZON']);
});

test('where records were trimmed, the next read starts with a new iterator', async () => {
  answers.GetShardIterator.push(iterator('i1'), iterator('i2'), iterator('i3'));
  answers.GetRecords.push(error('TrimmedDataAccessException'), error('TrimmedDataAccessException'), records(['9'], 'i4'));
  await expect(reader.read('shard-1', after('0'))).rejects.toThrow(`Reading ${STREAM_ARN} failed (trimmed): TrimmedDataAccessException: no`);
  await expect(reader.read('shard-1', { type: 'TRIM_HORIZON' })).rejects.toThrow('trimmed');
  await reader.read('shard-1', { type: 'TRIM_HORIZON' });
  expect(inputsOf('GetRecords')).toEqual(['i1', 'i2', 'i3'].map((ShardIterator) => ({ ShardIterator })));
});
