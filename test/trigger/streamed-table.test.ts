import { aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, aws_logs as logs, CfnParameter, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, HIPAASecurityChecks } from 'cdk-nag';
import { StreamedTable, type StreamedTableOptions, StreamFilter, StreamPermissions } from '../../lib';
import { ENV, TestApp } from '../app';

const REPLICA_ENV = { ...ENV, region: 'us-east-1' };
const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders';
const LOOKUP = 'Custom::DynamoStreamLookup';

/** The only lookup of a stack, with its logical id. */
function lookup(app: TestApp, stack = app.stack): { readonly id: string; readonly [name: string]: any } {
  const [[id, resource], ...others] = Object.entries(app.template(stack).findResources(LOOKUP));
  expect(others).toEqual([]);
  return { id, ...resource };
}

/** The tables that the function behind the lookups of a stack may describe. */
function describable(app: TestApp, stack = app.stack): unknown[] {
  return statements(app, stack).filter(({ Action }) => Action === 'dynamodb:DescribeTable').map(({ Resource }) => Resource);
}

function statements(app: TestApp, stack = app.stack): any[] {
  return Object.values(app.template(stack).findResources('AWS::IAM::Policy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

test('a table that is known by its name is read by the stream that the deployment finds', () => {
  const app = new TestApp({ env: ENV });
  app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Table', 'orders') });
  app.app.synth();

  const { id, Properties } = lookup(app);
  expect(Properties).toMatchObject({ TableName: 'orders' });
  expect(app.mapping().EventSourceArn).toEqual({ 'Fn::GetAtt': [id, 'StreamArn'] });
  expect(describable(app)).toEqual([{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':dynamodb:eu-west-1:123456789012:table/orders']] }]);
});

test('a table that is known by its ARN is looked up by it, which works across accounts', () => {
  const app = new TestApp({ env: ENV });
  const table = StreamedTable.fromTableArn(app.stack, 'Table', TABLE_ARN);
  app.trigger({ table });
  app.app.synth();

  expect(table.tableName).toBe('orders');
  expect(lookup(app).Properties.TableName).toBe(TABLE_ARN);
  expect(describable(app)).toEqual([TABLE_ARN]);
});

test('a table whose ARN only the deployment knows is looked up', () => {
  const app = new TestApp();
  const parameter = new CfnParameter(app.stack, 'TableArn');
  app.trigger({ table: StreamedTable.fromTableArn(app.stack, 'Table', parameter.valueAsString) });
  app.app.synth();

  expect(lookup(app).Properties.TableName).toEqual({ Ref: 'TableArn' });
});

test.each([
  'arn:aws:dynamodb:eu-west-1:123456789012:orders',
  `${TABLE_ARN}/stream/2026-01-01T00:00:00.000`,
  `${TABLE_ARN}/index/by-day`,
  'arn:aws:lambda:eu-west-1:123456789012:function:orders',
  'orders',
])('%s is not the ARN of a table, and is refused', (arn) => {
  const { stack } = new TestApp();

  expect(() => StreamedTable.fromTableArn(stack, 'Table', arn)).toThrow(new Error(
    `[Orders/Table] tableArn is "${arn}" but must be the ARN of a table: arn:aws:dynamodb:<region>:<account>:table/<name>. `
    + 'If you have the name of the table, give it to fromTableName.'));
});

test.each([TABLE_ARN, '', 'of', 'orders!', 'o'.repeat(256)])('"%s" is not the name of a table, and is refused', (name) => {
  const { stack } = new TestApp();

  expect(() => StreamedTable.fromTableName(stack, 'Table', name)).toThrow(new Error(
    `[Orders/Table] tableName is "${name}" but must be the name of a table: 3 to 255 characters of A-Z, a-z, 0-9, "_", "-" and ".". `
    + 'If you have the ARN of the table, give it to fromTableArn.'));
});

test.each(['our', 'o'.repeat(255), 'My.Table_1-a'])('"%s" is the name of a table', (name) => {
  const { stack } = new TestApp();

  expect(StreamedTable.fromTableName(stack, 'Table', name).tableName).toBe(name);
});

test('a table of another partition is known by its ARN', () => {
  const { stack } = new TestApp();

  expect(StreamedTable.fromTableArn(stack, 'Table', 'arn:aws-cn:dynamodb:cn-north-1:123456789012:table/My.Table_1').tableName).toBe('My.Table_1');
});

describe('the function that looks up', () => {
  test('is one for all tables of a stack, and may do nothing but describe them and write its log', () => {
    const app = new TestApp({ env: ENV });
    StreamedTable.fromTableArn(app.stack, 'One', TABLE_ARN);
    StreamedTable.fromTableArn(app.stack, 'Two', `${TABLE_ARN}2`);
    StreamedTable.fromTableArn(app.stack, 'TwoAgain', `${TABLE_ARN}2`);

    app.template().resourceCountIs('AWS::Lambda::Function', 1);
    app.template().resourceCountIs(LOOKUP, 3);
    expect(statements(app)).toEqual([
      {
        Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^DynamoStreamLookupLogs/), 'Arn'] },
      },
      { Effect: 'Allow', Action: 'dynamodb:DescribeTable', Resource: TABLE_ARN },
      { Effect: 'Allow', Action: 'dynamodb:DescribeTable', Resource: `${TABLE_ARN}2` },
    ]);
  });

  test('has its permissions before it is called', () => {
    const app = new TestApp({ env: ENV });
    app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Table', 'orders') });

    expect(lookup(app).DependsOn).toContainEqual(expect.stringMatching(/DynamoStreamLookupRoleDefaultPolicy/));
  });

  test('keeps its log for a month, and delays the stack by no more than ten minutes', () => {
    const app = new TestApp({ env: ENV });
    StreamedTable.fromTableName(app.stack, 'Table', 'orders');

    app.template().hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' });
    app.template().hasResourceProperties(LOOKUP, { ServiceTimeout: '600' });
    app.template().hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Looks up streams of DynamoDB tables (dynamo-stream-trigger)', Handler: 'index.handler', Timeout: 60, MemorySize: 256, Architectures: ['arm64'],
    });
    app.template().hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: { Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }] },
    });
  });

  describe('logs to a given group', () => {
    const keyed = (app: TestApp, id = 'Lookups') => new logs.LogGroup(app.stack, id, { encryptionKey: new kms.Key(app.stack, `${id}Key`) });

    test.each(['first', 'second'])('of the %s of two tables, and none is made', (place) => {
      const app = new TestApp({ env: ENV });
      const logGroup = keyed(app);
      StreamedTable.fromTableArn(app.stack, 'One', TABLE_ARN, place === 'first' ? { logGroup } : {});
      StreamedTable.fromTableName(app.stack, 'Two', 'two', place === 'second' ? { logGroup } : {});
      app.app.synth();

      const [[id, group], ...others] = Object.entries(app.template().findResources('AWS::Logs::LogGroup'));
      expect(others).toEqual([]);
      expect(group.Properties).toMatchObject({ KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^LookupsKey/), 'Arn'] } });
      app.template().hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: { Ref: id } } });
      expect(statements(app)).toContainEqual({
        Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: { 'Fn::GetAtt': [id, 'Arn'] },
      });
      expect(statements(app)).toHaveLength(3);
    });

    test('of another stack, or imported', () => {
      const app = new TestApp({ env: ENV });
      const other = new Stack(app.app, 'Other', { env: ENV });
      StreamedTable.fromTableArn(app.stack, 'One', TABLE_ARN, { logGroup: new logs.LogGroup(other, 'Logs') });
      const imported = new Stack(app.app, 'Imported', { env: ENV });
      StreamedTable.fromTableArn(imported, 'One', TABLE_ARN, { logGroup: logs.LogGroup.fromLogGroupName(imported, 'Logs', 'lookups') });
      app.app.synth();

      app.template().resourceCountIs('AWS::Logs::LogGroup', 0);
      app.template().hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: { 'Fn::ImportValue': Match.anyValue() } } });
      app.template(imported).hasResourceProperties('AWS::Lambda::Function', { LoggingConfig: { LogGroup: 'lookups' } });
      expect(JSON.stringify(statements(app, imported))).toContain(':log-group:lookups:*');
    });

    test('that all tables of the stack name, or one of them', () => {
      const app = new TestApp({ env: ENV });
      const logGroup = keyed(app);
      StreamedTable.fromTableArn(app.stack, 'One', TABLE_ARN, { logGroup });
      StreamedTable.fromTableArn(app.stack, 'Two', TABLE_ARN, { logGroup });

      expect(() => StreamedTable.fromTableArn(app.stack, 'Three', TABLE_ARN, { logGroup: keyed(app, 'Mine') })).toThrow(
        '[Orders/Three] logGroup is Orders/Mine, but another StreamedTable of the stack has Orders/Lookups, and one function looks up the streams of '
        + 'both. Give both the same, or only one of them any.');
    });

    test('in which the packs of cdk-nag find no missing key', () => {
      const findings = (options: StreamedTableOptions, app: TestApp) => {
        StreamedTable.fromTableArn(app.stack, 'One', TABLE_ARN, options);
        return new HIPAASecurityChecks().validateScope(app.stack).violations.map(({ ruleName }) => ruleName);
      };
      const app = new TestApp({ env: ENV });

      expect(findings({}, new TestApp({ env: ENV }))).toContain('HIPAA.Security-CloudWatchLogGroupEncrypted');
      expect(findings({ logGroup: keyed(app) }, app)).not.toContain('HIPAA.Security-CloudWatchLogGroupEncrypted');
    });
  });

  test('has nothing that cdk-nag objects to', () => {
    const app = new TestApp({ env: ENV });
    app.trigger({
      table: StreamedTable.fromTableName(app.stack, 'Table', 'orders'), permissions: StreamPermissions.LEAST_PRIVILEGE,
    });
    const { violations } = new AwsSolutionsChecks().validateScope(app.stack.node.findChild('DynamoStreamLookup'));

    expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });
});

describe('refresh', () => {
  const found = (refresh?: string) => {
    const app = new TestApp({ env: ENV });
    app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Table', 'orders', { refresh }) });
    const { id, Properties } = lookup(app);
    return { id, Properties, source: app.mapping().EventSourceArn };
  };

  test('makes a new resource, so that an update that fails leaves what was found before', () => {
    const [first, second] = [found('2026-01-01'), found('2026-01-02')];

    expect(first.id).not.toEqual(second.id);
    expect(second.source).toEqual({ 'Fn::GetAtt': [second.id, 'StreamArn'] });
    expect(second.Properties.Refresh).toBe('2026-01-02');
  });

  test('changes nothing if it does not change', () => {
    expect(found('2026-01-01')).toEqual(found('2026-01-01'));
    expect(found()).toEqual(found());
  });

  test('may be a token, whose changes CloudFormation sees', () => {
    const app = new TestApp({ env: ENV });
    const refresh = new CfnParameter(app.stack, 'Refresh').valueAsString;
    app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Table', 'orders', { refresh }) });

    expect(lookup(app).Properties.Refresh).toEqual({ Ref: 'Refresh' });
  });
});

describe('the key of the table', () => {
  const KEY_ARN = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555';

  test('is looked up with the stream, and the function may decrypt with it', () => {
    const app = new TestApp({ env: ENV });
    app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Table', 'orders') });

    expect(statements(app)).toContainEqual({
      Effect: 'Allow', Action: ['kms:Decrypt', 'kms:DescribeKey'], Resource: { 'Fn::GetAtt': [lookup(app).id, 'KeyArn'] },
    });
  });

  test('is the given one', () => {
    const app = new TestApp({ env: ENV });
    const encryptionKey = kms.Key.fromKeyArn(app.stack, 'Key', KEY_ARN);
    app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Table', 'orders', { encryptionKey }) });

    expect(statements(app).filter(({ Action }) => Action.includes('kms:Decrypt')).map(({ Resource }) => Resource)).toEqual([KEY_ARN]);
  });
});

describe('a table of this app', () => {
  const replicated = (app: TestApp, props = {}) => app.table('Table', { replicas: [{ region: REPLICA_ENV.region }], ...props });

  test.each<[string, (table: dynamodb.TableV2) => dynamodb.ITable]>([
    ['the table', (table) => table],
    ['its replica', (table) => table.replica(REPLICA_ENV.region)],
    ['its stream, looked up elsewhere', (table) => StreamedTable.fromTable(table.stack, 'Elsewhere', table)],
  ])('is looked up as the replica in the Region of the trigger, after the table was deployed, given %s', (_name, given) => {
    const app = new TestApp({ env: ENV });
    const stack = app.addStack('Replica', { env: REPLICA_ENV });
    app.trigger({ table: StreamedTable.fromTable(stack, 'Table', given(replicated(app, { tableName: 'orders' }))) }, 'Trigger', stack);
    app.app.synth();

    const { id, Properties } = lookup(app, stack);
    expect(Properties.TableName).toBe('orders');
    expect(app.mapping(stack).EventSourceArn).toEqual({ 'Fn::GetAtt': [id, 'StreamArn'] });
    expect(describable(app, stack)).toEqual([{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':dynamodb:us-east-1:123456789012:table/orders']] }]);
    expect(stack.dependencies).toContain(app.stack);
    expect(app.warnings()).not.toContain('cross-account-stream');
  });

  test('may be of the class Table', () => {
    const app = new TestApp({ env: ENV });
    const table = new dynamodb.Table(app.stack, 'Table', {
      tableName: 'orders', partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, replicationRegions: [REPLICA_ENV.region],
    });
    const stack = app.addStack('Replica', { env: REPLICA_ENV });
    app.trigger({ table: StreamedTable.fromTable(stack, 'Table', table) }, 'Trigger', stack);
    app.app.synth();

    expect(lookup(app, stack).Properties.TableName).toBe('orders');
    expect(stack.dependencies).toContain(app.stack);
  });

  test('is made before it is looked up in its own stack', () => {
    const app = new TestApp({ env: ENV });
    app.trigger({ table: StreamedTable.fromTable(app.stack, 'Table', app.table('Orders')) });
    app.app.synth();

    expect(lookup(app).DependsOn).toContainEqual(expect.stringMatching(/^Orders/));
  });

  test('in another stage is not deployed first, because each stage is deployed on its own', () => {
    const app = new TestApp({ env: ENV });
    const stack = new Stack(new Stage(app.app, 'Replica', { env: REPLICA_ENV }), 'Stack');
    const table = StreamedTable.fromTable(stack, 'Table', replicated(app, { tableName: 'orders' }));
    app.trigger({ table }, 'Trigger', stack);

    expect(() => app.app.synth()).not.toThrow();
  });

  test('has its filters checked against its view type', () => {
    const app = new TestApp({ env: ENV });
    const stack = app.addStack('Other', { env: ENV });
    const table = StreamedTable.fromTable(stack, 'Table', app.table('Orders', { dynamoStream: dynamodb.StreamViewType.KEYS_ONLY }));
    app.trigger({ table, filters: [StreamFilter.fromPattern({ dynamodb: { NewImage: { a: { S: ['a'] } } } })] }, 'Trigger', stack);
    app.app.synth();

    expect(app.warnings()).toContain('filter-image');
  });

  test('without a stream is refused at synth', () => {
    const app = new TestApp({ env: ENV });
    app.trigger({ table: StreamedTable.fromTable(app.stack, 'Table', app.table('Orders', { dynamoStream: undefined })) });

    expect(() => app.app.synth()).toThrow('(stream-off)');
  });

  test('has one stream, looked up or not', () => {
    const app = new TestApp({ env: ENV });
    const [table, handler] = [app.table('Orders'), app.fn()];
    app.trigger({ table, handler }, 'Direct');
    app.trigger({ table: StreamedTable.fromTable(app.stack, 'Lookup', table), handler }, 'LookedUp');

    expect(() => app.app.synth()).toThrow(/\[Orders\/LookedUp\].*Orders\/Direct.*\(duplicate-mapping\)/);
  });
});

describe('a table that gets its name from the CDK, because another Region or account must know it,', () => {
  const warnings = (env: { account: string; region: string }, props: Partial<dynamodb.TablePropsV2> = {}) => {
    const app = new TestApp({ env: ENV });
    const stack = app.addStack('Other', { env });
    const replicas = env.region === ENV.region ? [] : [{ region: env.region }];
    app.trigger({ table: StreamedTable.fromTable(stack, 'Table', app.table('Table', { replicas, ...props })) }, 'Trigger', stack);
    app.app.synth();
    return { app, ids: app.warnings() };
  };

  test.each([['Region', REPLICA_ENV], ['account', { ...ENV, account: '999999999999' }]])('causes a warning in another %s', (_name, env) => {
    const { app, ids } = warnings(env);

    expect(ids).toContain('generated-table-name');
    app.template().hasResourceProperties('AWS::DynamoDB::GlobalTable', { TableName: Match.stringLikeRegexp('^ordersorderstable') });
  });

  test.each<[string, typeof ENV, Partial<dynamodb.TablePropsV2>]>([
    ['a name of its own', REPLICA_ENV, { tableName: 'orders' }],
    ['a trigger where it is', ENV, {}],
  ])('causes no warning with %s', (_name, env, props) => {
    expect(warnings(env, props).ids).not.toContain('generated-table-name');
  });
});

describe('a lookup outside of its trigger\'s stack', () => {
  test('causes a warning, because CloudFormation does not change an export that is in use', () => {
    const app = new TestApp({ env: ENV });
    app.trigger({ table: StreamedTable.fromTableName(app.addStack('Tables', { env: ENV }), 'Table', 'orders') });
    app.app.synth();

    expect(app.warnings()).toContain('lookup-elsewhere');
  });

  test('causes no warning in a nested stack of that stack', () => {
    const app = new TestApp({ env: ENV });
    app.trigger({ table: StreamedTable.fromTableName(new NestedStack(app.stack, 'Tables'), 'Table', 'orders') });
    app.app.synth();

    expect(app.warnings()).not.toContain('lookup-elsewhere');
  });
});

test('an imported table of another Region is looked up as the replica in the Region of the stack', () => {
  const app = new TestApp({ env: REPLICA_ENV });
  const table = dynamodb.TableV2.fromTableArn(app.stack, 'Imported', TABLE_ARN);
  app.trigger({ table: StreamedTable.fromTable(app.stack, 'Table', table) });
  app.app.synth();

  expect(lookup(app).Properties.TableName).toBe('orders');
});

test('a table is not looked up in another Region than its own', () => {
  const app = new TestApp({ env: REPLICA_ENV });
  app.trigger({ table: StreamedTable.fromTableArn(app.stack, 'Table', TABLE_ARN) });

  expect(() => app.app.synth()).toThrow(/table's stream is in eu-west-1 but the mapping's stack is in us-east-1.*StreamedTable\.fromTable.*\(stream-region\)/);
});

test('a table that is looked up twice has one stream', () => {
  const app = new TestApp({ env: ENV });
  const handler = app.fn();
  app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Orders', 'orders'), handler }, 'One');
  app.trigger({ table: StreamedTable.fromTableName(app.stack, 'OrdersAgain', 'orders', { refresh: 'again' }), handler }, 'Two');

  expect(() => app.app.synth()).toThrow('(duplicate-mapping)');
});

test('grants work as with any other table', () => {
  const app = new TestApp({ env: ENV });
  const table = StreamedTable.fromTableArn(app.stack, 'Table', TABLE_ARN);
  const role = new iam.Role(app.stack, 'Reader', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  table.grantReadData(role);
  table.grantStreamRead(role);

  expect(statements(app).flatMap(({ Action }) => Action)).toEqual(expect.arrayContaining(['dynamodb:GetItem', 'dynamodb:GetRecords', 'kms:Decrypt']));
  expect(table.addToResourcePolicy(new iam.PolicyStatement()).statementAdded).toBe(false);
});
