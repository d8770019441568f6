import { aws_kms as kms, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs, Duration } from 'aws-cdk-lib';
import { DynamoStreamTrigger, type DynamoStreamTriggerProps, StreamFilter } from '../../lib';
import { TestApp } from '../app';

/** The properties of the CDK's event source that the trigger has under the same name. The compiler checks that none is missing. */
type Moved = Omit<sources.DynamoEventSourceProps, 'filters' | 'provisionedPollerConfig'>;
type Assignable<From extends To, To> = From;
export type EverySettingFits = Assignable<Moved, Partial<DynamoStreamTriggerProps>>;
export type EverySettingIsThere = Assignable<keyof Moved, keyof DynamoStreamTriggerProps>;

const INSERT = lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.isEqual('INSERT') });

const deployed: { readonly [what: string]: (app: TestApp) => sources.DynamoEventSourceProps } = {
  'every setting': (app) => ({
    startingPosition: lambda.StartingPosition.LATEST,
    batchSize: 25,
    maxBatchingWindow: Duration.seconds(5),
    parallelizationFactor: 4,
    retryAttempts: 7,
    maxRecordAge: Duration.hours(3),
    bisectBatchOnError: false,
    reportBatchItemFailures: true,
    enabled: false,
    filters: [INSERT, lambda.FilterCriteria.filter({ dynamodb: { Keys: { pk: { S: lambda.FilterRule.beginsWith('order#') } } } })],
    filterEncryption: new kms.Key(app.stack, 'Key'),
    metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
    onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue')),
  }),
  'a tumbling window': (app) => ({
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    retryAttempts: 0,
    maxRecordAge: Duration.hours(1),
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    tumblingWindow: Duration.minutes(15),
    onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue')),
  }),
};

test.each(Object.keys(deployed))('the settings of a DynamoEventSource make the same mapping: %s', (what) => {
  const before = new TestApp();
  before.fn().addEventSource(new sources.DynamoEventSource(before.table(), deployed[what](before)));

  const after = new TestApp();
  const { filters, ...settings } = deployed[what](after);
  new DynamoStreamTrigger(after.stack, 'OrderEvents', {
    ...settings, table: after.table(), handler: after.fn(), filters: filters?.map((criteria) => StreamFilter.fromCriteria(criteria)),
  });

  expect(after.mapping()).toEqual(before.mapping());
});

test('only the defaults differ', () => {
  const before = new TestApp();
  before.fn().addEventSource(new sources.DynamoEventSource(before.table(), { startingPosition: lambda.StartingPosition.TRIM_HORIZON }));
  const after = new TestApp();
  new DynamoStreamTrigger(after.stack, 'OrderEvents', { table: after.table(), handler: after.fn() });

  expect(after.mapping()).toEqual({
    ...before.mapping(),
    MaximumRetryAttempts: 10,
    MaximumRecordAgeInSeconds: 79_200,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    DestinationConfig: expect.anything(),
  });
});
