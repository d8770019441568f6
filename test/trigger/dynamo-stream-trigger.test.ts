import {
  aws_kms as kms, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs, Aws, CfnCondition, Duration, Fn, Lazy,
  Tags,
} from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { DynamoStreamTrigger, type DynamoStreamTriggerProps, NoFailureDestination, StreamEventName, StreamFilter, StreamFunction } from '../../lib';
import { SETTING_NAMES } from '../../lib/rules/settings';
import { TestApp } from '../app';

test('the settings that are not given are one safe set', () => {
  const app = new TestApp();
  app.trigger();

  expect(app.mapping()).toEqual({
    EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(/^TriggerTable/), 'StreamArn'] },
    FunctionName: { Ref: expect.stringMatching(/^TriggerFn/) },
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 100,
    MaximumRetryAttempts: 10,
    MaximumRecordAgeInSeconds: 79_200,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/^TriggerFailureQueue/), 'Arn'] } } },
  });
});

test('metrics that only the deployment knows reach the mapping', () => {
  const app = new TestApp();
  const metricsConfig: any = Lazy.any({ produce: () => ({ metrics: [lambda.MetricType.EVENT_COUNT] }) });
  app.trigger({ metricsConfig });

  expect(app.mapping().MetricsConfig).toEqual({ Metrics: ['EventCount'] });
});

test('every setting reaches the mapping', () => {
  const app = new TestApp();
  const key = new kms.Key(app.stack, 'Key');
  const settings = {
    startingPosition: lambda.StartingPosition.LATEST,
    batchSize: 10_000,
    maxBatchingWindow: Duration.minutes(5),
    parallelizationFactor: 10,
    retryAttempts: -1,
    maxRecordAge: Duration.seconds(60),
    bisectBatchOnError: false,
    reportBatchItemFailures: false,
    enabled: false,
    filters: [StreamFilter.eventName(StreamEventName.INSERT)],
    filterEncryption: key,
    metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
    onFailure: NoFailureDestination.INSTANCE,
  };
  app.trigger(settings);

  // A window wants another parallelizationFactor, and has the next test.
  expect([...Object.keys(settings), 'tumblingWindow']).toEqual(expect.arrayContaining(SETTING_NAMES));

  expect(app.mapping()).toEqual({
    EventSourceArn: expect.anything(),
    FunctionName: expect.anything(),
    StartingPosition: 'LATEST',
    BatchSize: 10_000,
    MaximumBatchingWindowInSeconds: 300,
    ParallelizationFactor: 10,
    MaximumRetryAttempts: -1,
    MaximumRecordAgeInSeconds: 60,
    BisectBatchOnFunctionError: false,
    Enabled: false,
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
    KmsKeyArn: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
    MetricsConfig: { Metrics: ['EventCount'] },
  });
});

test('a tumbling window reaches the mapping', () => {
  const app = new TestApp();
  app.trigger({ tumblingWindow: Duration.minutes(15) });

  expect(app.mapping().TumblingWindowInSeconds).toBe(900);
});

test('empty lists of filters and metrics mean none', () => {
  const app = new TestApp();
  app.trigger({ filters: [], metricsConfig: { metrics: [] } });

  expect(app.mapping()).not.toHaveProperty('FilterCriteria');
  expect(app.mapping()).not.toHaveProperty('MetricsConfig');
});

test('tokens are passed on', () => {
  const app = new TestApp();
  const number = (value: number) => Lazy.number({ produce: () => value });
  app.trigger({
    startingPosition: Lazy.string({ produce: () => 'LATEST' }) as lambda.StartingPosition,
    batchSize: number(7),
    maxBatchingWindow: Duration.seconds(number(8)),
    parallelizationFactor: number(1),
    retryAttempts: number(10),
    maxRecordAge: Duration.seconds(number(110)),
    tumblingWindow: Duration.seconds(number(12)),
    enabled: Lazy.any({ produce: () => false }) as unknown as boolean,
  });

  expect(app.mapping()).toMatchObject({
    StartingPosition: 'LATEST',
    BatchSize: 7,
    MaximumBatchingWindowInSeconds: 8,
    ParallelizationFactor: 1,
    MaximumRetryAttempts: 10,
    MaximumRecordAgeInSeconds: 110,
    TumblingWindowInSeconds: 12,
    Enabled: false,
  });
});

test('one error names all that is wrong, with the path of the trigger', () => {
  const app = new TestApp();

  expect(() => app.trigger({ batchSize: 0, parallelizationFactor: 11, maxRecordAge: Duration.seconds(59) })).toThrow(
    expect.objectContaining({
      name: 'InvalidTriggerError',
      path: 'Orders/Trigger',
      message: [
        "The trigger Orders/Trigger can't work as it is:",
        '- [Orders/Trigger] batchSize is 0 but must be a whole number from 1 to 10,000. Omit it to use 100. (batch-size-range)',
        '- [Orders/Trigger] parallelizationFactor is 11 but must be a whole number from 1 to 10. '
          + 'Omit it to process one batch of a shard at a time. (parallelization-factor-range)',
        '- [Orders/Trigger] maxRecordAge is 59 seconds but must be a Duration of a whole number of seconds from 60 to 604,800. '
          + 'Omit it to use 22 hours. (record-age-range)',
      ].join('\n'),
    }),
  );
});

test('a duration given as a number is refused', () => {
  expect(() => new TestApp().trigger({ maxBatchingWindow: 5 as never })).toThrow('maxBatchingWindow is 5 but must be a Duration of a whole number of seconds from 0 to 300.');
});

describe('an untyped caller', () => {
  const untyped = (props: unknown) => () => new DynamoStreamTrigger(new TestApp().stack, 'Trigger', props as DynamoStreamTriggerProps);
  const rules = (...ids: string[]) => expect.objectContaining({
    name: 'InvalidTriggerError', violations: ids.map((ruleId) => expect.objectContaining({ ruleId })),
  });

  test.each([undefined, null, {}])('learns what is missing in %p', (props) => {
    expect(untyped(props)).toThrow(rules('required-property', 'required-property'));
  });

  test('learns everything that is of the wrong kind at once', () => {
    const props = { table: 'x', handler: 'arn:x', permissions: 'nonsense', filterEncryption: 1, metricsConfig: {}, onFailure: 'x', filters: 'x' };

    expect(untyped(props)).toThrow(rules(
      'table-type', 'handler-type', 'filter-encryption-type', 'permissions', 'not-a-filter', 'destination-type', 'metrics-group',
    ));
  });

  test('learns that table and function are swapped', () => {
    const app = new TestApp();
    const swapped = { table: app.fn('Fn'), handler: app.table('Table'), filters: [app.fn('Other')] };

    expect(() => app.trigger(swapped as never)).toThrow([
      '- [Orders/Trigger] table is the construct Orders/Fn but must be a table. '
        + 'Give a Table or a TableV2, or import one with TableV2.fromTableAttributes(…). (table-type)',
      '- [Orders/Trigger] handler is the construct Orders/Table but must be a function. '
        + 'Give a Function, an Alias or a Version, or import one with Function.fromFunctionAttributes(…). (handler-type)',
      '- [Orders/Trigger] filters[0] is the construct Orders/Other but must be a StreamFilter. Give StreamFilter.fromCriteria(…) for what '
        + 'lambda.FilterCriteria.filter(…) returns, StreamFilter.fromPattern(…) for a pattern. (not-a-filter)',
    ].join('\n'));
  });

  test('recognizes the value', () => {
    class Order {
      readonly self = this;
    }
    const endless = Object.assign(Object.create(null), { self: undefined });
    endless.self = endless;
    const given: [unknown, string][] = [
      ['orders', '"orders"'], [5, '5'], [{ a: [1] }, '{"a":[1]}'], [Symbol('s'), 'Symbol(s)'], [Lazy.any({ produce: () => 1 }), 'a token'],
      [new Order(), 'an object of Order'], [endless, 'an object of no class'],
    ];

    for (const [value, words] of given) {
      expect(untyped({ table: value })).toThrow(`table is ${words} but must be a table.`);
    }
  });

  test('may write null for what is not given', () => {
    const [nulls, nothing] = [new TestApp(), new TestApp()];
    const names = ['startingPosition', 'batchSize', 'maxBatchingWindow', 'parallelizationFactor', 'retryAttempts', 'maxRecordAge',
      'bisectBatchOnError', 'reportBatchItemFailures', 'tumblingWindow', 'enabled', 'filters', 'filterEncryption', 'metricsConfig', 'onFailure',
      'failureQueueRemovalPolicy', 'permissions'];
    nulls.trigger(Object.fromEntries(names.map((name) => [name, null])));
    nothing.trigger();

    expect(nulls.template().toJSON()).toEqual(nothing.template().toJSON());
  });
});

describe('reportBatchItemFailures as a token', () => {
  const NO_VALUE = { Ref: 'AWS::NoValue' };
  const REPORTS = ['ReportBatchItemFailures'];

  test.each([[true, REPORTS], [false, undefined]])('that is %p reaches the mapping', (value, expected) => {
    const app = new TestApp();
    app.trigger({ reportBatchItemFailures: Lazy.any({ produce: () => value }) as never });

    expect(app.mapping().FunctionResponseTypes).toEqual(expected);
  });

  test('that depends on conditions reaches the mapping', () => {
    const app = new TestApp();
    const [a, b] = ['A', 'B'].map((id) => new CfnCondition(app.stack, id, { expression: Fn.conditionEquals(Aws.REGION, id) }).logicalId);
    app.trigger({ reportBatchItemFailures: Fn.conditionIf(a, false, Fn.conditionIf(b, true, 'false')) as never });

    expect(app.mapping().FunctionResponseTypes).toEqual({ 'Fn::If': ['A', NO_VALUE, { 'Fn::If': ['B', REPORTS, NO_VALUE] }] });
  });

  test('that the deployment decides makes the function throw its failures, which loses nothing either way', () => {
    const app = new TestApp();
    const { logicalId } = new CfnCondition(app.stack, 'A', { expression: Fn.conditionEquals(Aws.REGION, 'a') });
    app.trigger({ reportBatchItemFailures: Fn.conditionIf(logicalId, true, false) as never });

    app.template().hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { DYNAMO_STREAM_TRIGGER: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('"report":false')])] } } },
    });
  });
});

test('an alias of a StreamFunction reports failures too: switching that off gets a warning', () => {
  const app = new TestApp();
  const handler = new StreamFunction(app.stack, 'OnOrder', { entry: `${__dirname}/handlers/on-order.ts` });
  app.trigger({ handler: handler.addAlias('live'), reportBatchItemFailures: false });

  expect(app.warnings()).toContain('report-off');
});

test('tags reach the mapping', () => {
  const app = new TestApp();
  Tags.of(app.trigger()).add('team', 'orders');

  expect(app.mapping().Tags).toEqual([{ Key: 'team', Value: 'orders' }]);
});

describe('the failure queue that a trigger makes', () => {
  test('is not made beside a given destination', () => {
    const app = new TestApp();
    const onFailure = new sources.SqsDlq(new sqs.Queue(app.stack, 'Given'));
    const trigger = app.trigger({ onFailure });

    expect(trigger.failureQueue).toBeUndefined();
    expect(trigger.failureDestination).toBe(onFailure);
    app.template().resourceCountIs('AWS::SQS::Queue', 1);
    app.template().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [Match.objectLike({ Action: Match.arrayWith(['sqs:SendMessage']) })] },
    });
  });

  test('is not made for NoFailureDestination', () => {
    const app = new TestApp();
    const trigger = app.trigger({ onFailure: NoFailureDestination.INSTANCE });

    expect(trigger.failureDestination).toBeUndefined();
    app.template().resourceCountIs('AWS::SQS::Queue', 0);
    expect(app.mapping()).not.toHaveProperty('DestinationConfig');
  });
});

test('what was given can be read back', () => {
  const app = new TestApp();
  const [table, handler] = [app.table(), app.fn()];
  const trigger = app.trigger({ table, handler });

  expect(trigger.table).toBe(table);
  expect(trigger.handler).toBe(handler);
  expect(app.stack.resolve(trigger.eventSourceMapping.eventSourceMappingId)).toEqual({ Ref: expect.stringMatching(/^TriggerEventSourceMapping/) });
});

test('a second trigger on the same table and the same function on a second table have mappings of their own', () => {
  const app = new TestApp();
  const [table, handler] = [app.table(), app.fn()];
  app.trigger({ table, handler }, 'First');
  app.trigger({ table }, 'SecondOfTable');
  app.trigger({ handler }, 'SecondOfFunction');

  app.template().resourceCountIs('AWS::Lambda::EventSourceMapping', 3);
  app.template().resourceCountIs('AWS::SQS::Queue', 3);
});

test('metrics of the mapping are found by its id, those of the function by its name', () => {
  const app = new TestApp();
  const trigger: DynamoStreamTrigger = app.trigger();

  expect(app.stack.resolve(trigger.metricDroppedEventCount())).toMatchObject({
    namespace: 'AWS/Lambda',
    metricName: 'DroppedEventCount',
    statistic: 'Sum',
    dimensions: { EventSourceMappingUUID: { Ref: expect.stringMatching(/^TriggerEventSourceMapping/) } },
  });
  expect(app.stack.resolve(trigger.metricIteratorAge())).toMatchObject({
    namespace: 'AWS/Lambda',
    metricName: 'IteratorAge',
    statistic: 'Maximum',
    dimensions: { FunctionName: { Ref: expect.stringMatching(/^TriggerFn/) } },
  });
  expect(trigger.metricDestinationDeliveryFailures({ statistic: 'Average' }).statistic).toBe('Average');
});
