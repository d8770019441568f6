import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SnsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { DynamoStreamTrigger, NoFailureDestination, StreamFilter, StreamEventName } from '../../lib';
import { simulateTrigger, streamRecord } from '../../lib/testing';
import { resolveMapping } from '../../lib/testing/mapping-input';
import { DEFAULT_SETTINGS } from '../default-settings';

function parts() {
  const stack = new Stack(new App(), 'Stack');
  const table = new Table(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING }, stream: StreamViewType.NEW_AND_OLD_IMAGES });
  const handler = new Function(stack, 'Function', {
    code: Code.fromInline('exports.handler = () => {}'), handler: 'index.handler', runtime: Runtime.NODEJS_22_X, timeout: Duration.seconds(42),
  });
  return { stack, table, handler };
}

test.each([
  [true, 'is what a simulation does by default', {}],
  [false, 'differs where the function has no streamHandler', { retryAttempts: 10 }],
])('what the construct deploys by default (informHandler: %s) %s', (informHandler, _, differing) => {
  const { stack, table, handler } = parts();
  new DynamoStreamTrigger(stack, 'Trigger', { table, handler, informHandler });
  expect(resolveMapping(Template.fromStack(stack))).toEqual({ settings: { ...DEFAULT_SETTINGS, ...differing }, destination: 'sqs', timeout: 42, nodeVersion: 22 });
});

test('every setting comes from the template, whose absences mean what they mean to CloudFormation', () => {
  const { stack, table, handler } = parts();
  handler.addEventSource(new DynamoEventSource(table, {
    startingPosition: StartingPosition.LATEST, tumblingWindow: Duration.minutes(1), onFailure: new SnsDlq(new Topic(stack, 'Topic')),
  }));
  expect(resolveMapping(Template.fromStack(stack))).toEqual({
    settings: {
      startingPosition: 'LATEST',
      batchSize: 100,
      maxBatchingWindow: 0,
      parallelizationFactor: 1,
      retryAttempts: -1,
      maxRecordAge: -1,
      bisectBatchOnError: false,
      reportBatchItemFailures: false,
      tumblingWindow: 60,
      enabled: true,
      filters: [],
    },
    destination: 'sns',
    timeout: 42,
    nodeVersion: 22,
  });
});

test('a test runs what is deployed', async () => {
  const { stack, table, handler } = parts();
  new DynamoStreamTrigger(stack, 'Trigger', {
    table, handler, retryAttempts: 0, filters: [StreamFilter.eventName(StreamEventName.INSERT)], onFailure: NoFailureDestination.INSTANCE,
  });
  const records = [streamRecord({ newImage: { id: 'a' } }), streamRecord({ oldImage: { id: 'b' } })];
  const run = await simulateTrigger({
    mapping: Template.fromStack(stack), handler: () => {
      throw new Error('no');
    }, shards: [{ records }],
  });
  expect(run.invocations).toHaveLength(1);
  expect(run.lost).toEqual([records[0]]);
});

test('the props of the construct fit as they are', () => {
  const { stack, table, handler } = parts();
  const props = {
    table, handler, maxRecordAge: Duration.hours(2), filters: [StreamFilter.eventName(StreamEventName.INSERT)], onFailure: new SnsDlq(new Topic(stack, 'T')),
  };
  expect(resolveMapping(props)).toMatchObject({ settings: { maxRecordAge: 7200, filters: ['{"eventName":["INSERT"]}'] }, destination: 'sns' });
});

test('several mappings leave open which one is meant, until one is named', () => {
  const { stack, table, handler } = parts();
  new DynamoStreamTrigger(stack, 'First', { table, handler });
  const other = new Table(stack, 'Other', { partitionKey: { name: 'id', type: AttributeType.STRING }, stream: StreamViewType.KEYS_ONLY });
  handler.addEventSource(new DynamoEventSource(other, { startingPosition: StartingPosition.LATEST, batchSize: 7 }));
  const template = Template.fromStack(stack);
  const second = Object.keys(template.findResources('AWS::Lambda::EventSourceMapping', { Properties: { BatchSize: 7 } }))[0];
  const ids = Object.keys(template.findResources('AWS::Lambda::EventSourceMapping'));
  expect(() => resolveMapping(template)).toThrow(new TypeError(
    `The template has several mappings: ${ids.join(', ')}. Name one: { mapping: { template, logicalId: '${ids[0]}' } }.`));
  expect(resolveMapping({ template, logicalId: second }).settings.batchSize).toBe(7);
  expect(() => resolveMapping({ template, logicalId: 'Third' })).toThrow(new TypeError(
    `The template has no mapping Third. Its mappings are ${ids.join(', ')}. Use the template of the stack that holds the trigger.`));
});

test('a template without a mapping says so', () => {
  expect(() => resolveMapping(Template.fromStack(parts().stack))).toThrow(new TypeError('The template has no mapping of a stream. '
    + 'It has no AWS::Lambda::EventSourceMapping with a StartingPosition. Use the template of the stack that holds the trigger.'));
});

test('a setting that only a deployment knows is named', () => {
  const Resources = { M: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { StartingPosition: 'LATEST', BatchSize: { Ref: 'Size' } } } };
  expect(() => resolveMapping({ Resources })).toThrow(new TypeError('The template\'s BatchSize is {"Ref":"Size"}, whose value is '
    + 'known only at deployment. Give the settings as an object instead: { mapping: { batchSize: … } }.'));
});

test.each<[string, Runtime, unknown]>([
  ['counts for nothing', Runtime.NODEJS_22_X, { response: null }],
  ['is its answer', Runtime.NODEJS_24_X, { response: 'returned' }],
  ['is its answer where the version is not known', Runtime.PYTHON_3_13, { response: 'returned' }],
])('what a handler returns that is not a promise %s (%s)', async (_, runtime, expected) => {
  const { stack, table } = parts();
  const handler = new Function(stack, 'Other', { code: Code.fromInline('-'), handler: 'index.handler', runtime });
  new DynamoStreamTrigger(stack, 'Trigger', { table, handler });
  const { invocations } = await simulateTrigger({ mapping: Template.fromStack(stack), handler: () => 'returned', shards: [{ records: [{ id: 'a' }] }] });
  expect(invocations).toMatchObject([expected]);
});

test('a handler with a callback is refused from Node.js 24 on', async () => {
  const { stack, table } = parts();
  const handler = new Function(stack, 'Other', { code: Code.fromInline('-'), handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
  new DynamoStreamTrigger(stack, 'Trigger', { table, handler, retryAttempts: 0 });
  const { invocations } = await simulateTrigger({
    mapping: Template.fromStack(stack), handler: (_event: unknown, _context: unknown, callback: any) => callback(null, 'done'), shards: [{ records: [{ id: 'a' }] }],
  });
  expect(invocations).toMatchObject([{ error: { errorType: 'Runtime.CallbackHandlerDeprecated', errorMessage: 'The handler takes a callback, which Lambda refuses from Node.js 24 on. Make it an async function.' } }]);
});
