import { join } from 'node:path';
import {
  aws_dynamodb as dynamodb, aws_ec2 as ec2, aws_ecr as ecr, aws_iam as iam, aws_kms as kms, aws_lambda as lambda,
  aws_lambda_event_sources as sources, aws_s3 as s3, aws_sns as sns, aws_sqs as sqs, Duration, RemovalPolicy, type Stack, Tags,
} from 'aws-cdk-lib';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import {
  type DynamoStreamTriggerProps, FailureStore, NoFailureDestination, S3FailureDestination, StreamedTable, StreamEventName, StreamFilter,
  StreamFunction, StreamPermissions,
} from '../../lib';
import { ENV, TestApp } from '../app';

/** The CDK's feature flags. */
export interface Flags {
  readonly [flag: string]: boolean;
}

/** An app that never set a feature flag, and one that sets those that change policies. */
export const APPS: readonly { readonly age: string; readonly flags: Flags }[] = [
  { age: 'an old app', flags: {} },
  {
    age: 'a new app',
    flags: {
      ...CURRENTLY_RECOMMENDED_FLAGS as Flags,
      '@aws-cdk/aws-iam:minimizePolicies': true,
      '@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy': true,
    },
  },
];

/** An app whose trigger uses an option, or some that belong together. */
export interface Variant {
  readonly name: string;
  readonly app: (flags?: Flags) => TestApp;
  /** What cdk-nag's AwsSolutions finds in it because of choices of the app. */
  readonly choices?: readonly string[];
}

/**
 * Apps for what must hold with any options. All that is not the trigger is as cdk-nag wants it, and permissions are least privilege unless a
 * variant says otherwise.
 */
export const VARIANTS: readonly Variant[] = [
  { name: 'the defaults, in any account and Region', app: (flags) => built({ permissions: undefined }, new TestApp({}, flags)), choices: [managed('AWSLambdaDynamoDBExecutionRole')] },
  { name: 'least privilege, in any account and Region', app: (flags) => built({}, new TestApp({}, flags)) },
  variant('every setting of the mapping', ({ stack }) => ({
    startingPosition: lambda.StartingPosition.LATEST,
    batchSize: 10_000,
    maxBatchingWindow: Duration.minutes(5),
    parallelizationFactor: 10,
    retryAttempts: -1,
    maxRecordAge: Duration.seconds(60),
    bisectBatchOnError: false,
    enabled: false,
    filters: [StreamFilter.eventName(StreamEventName.INSERT), StreamFilter.notExpired()],
    filterEncryption: keyOf(stack),
    metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
  })),
  variant('a tumbling window', () => ({ tumblingWindow: Duration.minutes(15), reportBatchItemFailures: false })),

  variant('no failure destination', () => ({ onFailure: NoFailureDestination.INSTANCE })),
  variant('a failure queue that is deleted with the trigger', () => ({ failureQueueRemovalPolicy: RemovalPolicy.DESTROY })),
  variant('a given queue', ({ stack }) => ({ onFailure: new sources.SqsDlq(new sqs.Queue(stack, 'Queue', { enforceSSL: true })) })),
  variant('a queue with a key', ({ stack }) => ({
    onFailure: new sources.SqsDlq(new sqs.Queue(stack, 'Queue', { enforceSSL: true, encryptionMasterKey: keyOf(stack) })),
  })),
  variant('an imported queue with a key', ({ stack }) => ({
    onFailure: new sources.SqsDlq(sqs.Queue.fromQueueAttributes(stack, 'Queue', { queueArn: arn('sqs', 'failures'), keyArn: KEY_ARN })),
  })),
  variant('a topic', ({ stack }) => ({ onFailure: new sources.SnsDlq(new sns.Topic(stack, 'Topic', { enforceSSL: true })) })),
  variant('a topic with a key', ({ stack }) => ({
    onFailure: new sources.SnsDlq(new sns.Topic(stack, 'Topic', { enforceSSL: true, masterKey: keyOf(stack) })),
  })),
  variant('an imported topic with a key', ({ stack }) => ({
    onFailure: new sources.SnsDlq(sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn: arn('sns', 'failures'), keyArn: KEY_ARN })),
  })),
  variant('a bucket', ({ stack }) => ({ onFailure: new S3FailureDestination(bucketOf(stack)) })),
  variant('a bucket with a key', ({ stack }) => ({ onFailure: new S3FailureDestination(bucketOf(stack, { encryptionKey: keyOf(stack) })) })),
  variant('an imported bucket with a key', ({ stack }) => ({
    onFailure: new S3FailureDestination(s3.Bucket.fromBucketAttributes(stack, 'Bucket', {
      bucketName: 'failures', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN),
    })),
  })),
  variant('a bucket of another stack', (app) => ({ onFailure: new S3FailureDestination(bucketOf(app.addStack('Buckets', { env: ENV }))) })),
  variant('a store of failures', ({ stack }) => ({ onFailure: new FailureStore(stack, 'Failures') })),
  variant('a store of failures with a key', ({ stack }) => ({ onFailure: new FailureStore(stack, 'Failures', { encryptionKey: keyOf(stack) }) })),
  variant('a store of failures of another stack', (app) => ({ onFailure: new FailureStore(app.addStack('Stores', { env: ENV }), 'Failures') })),

  variant('a Table', ({ stack }) => ({ table: tableOfFirstGeneration(stack) })),
  variant('a Table with a key', ({ stack }) => ({ table: tableOfFirstGeneration(stack, { encryptionKey: keyOf(stack) }) })),
  variant('a TableV2 with a key', (app) => ({
    table: app.table('Table', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(keyOf(app.stack)) }),
  })),
  variant('an imported table with a key', ({ stack }) => ({
    table: dynamodb.TableV2.fromTableAttributes(stack, 'Table', {
      tableName: 'orders', tableStreamArn: STREAM_ARN, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN),
    }),
  })),

  variant('a table whose stream is looked up', ({ stack }) => ({ table: StreamedTable.fromTableName(stack, 'Table', 'orders') })),
  variant('a table of another stack whose stream is looked up', (app) => ({
    table: StreamedTable.fromTable(app.stack, 'Table', app.table('Orders', {}, app.addStack('Tables', { env: ENV }))),
  })),

  variant('an alias', ({ stack }) => ({ handler: new lambda.Alias(stack, 'Live', { aliasName: 'live', version: streamFunction(stack).currentVersion }) })),
  variant('a version', ({ stack }) => ({ handler: streamFunction(stack).currentVersion })),
  variant('a function in a VPC', ({ stack }) => ({ handler: streamFunction(stack, { vpc: vpcOf(stack) }) }), [managed('AWSLambdaVPCAccessExecutionRole')]),
  variant('a function in Python', (app) => ({
    handler: app.fn('Fn', {
      runtime: lambda.Runtime.PYTHON_3_15,
      code: lambda.Code.fromInline('def handler(event, context):\n  return {"batchItemFailures": []}\n'),
      timeout: Duration.minutes(1),
      role: roleOf(app.stack),
    }),
  })),
  variant('a function in Java', (app) => ({
    handler: app.fn('Fn', {
      runtime: lambda.Runtime.JAVA_25,
      code: lambda.Code.fromAsset(join(__dirname, 'handlers')),
      handler: 'orders.OnOrder::handleRequest',
      timeout: Duration.minutes(1),
      role: roleOf(app.stack),
    }),
  })),
  variant('a function in a container', ({ stack }) => ({
    handler: new lambda.DockerImageFunction(stack, 'Fn', {
      code: lambda.DockerImageCode.fromEcr(ecr.Repository.fromRepositoryName(stack, 'Images', 'images')),
      timeout: Duration.minutes(1),
      role: roleOf(stack),
    }),
  })),
  variant('an imported function with its role', ({ stack }) => ({
    handler: lambda.Function.fromFunctionAttributes(stack, 'Fn', {
      functionArn: FUNCTION_ARN, role: iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::123456789012:role/handler'),
    }),
  })),
  variant('a function of another stack', (app) => ({ handler: streamFunction(app.addStack('Functions', { env: ENV })) })),
  { name: 'two triggers on one function and one table', app: twoTriggers },
];

export const KEY_ARN = arn('kms', 'key/11111111-2222-3333-4444-555555555555');
export const FUNCTION_ARN = arn('lambda', 'function:imported');
export const STREAM_ARN = arn('dynamodb', 'table/orders/stream/2026-01-01T00:00:00.000');

export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:eu-west-1:123456789012:${resource}`;
}

function variant(name: string, props: (app: TestApp) => Partial<DynamoStreamTriggerProps>, choices?: readonly string[]): Variant {
  return {
    name,
    app: (flags) => {
      const app = new TestApp({ env: ENV }, flags);
      return built(props(app), app);
    },
    choices,
  };
}

function built(props: Partial<DynamoStreamTriggerProps>, app: TestApp): TestApp {
  const trigger = app.trigger({
    handler: props.handler ?? streamFunction(app.stack), permissions: StreamPermissions.LEAST_PRIVILEGE, ...props,
  });
  Tags.of(trigger).add('team', 'orders');
  return app;
}

function twoTriggers(flags?: Flags): TestApp {
  const app = new TestApp({ env: ENV }, flags);
  const [table, handler] = [app.table(), streamFunction(app.stack)];
  const permissions = StreamPermissions.LEAST_PRIVILEGE;
  app.trigger({ table, handler: handler.addAlias('one'), permissions }, 'One');
  app.trigger({ table, handler: handler.addAlias('two'), permissions }, 'Two');
  return app;
}

function managed(policy: string): string {
  return `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`;
}

function streamFunction(stack: Stack, props: Partial<lambda.FunctionOptions> = {}): StreamFunction {
  return new StreamFunction(stack, 'OnOrder', { entry: join(__dirname, 'handlers', 'on-order.ts'), ...props });
}

function roleOf(stack: Stack): iam.Role {
  return new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
}

export function keyOf(stack: Stack): kms.Key {
  return new kms.Key(stack, 'Key', { enableKeyRotation: true });
}

function bucketOf(stack: Stack, props: s3.BucketProps = {}): s3.Bucket {
  const accessLogs = s3.Bucket.fromBucketName(stack, 'AccessLogs', 'access-logs');
  return new s3.Bucket(stack, 'Bucket', { enforceSSL: true, serverAccessLogsBucket: accessLogs, ...props });
}

function tableOfFirstGeneration(stack: Stack, props: Partial<dynamodb.TableProps> = {}): dynamodb.Table {
  return new dynamodb.Table(stack, 'Table', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    ...props,
  });
}

function vpcOf(stack: Stack): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-11111111'], privateSubnetRouteTableIds: ['rtb-11111111'],
  });
}
