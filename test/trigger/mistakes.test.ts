import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs, Duration } from 'aws-cdk-lib';
import { type DynamoStreamTriggerProps, StreamFilter } from '../../lib';
import { TestApp } from '../app';

/** The messages in the pages, in their order, each in a fence of its own. */
const MESSAGES = ['mistakes.md', 'filters.md'].flatMap((page) => messagesIn(join('docs', 'guide', page)));

const MISTAKES: readonly [string, (app: TestApp) => unknown][] = [
  ['a stream that is off', (app) => app.trigger({ table: app.table('Table', { dynamoStream: undefined }) })],
  ['a number compared as a number', (app) => app.trigger({
    filters: [StreamFilter.fromPattern({ dynamodb: { NewImage: { total: { N: [{ numeric: ['>', 100] }] } } } })],
  })],
  ['a FIFO failure queue', (app) => app.trigger({ onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Failures', { fifo: true })) })],
  ['settings of other sources, and out of range', (app) => app.trigger({
    maxConcurrency: 5, batchSize: 20_000, maxRecordAge: Duration.seconds(30),
  } as Partial<DynamoStreamTriggerProps>)],
  ['the same stream and function twice', (app) => {
    const [table, handler] = [app.table(), app.fn('Fn', { timeout: Duration.minutes(1) })];
    app.trigger({ table, handler });
    handler.addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.TRIM_HORIZON }));
  }],
  ['filters that AWS refuses', (app) => app.trigger({
    filters: [
      StreamFilter.fromPattern({ eventName: 'INSERT' }),
      StreamFilter.fromPattern({ dynamodb: { NewImage: { status: { S: [{ prefix: 5 }] } } } }),
    ],
  }, 'PaidOrders')],
];

test.each(MISTAKES.map(([name, make], index) => [name, make, MESSAGES[index]] as const))('%s gets the message in the docs', (_name, make, message) => {
  expect(messagesOf(make)).toContain(message);
});

test('the docs have no other messages', () => {
  expect(MESSAGES).toHaveLength(MISTAKES.length);
});

test('the README shows one of them', () => {
  const shown = messagesIn('README.md');

  expect(shown).toHaveLength(1);
  expect(MESSAGES).toEqual(expect.arrayContaining(shown));
});

function messagesIn(page: string): string[] {
  const text = readFileSync(join(__dirname, '..', '..', page), 'utf8');
  return [...text.matchAll(/```text\n([\s\S]*?)\n```/g)].map(([, message]) => message);
}

/** The errors and warnings of a synthesis. */
function messagesOf(make: (app: TestApp) => unknown): string {
  const app = new TestApp();
  let error = '';
  try {
    make(app);
    app.app.synth();
  } catch (caught) {
    error = (caught as Error).message;
  }
  return [error, ...app.app.node.findAll().flatMap(({ node }) => node.metadata.map(({ data }) => String(data)))].join('\n');
}
