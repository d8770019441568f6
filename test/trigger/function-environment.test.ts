import { aws_dynamodb as dynamodb, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs } from 'aws-cdk-lib';
import { NoFailureDestination } from '../../lib';
import { TestApp } from '../app';

const QUEUE_ARN = 'arn:aws:sqs:eu-west-1:123456789012:failures';
const streamArn = (table: string) => `arn:aws:dynamodb:eu-west-1:123456789012:table/${table}/stream/2026-01-01T00:00:00.000`;

/** The variable of the only function of the stack, all of whose values are literal. */
function facts(app: TestApp): any {
  const [fn] = Object.values(app.template().findResources('AWS::Lambda::Function'));
  return JSON.parse(fn.Properties.Environment.Variables.DYNAMO_STREAM_TRIGGER);
}

function importedTable(app: TestApp, name: string): dynamodb.ITable {
  return dynamodb.Table.fromTableAttributes(app.stack, name, { tableName: name, tableStreamArn: streamArn(name) });
}

function importedQueue(app: TestApp, id = 'Queue'): lambda.IEventSourceDlq {
  return new sources.SqsDlq(sqs.Queue.fromQueueArn(app.stack, id, QUEUE_ARN));
}

test('a function on several streams has an entry for each of them', () => {
  const app = new TestApp();
  const handler = app.fn();
  app.trigger({ handler, table: importedTable(app, 'orders'), onFailure: importedQueue(app) }, 'Orders');
  app.trigger({ handler, table: importedTable(app, 'places'), onFailure: NoFailureDestination.INSTANCE, reportBatchItemFailures: false }, 'Places');

  expect(facts(app)).toEqual({
    v: 1,
    triggers: [
      { stream: streamArn('orders'), report: true, park: QUEUE_ARN },
      { stream: streamArn('places'), report: false },
    ],
  });
});

test('triggers of aliases and versions are in the variable of their function', () => {
  const app = new TestApp();
  const handler = app.fn();
  const onFailure = importedQueue(app);
  app.trigger({ handler: handler.addAlias('live'), table: importedTable(app, 'orders'), onFailure }, 'Alias');
  app.trigger({ handler: handler.currentVersion, table: importedTable(app, 'places'), onFailure }, 'Version');
  app.trigger({ handler: handler.latestVersion, table: importedTable(app, 'people'), onFailure }, 'Latest');

  expect(facts(app).triggers.map(({ stream }: any) => stream)).toEqual([streamArn('orders'), streamArn('places'), streamArn('people')]);
});

test('if triggers of one stream disagree, failures throw and nothing is parked', () => {
  const app = new TestApp();
  const handler = app.fn();
  const table = importedTable(app, 'orders');
  app.trigger({ handler: handler.addAlias('live'), table, onFailure: importedQueue(app) }, 'Live');
  app.trigger({ handler: handler.addAlias('next'), table, onFailure: NoFailureDestination.INSTANCE, reportBatchItemFailures: false }, 'Next');

  expect(facts(app).triggers).toEqual([{ stream: streamArn('orders'), report: false }]);
});

test('if a stream can\'t be named, its entry is for every stream without a name', () => {
  const app = new TestApp();
  const handler = app.fn();
  const triggers = app.addStack('Triggers');
  app.trigger({ handler, table: importedTable(app, 'orders'), onFailure: importedQueue(app) }, 'Orders');
  app.trigger({ handler, onFailure: NoFailureDestination.INSTANCE }, 'Places', triggers);
  app.app.synth();

  expect(facts(app).triggers).toEqual([{ stream: streamArn('orders'), report: true, park: QUEUE_ARN }, { report: true }]);
});

test('if several streams can\'t be named, their entry says what loses nothing with any of them', () => {
  const app = new TestApp();
  const handler = app.fn();
  const triggers = app.addStack('Triggers');
  app.trigger({ handler, onFailure: importedQueue(app) }, 'Orders', triggers);
  app.trigger({ handler, onFailure: NoFailureDestination.INSTANCE, reportBatchItemFailures: false }, 'Places', triggers);
  app.app.synth();

  expect(facts(app).triggers).toEqual([{ report: false }]);
});

test('triggers of an alias or a version in another stack are in the variable, too', () => {
  const app = new TestApp();
  const handler = app.fn();
  const triggers = app.addStack('Triggers');
  const onFailure = importedQueue(app);
  const alias = new lambda.Alias(triggers, 'Live', { aliasName: 'live', version: handler.currentVersion });
  app.trigger({ handler: alias, table: importedTable(app, 'orders'), onFailure }, 'Alias', triggers);
  app.trigger({ handler: handler.currentVersion, table: importedTable(app, 'places'), onFailure }, 'Version', triggers);
  app.app.synth();

  expect(facts(app).triggers).toEqual([
    { stream: streamArn('orders'), report: true, park: QUEUE_ARN }, { stream: streamArn('places'), report: true, park: QUEUE_ARN },
  ]);
});

test('one more trigger makes a new version, because the variable changes', () => {
  const versionWith = (count: number) => {
    const app = new TestApp();
    const handler = app.fn();
    const alias = handler.addAlias('live');
    ['orders', 'places'].slice(0, count).forEach((name) => app.trigger({ handler: alias, table: importedTable(app, name) }, `On${name}`));
    return Object.keys(app.template().findResources('AWS::Lambda::Version'));
  };

  expect(versionWith(1)).not.toEqual(versionWith(2));
  expect(versionWith(2)).toEqual(versionWith(2));
});

test('variables of the app stay', () => {
  const app = new TestApp();
  const handler = app.fn('Fn', { environment: { MINE: 'a' } });
  app.trigger({ handler });
  handler.addEnvironment('MINE_TOO', 'b');

  app.template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { MINE: 'a', MINE_TOO: 'b' } } });
});

test('an imported function does not change', () => {
  const app = new TestApp();
  app.trigger({ handler: lambda.Function.fromFunctionName(app.stack, 'Imported', 'imported') });

  app.template().resourceCountIs('AWS::Lambda::Function', 0);
});
