import { aws_lambda as lambda, type Environment, Fn, Stack, Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { StreamedTable } from '../../lib';
import { finishedApp } from '../../lib/trigger/facts/finished-app';
import { TestApp } from '../app';

const STREAM = 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders/stream/2026-01-01T00:00:00.000';

function mapping(scope: Construct, id: string, eventSourceArn = STREAM): lambda.CfnEventSourceMapping {
  return new lambda.CfnEventSourceMapping(scope, id, { functionName: id, eventSourceArn });
}

function readers(of: lambda.CfnEventSourceMapping): string[] {
  return finishedApp(of).readersOf(of).map(({ node }) => node.id);
}

test('the readers of a stream are all mappings of the app that name it, in the order of the tree', () => {
  const app = new TestApp();
  const second = app.addStack('Others');
  const first = mapping(app.stack, 'First');
  mapping(second, 'Third');
  mapping(app.stack, 'Second');
  mapping(app.stack, 'OfAnotherStream', `${STREAM}1`);

  expect(readers(first)).toEqual(['First', 'Second', 'Third']);
});

const HERE = { account: '111122223333', region: 'eu-west-1' };

describe.each<[string, (stack: Stack) => string]>([
  ['the name of an export', () => Fn.importValue('OrdersStream')],
  ['the name of its table', (stack) => StreamedTable.fromTableName(stack, 'Table', 'orders').tableStreamArn!],
])('a stream that is known by %s', (_name, streamArnIn) => {
  test.each<[string, Environment, Environment, string[]]>([
    ['is one stream in one account and Region', HERE, HERE, ['One', 'Two']],
    ['is another stream in another account', HERE, { ...HERE, account: '444455556666' }, ['One']],
    ['is another stream in another Region', HERE, { ...HERE, region: 'us-east-1' }, ['One']],
    ['may be another stream if an account is open', { region: HERE.region }, { region: HERE.region }, ['One']],
    ['may be another stream if a Region is open', { account: HERE.account }, { account: HERE.account }, ['One']],
  ])('%s', (_case, here, there, expected) => {
    const app = new TestApp();
    const [one, two] = [['One', here] as const, ['Two', there] as const].map(([id, env]) => {
      const stack = app.addStack(id, { env });
      return mapping(stack, id, streamArnIn(stack));
    });

    expect(readers(one)).toEqual(expected);
    expect(readers(two)).toEqual(expected.length === 2 ? expected : ['Two']);
  });
});

test('a mapping that was added since the last synthesis is found', () => {
  const app = new TestApp();
  const first = mapping(app.stack, 'First');
  expect(readers(first)).toEqual(['First']);

  const second = mapping(app.stack, 'Second');
  expect(readers(second)).toEqual(['First', 'Second']);
  expect(readers(first)).toEqual(['First', 'Second']);
});

test('a mapping that got another stream since the last synthesis is found as a reader of that one', () => {
  const app = new TestApp();
  const [first, second] = [mapping(app.stack, 'First'), mapping(app.stack, 'Second', `${STREAM}1`)];
  expect([first, second].map(readers)).toEqual([['First'], ['Second']]);

  second.eventSourceArn = STREAM;
  expect([first, second].map(readers)).toEqual([['First', 'Second'], ['First', 'Second']]);
});

test('each Stage has a walk of its own, because the CDK finishes one after the other', () => {
  const app = new TestApp();
  const [beta, production] = ['Beta', 'Production'].map((id) => new Stack(new Stage(app.app, id), 'Stack'));
  const [first, second] = [mapping(beta, 'First'), mapping(production, 'Second', `${STREAM}1`)];
  expect(readers(first)).toEqual(['First']);

  second.eventSourceArn = STREAM;
  expect(readers(second)).toEqual(['First', 'Second']);
});

test('the tree is walked once for all mappings of a synthesis', () => {
  const app = new TestApp();
  const mappings = ['First', 'Second', 'Third'].map((id) => mapping(app.stack, id));
  const walk = jest.spyOn(app.app.node, 'findAll');

  mappings.forEach(readers);
  expect(walk).toHaveBeenCalledTimes(1);
  mappings.forEach(readers);
  expect(walk).toHaveBeenCalledTimes(2);
});
