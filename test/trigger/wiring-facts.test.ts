import {
  Annotations, aws_dynamodb as dynamodb, aws_iam as iam, aws_kinesis as kinesis, aws_lambda as lambda, aws_lambda_event_sources as sources,
  aws_sns as sns, aws_sqs as sqs, Aws, CfnCondition, CfnResource, Duration, Fn, Stack, Stage, Validations,
} from 'aws-cdk-lib';
import { NoFailureDestination, StreamFilter } from '../../lib';
import { DESTINATION_KINDS } from '../../lib/stream/destination-kind';
import { ENV, TestApp } from '../app';

test('one error names all that is wrong with all triggers of an app', () => {
  const app = new TestApp({ env: ENV });
  app.trigger({ table: app.table('Off', { dynamoStream: undefined }) }, 'One');
  app.trigger({ onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Fifo', { fifo: true })) }, 'Two');
  app.trigger({ onFailure: new sources.KafkaDlq('failures') }, 'Three', app.addStack('Other', { env: ENV }));

  expect(() => app.app.synth()).toThrow(/\[Orders\/One\].*stream-off[^]*\[Orders\/Two\].*destination-fifo[^]*\[Other\/Three\].*destination-kafka/);
});

describe('a FIFO destination is found', () => {
  test.each<[string, (app: TestApp) => lambda.IEventSourceDlq]>([
    ['as a topic', ({ stack }) => new sources.SnsDlq(new sns.Topic(stack, 'Topic', { fifo: true }))],
    ['made one by an override, as text', ({ stack }) => {
      const queue = new sqs.Queue(stack, 'Queue');
      (queue.node.defaultChild as sqs.CfnQueue).addPropertyOverride('FifoQueue', 'true');
      return new sources.SqsDlq(queue);
    }],
    ['imported by its ARN', ({ stack }) => new sources.SqsDlq(sqs.Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:eu-west-1:123456789012:q.fifo'))],
    ['imported by its name', ({ stack }) => new sources.SqsDlq(sqs.Queue.fromQueueAttributes(stack, 'Queue', {
      queueArn: stack.formatArn({ service: 'sqs', resource: 'q.fifo' }),
    }))],
    ['a queue imported as one by a token', ({ stack }) => new sources.SqsDlq(sqs.Queue.fromQueueAttributes(stack, 'Queue', {
      queueArn: Fn.importValue('Queue'), fifo: true,
    }))],
    ['a topic imported by a template', ({ stack }) => new sources.SnsDlq(sns.Topic.fromTopicArn(stack, 'Topic',
      Fn.sub('arn:aws:sns:${AWS::Region}:${AWS::AccountId}:failures.fifo')))],
    ['imported by the ARN of one in the tree', ({ stack }) => {
      const queue = new sqs.Queue(stack, 'Queue', { fifo: true });
      return new sources.SqsDlq(sqs.Queue.fromQueueAttributes(stack, 'Imported', { queueArn: queue.queueArn, fifo: false }));
    }],
  ])('%s', (_name, destination) => {
    const app = new TestApp({ env: ENV });
    app.trigger({ onFailure: destination(app) });

    expect(() => app.app.synth()).toThrow('(destination-fifo)');
  });
});

test.each<[string, string, (app: TestApp) => string]>([
  ['a function of the tree', 'lambda', (app) => app.fn('Failures').functionArn],
  ['a stream of the tree', 'kinesis', ({ stack }) => new kinesis.Stream(stack, 'Failures').streamArn],
  ['an event bus somewhere', 'events', () => `arn:aws:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-bus/default`],
])('%s can\'t receive failed batches', (_name, service, arn) => {
  const app = new TestApp({ env: ENV });
  const destination = arn(app);
  app.trigger({ onFailure: { bind: () => ({ destination }) } });

  expect(() => app.app.synth()).toThrow(new RegExp(`onFailure is of the service ${service}.*\\(destination-service\\)`));
});

test.each(DESTINATION_KINDS)('%s can receive failed batches', (service) => {
  const app = new TestApp({ env: ENV });
  app.trigger({ onFailure: { bind: () => ({ destination: `arn:aws:${service}:${ENV.region}:${ENV.account}:failures` }) } });

  expect(() => app.app.synth()).not.toThrow();
});

test('what a resource looks up may be the ARN of a queue', () => {
  const app = new TestApp({ env: ENV });
  const looked = new CfnResource(app.stack, 'Failures', { type: 'AWS::CloudFormation::CustomResource', properties: { ServiceToken: 'arn:aws:lambda:::f' } });
  app.trigger({ onFailure: { bind: () => ({ destination: looked.getAtt('Arn').toString() }) } });

  expect(() => app.app.synth()).not.toThrow();
});

test('the wildcard stream of a replica is refused once', () => {
  const app = new TestApp({ env: ENV });
  const table = app.table('Table', { replicas: [{ region: 'us-east-1' }] });
  app.trigger({ table: table.replica('us-east-1') });

  expect(() => app.app.synth()).toThrow(/\/stream\/\*.*\(stream-arn\)$/);
});

test.each([
  ['a table', 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders'],
  ['a Kinesis stream', 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders'],
])('the ARN of %s is not that of a stream', (_name, tableStreamArn) => {
  const app = new TestApp({ env: ENV });
  app.trigger({ table: dynamodb.Table.fromTableAttributes(app.stack, 'Imported', { tableName: 'orders', tableStreamArn }) });

  expect(() => app.app.synth()).toThrow('(stream-arn)');
});

test('the second reader of a table with replicas gets a warning', () => {
  const app = new TestApp({ env: ENV });
  const table = app.table('Table', { replicas: [{ region: 'us-east-1' }] });
  app.trigger({ table }, 'One');
  app.trigger({ table }, 'Two');
  app.app.synth();

  expect(app.warnings()).toContain('stream-readers');
});

test('the replica of a table of another account has a stream if that table has one, and allows one reader', () => {
  const app = new TestApp({ env: ENV });
  const replicaSourceTable = app.table('Table', { tableName: 'orders' });
  const stack = app.addStack('Replica', { env: { account: '999999999999', region: 'us-east-1' } });
  const table = new dynamodb.TableV2MultiAccountReplica(stack, 'Table', { tableName: 'orders', replicaSourceTable });
  ['One', 'Two'].forEach((id) => app.trigger({ table, handler: app.fn(`${id}Fn`, {}, stack) }, id, stack));
  app.app.synth();

  expect(app.warnings()).toContain('stream-readers');
});

test('a function of another stack with a mapping of its own there is found', () => {
  const app = new TestApp({ env: ENV });
  const [table, handler] = [app.table(), app.fn()];
  new lambda.EventSourceMapping(app.addStack('Raw', { env: ENV }), 'Mapping', {
    target: handler, eventSourceArn: table.tableStreamArn, startingPosition: lambda.StartingPosition.LATEST,
  });
  app.trigger({ table, handler });

  expect(() => app.app.synth()).toThrow('in Raw/Mapping/Resource');
});

test('what the owner of a role must add is named as a policy', () => {
  const app = new TestApp({ env: ENV });
  const tableStreamArn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026';
  const trigger = app.trigger({
    table: dynamodb.Table.fromTableAttributes(app.stack, 'Imported', { tableName: 'orders', tableStreamArn }),
    handler: lambda.Function.fromFunctionName(app.stack, 'Fn', 'imported'),
    onFailure: new sources.SqsDlq(sqs.Queue.fromQueueArn(app.stack, 'Queue', 'arn:aws:sqs:eu-west-1:123456789012:failures')),
  });
  app.app.synth();

  const warning = trigger.node.metadata.map(({ data }) => String(data)).find((data) => data.includes('grant-missing'))!;
  const policy = JSON.parse(/Its owner must add: (.*) \[ack/.exec(warning)![1]);
  expect(policy).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
        Resource: tableStreamArn,
      },
      {
        Effect: 'Allow',
        Action: ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
        Resource: 'arn:aws:sqs:eu-west-1:123456789012:failures',
      },
    ],
  });
});

describe('a warning can be acknowledged by its rule', () => {
  const id = 'dynamo-stream-trigger:no-destination';
  const triggerOf = (app: TestApp) => app.trigger({ onFailure: NoFailureDestination.INSTANCE });

  test('through annotations', () => {
    const app = new TestApp();
    Annotations.of(triggerOf(app)).acknowledgeWarning(id, 'They can be recomputed.');

    expect(app.warnings()).not.toContain('no-destination');
  });

  test('ahead of the synthesis that finds it', () => {
    const app = new TestApp({ env: ENV });
    const handler = lambda.Function.fromFunctionName(app.stack, 'Fn', 'imported');
    Annotations.of(app.trigger({ handler })).acknowledgeWarning('dynamo-stream-trigger:grant-missing', 'Added by hand.');
    app.app.synth();

    expect(app.warnings()).not.toContain('grant-missing');
  });

  test('through validations', () => {
    const app = new TestApp();
    Validations.of(triggerOf(app)).acknowledge({ id, reason: 'They can be recomputed.' });

    expect(app.warnings()).not.toContain('no-destination');
  });
});

test.each([
  [dynamodb.StreamViewType.NEW_AND_OLD_IMAGES, []],
  [dynamodb.StreamViewType.NEW_IMAGE, ['OldImage']],
  [dynamodb.StreamViewType.OLD_IMAGE, ['NewImage']],
  [dynamodb.StreamViewType.KEYS_ONLY, ['NewImage', 'OldImage']],
])('a filter on an image that the view type %s leaves out gets a warning', (dynamoStream, missing) => {
  const warned = ['Keys', 'NewImage', 'OldImage'].filter((image) => {
    const app = new TestApp();
    app.trigger({ table: app.table('Table', { dynamoStream }), filters: [StreamFilter.fromPattern({ dynamodb: { [image]: { a: { S: ['a'] } } } })] });
    app.app.synth();
    return app.warnings().includes('filter-image');
  });

  expect(warned).toEqual(missing);
});

test('a filter on an image that the event name rules out gets a warning, unless another branch has the image', () => {
  const warned = (pattern: object) => {
    const app = new TestApp();
    app.trigger({ filters: [StreamFilter.fromPattern(pattern)] });
    app.app.synth();
    return app.warnings().includes('filter-image');
  };
  const dynamodbOf = (image: string) => ({ [image]: { a: { S: ['a'] } } });

  expect(warned({ eventName: ['INSERT'], dynamodb: dynamodbOf('OldImage') })).toBe(true);
  expect(warned({ eventName: ['REMOVE'], dynamodb: dynamodbOf('NewImage') })).toBe(true);
  expect(warned({ eventName: [{ 'equals-ignore-case': 'remove' }], dynamodb: dynamodbOf('NewImage') })).toBe(true);
  expect(warned({ eventName: [{ 'anything-but': ['MODIFY', 'INSERT'] }], dynamodb: dynamodbOf('NewImage') })).toBe(true);
  expect(warned({ eventName: [{ 'anything-but': ['INSERT'] }], dynamodb: dynamodbOf('NewImage') })).toBe(false);
  expect(warned({ eventName: ['INSERT', 'MODIFY'], dynamodb: dynamodbOf('OldImage') })).toBe(false);
  expect(warned({ $or: [{ eventName: ['INSERT'] }, { eventName: ['MODIFY'] }], dynamodb: dynamodbOf('OldImage') })).toBe(false);
});

test('triggers in stages are checked too', () => {
  const app = new TestApp();
  const stage = new Stage(app.app, 'Prod');
  const stack = new Stack(stage, 'Stack');
  app.trigger({ table: app.table('Off', { dynamoStream: undefined }, stack) }, 'Trigger', stack);

  expect(() => app.app.synth()).toThrow('[Prod/Stack/Trigger] table has no stream');
});

test.each([
  ['specification', 'StreamSpecification', { StreamViewType: 'NEW_IMAGE' }, { Ref: 'AWS::NoValue' }],
  ['view type', 'StreamSpecification.StreamViewType', 'NEW_IMAGE', 'KEYS_ONLY'],
])('a stream whose %s depends on a condition is not checked', (_name, path, value, otherwise) => {
  const app = new TestApp();
  const table = app.table();
  const condition = conditionOf(app, 'Streams');
  const either = Fn.conditionIf(condition.logicalId, value, otherwise);
  (table.node.defaultChild as CfnResource).addPropertyOverride(path, app.stack.resolve(either));
  app.trigger({ table });

  expect(() => app.app.synth()).not.toThrow();
});

describe('what is imported by name', () => {
  const importing = (stack: Stack, id = 'Trigger') => ({
    table: dynamodb.Table.fromTableAttributes(stack, `${id}Table`, { tableName: 'orders', tableStreamArn: Fn.importValue('OrdersStream') }),
    handler: lambda.Function.fromFunctionName(stack, `${id}Fn`, 'orders'),
  });

  test.each<[string, (app: TestApp, id: string, index: number) => Stack]>([
    ['accounts', (app, id, index) => app.addStack(id, { env: { ...ENV, account: `${index}`.repeat(12) } })],
    ['Regions', (app, id, index) => app.addStack(id, { env: { ...ENV, region: `eu-west-${index}` } })],
    ['accounts of stages', ({ app }, id, index) => new Stack(new Stage(app, id, { env: { ...ENV, account: `${index}`.repeat(12) } }), 'Stack')],
    ['stages that are open about theirs', ({ app }, id) => new Stack(new Stage(app, id), 'Stack')],
  ])('is not the same in other %s', (_name, stackOf) => {
    const app = new TestApp();
    app.table();
    [1, 2, 3].forEach((index) => {
      const stack = stackOf(app, `Stack${index}`, index);
      app.trigger(importing(stack), 'Trigger', stack);
    });
    app.app.synth();

    expect(app.warnings()).not.toContain('stream-readers');
  });

  test.each([['another stack of its account and Region', ENV], ['its own stack', undefined]])('is the same in %s', (_name, env) => {
    const app = new TestApp({ env });
    const other = env ? app.addStack('Other', { env }) : app.stack;
    app.trigger(importing(app.stack, 'One'), 'One');
    app.trigger(importing(other, 'Two'), 'Two', other);

    expect(() => app.app.synth()).toThrow('(duplicate-mapping)');
  });
});

test.each<[string, (fn: lambda.CfnFunction) => string]>([
  ['by its ARN', (fn) => fn.attrArn],
  ['by its alias', (fn) => new lambda.CfnAlias(fn.stack, 'Alias', { functionName: fn.ref, functionVersion: '1', name: 'live' }).ref],
])('a function of the first layer that is imported %s is judged as one of the app', (_name, functionArn) => {
  const app = new TestApp({ env: ENV });
  const fn = new lambda.CfnFunction(app.stack, 'Fn', {
    code: { zipFile: 'exports.handler = async () => {};' }, handler: 'index.handler', runtime: 'nodejs24.x', timeout: 60, reservedConcurrentExecutions: 0,
    role: 'arn:aws:iam::123456789012:role/handler', tenancyConfig: { tenantIsolationMode: 'PER_TENANT' },
  });
  const role = iam.Role.fromRoleArn(app.stack, 'Role', 'arn:aws:iam::123456789012:role/handler');
  app.trigger({ handler: lambda.Function.fromFunctionAttributes(app.stack, 'Imported', { functionArn: functionArn(fn), role, sameEnvironment: true }) });

  expect(() => app.app.synth()).toThrow('(tenant-isolation)');
  expect(app.warnings()).toEqual(['reserved-concurrency-zero']);
});

test('mappings with different conditions are not duplicates', () => {
  const app = new TestApp();
  const [table, handler] = [app.table(), app.fn()];
  ['One', 'Two'].forEach((id) => {
    const { eventSourceMapping } = app.trigger({ table, handler }, id);
    (eventSourceMapping.node.defaultChild as CfnResource).cfnOptions.condition = conditionOf(app, `If${id}`);
  });

  expect(() => app.app.synth()).not.toThrow();
});

test('a mapping with a condition is a duplicate of one that is always deployed', () => {
  const app = new TestApp();
  const [table, handler] = [app.table(), app.fn()];
  const [{ eventSourceMapping }] = ['One', 'Two'].map((id) => app.trigger({ table, handler }, id));
  (eventSourceMapping.node.defaultChild as CfnResource).cfnOptions.condition = conditionOf(app, 'IfOne');

  expect(() => app.app.synth()).toThrow('(duplicate-mapping)');
});

function conditionOf({ stack }: TestApp, id: string): CfnCondition {
  return new CfnCondition(stack, id, { expression: Fn.conditionEquals(Aws.REGION, id) });
}

test.each<[string, (stack: Stack) => string]>([
  ['a table of the tree', (stack) => new dynamodb.TableV2(stack, 'Table', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
  }).tableArn],
  ['a Kinesis stream of the tree', (stack) => new kinesis.Stream(stack, 'Stream').streamArn],
  ['a table somewhere', () => `arn:aws:dynamodb:${Aws.REGION}:${Aws.ACCOUNT_ID}:table/orders`],
  ['a table in a template', () => Fn.sub('arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders')],
  ['a Kinesis stream somewhere', () => `arn:aws:kinesis:${Aws.REGION}:${Aws.ACCOUNT_ID}:stream/${Fn.importValue('Name')}`],
])('the ARN of %s is not that of a stream, though it is a token', (_name, arnIn) => {
  const app = new TestApp();
  app.trigger({ table: dynamodb.Table.fromTableAttributes(app.stack, 'Imported', { tableName: 'orders', tableStreamArn: arnIn(app.stack) }) });

  expect(() => app.app.synth()).toThrow('(stream-arn)');
});

test.each([
  ['whole', Fn.importValue('Stream')],
  ['in part', `arn:aws:dynamodb:${Aws.REGION}:${Aws.ACCOUNT_ID}:table/${Fn.importValue('Stream')}`],
  ['in its Region', `arn:aws:dynamodb:${Aws.REGION}:${Aws.ACCOUNT_ID}:table/orders/stream/2026-01-01T00:00:00.000`],
])('an ARN that a token hides %s may be that of a stream', (_name, tableStreamArn) => {
  const app = new TestApp();
  app.trigger({ table: dynamodb.Table.fromTableAttributes(app.stack, 'Imported', { tableName: 'orders', tableStreamArn }) });

  expect(() => app.app.synth()).not.toThrow();
});

test('a disabled mapping does not count as a reader', () => {
  const app = new TestApp();
  const table = app.table();
  app.trigger({ table }, 'One');
  app.trigger({ table }, 'Two');
  app.trigger({ table, enabled: false }, 'Three');
  app.app.synth();

  expect(app.warnings()).not.toContain('stream-readers');
});

test.each<[string, (alias: lambda.Alias) => string]>([
  ['its ARN', (alias) => alias.functionArn],
  ['its function and its name', ({ stack, aliasName, version }) => lambda.Alias.fromAliasAttributes(stack, 'Imported', {
    aliasName, aliasVersion: version,
  }).functionName],
])('an alias is recognized by %s', (_name, functionName) => {
  const app = new TestApp();
  const [table, handler] = [app.table(), new lambda.Alias(app.stack, 'Alias', { aliasName: 'live', version: app.fn().currentVersion })];
  app.trigger({ table, handler });
  new lambda.CfnEventSourceMapping(app.stack, 'Raw', {
    functionName: functionName(handler), eventSourceArn: table.tableStreamArn, startingPosition: 'LATEST',
  });

  expect(() => app.app.synth()).toThrow('(duplicate-mapping)');
});

test.each<[string, (version: lambda.Version) => string]>([
  ['its ARN', (version) => version.functionArn],
  ['its function and its number', (version) => version.functionName],
])('a version is recognized by %s', (_name, functionName) => {
  const app = new TestApp();
  const [table, handler] = [app.table(), app.fn().currentVersion];
  app.trigger({ table, handler });
  new lambda.CfnEventSourceMapping(app.stack, 'Raw', {
    functionName: functionName(handler), eventSourceArn: table.tableStreamArn, startingPosition: 'LATEST',
  });

  expect(() => app.app.synth()).toThrow('(duplicate-mapping)');
});

test.each<[string, (stack: Stack) => string]>([
  ['its name', () => 'orders'],
  ['its ARN', () => `arn:aws:lambda:${ENV.region}:${ENV.account}:function:orders`],
  ['an import by its name', (stack) => lambda.Function.fromFunctionName(stack, 'Imported', 'orders').functionName],
  ['an import by its ARN', (stack) => lambda.Function.fromFunctionArn(stack, 'Imported', `arn:aws:lambda:${ENV.region}:${ENV.account}:function:orders`)
    .functionName],
])('a function to which the app gives a name is recognized by %s', (_name, functionName) => {
  const app = new TestApp({ env: ENV });
  const [table, handler] = [app.table(), app.fn('Fn', { functionName: 'orders' })];
  app.trigger({ table, handler });
  new lambda.CfnEventSourceMapping(app.stack, 'Raw', {
    functionName: functionName(app.stack), eventSourceArn: table.tableStreamArn, startingPosition: 'LATEST',
  });

  expect(() => app.app.synth()).toThrow('(duplicate-mapping)');
});

describe('a function of the same name', () => {
  const tableStreamArn = `arn:aws:dynamodb:${ENV.region}:${ENV.account}:table/orders/stream/2026-01-01T00:00:00.000`;
  const arnIn = ({ account, region }: typeof ENV) => `arn:aws:lambda:${region}:${account}:function:orders`;

  /** The errors of an app with a trigger for the function called orders, and another mapping of its stream. */
  function errorsWith(functionName: (stack: Stack) => string, env: typeof ENV, handler = (app: TestApp) => app.fn('Fn', { functionName: 'orders' })): string {
    const app = new TestApp({ env: ENV });
    const table = dynamodb.Table.fromTableAttributes(app.stack, 'Imported', { tableName: 'orders', tableStreamArn });
    app.trigger({ table, handler: handler(app) });
    const stack = app.addStack('Other', { env });
    new lambda.CfnEventSourceMapping(stack, 'Raw', { functionName: functionName(stack), eventSourceArn: tableStreamArn, startingPosition: 'LATEST' });
    try {
      app.app.synth();
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }

  const names: [string, (env: typeof ENV) => (stack: Stack) => string][] = [
    ['named by its name', () => () => 'orders'],
    ['named by its ARN', (env) => () => arnIn(env)],
    ['imported by its name', () => (stack) => lambda.Function.fromFunctionName(stack, 'Fn', 'orders').functionName],
    ['made with that name', () => (stack) => new lambda.CfnFunction(stack, 'Fn', {
      functionName: 'orders', role: 'arn:aws:iam::123456789012:role/handler', code: { zipFile: 'exports.handler = 1;' }, handler: 'index.handler', runtime: 'nodejs24.x',
    }).ref],
  ];

  test.each(names)('and %s is another one in another account or Region', (_name, functionName) => {
    for (const env of [{ ...ENV, account: '999999999999' }, { ...ENV, region: 'us-east-1' }]) {
      expect(errorsWith(functionName(env), env)).toBe('');
    }
  });

  test.each(names)('and %s is the same one in another stack of its account and Region', (_name, functionName) => {
    expect(errorsWith(functionName(ENV), ENV)).toContain('(duplicate-mapping)');
  });

  test('and a name whose start looks like an ARN\'s is another one', () => {
    expect(errorsWith(() => 'orders-function', ENV)).toBe('');
  });

  test('is the same one if its own alias is named by name and by ARN', () => {
    const handler = (app: TestApp) => lambda.Function.fromFunctionArn(app.stack, 'Live', `${arnIn(ENV)}:live`) as lambda.Function;

    expect(errorsWith(() => 'orders:live', ENV, handler)).toContain('(duplicate-mapping)');
    expect(errorsWith(() => 'orders:canary', ENV, handler)).toBe('');
  });
});

describe('the timeout of a function on Managed Instances', () => {
  const warningsWith = (timeout?: Duration) => {
    const app = new TestApp();
    const handler = app.fn('Fn', { timeout });
    (handler.node.defaultChild as lambda.CfnFunction).capacityProviderConfig = {
      lambdaManagedInstancesCapacityProviderConfig: { capacityProviderArn: 'arn:aws:lambda:eu-west-1:123456789012:capacity-provider:instances' },
    };
    app.trigger({ handler });
    app.app.synth();
    return app.warnings();
  };

  test.each([4, 900, 901, 5400])('may be %d seconds', (seconds) => {
    expect(warningsWith(Duration.seconds(seconds))).toEqual([]);
  });

  test.each([undefined, Duration.seconds(3)])('is as short as elsewhere with %s', (timeout) => {
    expect(warningsWith(timeout)).toEqual(['short-timeout']);
  });
});
