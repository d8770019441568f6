import { Aspects, Aws, aws_lambda as lambda, CfnCondition, Duration, Fn, Lazy } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type DynamoStreamTriggerProps, NoFailureDestination, StreamEventName, StreamFilter, StreamFunction } from '../../lib';
import { ENV, TestApp } from '../app';

const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111';
const FILTERS = [{ Pattern: '{"eventName":["REMOVE"]}' }];
const EITHER = { 'Fn::If': ['Any', FILTERS[0], { Ref: 'AWS::NoValue' }] };
const FIFO = 'arn:aws:sqs:eu-west-1:123456789012:failures.fifo';

/** The ids of the errors of a synthesis that changes the mapping of a trigger on its way. */
function errorsAfter(change: (mapping: lambda.CfnEventSourceMapping) => void, app = withFilter()): string[] {
  new CfnCondition(app.stack, 'Any', { expression: Fn.conditionEquals(Aws.REGION, ENV.region) });
  Aspects.of(app.app).add({
    visit: (node: IConstruct) => {
      if (node instanceof lambda.CfnEventSourceMapping) {
        change(node);
      }
    },
  });
  try {
    app.app.synth();
    return [];
  } catch (error) {
    const ids = [...(error as Error).message.matchAll(/\(([a-z-]+)\)$/gm)].map(([, id]) => id);
    if (ids.length === 0) {
      throw error;
    }
    return ids;
  }
}

function withFilter(): TestApp {
  const app = new TestApp({ env: ENV });
  app.trigger({ filters: [StreamFilter.eventName(StreamEventName.INSERT)] });
  return app;
}

/** The ids of the warnings about the settings and filters of a trigger whose mapping is changed. */
function warningsAfter(change: (mapping: lambda.CfnEventSourceMapping) => void, props: Partial<DynamoStreamTriggerProps> = {}): string[] {
  const app = new TestApp({ env: ENV });
  app.trigger({ handler: new StreamFunction(app.stack, 'Fn', { entry: `${__dirname}/handlers/on-order.ts` }), ...props });

  expect(errorsAfter(change, app)).toEqual([]);
  return app.warnings();
}

test.each<[string, (mapping: lambda.CfnEventSourceMapping) => void]>([
  ['record-age-range', (mapping) => mapping.maximumRecordAgeInSeconds = 30],
  ['record-age-range', (mapping) => mapping.addPropertyOverride('MaximumRecordAgeInSeconds', 0)],
  ['batch-size-range', (mapping) => mapping.batchSize = 0],
  ['parallelization-factor-range', (mapping) => mapping.addPropertyOverride('ParallelizationFactor', 11)],
  ['retry-attempts-range', (mapping) => mapping.maximumRetryAttempts = 20_000],
  ['starting-position', (mapping) => mapping.startingPosition = 'OLDEST'],
  ['starting-position-timestamp', (mapping) => mapping.startingPosition = 'AT_TIMESTAMP'],
  ['tumbling-window-parallelization', (mapping) => Object.assign(mapping, { tumblingWindowInSeconds: 60, parallelizationFactor: 2 })],
  ['filter-field', (mapping) => mapping.filterCriteria = { filters: [{ pattern: '{"eventName":"INSERT"}' }] }],
  ['metrics-group', (mapping) => mapping.metricsConfig = { metrics: ['ErrorCount'] }],
  ['starting-position-timestamp', (mapping) => mapping.startingPositionTimestamp = 1_767_225_600],
  ['unknown-property', (mapping) => mapping.scalingConfig = { maximumConcurrency: 2 }],
  ['unknown-property', (mapping) => mapping.addPropertyOverride('LoggingConfig.SystemLogLevel', 'DEBUG')],
  ['stream-arn', (mapping) => mapping.addPropertyOverride('EventSourceArn', 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders')],
  ['destination-fifo', (mapping) => mapping.addPropertyOverride('DestinationConfig.OnFailure.Destination', FIFO)],
])('%s is checked again if a mapping was changed after its trigger was made', (ruleId, change) => {
  expect(errorsAfter(change)).toEqual([ruleId]);
});

test.each<[string, (mapping: lambda.CfnEventSourceMapping) => void]>([
  ['a legal change', (mapping) => Object.assign(mapping, { maximumRecordAgeInSeconds: -1, maximumRetryAttempts: -1, batchSize: 1 })],
  ['a token', (mapping) => mapping.addPropertyOverride('MaximumRecordAgeInSeconds', Fn.importValue('Age'))],
  ['a pattern that only the deployment knows', (mapping) => mapping.filterCriteria = { filters: [{ pattern: Fn.importValue('Filter') }] }],
  ['a filter that depends on a condition', (mapping) => mapping.addPropertyOverride('FilterCriteria.Filters', [EITHER])],
  ['a list of filters that depends on a condition', (mapping) => mapping.addPropertyOverride('FilterCriteria.Filters', { 'Fn::If': ['Any', FILTERS, FILTERS] })],
  ['a choice of all filters that depends on a condition', (mapping) => mapping.addPropertyOverride('FilterCriteria', {
    'Fn::If': ['Any', { Filters: FILTERS }, { Ref: 'AWS::NoValue' }],
  })],
  ['a list of metrics that depends on a condition', (mapping) => mapping.addPropertyOverride('MetricsConfig.Metrics', { 'Fn::If': ['Any', ['EventCount'], ['EventCount']] })],
  ['a property of another event source that depends on a condition', (mapping) => mapping.addPropertyOverride('ScalingConfig', {
    'Fn::If': ['Any', { MaximumConcurrency: 2 }, { Ref: 'AWS::NoValue' }],
  })],
  ['a key for filters that are gone', (mapping) => {
    mapping.filterCriteria = undefined;
    mapping.kmsKeyArn = KEY;
  }],
])('%s is accepted', (_name, change) => {
  expect(errorsAfter(change)).toEqual([]);
});

test.each<[string[], (mapping: lambda.CfnEventSourceMapping) => void]>([
  [['unlimited-retries'], (mapping) => Object.assign(mapping, { maximumRetryAttempts: -1, maximumRecordAgeInSeconds: -1 })],
  [['unlimited-retries'], (mapping) => {
    mapping.addPropertyDeletionOverride('MaximumRetryAttempts');
    mapping.addPropertyDeletionOverride('MaximumRecordAgeInSeconds');
  }],
  [['no-destination'], (mapping) => mapping.destinationConfig = undefined],
  [['no-destination'], (mapping) => mapping.addPropertyDeletionOverride('DestinationConfig')],
  [['record-age-over-retention'], (mapping) => mapping.maximumRecordAgeInSeconds = 100_000],
  [['starting-position-latest'], (mapping) => mapping.startingPosition = 'LATEST'],
  [['report-off'], (mapping) => mapping.functionResponseTypes = undefined],
  [['report-off'], (mapping) => mapping.addPropertyDeletionOverride('FunctionResponseTypes')],
  [['filter-event-name'], (mapping) => mapping.filterCriteria = { filters: [{ pattern: '{"eventName":["INSERTED"]}' }] }],
  [['filter-image'], (mapping) => mapping.filterCriteria = { filters: [{ pattern: '{"eventName":["INSERT"],"dynamodb":{"OldImage":{"a":{"S":["a"]}}}}' }] }],
])('%p warns of a mapping that was changed after its trigger was made', (ruleIds, change) => {
  expect(warningsAfter(change)).toEqual(ruleIds);
});

test('what was warned of once is not warned of again', () => {
  expect(warningsAfter(() => {}, { startingPosition: lambda.StartingPosition.LATEST, onFailure: NoFailureDestination.INSTANCE }))
    .toEqual(['no-destination', 'starting-position-latest']);
});

const lazy = (value: unknown) => Lazy.any({ produce: () => value }) as never;

test.each<[string, Partial<DynamoStreamTriggerProps>]>([
  ['record-age-range', { maxRecordAge: Duration.seconds(Lazy.number({ produce: () => 10 })) }],
  ['starting-position-timestamp', { startingPosition: Lazy.string({ produce: () => 'AT_TIMESTAMP' }) as lambda.StartingPosition }],
  ['tumbling-window-parallelization', { tumblingWindow: Duration.seconds(Lazy.number({ produce: () => 10 })), parallelizationFactor: 2 }],
  ['metrics-group', { metricsConfig: { metrics: lazy(['ErrorCount']) } }],
  ['filter-field', { filters: [StreamFilter.fromJson(Lazy.string({ produce: () => '{"eventName":"INSERT"}' }))] }],
])('%s is checked when a token turns out to be a value at synth', (ruleId, props) => {
  const app = new TestApp({ env: ENV });
  app.trigger(props);

  expect(errorsAfter(() => {}, app)).toEqual([ruleId]);
});

test('a token that turns out to be a value at synth is called as it was given', () => {
  const app = new TestApp({ env: ENV });
  app.trigger({ maxRecordAge: Duration.seconds(Lazy.number({ produce: () => 10 })) });

  expect(() => app.app.synth()).toThrow('maxRecordAge is 10 seconds but must be a Duration of a whole number of seconds from 60 to 604,800.');
});
