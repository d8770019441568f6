import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aws_kms as kms, aws_s3 as s3, aws_sqs as sqs, type IResource, NestedStack, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as fc from 'fast-check';
import { FailureStore, S3FailureDestination, StreamPermissions } from '../../lib';
import { ENV, TestApp } from '../app';

const STORED = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };

/** The only resource of a type. */
function only(template: Template, type: string): any {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0];
}

function storeWith(props?: ConstructorParameters<typeof FailureStore>[2]): { app: TestApp; template: Template; store: FailureStore } {
  const app = new TestApp({ env: ENV });
  const store = new FailureStore(app.stack, 'Failures', props);
  return { app, template: app.template(), store };
}

test('a store is an encrypted bucket without public access, whose objects expire, and an encrypted queue; both stay', () => {
  const { template } = storeWith();
  template.hasResource('AWS::S3::Bucket', {
    ...STORED,
    Properties: {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 90, Status: 'Enabled' }] },
    },
  });
  template.hasResource('AWS::SQS::Queue', { ...STORED, Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 } });
  template.allResources('AWS::S3::BucketPolicy', Match.objectLike(STORED));
  template.allResources('AWS::SQS::QueuePolicy', Match.objectLike(STORED));
  for (const type of ['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy']) {
    expect(only(template, type).Properties.PolicyDocument.Statement).toContainEqual(expect.objectContaining({
      Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }));
  }
});

test('S3 notifies the queue of every failure, without a function that configures it', () => {
  const { template } = storeWith();
  const { Properties, DependsOn } = only(template, 'AWS::S3::Bucket');
  const queue = { 'Fn::GetAtt': [Object.keys(template.findResources('AWS::SQS::Queue'))[0], 'Arn'] };
  expect(Properties.NotificationConfiguration).toEqual({
    QueueConfigurations: ['aws/lambda/', 'dynamo-stream-trigger/parked/'].map((Value) => ({
      Event: 's3:ObjectCreated:*', Queue: queue, Filter: { S3Key: { Rules: [{ Name: 'prefix', Value }] } },
    })),
  });
  // S3 tries the queue when the bucket is made.
  expect(DependsOn).toEqual(Object.keys(template.findResources('AWS::SQS::QueuePolicy')));
  expect(only(template, 'AWS::SQS::QueuePolicy').Properties.PolicyDocument.Statement).toContainEqual({
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queue,
    Condition: { StringEquals: { 'aws:SourceAccount': ENV.account } },
  });
  template.resourceCountIs('AWS::Lambda::Function', 0);
});

test.each<[string, (bucket: s3.IBucket, queue: sqs.IQueue) => void]>([
  ['addEventNotification', (bucket, queue) => bucket.addEventNotification(s3.EventType.OBJECT_REMOVED, new SqsDestination(queue))],
  ['enableEventBridgeNotification', (bucket) => bucket.enableEventBridgeNotification()],
])('%s of the bucket fails the synth, because it would replace the notifications of the queue', (_, add) => {
  const app = new TestApp({ env: ENV });
  const store = new FailureStore(app.stack, 'Failures');
  add(store.bucket, new sqs.Queue(app.stack, 'Other'));
  expect(() => app.app.synth()).toThrow(
    'addEventNotification and enableEventBridgeNotification can\'t be used for the bucket of a FailureStore (Orders/Failures/Bucket): at the deployment they '
    + 'replace the notifications that tell its queue of each failure. Subscribe to what reads the queue, or use FailureStore.fromBucketAndQueue with a bucket '
    + 'of your own that notifies both.');
});

test('a key is that of the bucket, and the function may use it', () => {
  const app = new TestApp({ env: ENV });
  const encryptionKey = new kms.Key(app.stack, 'Key');
  app.trigger({ onFailure: new FailureStore(app.stack, 'Failures', { encryptionKey }), permissions: StreamPermissions.LEAST_PRIVILEGE });
  const template = app.template();
  const key = app.stack.resolve(encryptionKey.keyArn);
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } }] },
  });
  template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true, KmsMasterKeyId: Match.absent() });
  const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  expect(statements).toContainEqual({ Effect: 'Allow', Action: 'kms:GenerateDataKey', Resource: key });
});

test('a removal policy is that of everything in the store', () => {
  const { template } = storeWith({ removalPolicy: RemovalPolicy.DESTROY });
  const policies = Object.values<any>(template.toJSON().Resources).map(({ DeletionPolicy }) => DeletionPolicy ?? 'Delete');
  expect(new Set(policies)).toEqual(new Set(['Delete']));
});

test('a trigger names the bucket as its destination, for Lambda and for the runtime, and has no queue of its own', () => {
  const app = new TestApp({ env: ENV });
  const store = new FailureStore(app.stack, 'Failures');
  const trigger = app.trigger({ onFailure: store });
  const bucket = app.stack.resolve(store.bucket.bucketArn);
  expect(app.mapping().DestinationConfig).toEqual({ OnFailure: { Destination: bucket } });
  expect(JSON.stringify(Object.values(app.template().findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties.Environment)))
    .toContain(JSON.stringify(bucket));
  expect(trigger.failureQueue).toBeUndefined();
  expect(trigger.failureDestination).toBe(store);
  app.template().resourceCountIs('AWS::SQS::Queue', 1);
});

test('one store serves triggers of any stack, nested ones too, and makes no circle where a bucket has none', () => {
  const place = fc.nat({ max: 4 });
  const places = fc.record({
    store: place,
    triggers: fc.array(fc.record({ table: place, handler: place, trigger: place }), { minLength: 1, maxLength: 3 }),
    withKey: fc.boolean(),
  });
  const outcomes: string[] = [];
  fc.assert(fc.property(places, ({ store, triggers, withKey }) => {
    const [ours, plain] = [FailureStore, PlainStore].map((Store) => {
      const app = new TestApp({ env: ENV });
      const [second, third] = [app.addStack('Second', { env: ENV }), app.addStack('Third', { env: ENV })];
      const stacks = [app.stack, second, third, new NestedStack(app.stack, 'Nested'), new NestedStack(second, 'Nested')];
      // CloudFormation has no stack without a resource.
      stacks.forEach((stack) => new sqs.Queue(stack, 'Any'));
      const onFailure = new Store(stacks[store], 'Failures', { encryptionKey: withKey ? new kms.Key(stacks[store], 'Key') : undefined });
      triggers.forEach((at, n) => app.trigger({
        table: app.table(`Table${n}`, {}, stacks[at.table]), handler: app.fn(`Fn${n}`, {}, stacks[at.handler]), onFailure,
      }, `Trigger${n}`, stacks[at.trigger]));
      return outcome(app, stacks);
    });
    expect(ours).toBe(plain);
    outcomes.push(ours);
  }), { numRuns: 25 });
  expect(outcomes).toContain('synthesized');
});

/** A bucket that notifies nobody. */
class PlainStore extends S3FailureDestination {
  constructor(scope: Stack, id: string, props: s3.BucketProps) {
    super(new s3.Bucket(scope, id, props));
  }
}

function outcome({ app }: TestApp, stacks: readonly Stack[]): 'synthesized' | 'circular' {
  try {
    app.synth();
    stacks.forEach((stack) => Template.fromStack(stack));
    return 'synthesized';
  } catch (error) {
    if (!/cycl|circular/i.test((error as Error).message)) {
      throw error;
    }
    return 'circular';
  }
}

test('a FIFO queue, which S3 never notifies, fails the synth', () => {
  const { stack, app } = new TestApp({ env: ENV });
  FailureStore.fromBucketAndQueue(stack, 'Failures', new s3.Bucket(stack, 'Bucket'), new sqs.Queue(stack, 'Queue', { fifo: true }));
  expect(() => app.synth()).toThrow('The queue of a FailureStore (Orders/Failures) is a FIFO queue but S3 notifies only standard ones. Give a standard one.');
});

describe('a bucket and a queue that exist', () => {
  const app = new TestApp({ env: ENV });
  const bucket = s3.Bucket.fromBucketName(app.stack, 'Bucket', 'our-failures');
  const queue = sqs.Queue.fromQueueArn(app.stack, 'Queue', 'arn:aws:sqs:eu-west-1:111122223333:our-failures');
  const store = FailureStore.fromBucketAndQueue(app.stack, 'Failures', bucket, queue);
  app.trigger({ onFailure: store, permissions: StreamPermissions.LEAST_PRIVILEGE });

  test('become a store, which makes nothing', () => {
    expect([store.bucket, store.queue]).toEqual<IResource[]>([bucket, queue]);
    app.template().resourceCountIs('AWS::S3::Bucket', 0);
    app.template().resourceCountIs('AWS::SQS::Queue', 0);
    expect(app.mapping().DestinationConfig).toEqual({ OnFailure: { Destination: app.stack.resolve(bucket.bucketArn) } });
  });

  test('need from their owner what a store has, as docs/operate/failures.md says', () => {
    const page = readFileSync(join(__dirname, '..', '..', 'docs', 'operate', 'failures.md'), 'utf8');
    const [statement, notifications] = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, json]) => JSON.parse(json));
    const { template } = storeWith();
    const made = only(template, 'AWS::SQS::QueuePolicy').Properties.PolicyDocument.Statement.at(-1);
    const { account, queueArn } = { account: '111122223333', queueArn: queue.queueArn };
    expect(statement).toEqual({ ...made, Resource: queueArn, Condition: { StringEquals: { 'aws:SourceAccount': account } } });
    const configurations = only(template, 'AWS::S3::Bucket').Properties.NotificationConfiguration.QueueConfigurations;
    expect(notifications).toEqual({
      QueueConfigurations: configurations.map(({ Event, Filter }: any) => ({
        Events: [Event], QueueArn: queueArn, Filter: { Key: { FilterRules: Filter.S3Key.Rules } },
      })),
    });
  });
});
