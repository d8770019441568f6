import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnCondition, CfnOutput, CfnParameter, CfnResource, Duration, Fn, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, S3OnFailureDestination, SnsDlq, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secrets from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { functionOf, localApp, ordersTable, synthesize } from './fixture-app';
import { readApp } from '../../lib/local/assembly/read-app';
import type { Endpoints } from '../../lib/local/assembly/resource-names';
import { folderWith } from '../folder';

const ENDPOINTS: Endpoints = {
  dynamodb: 'http://127.0.0.1:1', api: 'http://127.0.0.1:3',
  destinations: 'http://127.0.0.1:2',
  streamLabels: new Map([['arn:aws:dynamodb:us-east-1:000000000000:table/orders', '2026-11-23T09:00:00.000']]),
};
const PIPE = { RoleArn: 'arn:aws:iam::123456789012:role/pipe', Target: 'arn:aws:sqs:us-east-1:123456789012:ours' };
const HANDLER = 'exports.handler = async () => {};';
const source = (table: dynamodb.ITable, props: Partial<ConstructorParameters<typeof DynamoEventSource>[1]> = {}) =>
  new DynamoEventSource(table, { startingPosition: lambda.StartingPosition.TRIM_HORIZON, ...props });

test('a mapping is found with its table, its function and Lambda\'s own defaults', () => {
  const { mappings: [mapping], tables, functions, notRunning } = readApp(synthesize((stack) => {
    functionOf(stack, 'OnOrder', HANDLER).addEventSource(source(ordersTable(stack)));
  }));
  expect(notRunning).toEqual([]);
  expect(mapping).toMatchObject({
    path: expect.stringMatching('Shop/OnOrder/DynamoDBEventSource'),
    table: tables[0],
    function: functions[0],
    functionArn: functions[0].arn,
    executedVersion: '$LATEST',
    settings: {
      startingPosition: 'TRIM_HORIZON',
      batchSize: 100,
      maxBatchingWindow: 0,
      parallelizationFactor: 1,
      retryAttempts: -1,
      maxRecordAge: -1,
      bisectBatchOnError: false,
      reportBatchItemFailures: false,
      tumblingWindow: 0,
      enabled: true,
      filters: [],
    },
  });
  expect(functions[0]).toMatchObject({ path: 'Shop/OnOrder', handler: 'index.handler', runtime: 'nodejs22.x', timeout: 900, memorySize: 256 });
});

test('all settings of a mapping are read', () => {
  const { mappings: [{ settings, destinationArn }] } = readApp(synthesize((stack) => {
    functionOf(stack, 'OnOrder', HANDLER).addEventSource(source(ordersTable(stack), {
      startingPosition: lambda.StartingPosition.LATEST,
      batchSize: 7,
      maxBatchingWindow: Duration.seconds(8),
      parallelizationFactor: 1,
      retryAttempts: 4,
      maxRecordAge: Duration.minutes(5),
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      tumblingWindow: Duration.seconds(9),
      filters: [lambda.FilterCriteria.filter({ eventName: ['INSERT'] })],
      onFailure: new SqsDlq(new sqs.Queue(stack, 'Failures', { queueName: 'failures' })),
    }));
  }));
  expect(settings).toEqual({
    startingPosition: 'LATEST',
    batchSize: 7,
    maxBatchingWindow: 8,
    parallelizationFactor: 1,
    retryAttempts: 4,
    maxRecordAge: 300,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    tumblingWindow: 9,
    enabled: true,
    filters: ['{"eventName":["INSERT"]}'],
  });
  expect(destinationArn).toBe('arn:aws:sqs:us-east-1:000000000000:failures');
});

test('tables are read with their indexes, view type and time to live, global tables and encrypted ones too', () => {
  const { tables } = readApp(synthesize((stack) => {
    const orders = ordersTable(stack, 'Orders', {
      stream: dynamodb.StreamViewType.KEYS_ONLY,
      timeToLiveAttribute: 'expires',
      encryptionKey: new kms.Key(stack, 'Key'),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    });
    orders.addLocalSecondaryIndex({ indexName: 'byDate', sortKey: { name: 'date', type: dynamodb.AttributeType.NUMBER } });
    const places = new dynamodb.TableV2(stack, 'Places', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.BINARY },
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
      billing: dynamodb.Billing.provisioned({
        readCapacity: dynamodb.Capacity.fixed(5), writeCapacity: dynamodb.Capacity.autoscaled({ maxCapacity: 9 }),
      }),
      globalSecondaryIndexes: [{
        indexName: 'byName',
        partitionKey: { name: 'name', type: dynamodb.AttributeType.STRING },
        projectionType: dynamodb.ProjectionType.INCLUDE,
        nonKeyAttributes: ['size'],
      }],
    });
    const onChange = functionOf(stack, 'OnChange', HANDLER);
    onChange.addEventSource(source(orders));
    onChange.addEventSource(source(places));
  }));
  expect(tables).toMatchObject([
    {
      path: 'Shop/Orders',
      streamViewType: 'KEYS_ONLY',
      timeToLiveAttribute: 'expires',
      globalIndexes: [],
      keySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      localIndexes: [{ IndexName: 'byDate', Projection: { ProjectionType: 'ALL' } }],
    },
    {
      path: 'Shop/Places',
      streamViewType: 'NEW_IMAGE',
      attributeDefinitions: [{ AttributeName: 'id', AttributeType: 'B' }, { AttributeName: 'name' }],
      globalIndexes: [{ IndexName: 'byName', Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['size'] } }],
    },
  ]);
});

test('environment variables name the local resources', () => {
  const { functions: [onOrder], storedValues } = readApp(synthesize((stack) => {
    const orders = ordersTable(stack, 'Orders', { tableName: 'orders' });
    const queue = new sqs.Queue(stack, 'Queue', { queueName: 'jobs' });
    const topic = new sns.Topic(stack, 'Topic', { topicName: 'news' });
    const bucket = new s3.Bucket(stack, 'Bucket', { bucketName: 'files' });
    const fn = functionOf(stack, 'OnOrder', HANDLER, {
      environment: {
        TABLE: orders.tableName,
        STREAM: orders.tableStreamArn!,
        QUEUE_URL: queue.queueUrl,
        QUEUE_ARN: queue.queueArn,
        TOPIC: topic.topicArn,
        BUCKET: bucket.bucketName,
        JOINED: `${bucket.arnForObjects('a/*')} in ${stack.region} of ${stack.account}`,
        JSON: stack.toJsonString({ stream: orders.tableStreamArn, level: 2 }),
        PARAMETER: new CfnParameter(stack, 'Level', { default: 'info' }).valueAsString,
        KEY: new kms.Key(stack, 'Key').keyArn,
        UNKNOWN: Fn.importValue('elsewhere'),
        MIXED: `${Fn.importValue('elsewhere')}/{{resolve:secretsmanager:prod/key:SecretString:::}}/x`,
        SECRET: '{{resolve:secretsmanager:prod/key:SecretString:::}}',
        ...stored(stack),
      },
    });
    fn.addEventSource(source(orders));
  }));
  const { variables, unknown } = onOrder.environment(ENDPOINTS);
  const stream = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-23T09:00:00.000';
  expect(variables).toEqual({
    TABLE: 'orders',
    STREAM: stream,
    QUEUE_URL: 'http://127.0.0.1:2/000000000000/jobs',
    QUEUE_ARN: 'arn:aws:sqs:us-east-1:000000000000:jobs',
    TOPIC: 'arn:aws:sns:us-east-1:000000000000:news',
    BUCKET: 'files',
    JOINED: 'arn:aws:s3:::files/a/* in us-east-1 of 000000000000',
    JSON: JSON.stringify({ stream, level: 2 }),
    PARAMETER: 'info',
    KEY: expect.stringMatching(/^arn:aws:kms:us-east-1:000000000000:key\//),
    MIXED: 'UNKNOWN-the-export-elsewhere/UNKNOWN-the-secret-prod-key/x',
    LEVEL: 'debug',
    LEVELS: 'debug of debug',
    PASSWORD: expect.stringMatching(/^[A-Z]{12}$/),
    USER: 'me',
    GIVEN: 'given',
  });
  const elsewhere = 'the export elsewhere is only known after a deployment';
  const secret = 'the secret prod/key is not in this app';
  expect(unknown).toEqual([
    { name: 'UNKNOWN', reasons: [elsewhere], isSet: false },
    { name: 'MIXED', reasons: [elsewhere, secret], isSet: true },
    { name: 'SECRET', reasons: [secret], isSet: false },
  ]);
  expect(storedValues(ENDPOINTS)).toEqual({
    parameters: [{ name: '/app/level', type: 'String', value: 'debug' }],
    secrets: [
      { name: 'login', arn: expect.stringMatching(/:secret:login-/), value: expect.stringMatching(/^\{"user":"me","password":"[A-Z]{12}"\}$/) },
      { name: 'token', arn: expect.stringMatching(/:secret:token-/), value: 'given' },
    ],
  });
});

/** Variables that name parameters and secrets of the app. */
function stored(stack: Stack): Record<string, string> {
  const level = new ssm.StringParameter(stack, 'LevelParameter', { parameterName: '/app/level', stringValue: 'debug' });
  const login = new secrets.Secret(stack, 'Login', {
    secretName: 'login',
    generateSecretString: { secretStringTemplate: '{"user":"me"}', generateStringKey: 'password', passwordLength: 12, excludeLowercase: true, excludeNumbers: true },
  });
  new secrets.CfnSecret(stack, 'Token', { name: 'token', secretString: 'given' });
  return {
    LEVEL: ssm.StringParameter.valueForStringParameter(stack, '/app/level'),
    LEVELS: `${level.stringValue} of {{resolve:ssm:/app/level:1}}`,
    PASSWORD: login.secretValueFromJson('password').unsafeUnwrap(),
    USER: login.secretValueFromJson('user').unsafeUnwrap(),
    GIVEN: '{{resolve:secretsmanager:token}}',
  };
}

test('stacks with an environment of their own keep their account and region', () => {
  const { tables: [table], mappings: [mapping] } = readApp(synthesize((stack) => {
    functionOf(stack, 'OnOrder', HANDLER).addEventSource(source(ordersTable(stack, 'Orders', { tableName: 'orders' })));
  }, { account: '123456789012', region: 'eu-west-1' }));
  expect(table.arn).toBe('arn:aws:dynamodb:eu-west-1:123456789012:table/orders');
  expect(mapping.functionArn).toMatch('arn:aws:lambda:eu-west-1:123456789012:function:');
});

test('a function may be called by its alias, live in another stack than its table, and in a stage', () => {
  const app = localApp();
  const stage = new Stage(app, 'Prod');
  const data = new Stack(stage, 'Data');
  const orders = ordersTable(data);
  const functions = new Stack(stage, 'Functions');
  const alias = new lambda.Alias(functions, 'Live', { aliasName: 'live', version: functionOf(functions, 'OnOrder', HANDLER).currentVersion });
  alias.addEventSource(source(orders));
  const { mappings: [mapping], notRunning } = readApp(app.synth().directory);
  expect(notRunning).toEqual([]);
  expect(mapping).toMatchObject({ executedVersion: 'live', table: { path: 'Prod/Data/Orders' }, function: { path: 'Prod/Functions/OnOrder' } });
  expect(mapping.functionArn).toMatch(/:function:.*:live$/);
});

test('several mappings share a table or a function', () => {
  const { mappings, functions } = readApp(synthesize((stack) => {
    const orders = ordersTable(stack);
    const both = functionOf(stack, 'Both', HANDLER);
    both.addEventSource(source(orders));
    both.addEventSource(source(ordersTable(stack, 'Returns')));
    functionOf(stack, 'Other', HANDLER).addEventSource(source(orders));
  }));
  expect(mappings.map((mapping) => [mapping.table.path, mapping.function.path])).toEqual(expect.arrayContaining([
    ['Shop/Orders', 'Shop/Both'], ['Shop/Returns', 'Shop/Both'], ['Shop/Orders', 'Shop/Other'],
  ]));
  expect(functions).toHaveLength(2);
});

test('topics and buckets are failure destinations as queues are, imported ones too', () => {
  const { mappings, topics, buckets } = readApp(synthesize((stack) => {
    const orders = ordersTable(stack);
    const destinations = [
      new SnsDlq(new sns.Topic(stack, 'Topic')),
      new S3OnFailureDestination(new s3.Bucket(stack, 'Bucket', { removalPolicy: RemovalPolicy.DESTROY })),
      new SqsDlq(sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:us-east-1:123456789012:theirs')),
    ];
    destinations.forEach((onFailure, index) => functionOf(stack, `On${index}`, HANDLER).addEventSource(source(orders, { onFailure })));
  }));
  expect(mappings.map((mapping) => mapping.destinationArn)).toEqual(expect.arrayContaining([
    topics[0].arn, buckets[0].arn, 'arn:aws:sqs:us-east-1:123456789012:theirs',
  ]));
  expect(buckets[0].name).toMatch(/^[a-z0-9-]+$/);
});

describe('what can\'t run here is named', () => {
  const FOLDER = folderWith({ 'index.js': HANDLER, 'Dockerfile': 'FROM scratch', 'code.zip': '' });
  let app: ReturnType<typeof readApp>;
  beforeAll(() => app = readApp(synthesize((stack) => {
    const orders = ordersTable(stack);
    const onOrders = (id: string, props: Partial<lambda.FunctionProps>) => functionOf(stack, id, HANDLER, props).addEventSource(source(orders));
    onOrders('Fine', {});
    functionOf(stack, 'Off', HANDLER).addEventSource(source(orders, { enabled: false }));
    onOrders('Snake', { runtime: lambda.Runtime.PYTHON_3_13 });
    onOrders('Own', { runtime: lambda.Runtime.PROVIDED_AL2023 });
    onOrders('Zipped', { code: lambda.Code.fromAsset(join(FOLDER, 'code.zip')) });
    onOrders('InBucket', { code: lambda.Code.fromBucketV2(s3.Bucket.fromBucketName(stack, 'Code', 'code'), 'code.zip') });
    functionOf(stack, 'Refused', HANDLER).addEventSource(source(orders, { filters: [{ pattern: '{}' }, { pattern: '{"a":[{"like":1}]}' }] }));
    onOrders('Layered', { layers: [lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:us-east-1:123456789012:layer:x:1')] });
    new lambda.DockerImageFunction(stack, 'Image', { code: lambda.DockerImageCode.fromImageAsset(FOLDER) }).addEventSource(source(orders));
    functionOf(stack, 'OnQueue', HANDLER).addEventSource(new SqsEventSource(new sqs.Queue(stack, 'Queue')));
    functionOf(stack, 'Elsewhere', HANDLER).addEventSource(source(dynamodb.Table.fromTableAttributes(stack, 'Imported', {
      tableName: 'theirs', tableStreamArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/theirs/stream/2026-11-23T09:00:00.000',
    })));
    new lambda.EventSourceMapping(stack, 'Theirs', {
      target: lambda.Function.fromFunctionName(stack, 'ImportedFunction', 'theirs'),
      eventSourceArn: orders.tableStreamArn,
      startingPosition: lambda.StartingPosition.LATEST,
    });
    ['Regional', 'Other'].forEach((id) => ordersTable(stack, id, { tableName: 'same' }));
    new CfnResource(stack, 'Nested', { type: 'AWS::CloudFormation::Stack', properties: { TemplateURL: 'https://elsewhere/template.json' } });
    new CfnResource(stack, 'Pipe', { type: 'AWS::Pipes::Pipe', properties: { ...PIPE, Source: orders.tableStreamArn } });
    new CfnResource(stack, 'OtherPipe', { type: 'AWS::Pipes::Pipe', properties: { ...PIPE, Source: 'arn:aws:sqs:us-east-1:123456789012:theirs' } });
  })));

  test.each([
    ['Off', 'the mapping is disabled'],
    ['Snake', 'its function runs on python3.13, and only Node.js functions run here. simulateTrigger tests'],
    ['Own', 'its function runs on provided.al2023, and only Node.js functions run here'],
    ['Zipped', 'only code of a folder runs here'],
    ['InBucket', 'its function\'s code is not an asset of this app'],
    ['Refused', 'its settings are refused. FilterCriteria.Filters[1] is refused at a[0]: "like" is not an operator'],
    ['Image', 'its function is a container image'],
    ['OnQueue', 'is not the stream of a table, and only such sources run here'],
    ['Elsewhere', 'is not the stream of a table in this app'],
    ['Theirs', 'its function theirs is not in this app'],
    ['Other', 'another table of the app is also called same, and DynamoDB Local has only one region'],
    ['Nested', 'its template is not an asset of this app, so nothing in it runs here'],
    ['Pipe', 'EventBridge Pipes do not run here. Replace the pipe with a trigger and a function that does the same'],
  ])('%s: %s', (id, reason) => {
    expect(app.notRunning.filter((line) => new RegExp(`^Shop/${id}\\b`).test(line))).toEqual([expect.stringContaining(reason)]);
  });

  test('all of it has its reason, and a way out where there is one', () => {
    // What is refused of settings is said by the rules.
    const lines = app.notRunning.filter((line) => !line.startsWith('Shop/Refused'));
    expect(lines.map((line) => line.replace(/\/\S*asset\.\w+/, 'ASSET').replace(/:ShopOrders\w+/, '')).sort().join('\n')).toMatchSnapshot();
  });

  test('everything else runs', () => {
    expect(app.mappings.map((mapping) => mapping.function.path)).toEqual(['Shop/Fine', 'Shop/Layered']);
    expect(app.functions[1].layers).toEqual({ directories: [], missing: ['arn:aws:lambda:us-east-1:123456789012:layer:x:1'] });
    expect(app.notRunning.some((line) => line.includes('OtherPipe'))).toBe(false);
  });
});

test('nested stacks run as their parents do, and hand values to each other', () => {
  const { mappings, tables, functions, notRunning, notes } = readApp(synthesize((stack) => {
    const data = new NestedStack(stack, 'Data');
    const orders = ordersTable(data);
    const nested = new NestedStack(stack, 'Functions');
    const inner = new NestedStack(nested, 'Inner');
    const layer = new lambda.LayerVersion(stack, 'Layer', { code: lambda.Code.fromAsset(folderWith({ 'nodejs/node_modules/x/index.js': '' })) });
    functionOf(inner, 'OnOrder', HANDLER, { environment: { TABLE: orders.tableName }, layers: [layer] }).addEventSource(source(orders));
    functionOf(stack, 'Outer', HANDLER).addEventSource(source(orders));
  }));
  expect([notRunning, notes]).toEqual([[], []]);
  expect(tables).toMatchObject([{ path: 'Shop/Data/Orders', name: expect.stringMatching(/^Shop-Data-Orders\w+$/) }]);
  expect(mappings.map(({ path, table }) => [path.split('/DynamoDB')[0], table.path])).toEqual([
    ['Shop/Outer', 'Shop/Data/Orders'], ['Shop/Functions/Inner/OnOrder', 'Shop/Data/Orders'],
  ]);
  const inner = functions.find(({ path }) => path === 'Shop/Functions/Inner/OnOrder')!;
  expect(inner.environment(ENDPOINTS)).toEqual({ variables: { TABLE: tables[0].name }, unknown: [] });
  expect(inner.layers).toEqual({ directories: [expect.stringMatching(/asset\.\w+$/)], missing: [] });
});

test('queues, topics and buckets have the settings of the template, as far as they can, and what can\'t is named', () => {
  const { queues, topics, buckets, notes } = readApp(synthesize((stack) => {
    functionOf(stack, 'Good', HANDLER).addEventSource(source(ordersTable(stack)));
    const dead = new sqs.Queue(stack, 'Dead', { queueName: 'dead', fifo: false });
    const jobs = new sqs.Queue(stack, 'Jobs', {
      queueName: 'jobs', visibilityTimeout: Duration.seconds(1), retentionPeriod: Duration.days(14), deadLetterQueue: { queue: dead, maxReceiveCount: 3 },
    });
    new sqs.Queue(stack, 'Ordered', { queueName: 'ordered.fifo', contentBasedDeduplication: true, deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP });
    const slow = new sqs.CfnQueue(stack, 'Slow', { queueName: 'slow' });
    slow.addPropertyOverride('DelaySeconds', { Ref: new CfnParameter(stack, 'Delay').logicalId });
    const news = new sns.Topic(stack, 'News', { topicName: 'news.fifo', fifo: true, contentBasedDeduplication: true });
    news.addSubscription(new subscriptions.SqsSubscription(jobs, {
      rawMessageDelivery: true, filterPolicy: { kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['a'], matchPrefixes: ['b'] }) },
    }));
    new sns.CfnSubscription(stack, 'Mail', { topicArn: news.topicArn, protocol: 'email', endpoint: 'me@example.com' });
    new sns.CfnSubscription(stack, 'Ignoring', {
      topicArn: news.topicArn, protocol: 'sqs', endpoint: dead.queueArn, filterPolicyScope: 'MessageBody', filterPolicy: { a: { b: [{ 'equals-ignore-case': 'x' }] } },
    });
    const files = new s3.CfnBucket(stack, 'Files', {
      bucketName: 'files',
      notificationConfiguration: {
        queueConfigurations: [{ event: 's3:ObjectCreated:*', queue: jobs.queueArn, filter: { s3Key: { rules: [{ name: 'prefix', value: 'in/' }] } } }],
        topicConfigurations: [{ event: 's3:ObjectRemoved:*', topic: news.topicArn }],
        eventBridgeConfiguration: { eventBridgeEnabled: true },
      },
    });
    new CfnResource(stack, 'Notifications', {
      type: 'Custom::S3BucketNotifications',
      properties: {
        BucketName: files.ref,
        NotificationConfiguration: {
          TopicConfigurations: [{ Events: ['s3:ObjectCreated:Put'], TopicArn: news.topicArn, Filter: { Key: { FilterRules: [{ Name: 'suffix', Value: '.csv' }] } } }],
          LambdaFunctionConfigurations: [{ Events: ['s3:ObjectCreated:*'], LambdaFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:x' }],
        },
      },
    });
  }));
  const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:000000000000:${name}`;
  expect(Object.fromEntries(queues.map(({ name, attributes }) => [name, attributes]))).toEqual({
    'dead': {},
    'jobs': {
      VisibilityTimeout: '1', MessageRetentionPeriod: '1209600', RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('sqs', 'dead'), maxReceiveCount: 3 }),
    },
    'ordered.fifo': { FifoQueue: 'true', ContentBasedDeduplication: 'true' },
    'slow': {},
  });
  expect(topics).toMatchObject([{
    attributes: { FifoTopic: 'true', ContentBasedDeduplication: 'true' },
    subscriptions: [
      { queueArn: arn('sqs', 'jobs'), attributes: { RawMessageDelivery: 'true', FilterPolicy: '{"kind":["a",{"prefix":"b"}]}' } },
      { queueArn: arn('sqs', 'dead'), attributes: { FilterPolicyScope: 'MessageBody' } },
    ],
  }]);
  expect(buckets[0].notifications).toEqual([
    { arn: arn('sqs', 'jobs'), prefix: 'in/', suffix: '' }, { arn: arn('sns', 'news.fifo'), prefix: '', suffix: '.csv' },
  ]);
  expect(notes).toEqual([
    'Shop/Ordered: messages are deduplicated across all of its message groups here.',
    'Shop/Slow: its DelaySeconds has no effect here: the parameter Delay of the stack Shop is only known after a deployment.',
    'Shop/Mail: a subscription by email gets nothing here. Only queues get messages.',
    'Shop/Ignoring: its filter policy uses "equals-ignore-case", which matches no message here.',
    'Shop/Files: it sends no events to EventBridge here.',
    `Shop/Files: ${arn('sns', 'news.fifo')} is not notified of s3:ObjectRemoved:* here.`,
    'Shop/Files: it invokes no function here. It notifies queues and topics of new objects.',
  ]);
});

test('apps as people publish them run, or what is missing is named', () => {
  const app = localApp();
  const stackOf = (id: string, build: (stack: Stack) => void) => build(new Stack(app, id));
  stackOf('Plain', (stack) => functionOf(stack, 'OnOrder', HANDLER).addEventSource(source(ordersTable(stack))));
  stackOf('TwoTables', (stack) => {
    const topic = new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') });
    for (const id of ['First', 'Second']) {
      functionOf(stack, `On${id}`, HANDLER, { environment: { TOPIC: topic.topicArn } }).addEventSource(source(ordersTable(stack, id)));
    }
  });
  stackOf('Outbox', (stack) => {
    const bus = new CfnResource(stack, 'Bus', { type: 'AWS::Events::EventBus', properties: { Name: 'outbox' } });
    functionOf(stack, 'OnOrder', HANDLER, { environment: { EVENT_BUS_NAME: bus.ref, BUS_ARN: bus.getAtt('Arn').toString() } }).addEventSource(source(ordersTable(stack)));
  });
  stackOf('Workflow', (stack) => {
    const roleArn = 'arn:aws:iam::123456789012:role/x';
    const machine = new CfnResource(stack, 'Machine', { type: 'AWS::StepFunctions::StateMachine', properties: { RoleArn: roleArn, DefinitionString: '{}' } });
    const failures = new sqs.Queue(stack, 'Failures', { encryption: sqs.QueueEncryption.KMS });
    functionOf(stack, 'OnOrder', HANDLER, { environment: { CONFIG: stack.toJsonString({ machine: machine.ref, retries: 3 }) } })
      .addEventSource(source(ordersTable(stack), { filters: [lambda.FilterCriteria.filter({ eventName: ['INSERT'] })], onFailure: new SqsDlq(failures) }));
  });
  stackOf('Scheduler', (stack) => {
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    const jobs = new sqs.Queue(stack, 'Jobs');
    functionOf(stack, 'OnOrder', HANDLER, { environment: { ROLE: role.roleArn, TARGET: jobs.queueArn } }).addEventSource(source(ordersTable(stack)));
  });
  stackOf('Python', (stack) => functionOf(stack, 'OnOrder', HANDLER, { runtime: lambda.Runtime.PYTHON_3_13 }).addEventSource(source(ordersTable(stack))));
  stackOf('Pipes', (stack) => {
    new CfnResource(stack, 'Pipe', { type: 'AWS::Pipes::Pipe', properties: { ...PIPE, Source: ordersTable(stack).tableStreamArn } });
  });
  const { mappings, functions, queues, notRunning, notes } = readApp(app.synth().directory);
  expect(mappings.map(({ path }) => path.split('/')[0])).toEqual(['Plain', 'TwoTables', 'TwoTables', 'Outbox', 'Workflow', 'Scheduler']);
  expect(notes).toEqual([]);
  expect(notRunning).toEqual([expect.stringMatching(/^Pipes\/Pipe .*EventBridge Pipes do not run here/), expect.stringMatching(/^Python\/.*python3\.13/)]);
  const environments = functions.map((target) => target.environment(ENDPOINTS));
  expect(environments.flatMap(({ unknown }) => unknown)).toEqual([]);
  const arn = (rest: string) => expect.stringMatching(new RegExp(`^arn:aws:${rest}`));
  expect(Object.assign({}, ...environments.map(({ variables }) => variables))).toEqual({
    TOPIC: arn('sns:us-east-1:000000000000:TwoTables-Topic'),
    EVENT_BUS_NAME: 'outbox',
    BUS_ARN: 'arn:aws:events:us-east-1:000000000000:event-bus/outbox',
    CONFIG: '{"machine":"arn:aws:states:us-east-1:000000000000:stateMachine:Workflow-Machine","retries":3}',
    ROLE: arn('iam::000000000000:role/Scheduler-Role'),
    TARGET: arn('sqs:us-east-1:000000000000:Scheduler-Jobs'),
  });
  expect(queues.map(({ attributes }) => attributes)).toEqual([{}, {}]);
});

describe('what no trigger needs stops no trigger', () => {
  /** An app with a good trigger, beside whatever this adds. */
  const readWith = (add: (stack: Stack) => void) => readApp(synthesize((stack) => {
    functionOf(stack, 'Good', HANDLER).addEventSource(source(ordersTable(stack)));
    new CfnParameter(stack, 'Stage');
    add(stack);
  }));
  /** Puts it under a condition that only a deployment decides. */
  const underCondition = (construct: Construct) => {
    const isProd = new CfnCondition(construct, 'IsProd', { expression: Fn.conditionEquals(Fn.ref('Stage'), 'prod') });
    (construct.node.defaultChild as CfnResource).cfnOptions.condition = isProd;
  };

  test.each<[string, (stack: Stack) => void, string[]]>([
    ['a queue under a condition that only a deployment decides', (stack) => underCondition(new sqs.Queue(stack, 'Extra')), [
      'Shop/Extra (AWS::SQS::Queue): the parameter Stage of the stack Shop is only known after a deployment',
    ]],
    ['a table under such a condition', (stack) => underCondition(ordersTable(stack, 'Extra')), [
      'Shop/Extra (AWS::DynamoDB::Table): the parameter Stage of the stack Shop is only known after a deployment',
    ]],
    ['another trigger under such a condition', (stack) => {
      const other = functionOf(stack, 'Other', HANDLER);
      other.addEventSource(source(ordersTable(stack, 'Returns')));
      underCondition(other.node.children.find((child) => child instanceof lambda.EventSourceMapping)!);
    }, [expect.stringMatching(/^Shop\/Other\/DynamoDBEventSource:\w+ \(AWS::Lambda::EventSourceMapping\): the parameter Stage/)]],
    ['a function whose name only a deployment decides', (stack) => {
      const { node } = functionOf(stack, 'AnotherFunction', HANDLER);
      (node.defaultChild as CfnResource).addPropertyOverride('FunctionName', { Ref: 'Stage' });
    }, []],
    ['an output whose export name only a deployment decides', (stack) => {
      new CfnOutput(stack, 'Exported', { value: 'x', exportName: Fn.ref('Stage') });
    }, []],
  ])('%s', (_, add, notRunning) => {
    const app = readWith(add);
    expect(app.mappings.map((mapping) => mapping.function.path)).toEqual(['Shop/Good']);
    expect(app.notRunning).toEqual(notRunning);
  });

  test('an import is found although another export has a name that only a deployment decides', () => {
    const { functions: [onOrder] } = readApp(synthesize((stack) => {
      new CfnOutput(stack, 'Unknown', { value: 'x', exportName: new CfnParameter(stack, 'Stage').valueAsString });
      new CfnOutput(stack, 'Known', { value: 'y', exportName: 'level' });
      functionOf(stack, 'OnOrder', HANDLER, { environment: { LEVEL: Fn.importValue('level') } }).addEventSource(source(ordersTable(stack)));
    }));
    expect(onOrder.environment(ENDPOINTS)).toEqual({ variables: { LEVEL: 'y' }, unknown: [] });
  });
});

test('an app without a trigger that runs here is refused, and the message says what was found and what to do', () => {
  const directory = synthesize((stack) => {
    functionOf(stack, 'Off', HANDLER).addEventSource(source(ordersTable(stack), { enabled: false }));
  });
  expect(() => readApp(directory)).toThrow(expect.objectContaining({ code: 'NO_TRIGGER' }));
  expect(() => readApp(directory)).toThrow(expect.objectContaining({
    message: expect.stringMatching(new RegExp([
      `^No trigger to run in ${directory} \\(stacks: Shop\\)\\.`,
      'A trigger is a mapping between the stream of a table and a Node\\.js function, both in the app\\. Add a DynamoStreamTrigger',
      'or a DynamoEventSource to a stack, and run `npx cdk synth` again\\.',
      '- Shop/Off/DynamoDBEventSource\\S* \\(AWS::Lambda::EventSourceMapping\\): the mapping is disabled$',
    ].join('\n'))),
  }));
});

test('a folder without a synthesized app is refused', () => {
  const directory = folderWith({});
  expect(() => readApp(directory)).toThrow(expect.objectContaining({ code: 'NO_APP' }));
  expect(() => readApp(directory)).toThrow(/no manifest\.json[\s\S]*cdk synth[\s\S]*output folder/);
  mkdirSync(join(directory, 'broken'));
  writeFileSync(join(directory, 'broken', 'manifest.json'), '{');
  expect(() => readApp(join(directory, 'broken'))).toThrow(/Can't read .*manifest\.json/);
});
