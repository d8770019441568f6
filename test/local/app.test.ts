import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnCondition, CfnOutput, CfnParameter, type CfnResource, Duration, Fn, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, S3OnFailureDestination, SnsDlq, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { functionOf, localApp, ordersTable, synthesize } from './fixture-app';
import { readApp } from '../../lib/local/assembly/app';
import type { Endpoints } from '../../lib/local/assembly/resource-names';
import { folderWith } from '../folder';

const ENDPOINTS: Endpoints = {
  dynamodb: 'http://127.0.0.1:1', api: 'http://127.0.0.1:3',
  destinations: 'http://127.0.0.1:2',
  streamLabels: new Map([['arn:aws:dynamodb:us-east-1:000000000000:table/orders', '2026-11-23T09:00:00.000']]),
};
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
  expect(functions[0]).toMatchObject({ path: 'Shop/OnOrder', handler: 'index.handler', runtime: 'nodejs22.x', timeout: 10, memorySize: 256 });
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
  const { functions: [onOrder] } = readApp(synthesize((stack) => {
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
      },
    });
    fn.addEventSource(source(orders));
  }));
  const { variables, unresolved } = onOrder.environment(ENDPOINTS);
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
  });
  expect(unresolved).toEqual([
    'KEY: Arn of Shop/Key (AWS::KMS::Key) is only known after a deployment',
    'UNKNOWN: the export elsewhere is only known after a deployment',
  ]);
});

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
    const nested = new NestedStack(stack, 'Nested');
    functionOf(nested, 'Inner', HANDLER).addEventSource(source(ordersTable(nested)));
  })));

  test.each([
    ['Off', 'the mapping is disabled'],
    ['Snake', 'its function runs on python3.13; only Node.js functions run here'],
    ['Own', 'its function runs on provided.al2023; only Node.js functions run here'],
    ['Zipped', 'only code of a folder runs here'],
    ['InBucket', 'its function\'s code is not an asset of this app'],
    ['Layered', 'layers are not loaded here'],
    ['Refused', 'its settings are refused. FilterCriteria.Filters[1] is refused at a[0]: "like" is not an operator'],
    ['Image', 'its function is a container image'],
    ['OnQueue', 'is not the stream of a table in this app'],
    ['Elsewhere', 'is not the stream of a table in this app'],
    ['Theirs', 'its function theirs is not in this app'],
    ['Nested', 'nested stacks do not run here'],
  ])('%s: %s', (id, reason) => {
    expect(app.notRunning.filter((line) => new RegExp(`^Shop/${id}\\b`).test(line))).toEqual([expect.stringContaining(reason)]);
  });

  test('everything else runs', () => {
    expect(app.mappings.map((mapping) => mapping.function.path)).toEqual(['Shop/Fine', 'Shop/Layered']);
  });
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
    expect(onOrder.environment(ENDPOINTS)).toEqual({ variables: { LEVEL: 'y' }, unresolved: [] });
  });
});

test('an app without a trigger that runs here is refused, and the message says what was found and what to do', () => {
  const directory = synthesize((stack) => {
    functionOf(stack, 'Off', HANDLER).addEventSource(source(ordersTable(stack), { enabled: false }));
  });
  expect(() => readApp(directory)).toThrow(expect.objectContaining({ code: 'NO_TRIGGER' }));
  expect(() => readApp(directory)).toThrow(/stacks: Shop\)[\s\S]*DynamoStreamTrigger[\s\S]*cdk synth[\s\S]*the mapping is disabled/);
});

test('a folder without a synthesized app is refused', () => {
  const directory = folderWith({});
  expect(() => readApp(directory)).toThrow(expect.objectContaining({ code: 'NO_APP' }));
  expect(() => readApp(directory)).toThrow(/no manifest\.json[\s\S]*cdk synth[\s\S]*output folder/);
  mkdirSync(join(directory, 'broken'));
  writeFileSync(join(directory, 'broken', 'manifest.json'), '{');
  expect(() => readApp(join(directory, 'broken'))).toThrow(/Can't read .*manifest\.json/);
});
