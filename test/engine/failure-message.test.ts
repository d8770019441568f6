import { drive, failed, record, records, sequenceNumber } from './drive';

const settings = { retryAttempts: 1, bisectBatchOnError: false };
const run = (story: object) => drive({ settings, shards: [{ shardId: 'shardId-1', records: records(3) }], respond: () => new Error('no'), ...story });

test('the message has the fields of Lambda, in the order of Lambda', () => {
  const { deliveries: [{ message }] } = run({});
  expect(JSON.stringify(message)).toBe(JSON.stringify({
    requestContext: {
      requestId: 'request-2',
      functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:Function',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 2,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2025-01-01T00:00:00.250Z',
    DDBStreamBatchInfo: {
      shardId: 'shardId-1',
      startSequenceNumber: sequenceNumber(1),
      endSequenceNumber: sequenceNumber(3),
      approximateArrivalOfFirstRecord: '2025-01-01T00:00:00Z',
      approximateArrivalOfLastRecord: '2025-01-01T00:00:00Z',
      batchSize: 3,
      streamArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000',
    },
  }));
});

test('a function that answered has no functionError', () => {
  const { deliveries: [{ message }] } = run({ respond: () => failed(1) });
  expect(message.responseContext).toEqual({ statusCode: 200, executedVersion: '$LATEST', functionError: null });
});

test('SQS and SNS get the same message, without a payload', () => {
  const bodies = (['sqs', 'sns'] as const).map((destination) => run({ options: { destination } }).deliveries[0]);
  expect(bodies[0].message).toEqual(bodies[1].message);
  expect(bodies[0].message).not.toHaveProperty('payload');
  expect(bodies[0].objectKey).toBeUndefined();
});

test('S3 gets the event too, as JSON text in the last field', () => {
  const { deliveries: [{ message }] } = run({ options: { destination: 's3' } });
  expect(Object.keys(message).at(-1)).toBe('payload');
  expect(JSON.parse(message.payload as string)).toEqual({ Records: records(3) });
});

test('the payload has only the records that are given up', () => {
  const { deliveries: [{ message }] } = run({ options: { destination: 's3' }, respond: () => failed(2) });
  expect(JSON.parse(message.payload as string).Records).toEqual(records(3).slice(1));
});

test('the key of an S3 object names the mapping, the shard and the second of the message', () => {
  const { deliveries: [{ objectKey }] } = run({ options: { destination: 's3' }, shards: [{ shardId: 'shardId-1', records: [record(1, 3723)] }] });
  expect(objectKey).toBe('aws/lambda/00000000-0000-4000-8000-000000000000/shardId-1/2025/01/01/2025-01-01T01.02.03-uuid-1');
});

test('the message names the alias that was called and the version that ran', () => {
  const { deliveries: [{ message }] } = run({ options: { executedVersion: '7', functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:F:live' } });
  expect(message).toMatchObject({ requestContext: { functionArn: expect.stringMatching(/:live$/) }, responseContext: { executedVersion: '7' } });
});
