import {
  Aspects, aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_s3 as s3,
  aws_sns as sns, aws_sqs as sqs,
} from 'aws-cdk-lib';
import { type DynamoStreamTriggerProps, S3FailureDestination, StreamPermissions } from '../../lib';
import { ENV, TestApp } from '../app';

const FLAG = '@aws-cdk/aws-kms:applyImportedAliasPermissionsToPrincipal';

type Props = (app: TestApp, key: kms.IKey) => Partial<DynamoStreamTriggerProps>;

const KEYS: readonly [string, Props][] = [
  ['a table', (app, key) => ({ table: app.table('Table', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(key) }) })],
  ['a queue', (app, encryptionMasterKey) => ({ onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue', { encryptionMasterKey })) })],
  ['the made queue', (_app, failureQueueKey) => ({ failureQueueKey })],
  ['a topic', (app, masterKey) => ({ onFailure: new sources.SnsDlq(new sns.Topic(app.stack, 'Topic', { masterKey })) })],
  ['a bucket', (app, encryptionKey) => ({
    onFailure: new S3FailureDestination(s3.Bucket.fromBucketAttributes(app.stack, 'Bucket', { bucketName: 'failures', account: ENV.account, encryptionKey })),
  })],
];

/** The policy in the warning, if there is one. */
function missing(app: TestApp): any[] | undefined {
  const warning = app.app.node.findAll().flatMap(({ node }) => node.metadata).map(({ data }) => String(data)).find((data) => data.includes('grant-missing'));
  return warning && JSON.parse(warning.slice(warning.indexOf('{'), warning.lastIndexOf('}') + 1)).Statement;
}

describe.each(Object.values(StreamPermissions))('with %s, a key', (permissions) => {
  test.each(KEYS)('of %s that is imported by its alias is asked for, unless the app has the flag or the key is AWS\'s', (_name, props) => {
    const statementsWith = (aliasName: string, context = {}) => {
      const app = new TestApp({ env: ENV }, context);
      app.trigger({ permissions, ...props(app, kms.Alias.fromAliasName(app.stack, 'Key', aliasName)) });
      app.app.synth();
      return missing(app);
    };

    expect(statementsWith('alias/data-key')).toEqual([{
      Effect: 'Allow',
      Action: expect.arrayContaining(['kms:Decrypt']),
      Resource: 'arn:*:kms:eu-west-1:123456789012:key/*',
      Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/data-key' } },
    }]);
    expect(statementsWith('alias/aws/something')).toBeUndefined();
    expect(statementsWith('alias/data-key', { [FLAG]: true })).toBeUndefined();
  });

  test.each(KEYS)('of %s that is known otherwise is granted', (_name, props) => {
    const imported = new TestApp({ env: ENV });
    imported.trigger({ permissions, ...props(imported, kms.Key.fromKeyArn(imported.stack, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555')) });
    const alias = new TestApp({ env: ENV });
    alias.trigger({ permissions, ...props(alias, new kms.Alias(alias.stack, 'Alias', { aliasName: 'alias/mine', targetKey: new kms.Key(alias.stack, 'Key') })) });

    for (const app of [imported, alias]) {
      app.app.synth();

      expect(missing(app)).toBeUndefined();
      expect(JSON.stringify(app.template().findResources('AWS::IAM::Policy'))).toContain('kms:');
    }
  });
});

/** A role as a platform team hands it out: with a policy of its own, and not to be changed. */
function handedOut(app: TestApp, policies: string[], grant: (role: iam.Role) => unknown): lambda.Function {
  const role = new iam.Role(app.stack, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    managedPolicies: policies.map((name) => iam.ManagedPolicy.fromAwsManagedPolicyName(name)),
  });
  grant(role);
  return app.fn('Fn', { role: role.withoutPolicyUpdates() });
}

const statement = (resources: string[], ...actions: string[]) => new iam.PolicyStatement({ actions, resources });
const reading = (table: dynamodb.ITable) => statement([table.tableStreamArn!], 'dynamodb:*');

test.each<[string, string[], (role: iam.Role, table: dynamodb.ITable, queue: sqs.Queue) => unknown]>([
  ['by a managed policy of the app', [], (role, table, queue) => role.addManagedPolicy(new iam.ManagedPolicy(role.stack, 'Managed', {
    statements: [reading(table), statement([queue.queueArn], 'sqs:*')],
  }))],
  ['by a managed policy that names it', [], (role, table, queue) => new iam.ManagedPolicy(role.stack, 'Managed', {
    roles: [role], statements: [reading(table), statement([queue.queueArn], 'sqs:*')],
  })],
  ['by a policy beside it', [], (role, table, queue) => new iam.Policy(role.stack, 'Beside', {
    roles: [role], statements: [reading(table), statement([queue.queueArn], 'sqs:*')],
  })],
  ['by a policy of the first layer', [], (role, table, queue) => new iam.CfnPolicy(role.stack, 'Beside', {
    policyName: 'all', roles: [role.roleName], policyDocument: {
      Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['sqs:Send*', 'sqs:Get*', 'dynamodb:*'], Resource: [queue.queueArn, table.tableStreamArn] }],
    },
  })],
  ['by a policy of a role', [], (role, table, queue) => new iam.CfnRolePolicy(role.stack, 'Beside', {
    policyName: 'all', roleName: role.roleName, policyDocument: { Statement: { Effect: 'Allow', Action: '*', Resource: [queue.queueArn, table.tableStreamArn] } },
  })],
  ['by inline policies', [], (role, table, queue) => (role.node.defaultChild as iam.CfnRole).policies = [
    { policyName: 'all', policyDocument: new iam.PolicyDocument({ statements: [reading(table), statement([queue.queueArn], 'sqs:*')] }) },
  ]],
  ['by an override', [], (role, table, queue) => (role.node.defaultChild as iam.CfnRole).addPropertyOverride('Policies', [{
    PolicyName: 'all', PolicyDocument: role.stack.resolve(new iam.PolicyDocument({ statements: [reading(table), statement([queue.queueArn], 'sqs:*')] })),
  }])],
  ['by an aspect', [], (role, table, queue) => {
    Aspects.of(role).add({ visit: (node) => node === role && role.addToPolicy(statement([queue.queueArn, table.tableStreamArn!], '*')) });
    role.addToPolicy(statement(['*'], 'logs:PutLogEvents'));
  }],
  ['by prefixes of actions', [], (role, table, queue) => role.addToPolicy(statement([table.tableStreamArn!, queue.queueArn],
    'dynamodb:Desc*', 'dynamodb:Get*', 'dynamodb:List*', 'sqs:Get*', 'sqs:Send*'))],
  ['by the streams of the table', [], (role, table) => role.addToPolicy(statement([`${table.tableArn}/stream/*`, 'arn:aws:sqs:*:*:Orders-*'], '*'))],
  ['by all of the table', [], (role, table) => role.addToPolicy(statement([`${table.tableArn}/*`, 'arn:aws:sqs:eu-west-1:123456789012:*'], '*'))],
  ['by wildcards in ARNs', [], (role) => role.addToPolicy(statement(['arn:aws:dynamodb:*:*:table/*/stream/*', 'arn:aws:sqs:*'], '*'))],
  ['by all but something else', [], (role) => role.addToPolicy(new iam.PolicyStatement({ notActions: ['iam:*'], notResources: ['arn:aws:s3:::secrets*'] }))],
  ['under a condition', [], (role) => role.addToPolicy(new iam.PolicyStatement({
    actions: ['*'], resources: ['*'], conditions: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
  }))],
  ['by a managed policy and a grant', ['service-role/AWSLambdaDynamoDBExecutionRole'], (role, _table, queue) => queue.grantSendMessages(role)],
  ['by grants', [], (role, table, queue) => [table.grantStreamRead(role), queue.grantSendMessages(role)]],
  ['by a policy on everything', [], (role) => role.addToPolicy(new iam.PolicyStatement({ actions: ['dynamodb:*', 'sqs:*'], resources: ['*'] }))],
  ['as an administrator', ['AdministratorAccess'], () => {}],
])('a role that can\'t be changed and has everything, %s, is not warned of', (_name, policies, grant) => {
  const app = new TestApp({ env: ENV });
  const [table, queue] = [app.table(), new sqs.Queue(app.stack, 'Queue')];
  const handler = handedOut(app, policies, (role) => grant(role, table, queue));
  app.trigger({ table, onFailure: new sources.SqsDlq(queue), handler, permissions: StreamPermissions.LEAST_PRIVILEGE });
  app.app.synth();

  expect(missing(app)).toBeUndefined();
});

test.each<[string, (role: iam.Role, table: dynamodb.ITable, queue: sqs.Queue, other: sqs.Queue) => unknown]>([
  ['another queue', (role, table, _queue, other) => [role.addToPolicy(reading(table)), other.grantSendMessages(role)]],
  ['other actions', (role, table, queue) => [role.addToPolicy(reading(table)), queue.grantConsumeMessages(role)]],
  ['other queues by a wildcard', (role, table) => [role.addToPolicy(reading(table)), role.addToPolicy(statement(['arn:aws:sqs:*:*:Refunds-*'], 'sqs:*'))]],
  ['all but that', (role, table) => [role.addToPolicy(reading(table)), role.addToPolicy(new iam.PolicyStatement({ notActions: ['sqs:*', 'iam:*'], resources: ['*'] }))]],
  ['a policy of another role', (role, table, queue) => [role.addToPolicy(reading(table)), new iam.ManagedPolicy(role.stack, 'Managed', {
    roles: [new iam.Role(role.stack, 'Other', { assumedBy: new iam.AccountRootPrincipal() })], statements: [statement([queue.queueArn], 'sqs:*')],
  })]],
])('of a role that has %s, the queue is asked for', (_name, grant) => {
  const app = new TestApp({ env: ENV });
  const [table, queue, other] = [app.table(), new sqs.Queue(app.stack, 'Queue'), new sqs.Queue(app.stack, 'Another')];
  const handler = handedOut(app, [], (role) => grant(role, table, queue, other));
  app.trigger({ table, onFailure: new sources.SqsDlq(queue), handler, permissions: StreamPermissions.LEAST_PRIVILEGE });
  app.app.synth();

  expect(missing(app)?.map(({ Action }) => [Action].flat())).toEqual([expect.arrayContaining(['sqs:SendMessage'])]);
});

test('a bucket\'s objects are covered by a pattern on the bucket', () => {
  const app = new TestApp({ env: ENV });
  const [table, bucket] = [app.table(), new s3.Bucket(app.stack, 'Bucket')];
  const handler = handedOut(app, ['service-role/AWSLambdaDynamoDBExecutionRole'], (role) => role.addToPolicy(statement([`${bucket.bucketArn}*`], 's3:Put*', 's3:List*')));
  app.trigger({ table, onFailure: new S3FailureDestination(bucket), handler });
  app.app.synth();

  expect(missing(app)).toBeUndefined();
});

test.each<[string, (app: TestApp, role: iam.IRole) => unknown]>([
  ['an imported role', (app, role) => new iam.ManagedPolicy(app.stack, 'Managed', { roles: [role], statements: [statement(['*'], '*')] })],
  ['a key that is imported by its alias', () => {}],
])('what the app gives to %s counts', (name, give) => {
  const app = new TestApp({ env: ENV });
  if (name === 'an imported role') {
    const arn = 'arn:aws:iam::123456789012:role/handler';
    give(app, iam.Role.fromRoleArn(app.stack, 'Role', arn));
    const role = iam.Role.fromRoleArn(app.stack, 'Immutable', arn, { mutable: false });
    const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:orders';
    app.trigger({ handler: lambda.Function.fromFunctionAttributes(app.stack, 'Fn', { functionArn, role, sameEnvironment: true }) });
  } else {
    const handler = app.fn();
    handler.addToRolePolicy(statement(['arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555'], 'kms:Decrypt', 'kms:DescribeKey'));
    app.trigger({ handler, table: app.table('Table', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(kms.Alias.fromAliasName(app.stack, 'Key', 'alias/data')) }) });
  }
  app.app.synth();

  expect(missing(app)).toBeUndefined();
});

test.each<[string, (app: TestApp) => dynamodb.ITable]>([
  ['a Table without indexes', ({ stack }) => new dynamodb.Table(stack, 'Other', { partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING } })],
  ['an imported Table', ({ stack }) => dynamodb.Table.fromTableName(stack, 'Other', 'others')],
])('a grant on %s, which names indexes that are not there, does not count', (_name, other) => {
  const app = new TestApp({ env: ENV });
  const table = other(app);
  app.trigger({ handler: handedOut(app, [], (role) => table.grantReadWriteData(role)) });
  app.app.synth();

  expect(missing(app)).toHaveLength(2);
});

test.each<[string, string[] | undefined, (app: TestApp, mapping: lambda.CfnEventSourceMapping, handler: lambda.IFunction) => unknown]>([
  ['a queue of the app', ['sqs:SendMessage'], (app, mapping) => mapping.destinationConfig = { onFailure: { destination: new sqs.Queue(app.stack, 'Other').queueArn } }],
  ['a queue by its ARN', ['sqs:SendMessage'], (_app, mapping) =>
    mapping.addPropertyOverride('DestinationConfig.OnFailure.Destination', 'arn:aws:sqs:eu-west-1:123456789012:central')],
  ['a topic', ['sns:Publish'], (app, mapping) => mapping.destinationConfig = { onFailure: { destination: new sns.Topic(app.stack, 'Other').topicArn } }],
  ['a bucket', ['s3:PutObject', 's3:ListBucket'], (app, mapping) => mapping.destinationConfig = { onFailure: { destination: new s3.Bucket(app.stack, 'Other').bucketArn } }],
  ['a queue that the function may send to', undefined, (app, mapping, handler) => {
    const queue = new sqs.Queue(app.stack, 'Other');
    queue.grantSendMessages(handler);
    mapping.addPropertyOverride('DestinationConfig.OnFailure.Destination', app.stack.resolve(queue.queueArn));
  }],
  ['the queue that it had', undefined, (app, mapping) => {
    const { onFailure } = mapping.destinationConfig as lambda.CfnEventSourceMapping.DestinationConfigProperty;
    const { destination } = onFailure as lambda.CfnEventSourceMapping.OnFailureProperty;
    mapping.addPropertyOverride('DestinationConfig.OnFailure.Destination', app.stack.resolve(destination));
  }],
  ['nothing', undefined, (_app, mapping) => mapping.destinationConfig = undefined],
])('if the failure destination becomes %s, its grant is asked for', (_name, actions, change) => {
  const app = new TestApp({ env: ENV });
  const trigger = app.trigger({ handler: app.fn() });
  change(app, trigger.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping, trigger.handler);
  app.app.synth();

  expect(missing(app)?.map(({ Action }) => Action)).toEqual(actions);
});

test('of a role that has a part, the rest is asked for, in ARNs that IAM takes', () => {
  const app = new TestApp({ env: ENV });
  const handler = handedOut(app, ['service-role/AWSLambdaDynamoDBExecutionRole'], () => {});
  app.trigger({ handler, onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue')), permissions: StreamPermissions.LEAST_PRIVILEGE });
  app.app.synth();

  expect(missing(app)).toEqual([
    { Effect: 'Allow', Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'], Resource: expect.stringMatching(/^arn:\*:sqs:eu-west-1:123456789012:Orders-Queue[0-9A-F]{8}-\*$/) },
  ]);
});

test.each<[string, (app: TestApp) => dynamodb.ITable, string]>([
  ['without a name', (app) => app.table(), 'arn:*:dynamodb:eu-west-1:123456789012:table/Orders-TableCD117FA1-*/stream/*'],
  ['with a name', (app) => app.table('Table', { tableName: 'orders' }), 'arn:*:dynamodb:eu-west-1:123456789012:table/orders/stream/*'],
])('the stream of a table %s is in it', (_name, table, arn) => {
  const app = new TestApp({ env: ENV });
  app.trigger({ table: table(app), handler: handedOut(app, [], () => {}) });
  app.app.synth();

  expect(missing(app)!.map(({ Resource }) => Resource)).toContain(arn);
});
