import {
  aws_iam as iam, aws_kms as kms, type aws_lambda as lambda, aws_lambda_event_sources as sources, aws_s3 as s3, aws_sns as sns, aws_sqs as sqs,
  Lazy, RemovalPolicy, type Stack,
} from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { ENV, TestApp } from '../app';
import { offenders } from './nag';
import { APPS, arn, keyOf, KEY_ARN } from './variants';
import { FailureStore, S3FailureDestination, StreamPermissions } from '../../lib';

const { MANAGED_POLICY, LEAST_PRIVILEGE } = StreamPermissions;
const IMPORTED_KEY = KEY_ARN;
const OWN_KEY = { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] };

interface Grant {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** What the role of the only function is granted, beside the stream. */
function grants(app: TestApp): Grant[] {
  return Object.values(app.template().findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Action }) => ![Action].flat().includes('dynamodb:GetRecords'))
    .map(({ Effect, ...grant }) => grant);
}

function triggerWith(destination: (app: TestApp) => lambda.IEventSourceDlq | undefined, permissions: StreamPermissions): TestApp {
  const app = new TestApp({ env: ENV });
  app.trigger({ onFailure: destination(app), permissions });
  return app;
}

const OF_THIS_ACCOUNT = { StringEquals: { 's3:ResourceAccount': ENV.account } };

function bucketGrants(of: (objects: string) => unknown, Condition?: unknown): Grant[] {
  return [
    { Action: 's3:PutObject', Resource: of('/*'), Condition },
    { Action: 's3:ListBucket', Resource: of(''), Condition },
  ];
}

function ofOwnBucket(objects: string): unknown {
  const bucket = { 'Fn::GetAtt': [expect.stringMatching(/^Bucket/), 'Arn'] };
  return objects === '' ? bucket : { 'Fn::Join': ['', [bucket, objects]] };
}

function ofImportedBucket(objects: string): unknown {
  return { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::failures${objects}`]] };
}

/** Each kind of destination, with what delivers a failed batch and parks a record there, and nothing else. */
const DESTINATIONS: readonly {
  readonly name: string;
  readonly destination: (app: TestApp) => lambda.IEventSourceDlq | undefined;
  readonly least: readonly Grant[];
}[] = [
  {
    name: 'the queue that the trigger makes',
    destination: () => undefined,
    least: [{ Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'], Resource: { 'Fn::GetAtt': [expect.stringMatching(/^TriggerFailureQueue/), 'Arn'] } }],
  },
  {
    name: 'a queue',
    destination: ({ stack }) => new sources.SqsDlq(new sqs.Queue(stack, 'Queue')),
    least: [{ Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'], Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Queue/), 'Arn'] } }],
  },
  {
    name: 'a queue with a key of the app',
    destination: ({ stack }) => new sources.SqsDlq(new sqs.Queue(stack, 'Queue', { encryptionMasterKey: keyOf(stack) })),
    least: [
      { Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'], Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Queue/), 'Arn'] } },
      { Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: OWN_KEY },
    ],
  },
  {
    name: 'a queue with a key that the CDK makes',
    destination: ({ stack }) => new sources.SqsDlq(new sqs.Queue(stack, 'Queue', { encryption: sqs.QueueEncryption.KMS })),
    least: [
      { Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'], Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Queue/), 'Arn'] } },
      { Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: { 'Fn::GetAtt': [expect.stringMatching(/^QueueKey/), 'Arn'] } },
    ],
  },
  {
    name: 'an imported queue',
    destination: ({ stack }) => new sources.SqsDlq(sqs.Queue.fromQueueArn(stack, 'Queue', arn('sqs', 'failures'))),
    least: [{ Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'], Resource: arn('sqs', 'failures') }],
  },
  {
    name: 'an imported queue with its key',
    destination: ({ stack }) => new sources.SqsDlq(sqs.Queue.fromQueueAttributes(stack, 'Queue', { queueArn: arn('sqs', 'failures'), keyArn: KEY_ARN })),
    least: [
      { Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'], Resource: arn('sqs', 'failures') },
      { Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: IMPORTED_KEY },
    ],
  },
  {
    name: 'a topic',
    destination: ({ stack }) => new sources.SnsDlq(new sns.Topic(stack, 'Topic')),
    least: [{ Action: 'sns:Publish', Resource: { Ref: expect.stringMatching(/^Topic/) } }],
  },
  {
    name: 'a topic with a key of the app',
    destination: ({ stack }) => new sources.SnsDlq(new sns.Topic(stack, 'Topic', { masterKey: keyOf(stack) })),
    least: [
      { Action: 'sns:Publish', Resource: { Ref: expect.stringMatching(/^Topic/) } },
      { Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: OWN_KEY },
    ],
  },
  {
    name: 'an imported topic with its key',
    destination: ({ stack }) => new sources.SnsDlq(sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn: arn('sns', 'failures'), keyArn: KEY_ARN })),
    least: [
      { Action: 'sns:Publish', Resource: arn('sns', 'failures') },
      { Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: IMPORTED_KEY },
    ],
  },
  {
    name: 'a bucket',
    destination: ({ stack }) => new S3FailureDestination(new s3.Bucket(stack, 'Bucket')),
    least: bucketGrants(ofOwnBucket, OF_THIS_ACCOUNT),
  },
  {
    name: 'a bucket with a key of the app',
    destination: ({ stack }) => new S3FailureDestination(new s3.Bucket(stack, 'Bucket', { encryptionKey: keyOf(stack) })),
    least: [...bucketGrants(ofOwnBucket, OF_THIS_ACCOUNT), { Action: 'kms:GenerateDataKey', Resource: OWN_KEY }],
  },
  {
    name: 'an imported bucket',
    destination: ({ stack }) => new S3FailureDestination(s3.Bucket.fromBucketName(stack, 'Bucket', 'failures')),
    least: bucketGrants(ofImportedBucket),
  },
  {
    name: 'an imported bucket of a known account with its key',
    destination: ({ stack }) => new S3FailureDestination(s3.Bucket.fromBucketAttributes(stack, 'Bucket', {
      bucketName: 'failures', account: '999999999999', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN),
    })),
    least: [
      ...bucketGrants(ofImportedBucket, { StringEquals: { 's3:ResourceAccount': '999999999999' } }),
      { Action: 'kms:GenerateDataKey', Resource: IMPORTED_KEY },
    ],
  },
];

describe.each(DESTINATIONS)('$name', ({ destination, least }) => {
  test('is granted with least privilege what delivers and parks, and nothing else', () => {
    expect(grants(triggerWith(destination, LEAST_PRIVILEGE))).toEqual(least);
  });

  test('is granted no less with the managed policy', () => {
    const granted = grants(triggerWith(destination, MANAGED_POLICY)).flatMap(each);

    expect(least.flatMap(each).filter(({ Action, Resource }) => !granted.some((grant) =>
      covers(grant.Action, Action) && isEqual(grant.Resource, Resource)))).toEqual([]);
  });
});

/** A grant as those of one action on one resource. */
function each({ Action, Resource }: Grant): { readonly Action: string; readonly Resource: unknown }[] {
  return [Action].flat().flatMap((action) => [Resource].flat().map((resource) => ({ Action: action, Resource: resource })));
}

function covers(granted: string, action: string): boolean {
  return new RegExp(`^${granted.replace('*', '.*')}$`).test(action);
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}

test('the CDK\'s own bucket destination may neither read nor delete with least privilege', () => {
  const app = triggerWith(({ stack }) => new sources.S3OnFailureDestination(new s3.Bucket(stack, 'Bucket')), LEAST_PRIVILEGE);

  expect(grants(app).flatMap(({ Action }) => Action)).toEqual(['s3:PutObject', 's3:ListBucket']);
});

test.each([MANAGED_POLICY, LEAST_PRIVILEGE])('a destination of the user\'s own grants what it asks for, with %s', (permissions) => {
  const app = triggerWith(({ stack }) => {
    const queue = new sqs.Queue(stack, 'Queue');
    return {
      bind: (_mapping, fn) => {
        queue.grantSendMessages(fn);
        queue.grantPurge(fn);
        return { destination: queue.queueArn };
      },
    };
  }, permissions);

  expect(grants(app).flatMap(({ Action }) => Action)).toEqual([
    'sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:PurgeQueue', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl',
  ]);
});

describe('a destination of another account', () => {
  const other = { env: { account: '999999999999', region: ENV.region } };

  /** The statements of a resource's own policy that let the role of the function in. */
  function letIn(app: TestApp, type: string, policy: string): unknown[] {
    const [[, { Properties }]] = Object.entries(app.template(app.app.node.findChild('Others') as never).findResources(type));
    return Properties[policy].Statement.filter(({ Principal }: any) => JSON.stringify(Principal).includes('role/handler'))
      .flatMap(({ Action }: any) => Action);
  }

  function triggerOf(app: TestApp, onFailure: lambda.IEventSourceDlq): void {
    const role = new iam.Role(app.stack, 'Role', { roleName: 'handler', assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    app.trigger({ handler: app.fn('Fn', { role }), onFailure, permissions: LEAST_PRIVILEGE });
  }

  test('lets the role in by the policies of the queue and of its key', () => {
    const app = new TestApp({ env: ENV });
    const others = app.addStack('Others', other);
    const key = new kms.Key(others, 'Key', { alias: 'failures' });
    triggerOf(app, new sources.SqsDlq(new sqs.Queue(others, 'Queue', { queueName: 'failures', encryptionMasterKey: key })));

    expect(letIn(app, 'AWS::SQS::QueuePolicy', 'PolicyDocument')).toContain('sqs:SendMessage');
    expect(letIn(app, 'AWS::KMS::Key', 'KeyPolicy')).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey*']));
  });

  test('lets the role in by the policies of the bucket and of its key', () => {
    const app = new TestApp({ env: ENV });
    const others = app.addStack('Others', other);
    const key = new kms.Key(others, 'Key', { alias: 'failures' });
    triggerOf(app, new S3FailureDestination(new s3.Bucket(others, 'Bucket', { bucketName: 'failures', encryptionKey: key })));

    expect(letIn(app, 'AWS::S3::BucketPolicy', 'PolicyDocument')).toEqual(['s3:PutObject', 's3:ListBucket']);
    expect(letIn(app, 'AWS::KMS::Key', 'KeyPolicy')).toEqual(['kms:GenerateDataKey']);
    expect(grants(app)[0].Condition).toEqual({ StringEquals: { 's3:ResourceAccount': '999999999999' } });
  });

  test.each<[string, (stack: Stack) => lambda.IEventSourceDlq]>([
    ['queue', (stack) => new sources.SqsDlq(new sqs.Queue(stack, 'Queue', { queueName: 'failures' }))],
    ['topic', (stack) => new sources.SnsDlq(new sns.Topic(stack, 'Topic', { topicName: 'failures' }))],
    ['bucket', (stack) => new S3FailureDestination(new s3.Bucket(stack, 'Bucket', { bucketName: 'failures' }))],
  ])('is told to the function although the policy of the %s names the role of the function: names across accounts need nothing', (_name, destination) => {
    for (const env of [other.env, { ...ENV, region: 'us-east-1' }]) {
      const app = new TestApp({ env: ENV });
      triggerOf(app, destination(app.addStack('Others', { env })));
      app.app.synth();

      expect(app.warnings()).not.toContain('parking-off');
      expect(JSON.stringify(app.template().findResources('AWS::Lambda::Function'))).toMatch(/park.*failures/);
    }
  });
});

test.each([
  ['nothing', undefined],
  ['no destination', {}],
  ['an empty one', { destination: '' }],
  ['something else than a text', { destination: 5 }],
])('a destination of an untyped caller whose bind returns %s is refused: none is what NoFailureDestination is for', (_name, bound: any) => {
  const app = new TestApp();

  expect(() => app.trigger({ onFailure: { bind: () => bound } })).toThrow(expect.objectContaining({
    name: 'InvalidTriggerError',
    violations: [expect.objectContaining({
      ruleId: 'destination-type',
      message: 'onFailure names no destination: its bind(…) must return { destination } with the ARN of a queue, a topic or a bucket. '
        + 'Return that, or give NoFailureDestination.INSTANCE to have none.',
    })],
  }));
});

test('a destination may be named by a token that is not a text', () => {
  const app = new TestApp();
  const destination: any = { 'Fn::ImportValue': 'FailureTopic' };
  app.trigger({ onFailure: { bind: () => ({ destination: Lazy.any({ produce: () => destination }) as any }) } });

  expect(app.mapping().DestinationConfig).toEqual({ OnFailure: { Destination: destination } });
});

describe('the queue that the trigger makes', () => {
  test.each([
    ['beside the trigger', (app: TestApp) => app.stack],
    ['beside a function of another stack', (app: TestApp) => app.addStack('Functions')],
  ])('%s keeps messages as long as SQS can, takes TLS only and stays when the trigger goes', (_name, stackOf) => {
    const app = new TestApp();
    const stack = stackOf(app);
    app.trigger({ handler: app.fn('Fn', {}, stack) });
    const template = app.template(stack);

    template.hasResource('AWS::SQS::Queue', {
      Properties: { MessageRetentionPeriod: 14 * 24 * 60 * 60, SqsManagedSseEnabled: true, FifoQueue: Match.absent() },
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    template.hasResource('AWS::SQS::QueuePolicy', {
      Properties: {
        PolicyDocument: {
          Statement: [{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
        },
      },
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test.each([
    [RemovalPolicy.DESTROY, 'Delete'],
    [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate'],
  ])('follows the removal policy %s', (failureQueueRemovalPolicy, deletionPolicy) => {
    const app = new TestApp();
    app.trigger({ failureQueueRemovalPolicy });

    for (const type of ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy']) {
      app.template().hasResource(type, { DeletionPolicy: deletionPolicy });
    }
  });
});

describe.each(APPS)('cdk-nag, in $age,', ({ flags }) => {
  test('still objects to a queue without dead-letter queue that no mapping fails to', () => {
    const app = new TestApp({ env: ENV }, flags);
    const [given, other] = ['Given', 'Other'].map((id) => new sqs.Queue(app.stack, id, { enforceSSL: true }));
    app.trigger({ onFailure: new sources.SqsDlq(given), permissions: LEAST_PRIVILEGE });

    expect(offenders(app, 'AwsSolutions-SQS3')).toEqual([`${other.node.path}/Resource`]);
  });

  test('gets the reasons why it must not object', () => {
    const app = new TestApp({ env: ENV }, flags);
    const store = new FailureStore(app.stack, 'Failures');
    app.trigger({ onFailure: store });
    app.trigger({ handler: app.fn('Other') }, 'Second');
    const reasons = app.stack.node.findAll().flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === 'aws:cdk:acknowledged-rules').map(({ data }) => Object.entries(data as object));

    const queue = 'This queue is the dead-letter queue of an event source mapping, which cdk-nag does not know.';
    expect(Object.fromEntries(reasons.flat().map(([id, reason]) => [id.replace(/\[.*/, ''), reason]))).toEqual({
      'AwsSolutions-SQS3': queue,
      'Serverless-SQSRedrivePolicy': queue,
      'AwsSolutions-S1': 'An access log is a bucket of its own, which the organisation chooses. Who may use this bucket is decided by grants: its policy opens it to '
        + 'nobody.',
      'AwsSolutions-IAM5': 'Lambda creates a mapping only if its function may put any object into the bucket.',
    });
  });

  test('still objects to what the app itself grants on objects of the bucket', () => {
    const app = new TestApp({ env: ENV }, flags);
    const bucket = new s3.Bucket(app.stack, 'Bucket');
    const handler = app.fn();
    app.trigger({ handler, onFailure: new S3FailureDestination(bucket), permissions: LEAST_PRIVILEGE });
    bucket.grantRead(handler);

    const objects = `AwsSolutions-IAM5[Resource::<${app.stack.getLogicalId(bucket.node.defaultChild as s3.CfnBucket)}.Arn>/*]`;
    expect(offenders(app, objects)).toHaveLength(1);
  });
});
