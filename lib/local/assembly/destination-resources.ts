import type { BucketNotification, LocalBucket, LocalQueue, LocalTopic, QueueSubscription } from './app';
import { bucketNotifications } from './bucket-notifications';
import type { Reading, Where } from './reading';
import { UnresolvedValueError } from './resolution';

const QUEUE_ATTRIBUTES = [
  'ContentBasedDeduplication', 'DelaySeconds', 'FifoQueue', 'MaximumMessageSize', 'MessageRetentionPeriod', 'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy', 'VisibilityTimeout',
];
const TOPIC_ATTRIBUTES = ['ContentBasedDeduplication', 'DisplayName', 'FifoTopic'];
const SUBSCRIPTION_ATTRIBUTES = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery'];

/** A queue as the template has it, as far as the local SQS can. */
export function queueOf(reading: Reading, where: Where): LocalQueue {
  const attributes = attributesOf(reading, where, where.resource.Properties, QUEUE_ATTRIBUTES);
  if (where.resource.Properties?.DeduplicationScope === 'messageGroup') {
    reading.note(where, 'messages are deduplicated across all of its message groups here');
  }
  return { ...reading.named(where), attributes };
}

/** The topics as the templates have them, with the queues that are subscribed to them. */
export function topicsIn(reading: Reading): LocalTopic[] {
  const subscriptions = reading.each(['AWS::SNS::Subscription'], (where) =>
    ({ topicArn: where.get('TopicArn'), to: subscriptionOf(reading, where, where.resource.Properties ?? {}) }));
  return reading.each(['AWS::SNS::Topic'], (where) => {
    const named = reading.named(where);
    const inline: Properties[] = where.resource.Properties?.Subscription ?? [];
    return {
      ...named,
      attributes: attributesOf(reading, where, where.resource.Properties, TOPIC_ATTRIBUTES),
      subscriptions: [
        ...inline.flatMap((each) => subscriptionOf(reading, where, each)),
        ...subscriptions.filter(({ topicArn }) => topicArn === named.arn).flatMap(({ to }) => to),
      ],
    };
  });
}

/** The buckets, with the queues and topics that they notify of new objects. */
export function bucketsIn(reading: Reading): LocalBucket[] {
  const custom = reading.each(['Custom::S3BucketNotifications'], (where) => ({ bucket: where.get('BucketName'), where }));
  return reading.each(['AWS::S3::Bucket'], (where) => {
    const named = reading.named(where);
    const configured = [where, ...custom.filter(({ bucket }) => bucket === named.name).map((other) => other.where)];
    return { ...named, notifications: configured.flatMap((each) => notificationsOf(reading, where, each)) };
  });
}

type Properties = Readonly<Record<string, unknown>>;

/** Those that can't be known here are noted, and stay as they are by default. */
function attributesOf(reading: Reading, where: Where, properties: Properties = {}, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => {
    try {
      const value = reading.resolve(where.stack, properties[name]);
      return value === undefined ? [] : [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]];
    } catch (error) {
      return noted(reading, where, error, `its ${name} has no effect here`);
    }
  }));
}

function subscriptionOf(reading: Reading, where: Where, properties: Properties): QueueSubscription[] {
  try {
    const [protocol, endpoint] = [properties.Protocol, properties.Endpoint].map((value) => reading.resolve(where.stack, value));
    if (protocol !== 'sqs') {
      reading.note(where, `a subscription by ${protocol} gets nothing here. Only queues get messages`);
      return [];
    }
    const attributes = attributesOf(reading, where, properties, SUBSCRIPTION_ATTRIBUTES);
    const operator = foreignOperator(attributes.FilterPolicy);
    if (operator !== undefined) {
      reading.note(where, `its filter policy uses ${JSON.stringify(operator)}, which matches no message here`);
    }
    return [{ queueArn: String(endpoint), attributes }];
  } catch (error) {
    return noted(reading, where, error, 'a subscription gets nothing here');
  }
}

/** The operators of filter policies that the local SNS has. */
const OPERATORS = /^(anything-but|exists|numeric|prefix|suffix)$/;

/** An operator of a filter policy that the local SNS does not have; undefined if there is none. */
function foreignOperator(policy = '{}'): string | undefined {
  const found = new Set<string>();
  const look = (value: unknown, isCondition: boolean): void => {
    if (Array.isArray(value)) {
      value.forEach((element) => look(element, true));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (name === '$or' && Array.isArray(inner)) {
          inner.forEach((branch) => look(branch, false));
        } else if (!isCondition) {
          look(inner, false);
        } else if (!OPERATORS.test(name)) {
          found.add(name);
        }
      }
    }
  };
  look(JSON.parse(policy), false);
  return [...found][0];
}

/** @param configured the resource with the configuration: the bucket, or the CDK's custom resource */
function notificationsOf(reading: Reading, bucket: Where, configured: Where): BucketNotification[] {
  const { EventBridgeConfiguration: bridge, ...lists }: Record<string, any> = configured.resource.Properties?.NotificationConfiguration ?? {};
  if (bridge) {
    reading.note(bucket, 'it sends no events to EventBridge here');
  }
  return Object.values(lists).flat().flatMap((each) => {
    try {
      const { found, omitted } = bucketNotifications(reading.resolve(configured.stack, each));
      omitted.forEach((what) => reading.note(bucket, what));
      return found;
    } catch (error) {
      return noted(reading, bucket, error, 'one of its notifications is not sent here');
    }
  });
}

function noted(reading: Reading, where: Where, error: unknown, effect: string): [] {
  if (!(error instanceof UnresolvedValueError || error instanceof SyntaxError)) {
    throw error;
  }
  reading.note(where, `${effect}: ${error.message}`);
  return [];
}
