import {
  aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, type aws_lambda as lambda, aws_lambda_event_sources as sources, aws_s3 as s3,
  aws_sns as sns, aws_sqs as sqs, CfnOutput, NestedStack, Stack, Stage,
} from 'aws-cdk-lib';
import { DynamoStreamTrigger, StreamedTable, StreamPermissions } from '../../lib';
import { ENV, TestApp } from '../app';

const PARTS = ['table', 'key', 'handler', 'destination', 'trigger'] as const;
type Part = typeof PARTS[number];

/** What each part depends on, wherever it is. The handler depends on nothing. */
const NEEDS: readonly (readonly [Part, Part])[] = [
  ['table', 'key'], ['destination', 'key'], ['trigger', 'table'], ['trigger', 'handler'], ['trigger', 'destination'],
];

/** Every way to put the parts into up to three stacks, whatever their names: `AABCA` has the table, the key and the trigger in one. */
const PLACEMENTS = (function place(begun: string): string[] {
  if (begun.length === PARTS.length) {
    return [begun];
  }
  return [...'ABC'].slice(0, new Set(begun).size + 1).flatMap((stack) => place(begun + stack));
})('');

/** Whether the stacks depend on each other in a circle, with any tool, because the parts do. */
function isCircle(placement: string): boolean {
  const stackOf = (part: Part) => placement[PARTS.indexOf(part)];
  const needs = (from: string, to: string, seen = ''): boolean => NEEDS.some(([part, needed]) => {
    const next = stackOf(needed);
    return stackOf(part) === from && next !== from && (next === to || (!seen.includes(next) && needs(next, to, seen + next)));
  });
  return [...new Set(placement)].some((stack) => needs(stack, stack));
}

const DESTINATIONS: readonly [string, (scope: Stack, key: kms.IKey) => lambda.IEventSourceDlq][] = [
  ['queue', (scope, encryptionMasterKey) => new sources.SqsDlq(new sqs.Queue(scope, 'Queue', { encryptionMasterKey }))],
  ['topic', (scope, masterKey) => new sources.SnsDlq(new sns.Topic(scope, 'Topic', { masterKey }))],
  ['bucket', (scope, encryptionKey) => new sources.S3OnFailureDestination(new s3.Bucket(scope, 'Bucket', { encryptionKey }))],
];

/** An app with the parts in stacks of its own. */
function placed(placement: string, destination: (scope: Stack, key: kms.IKey) => lambda.IEventSourceDlq) {
  const app = new TestApp({ env: ENV });
  const stacks = new Map([['A', app.stack]]);
  const at = (part: Part) => {
    const name = placement[PARTS.indexOf(part)];
    return stacks.get(name) ?? stacks.set(name, app.addStack(name, { env: ENV })).get(name)!;
  };
  const key = new kms.Key(at('key'), 'Key');
  app.trigger({
    table: app.table('Table', { encryption: dynamodb.TableEncryptionV2.customerManagedKey(key) }, at('table')),
    handler: app.fn('Fn', {}, at('handler')),
    onFailure: destination(at('destination'), key),
    permissions: StreamPermissions.LEAST_PRIVILEGE,
  }, 'Trigger', at('trigger'));
  return { app, at, stacks: [...stacks.values()] };
}

describe.each(DESTINATIONS)('with a %s', (_name, destination) => {
  test.each(PLACEMENTS.filter((placement) => !isCircle(placement)))(`${PARTS.join(', ')} in the stacks %s`, (placement) => {
    const { app, at, stacks } = placed(placement, destination);
    app.synth();

    if (at('handler') !== at('trigger')) {
      expect(at('handler').dependencies).not.toContain(at('trigger'));
    }
    const actions = stacks.flatMap((stack) => Object.values(app.template(stack).findResources('AWS::IAM::Policy')))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action));
    expect(actions).toEqual(expect.arrayContaining(['dynamodb:GetRecords', 'kms:Decrypt']));
  });
});

test('if the parts themselves depend on each other in a circle, the CDK says so', () => {
  const [, destination] = DESTINATIONS[0];
  const circles = PLACEMENTS.filter(isCircle);

  expect(circles.length).toBeGreaterThan(0);
  circles.forEach((placement) => expect(() => placed(placement, destination).app.app.synth()).toThrow('cyclic'));
});

describe('a function that the stack of the table uses already', () => {
  const users: readonly [string, (fn: lambda.Function, stack: Stack) => unknown][] = [
    ['by its ARN', (fn, stack) => new CfnOutput(stack, 'Output', { value: fn.functionArn })],
    ['by its role', (fn, stack) => new CfnOutput(stack, 'Output', { value: fn.role!.roleArn })],
    ['to invoke it', (fn, stack) => fn.grantInvoke(new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('events.amazonaws.com') }))],
  ];

  test.each(users)('%s is driven by that table', (_name, use) => {
    const app = new TestApp({ env: ENV });
    const fn = app.fn();
    const stack = app.addStack('Table', { env: ENV });
    use(fn, stack);
    app.trigger({ table: app.table('Table', {}, stack), handler: fn, permissions: StreamPermissions.LEAST_PRIVILEGE }, 'Trigger', stack);

    expect(() => app.synth()).not.toThrow();
    expect(app.stack.dependencies).toEqual([]);
  });

  test.each(users)('%s is driven by that table from a third stack, without the stream\'s ARN in its environment', (_name, use) => {
    const app = new TestApp({ env: ENV });
    const fn = app.fn();
    const stack = app.addStack('Table', { env: ENV });
    use(fn, stack);
    app.trigger({ table: app.table('Table', {}, stack), handler: fn }, 'Trigger', app.addStack('Trigger', { env: ENV }));

    expect(() => app.synth()).not.toThrow();
    expect(app.stack.dependencies).toEqual([]);
    expect(JSON.stringify(app.template().toJSON())).toContain('triggers\\":[{\\"report\\"');
  });
});

test('functions of two stacks may be driven by each other\'s tables from a third', () => {
  const app = new TestApp({ env: ENV });
  const [one, two, three] = ['One', 'Two', 'Three'].map((id) => app.addStack(id, { env: ENV }));
  app.trigger({ table: app.table('Table', {}, one), handler: app.fn('Fn', {}, two) }, 'FromOne', three);
  app.trigger({ table: app.table('Table', {}, two), handler: app.fn('Fn', {}, one) }, 'FromTwo', three);
  app.fn('Other');

  expect(() => app.synth()).not.toThrow();
});

describe('in nested stacks', () => {
  test.each<[string, (parent: Stack, nested: NestedStack) => Record<'table' | 'handler' | 'trigger', Stack>]>([
    ['the function', (parent, nested) => ({ table: parent, handler: nested, trigger: parent })],
    ['the table', (parent, nested) => ({ table: nested, handler: parent, trigger: parent })],
    ['the trigger', (parent, nested) => ({ table: parent, handler: parent, trigger: nested })],
    ['the table and the trigger', (parent, nested) => ({ table: nested, handler: parent, trigger: nested })],
    ['the function and the trigger', (parent, nested) => ({ table: parent, handler: nested, trigger: nested })],
    ['all', (_parent, nested) => ({ table: nested, handler: nested, trigger: nested })],
  ])('%s may be', (_name, place) => {
    const app = new TestApp({ env: ENV });
    const nested = new NestedStack(app.stack, 'Nested');
    const at = place(app.stack, nested);
    app.fn('Other');
    const handler = app.fn('Fn', {}, at.handler);
    app.trigger({ table: app.table('Table', {}, at.table), handler }, 'Trigger', at.trigger);

    app.synth();
  });

  test('a table in a nested stack that depends on the function drives it', () => {
    const app = new TestApp({ env: ENV });
    const nested = new NestedStack(app.stack, 'Nested');
    const handler = app.fn();
    const table = app.table('Table', {}, nested);
    table.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['dynamodb:GetItem'], resources: ['*'], principals: [new iam.AccountRootPrincipal()],
      conditions: { ArnEquals: { 'lambda:SourceFunctionArn': handler.functionArn } },
    }));
    app.trigger({ table, handler });

    app.synth();
  });
});

test('in a Stage, an app across stacks works as it does without one', () => {
  const app = new TestApp();
  app.fn('Other');
  const stage = new Stage(app.app, 'Prod', { env: ENV });
  const [tables, functions, triggers] = ['Tables', 'Functions', 'Triggers'].map((id) => new Stack(stage, id));
  const handler = app.fn('Fn', {}, functions);
  new DynamoStreamTrigger(triggers, 'Trigger', { table: app.table('Table', {}, tables), handler });
  new DynamoStreamTrigger(triggers, 'LookedUp', { table: StreamedTable.fromTableName(triggers, 'Imported', 'orders'), handler });

  expect(() => app.synth()).not.toThrow();
  expect(functions.dependencies).not.toContain(triggers);
});
