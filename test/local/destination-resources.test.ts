import type { Template } from '../../lib/assembly';
import { bucketsIn, queueOf, topicsIn } from '../../lib/local/assembly/destination-resources';
import { Reading } from '../../lib/local/assembly/reading';

/** What these resources of a template are here, and the notes about them. */
function read(resources: Template['Resources'], parameters: Template['Parameters'] = {}) {
  const paths = new Map(Object.keys(resources!).map((id) => [id, `Shop/${id}`]));
  const template = { Resources: resources, Parameters: { Stage: { Type: 'String' }, ...parameters } };
  const reading = new Reading([{ id: 'Shop', name: 'Shop', template, file: '', metadata: {}, assets: new Map(), paths }]);
  const queues = reading.each(['AWS::SQS::Queue'], (where) => queueOf(reading, where));
  return { queues, topics: topicsIn(reading), buckets: bucketsIn(reading), notes: reading.notes, notRunning: reading.notRunning };
}

const LATER = { Ref: 'Stage' };
const NOT_KNOWN = 'the parameter Stage of the stack Shop is only known after a deployment';
const JOBS = 'arn:aws:sqs:us-east-1:000000000000:jobs';
const TOPIC = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } };
const subscriptionWith = (properties: object) => (
  { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'News' }, Protocol: 'sqs', Endpoint: JOBS, ...properties } }
);

test('each setting that the local services have is taken from the template', () => {
  const settings = {
    ContentBasedDeduplication: true, DelaySeconds: 1, FifoQueue: true, MaximumMessageSize: 2, MessageRetentionPeriod: 3,
    ReceiveMessageWaitTimeSeconds: 4, RedrivePolicy: { maxReceiveCount: 5 }, VisibilityTimeout: 6, DisplayName: 'x', FifoTopic: true, KmsMasterKeyId: 'key',
    FilterPolicy: {}, FilterPolicyScope: 'MessageBody', RawMessageDelivery: true,
  };
  const { queues, topics } = read({
    Jobs: { Type: 'AWS::SQS::Queue', Properties: settings }, News: { Type: 'AWS::SNS::Topic', Properties: settings }, ToJobs: subscriptionWith(settings),
  });
  expect(queues[0].attributes).toEqual({
    ContentBasedDeduplication: 'true', DelaySeconds: '1', FifoQueue: 'true', MaximumMessageSize: '2', MessageRetentionPeriod: '3', ReceiveMessageWaitTimeSeconds: '4',
    RedrivePolicy: '{"maxReceiveCount":5}', VisibilityTimeout: '6',
  });
  expect(topics[0].attributes).toEqual({ ContentBasedDeduplication: 'true', DisplayName: 'x', FifoTopic: 'true' });
  expect(topics[0].subscriptions).toEqual([{ queueArn: JOBS, attributes: { FilterPolicy: '{}', FilterPolicyScope: 'MessageBody', RawMessageDelivery: 'true' } }]);
});

test('subscriptions are those of the topic itself and those beside it', () => {
  const { topics, notes } = read({
    News: { ...TOPIC, Properties: { TopicName: 'news', Subscription: [{ Protocol: 'sqs', Endpoint: 'arn:inline' }] } },
    Other: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'other' } },
    ToJobs: subscriptionWith({}),
  });
  expect(topics.map(({ subscriptions }) => subscriptions.map(({ queueArn }) => queueArn))).toEqual([['arn:inline', JOBS], []]);
  expect(notes).toEqual([]);
});

test.each<[string, Template['Resources'], string]>([
  ['a setting', { Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs', DelaySeconds: LATER } } }, `Shop/Jobs: its DelaySeconds has no effect here: ${NOT_KNOWN}.`],
  ['the queue of a subscription', { News: TOPIC, ToJobs: subscriptionWith({ Endpoint: LATER }) }, `Shop/ToJobs: a subscription gets nothing here: ${NOT_KNOWN}.`],
  ['the receiver of a notification', {
    Files: { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration: { QueueConfigurations: [{ Event: 's3:ObjectCreated:*', Queue: LATER }] } } },
  }, `Shop/Files: one of its notifications is not sent here: ${NOT_KNOWN}.`],
])('%s that only a deployment decides is named, and the rest is there', (_, resources, note) => {
  const { queues, topics, buckets, notes, notRunning } = read(resources);
  expect([notes, notRunning, queues.length + topics.length + buckets.length]).toEqual([[note], [], 1]);
  expect([queues[0]?.attributes ?? {}, topics[0]?.subscriptions ?? [], buckets[0]?.notifications ?? []]).toEqual([{}, [], []]);
});

test('a filter policy that is not JSON is named', () => {
  const { notes, topics } = read({ News: TOPIC, ToJobs: subscriptionWith({ FilterPolicy: '{' }) });
  expect(notes).toEqual([expect.stringMatching(/^Shop\/ToJobs: a subscription gets nothing here: .*JSON.*\.$/)]);
  expect(topics[0].subscriptions).toEqual([]);
});

test.each<[string, object, string | undefined]>([
  ['values', { a: ['x', 1, null] }, undefined],
  ['the operators of the local SNS', { a: [{ 'anything-but': ['x'] }, { exists: true }, { numeric: ['>', 1] }, { prefix: 'x' }, { suffix: 'y' }] }, undefined],
  ['nested names that are called like operators', { cidr: { wildcard: ['x'] } }, undefined],
  ['another operator', { a: { b: [{ wildcard: 'x*' }] } }, 'wildcard'],
  ['another operator in one of several ways', { $or: [{ a: ['x'] }, { b: [{ cidr: '10.0.0.0/8' }] }] }, 'cidr'],
  ['a name that is called like several ways', { $or: { a: ['x'] } }, undefined],
])('a filter policy of %s: an operator that the local SNS lacks is named', (_, policy, operator) => {
  const { notes } = read({ News: TOPIC, ToJobs: subscriptionWith({ FilterPolicy: policy }) });
  expect(notes).toEqual(operator === undefined ? [] : [`Shop/ToJobs: its filter policy uses "${operator}", which matches no message here.`]);
});

test('a queue that deduplicates by group, a subscription of somebody else, and events for EventBridge are named', () => {
  const { notes } = read({
    Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs', DeduplicationScope: 'messageGroup' } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'queue', DeduplicationScope: 'queue' } },
    News: TOPIC, Mail: subscriptionWith({ Protocol: 'email' }),
    Files: { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } } },
  });
  expect(notes).toEqual([
    'Shop/Jobs: messages are deduplicated across all of its message groups here.',
    'Shop/Mail: a subscription by email gets nothing here. Only queues get messages.',
    'Shop/Files: it sends no events to EventBridge here.',
  ]);
});

describe('a bucket', () => {
  const notificationsOf = (configuration: object, custom?: object) => {
    const { buckets, notes } = read({
      Files: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'files', NotificationConfiguration: configuration } },
      ...custom && { Custom: { Type: 'Custom::S3BucketNotifications', Properties: { BucketName: { Ref: 'Files' }, NotificationConfiguration: custom } } },
      Others: { Type: 'Custom::S3BucketNotifications', Properties: { BucketName: 'other', NotificationConfiguration: custom ?? {} } },
    });
    return { notifications: buckets[0].notifications, notes };
  };

  test.each<[string, object, object]>([
    ['a queue', { Event: 's3:ObjectCreated:*', Queue: JOBS }, { arn: JOBS, prefix: '', suffix: '' }],
    ['a topic', { Event: 's3:ObjectCreated:Put', Topic: 'arn:topic' }, { arn: 'arn:topic', prefix: '', suffix: '' }],
    ['objects by their names', {
      Event: 's3:ObjectCreated:*', Queue: JOBS, Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'in/' }, { Name: 'Suffix', Value: '.csv' }] } },
    }, { arn: JOBS, prefix: 'in/', suffix: '.csv' }],
    ['what the CDK configures', {
      Events: ['s3:ObjectCreated:Put'], QueueArn: JOBS, Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'in/' }] } },
    }, { arn: JOBS, prefix: 'in/', suffix: '' }],
    ['what the CDK configures for a topic', { Events: ['s3:ObjectCreated:Put'], TopicArn: 'arn:topic' }, { arn: 'arn:topic', prefix: '', suffix: '' }],
  ])('notifies %s', (_, configuration, notification) => {
    expect(notificationsOf({ Configurations: [configuration] })).toEqual({ notifications: [notification], notes: [] });
    expect(notificationsOf({}, { Configurations: [configuration] })).toEqual({ notifications: [notification], notes: [] });
  });

  test('has what it does not send here named', () => {
    const configurations = [{ Events: ['s3:ObjectRemoved:*', 's3:ObjectCreated:Copy'], Queue: JOBS }, { Event: 's3:ObjectCreated:*', Function: 'arn:f' }];
    expect(notificationsOf({ Configurations: configurations })).toEqual({
      notifications: [],
      notes: [
        `Shop/Files: ${JOBS} is not notified of s3:ObjectRemoved:* here.`, `Shop/Files: ${JOBS} is not notified of s3:ObjectCreated:Copy here.`,
        'Shop/Files: it invokes no function here. It notifies queues and topics of new objects.',
      ],
    });
  });
});
