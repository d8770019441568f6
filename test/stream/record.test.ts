import { arnParts } from '../../lib/stream/arn';
import { BOUNDARY_VERSION, ENVIRONMENT_VARIABLE, HOST, QUEUE_NAME, REDRIVE_VARIABLE, redrivenOf } from '../../lib/stream/boundary';
import { destinationKind, SQS_MESSAGE_BYTES } from '../../lib/stream/destination-kind';
import { EVENT_BYTES, isExpiry, type StreamEvent, type StreamRecord, TTL_IDENTITY, WINDOW_STATE_BYTES } from '../../lib/stream/record';
import { RUNTIME_DIMENSIONS, RUNTIME_METRICS, RUNTIME_NAMESPACE } from '../../lib/stream/runtime-metrics';
import { STREAM_RETENTION } from '../../lib/stream/shard';
import { verdictOf } from '../../lib/stream/verdict';

test('what deployed functions, dashboards and alarms know by name never changes', () => {
  expect([ENVIRONMENT_VARIABLE, REDRIVE_VARIABLE, QUEUE_NAME, BOUNDARY_VERSION]).toEqual(['DYNAMO_STREAM_TRIGGER', 'DYNAMO_STREAM_REDRIVE', 'sqs:', 1]);
  expect(Symbol.keyFor(HOST)).toBe('dynamo-stream-trigger/host');
  expect([RUNTIME_NAMESPACE, ...RUNTIME_DIMENSIONS]).toEqual(['DynamoStreamTrigger', 'FunctionName', 'TableName']);
  expect(RUNTIME_METRICS).toEqual({
    recordParked: 'ParkedRecords', transient: 'TransientFailures', recordRetried: 'RetriedRecords', deadline: 'Deadlines', exit: 'SickEnvironments',
  });
});

test('the limits are those of AWS', () => {
  expect([EVENT_BYTES, WINDOW_STATE_BYTES, SQS_MESSAGE_BYTES, STREAM_RETENTION]).toEqual([6 * 1024 ** 2, 1024 ** 2, 1024 ** 2, 86_400]);
});

test.each(['sqs', 'sns', 's3', 'kafka'])('a destination is known by its ARN: %s', (service) => {
  expect(destinationKind(`arn:aws:${service}:eu-west-1:123456789012:failures`)).toBe(service === 'kafka' ? undefined : service);
});

describe('an expiry is a removal by DynamoDB itself', () => {
  const expiry: StreamRecord = { eventName: 'REMOVE', userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } };

  test('and nothing else', () => {
    expect(TTL_IDENTITY).toEqual(expiry.userIdentity);
    expect(isExpiry(expiry)).toBe(true);
  });

  test.each<[string, StreamRecord]>([
    ['a removal by a writer', { eventName: 'REMOVE' }],
    ['another change by DynamoDB', { ...expiry, eventName: 'MODIFY' }],
    ['a removal by another service', { ...expiry, userIdentity: { type: 'Service', principalId: 'replication.dynamodb.amazonaws.com' } }],
    ['a removal by a user of that name', { ...expiry, userIdentity: { type: 'User', principalId: 'dynamodb.amazonaws.com' } }],
  ])('%s is none', (_, record) => {
    expect(isExpiry(record)).toBe(false);
  });
});

test('an event says whether a redrive made it', () => {
  const event = (redriven?: object): StreamEvent => ({ Records: [], ...redriven && { redriven } }) as StreamEvent;

  expect([event(), event({ v: 2, run: 'r' })].map(redrivenOf)).toEqual([undefined, undefined]);
  expect(redrivenOf(event({ v: 1, run: 'r' }))).toEqual({ v: 1, run: 'r', superseded: [] });
  expect(redrivenOf(event({ v: 1, run: 'r', superseded: ['e'] }))).toEqual({ v: 1, run: 'r', superseded: ['e'] });
});

test('an ARN is split at its first five colons', () => {
  expect(arnParts('arn:aws:lambda:eu-west-1:123456789012:function:on-order:live'))
    .toEqual({ partition: 'aws', service: 'lambda', region: 'eu-west-1', account: '123456789012', resource: 'function:on-order:live' });
  expect(arnParts('arn:aws:s3:::bucket')).toEqual({ partition: 'aws', service: 's3', region: '', account: '', resource: 'bucket' });
  expect(arnParts('')).toEqual({ partition: '', service: '', region: '', account: '', resource: '' });
});

test.each<[string, unknown, object]>([
  ['no failures', { batchItemFailures: [] }, { type: 'success' }],
  ['nothing', undefined, { type: 'success' }],
  ['null', null, { type: 'success' }],
  ['one failure', { batchItemFailures: [{ itemIdentifier: 'b' }] }, { type: 'checkpoint', index: 1 }],
  ['the last record', { batchItemFailures: [{ itemIdentifier: 'c' }] }, { type: 'checkpoint', index: 2 }],
  ['several, in any order', { batchItemFailures: [{ itemIdentifier: 'c' }, { itemIdentifier: 'a' }] }, { type: 'checkpoint', index: 0 }],
  ['an unknown one', { batchItemFailures: [{ itemIdentifier: 'x' }] }, { type: 'failure' }],
  ['an unknown one among others', { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'x' }] }, { type: 'failure' }],
  ['no list', { batchItemFailures: 'a' }, { type: 'failure' }],
])('Lambda reads an answer with %s as its verdict', (_, answer, verdict) => {
  expect(verdictOf(answer, ['a', 'b', 'c'], (record) => record)).toEqual(verdict);
});
