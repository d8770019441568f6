import { Aspects, aws_dynamodb as dynamodb, aws_iam as iam, type aws_lambda as lambda } from 'aws-cdk-lib';
import { StreamedTable } from '../../lib';
import { ENV, TestApp } from '../app';

const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders';

interface Parts {
  readonly app: TestApp;
  readonly table: dynamodb.ITable;
  readonly handler: lambda.Function;
  readonly role: iam.Role;
}

const statement = (effect: iam.Effect, resource: string, ...actions: string[]) => new iam.PolicyStatement({ effect, actions, resources: [resource] });
const allow = ({ tableArn }: dynamodb.ITable, ...actions: string[]) => statement(iam.Effect.ALLOW, tableArn, ...actions);
const deny = (resource: string, ...actions: string[]) => statement(iam.Effect.DENY, resource, ...actions);

/** Whether a trigger warns of a loop if its function's role is given this, in policies of its own. */
function warns(give: (parts: Parts) => unknown, imported = false): boolean {
  const app = new TestApp({ env: ENV });
  const table = imported
    ? dynamodb.Table.fromTableAttributes(app.stack, 'Table', { tableArn: TABLE_ARN, tableStreamArn: `${TABLE_ARN}/stream/2026-01-01T00:00:00.000` })
    : app.table();
  const role = new iam.Role(app.stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const handler = app.fn('Fn', { role });
  give({ app, table, handler, role });
  app.trigger({ table, handler });
  app.app.synth();
  return app.warnings().includes('write-loop');
}

test.each<[string, (parts: Parts) => unknown]>([
  ['by a grant', ({ table, handler }) => table.grantWriteData(handler)],
  ['by a statement of the role', ({ table, role }) => role.addToPolicy(allow(table, 'dynamodb:PutItem'))],
  ['by a policy beside the role', ({ app, table, role }) => new iam.Policy(app.stack, 'Policy', { roles: [role], statements: [allow(table, 'dynamodb:*')] })],
  ['by a policy beside it, of the first layer', ({ app, table, role }) => new iam.CfnPolicy(app.stack, 'Policy', {
    policyName: 'write', roles: [role.roleName], policyDocument: { Statement: { Effect: 'Allow', Action: 'dynamodb:Put*', Resource: table.tableArn } },
  })],
  ['by a managed policy of the app', ({ app, table, role }) => role.addManagedPolicy(new iam.ManagedPolicy(app.stack, 'Policy', { statements: [allow(table, 'dynamodb:UpdateItem')] }))],
  ['by a managed policy that names the role', ({ app, table, role }) => new iam.ManagedPolicy(app.stack, 'Policy', { roles: [role], statements: [allow(table, 'dynamodb:UpdateItem')] })],
  ['by a policy in the role', ({ table, role }) => (role.node.defaultChild as iam.CfnRole).policies = [
    { policyName: 'write', policyDocument: new iam.PolicyDocument({ statements: [allow(table, 'dynamodb:PutItem')] }) },
  ]],
  ['by an override', ({ app, table, role }) => (role.node.defaultChild as iam.CfnRole).addPropertyOverride('Policies', [
    { PolicyName: 'write', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: ['dynamodb:PutItem'], Resource: app.stack.resolve(table.tableArn) }] } },
  ])],
  ['by an aspect', ({ app, table, role }) => {
    Aspects.of(app.stack).add({ visit: (node) => node === role && role.addToPolicy(allow(table, 'dynamodb:PutItem')) });
    role.addToPolicy(allow(table, 'dynamodb:GetItem'));
  }],
  ['although something else is denied', ({ table, role }) => {
    role.addToPolicy(allow(table, 'dynamodb:PutItem', 'dynamodb:DeleteItem'));
    role.addToPolicy(deny(table.tableArn, 'dynamodb:DeleteItem'));
  }],
  ['although it is denied on another table', ({ app, table, role }) => {
    role.addToPolicy(allow(table, 'dynamodb:PutItem'));
    role.addToPolicy(deny(app.table('Other').tableArn, 'dynamodb:*'));
  }],
])('a function that may write to its table, %s, is warned of', (_name, give) => {
  expect([false, true].map((imported) => warns(give, imported))).toEqual([true, true]);
});

test.each<[string, (parts: Parts) => unknown]>([
  ['that may read only', ({ table, handler }) => table.grantReadData(handler)],
  ['that may do anything with everything', ({ role }) => role.addToPolicy(statement(iam.Effect.ALLOW, '*', 'dynamodb:*'))],
  ['whose writes are denied', ({ table, handler, role }) => {
    table.grantWriteData(handler);
    role.addToPolicy(deny(table.tableArn, 'dynamodb:*Item', 'dynamodb:PartiQL*'));
  }],
  ['whose writes are denied on every table', ({ table, handler, role }) => {
    table.grantWriteData(handler);
    role.addToPolicy(deny('*', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'));
  }],
  ['that is denied all but reading', ({ table, handler, role }) => {
    table.grantReadWriteData(handler);
    role.addToPolicy(new iam.PolicyStatement({ effect: iam.Effect.DENY, notActions: ['dynamodb:Get*', 'dynamodb:Query'], resources: ['*'] }));
  }],
  ['whose writes a policy beside the role denies', ({ app, table, handler, role }) => {
    table.grantWriteData(handler);
    new iam.ManagedPolicy(app.stack, 'Deny', { roles: [role], statements: [deny(`${table.tableArn}*`, 'dynamodb:*')] });
  }],
  ['of which another role may write', ({ app, table }) => table.grantWriteData(app.fn('Other'))],
])('a function %s is not', (_name, give) => {
  expect([false, true].map((imported) => warns(give, imported))).toEqual([false, false]);
});

test.each<[string, boolean, (app: TestApp, table: dynamodb.TableV2, handler: lambda.Function) => dynamodb.ITable]>([
  ['by its name', true, ({ stack }, table, handler) => {
    dynamodb.Table.fromTableName(stack, 'Imported', 'orders').grantWriteData(handler);
    return table;
  }],
  ['by a text', true, (_app, table, handler) => {
    handler.addToRolePolicy(statement(iam.Effect.ALLOW, TABLE_ARN, 'dynamodb:PutItem'));
    return table;
  }],
  ['and has its stream looked up', true, ({ stack }, table, handler) => {
    table.grantWriteData(handler);
    return StreamedTable.fromTable(stack, 'LookedUp', table);
  }],
  ['by the name of another one', false, ({ stack }, table, handler) => {
    dynamodb.Table.fromTableName(stack, 'Imported', 'orders2').grantWriteData(handler);
    return table;
  }],
  ['in another Region', false, (_app, table, handler) => {
    handler.addToRolePolicy(statement(iam.Effect.ALLOW, TABLE_ARN.replace('eu-west-1', 'us-east-1'), 'dynamodb:PutItem'));
    return table;
  }],
])('a table of the app that a function may write to %s: warned of is %p', (_name, expected, give) => {
  const app = new TestApp({ env: ENV });
  const handler = app.fn();
  app.trigger({ table: give(app, app.table('Table', { tableName: 'orders' }), handler), handler });
  app.app.synth();

  expect(app.warnings().includes('write-loop')).toBe(expected);
});
