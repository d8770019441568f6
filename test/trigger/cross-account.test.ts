import { aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, type Stack } from 'aws-cdk-lib';
import { StreamedTable } from '../../lib';
import { TestApp } from '../app';

const OWNER = { account: '111111111111', region: 'eu-west-1' };
const READER = { account: '222222222222', region: 'eu-west-1' };
const READERS = { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::222222222222:root']] } };
const statement = (...Action: string[]) => ({
  Effect: 'Allow', Principal: READERS, Action: Action.length === 1 ? Action[0] : Action, Resource: '*',
});
const READING = statement('dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator');

/** An app with a table in one account and a trigger of it in another. */
function across(table: (stack: Stack, app: TestApp) => dynamodb.ITable): { readonly app: TestApp; readonly reader: Stack } {
  const app = new TestApp({ env: OWNER });
  const reader = app.addStack('Reader', { env: READER });
  app.trigger({ table: StreamedTable.fromTable(reader, 'Table', table(app.stack, app)) }, 'Trigger', reader);
  app.app.synth();
  return { app, reader };
}

/** The properties of the only table of an app. */
function tableOf(app: TestApp, type: string): Record<string, any> {
  const [table] = Object.values(app.template().findResources(`AWS::DynamoDB::${type}`));
  return table.Properties;
}

test('a TableV2 of this app allows the other account to look its stream up and read it', () => {
  const { app, reader } = across((_stack, owner) => owner.table('Table', { tableName: 'orders' }));
  const { Replicas: [replica] } = tableOf(app, 'GlobalTable');

  expect(replica.ResourcePolicy.PolicyDocument.Statement).toEqual([statement('dynamodb:DescribeTable')]);
  expect(replica.ReplicaStreamSpecification.ResourcePolicy.PolicyDocument.Statement).toEqual([READING]);
  expect(app.warnings()).not.toContain('cross-account-stream');
  expect(reader.dependencies).toContain(app.stack);
});

test('a Table of this app allows it, too', () => {
  const { app } = across((stack) => new dynamodb.Table(stack, 'Table', {
    tableName: 'orders', partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE,
  }));
  const { ResourcePolicy, StreamSpecification } = tableOf(app, 'Table');

  expect(ResourcePolicy.PolicyDocument.Statement).toEqual([statement('dynamodb:DescribeTable')]);
  expect(StreamSpecification).toEqual({
    StreamViewType: 'NEW_IMAGE', ResourcePolicy: { PolicyDocument: { Version: '2012-10-17', Statement: [READING] } },
  });
  expect(app.warnings()).not.toContain('cross-account-stream');
});

test('the key of a table of this app allows the other account to decrypt', () => {
  const { app } = across((stack, owner) => owner.table('Table', {
    tableName: 'orders', encryption: dynamodb.TableEncryptionV2.customerManagedKey(new kms.Key(stack, 'Key')),
  }));
  const [{ Properties }] = Object.values(app.template().findResources('AWS::KMS::Key'));

  expect(Properties.KeyPolicy.Statement).toContainEqual(statement('kms:Decrypt', 'kms:DescribeKey'));
});

test('for two triggers, the policies of a table say it once', () => {
  const app = new TestApp({ env: OWNER });
  const table = new dynamodb.Table(app.stack, 'Table', {
    tableName: 'orders', partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE,
  });
  ['One', 'Two'].forEach((id) => {
    const reader = app.addStack(id, { env: READER });
    app.trigger({ table: StreamedTable.fromTable(reader, 'Table', table) }, 'Trigger', reader);
  });
  app.app.synth();

  expect(tableOf(app, 'Table').StreamSpecification.ResourcePolicy.PolicyDocument.Statement).toEqual([READING]);
});

test('the stream of a table of another account is looked up by the table\'s ARN', () => {
  const { app, reader } = across((_stack, owner) => owner.table('Table', { tableName: 'orders' }));
  const [{ Properties }] = Object.values(app.template(reader).findResources('Custom::DynamoStreamLookup'));

  expect(Properties.TableName).toEqual({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':dynamodb:eu-west-1:111111111111:table/orders']] });
});

describe('for a table that is not of this app, a warning has the policy', () => {
  const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:111111111111:table/orders';
  const stream = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},'
    + '"Action":["dynamodb:DescribeStream","dynamodb:GetRecords","dynamodb:GetShardIterator"],"Resource":"*"}]}';
  const table = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},'
    + '"Action":["dynamodb:DescribeTable"],"Resource":"*"}]}';
  const warningFor = (tableOfStack: (stack: Stack) => dynamodb.ITable) => {
    const app = new TestApp({ env: READER });
    const trigger = app.trigger({ table: tableOfStack(app.stack) });
    app.app.synth();
    return trigger.node.metadata.map(({ data }) => String(data)).find((data) => data.includes('cross-account-stream'));
  };

  test('that the owner must add to the stream', () => {
    const warning = warningFor((stack) => dynamodb.Table.fromTableAttributes(stack, 'Table', {
      tableArn: TABLE_ARN, tableStreamArn: `${TABLE_ARN}/stream/2026-01-01T00:00:00.000`,
    }));

    expect(warning).toContain(stream);
    expect(warning).not.toContain(table);
  });

  test.each<[string, (stack: Stack) => dynamodb.ITable]>([
    ['its ARN', (stack) => StreamedTable.fromTableArn(stack, 'Table', TABLE_ARN)],
    ['an imported table', (stack) => StreamedTable.fromTable(stack, 'Table', dynamodb.Table.fromTableArn(stack, 'Imported', TABLE_ARN))],
  ])('and the policy for the table, if the stream is looked up by %s', (_name, tableOfStack) => {
    const warning = warningFor(tableOfStack);

    expect(warning).toContain(stream);
    expect(warning).toContain(table);
  });
});

const roleIn = (stack: Stack, roleName?: string) =>
  new iam.Role(stack, `Role-${roleName}`, { roleName, assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
const importedIn = (stack: Stack) => iam.Role.fromRoleArn(stack, 'Imported', 'arn:aws:iam::222222222222:role/path/on-order');
const named = (name: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::222222222222:role/${name}`]] });

test.each<[string, (stack: Stack) => iam.IRole[], unknown]>([
  ['has a name of the app', (stack) => [roleIn(stack, 'on-order')], [named('on-order')]],
  ['is imported', (stack) => [importedIn(stack)], ['arn:aws:iam::222222222222:role/path/on-order']],
  ['has no name', (stack) => [roleIn(stack)], undefined],
  ['is one of several', (stack) => [roleIn(stack, 'on-order'), importedIn(stack)], [named('on-order'), 'arn:aws:iam::222222222222:role/path/on-order']],
  ['has a name, and another one that reads has none', (stack) => [roleIn(stack, 'on-order'), roleIn(stack)], ['arn:*:iam::222222222222:role/*']],
])('if the function\'s role %s, the stream and the key are for it alone as far as that is known', (_name, rolesOf, arns) => {
  const app = new TestApp({ env: OWNER });
  const reader = app.addStack('Reader', { env: READER });
  const table = app.table('Table', { tableName: 'orders', encryption: dynamodb.TableEncryptionV2.customerManagedKey(new kms.Key(app.stack, 'Key')) });
  const streamed = StreamedTable.fromTable(reader, 'Table', table);
  rolesOf(reader).forEach((role, index) => app.trigger({ table: streamed, handler: app.fn(`Fn${index}`, { role }, reader) }, `Trigger${index}`, reader));
  app.app.synth();
  const { Replicas: [replica] } = tableOf(app, 'GlobalTable');
  const [stream] = replica.ReplicaStreamSpecification.ResourcePolicy.PolicyDocument.Statement;
  const [key] = Object.values(app.template().findResources('AWS::KMS::Key'));
  const decrypting = key.Properties.KeyPolicy.Statement.at(-1);
  const asList = (value: unknown) => value === undefined ? undefined : [value].flat();

  expect(asList(stream.Condition?.ArnLike['aws:PrincipalArn'])).toEqual(arns);
  expect(asList(decrypting.Condition?.ArnLike['aws:PrincipalArn'])).toEqual(arns);
});
