import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Aspects, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions, aws_dynamodb as dynamodb, aws_lambda as lambda,
  aws_lambda_event_sources as sources, aws_logs as logs,
  aws_s3 as s3, aws_sns as sns, aws_sqs as sqs, CfnParameter, Duration, type IAspect, NestedStack, Stack,
} from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks } from 'cdk-nag';
import {
  type DynamoStreamTrigger, type DynamoStreamTriggerProps, FailureStore, NoFailureDestination, S3FailureDestination, type StreamAlarms,
  StreamTriggerMonitoring, type StreamTriggerMonitoringProps,
} from '../../lib';
import { streamHandler } from '../../lib/runtime';
import { createReport, PARKED } from '../../lib/runtime/report';
import { ALARM_KINDS, type AlarmKind } from '../../lib/trigger/monitoring/alarm-kinds';
import { named, type Watched } from '../../lib/trigger/monitoring/watched';
import { REPOSITORY } from '../../projenrc/publication';
import { ENV, TestApp } from '../app';
import { batchOf } from '../runtime/records';

const NAMES = [
  'IteratorAgeWarning', 'IteratorAgeCritical', 'Silence', 'GivenUp', 'Dropped', 'DeliveryFailures', 'Parked', 'FailureQueue', 'ExpiringPointers', 'Errors',
  'Throttles', 'Duration', 'Concurrency',
];

/** The properties of the alarms of a stack, by the end of their logical ids. Several of one name are numbered. */
function alarmsOf(app: TestApp, stack?: Stack): { [name: string]: any } {
  const found: { [name: string]: any } = {};
  for (const [id, { Properties }] of Object.entries(app.template(stack).findResources('AWS::CloudWatch::Alarm'))) {
    const name = NAMES.find((one) => id.slice(0, -8).endsWith(one))!;
    found[found[name] ? `${name}2` : name] = Properties;
  }
  return found;
}

const mappingOf = ({ eventSourceMapping }: DynamoStreamTrigger) => eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;

/** A trigger that every alarm fits. */
function fitting(app: TestApp, props: Partial<DynamoStreamTriggerProps> = {}, id = 'Trigger'): DynamoStreamTrigger {
  return app.trigger({ handler: app.fn(`${id}Fn`, { reservedConcurrentExecutions: 10, timeout: Duration.seconds(30) }), informHandler: true, ...props }, id);
}

function monitored(props: Partial<DynamoStreamTriggerProps> = {}, alarms: StreamAlarms = {}) {
  const app = new TestApp({ env: ENV });
  const trigger = fitting(app, props);
  const monitoring = new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [trigger], alarms });
  return { app, trigger, monitoring, alarms: () => alarmsOf(app) };
}

const thresholds = (alarms: { [name: string]: any }) => Object.fromEntries(Object.entries(alarms).map(([name, { Threshold }]) => [name, Threshold]));
const HOUR = 3_600_000;

test('makes every alarm, each with its threshold, periods and way with missing data', () => {
  const { monitoring, alarms } = monitored();

  expect(Object.entries(alarms()).map(([name, alarm]) => [
    name, alarm.Threshold, `${alarm.DatapointsToAlarm} of ${alarm.EvaluationPeriods}`, alarm.Period ?? alarm.Metrics[1].MetricStat.Period, alarm.TreatMissingData,
  ])).toEqual([
    ['IteratorAgeWarning', 0.005 * 22 * HOUR, '2 of 3', 60, 'notBreaching'],
    ['IteratorAgeCritical', 0.25 * 22 * HOUR, '2 of 3', 60, 'notBreaching'],
    ['Silence', 0, '3 of 3', 300, 'notBreaching'],
    ['GivenUp', 0, '1 of 1', 60, 'notBreaching'],
    ['Dropped', 0, '1 of 1', 60, 'notBreaching'],
    ['DeliveryFailures', 0, '1 of 1', 60, 'notBreaching'],
    ['Parked', 0, '1 of 1', 60, 'notBreaching'],
    ['FailureQueue', 0, '1 of 1', 60, 'ignore'],
    ['ExpiringPointers', 3_600, '2 of 3', 60, 'notBreaching'],
    ['Errors', 1, '2 of 3', 60, 'notBreaching'],
    ['Throttles', 0, '2 of 3', 60, 'notBreaching'],
    ['Duration', 24_000, '2 of 3', 60, 'notBreaching'],
    ['Concurrency', 8, '2 of 3', 60, 'notBreaching'],
  ]);
  expect(Object.values(alarms()).every(({ ComparisonOperator }) => ComparisonOperator === 'GreaterThanThreshold')).toBe(true);
  expect(monitoring.alarms).toHaveLength(13);
});

const PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'operate', 'operations.md'), 'utf8');

test('docs/operate/operations.md lists all alarms with their periods', () => {
  const rows = [...PAGE.matchAll(/^\| \[`(\w+)`\]\(#([a-z-]+)\) \| .* \| (.*) \| (not breaching|ignored).* \|$/gm)].map(([, ...cells]) => cells);
  const within = ({ datapointsToAlarm: m, evaluationPeriods: n }: AlarmKind['datapoints'], period: number) => (
    n === 1 ? '1 minute' : period === 60 ? `${m} of ${n} minutes` : `${m} of ${n} periods of ${period / 60} minutes`
  );
  const kinds = Object.entries(ALARM_KINDS).map(([name, { runbook, datapoints, period, missing }]) => [
    name, runbook, within(datapoints, period),
    missing === 'ignore' ? 'ignored' : 'not breaching',
  ]);

  expect(rows).toEqual(kinds);
});

test('each says what happened, and where its runbook is, which is there', () => {
  const anchors = [...PAGE.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase().replaceAll(' ', '-'));
  const descriptions = Object.values(monitored().alarms()).map(({ AlarmDescription }): string => AlarmDescription);

  expect(`\n${descriptions.join('\n\n')}\n`.replaceAll(`${REPOSITORY}/blob/main/docs/operate/operations.md`, 'PAGE')).toMatchInlineSnapshot(`
    "
    Orders/Trigger: the function gets records that are older than 6 minutes 36 seconds. It fails, is throttled, or is too slow for what is written. Lambda gives records up 22 hours after they were written, and a batch when it failed 101 times. Runbook: PAGE#iterator-age

    Orders/Trigger: the function gets records that are older than 5 hours 30 minutes, and they are in danger: Lambda gives records up 22 hours after they were written, and a batch when it failed 101 times. Runbook: PAGE#iterator-age

    Orders/Trigger: the table is written, and nothing is read from its stream. The mapping is disabled, it lost a permission, or a batch that fails holds it up. The stream deletes records after 24 hours. Known false alarm: only writes that change nothing, or whose condition fails. Runbook: PAGE#silence

    Orders/Trigger: Lambda gave records up, because their retries or their time were used up, and the failure destination received a message about them. They are not processed until somebody brings them back. Runbook: PAGE#given-up

    Orders/Trigger: Lambda gave records up, and nothing received them. The function will never get them. The stream may still have them for some hours. Runbook: PAGE#dropped

    Orders/Trigger: Lambda could not deliver to the failure destination. It does not exist, or the function's role may not send to it or use its key. What is not delivered is dropped. Runbook: PAGE#delivery-failures

    Orders/Trigger: the runtime put records aside that fail whatever happens. Other records go on. The parked ones are whole on the failure destination, each with its error, until somebody brings them back. Runbook: PAGE#parked

    Orders/Trigger: failures wait to be brought back. Runbook: PAGE#failure-queue

    Orders/Trigger: a message has waited in the failure queue for more than 1 hour. If it is about a failed batch, it names records in the stream, which deletes them 24 hours after they were written: perhaps 2 hours after the message came. Parked records are whole and stay. Runbook: PAGE#expiring-pointers

    Orders/Trigger: more than 1 % of the function's invocations fail. It throws, runs into its timeout, or its process ends. Lambda repeats their batches, and their shards wait. Runbook: PAGE#errors

    Orders/Trigger: Lambda throttles the function, because its reserved concurrency, or that of the account, is used up. Lambda repeats the batches, and their shards wait. Runbook: PAGE#throttles

    Orders/Trigger: the slowest invocations of the function take longer than 24 seconds, near its timeout. Soon batches will not be done in one invocation. Runbook: PAGE#duration

    Orders/Trigger: more than 8 invocations of the function run at the same time, near what is reserved for it. Lambda will throttle it when that is used up. Runbook: PAGE#concurrency
    "
  `);
  expect(anchors).toEqual(expect.arrayContaining(descriptions.map((text) => text.split('#')[1])));
  expect(Math.max(...descriptions.map(({ length }) => length))).toBeLessThanOrEqual(1024);
});

/** `namespace name statistic of dimensions`, and a math expression with what it uses. */
function metricOf({ Namespace, MetricName, Statistic, ExtendedStatistic, Dimensions, Metrics = [] }: any): string {
  const dimensions = Dimensions?.map(({ Name }: any) => Name).join(', ');
  return MetricName ? `${Namespace} ${MetricName} ${Statistic ?? ExtendedStatistic} of ${dimensions}`
    : Metrics.map(({ Id, Expression, Label, MetricStat }: any) => MetricStat ? `${Id}: ${metricOf({ ...MetricStat.Metric, Statistic: MetricStat.Stat })}`
      : `${Label}: ${Expression}`).join('; ');
}

test('each watches a metric', () => {
  const watched = Object.entries(monitored().alarms()).map(([name, alarm]) => `${name} ${metricOf(alarm)}`);

  expect(`\n${watched.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    IteratorAgeWarning AWS/Lambda IteratorAge Maximum of FunctionName
    IteratorAgeCritical AWS/Lambda IteratorAge Maximum of FunctionName
    Silence Written and not read: IF(FILL(writes, 0) > 0 AND FILL(polled, 0) == 0, 1, 0); writes: AWS/DynamoDB ConsumedWriteCapacityUnits Sum of TableName; polled: AWS/Lambda PolledEventCount Sum of EventSourceMappingUUID
    GivenUp AWS/Lambda OnFailureDestinationDeliveredEventCount Sum of EventSourceMappingUUID
    Dropped AWS/Lambda DroppedEventCount Sum of EventSourceMappingUUID
    DeliveryFailures AWS/Lambda DestinationDeliveryFailures Sum of FunctionName
    Parked DynamoStreamTrigger ParkedRecords Sum of FunctionName, TableName
    FailureQueue AWS/SQS ApproximateNumberOfMessagesVisible Maximum of QueueName
    ExpiringPointers AWS/SQS ApproximateAgeOfOldestMessage Maximum of QueueName
    Errors Errors, % of invocations: 100 * errors / invocations; errors: AWS/Lambda Errors Sum of FunctionName; invocations: AWS/Lambda Invocations Sum of FunctionName
    Throttles AWS/Lambda Throttles Sum of FunctionName
    Duration AWS/Lambda Duration p99 of FunctionName
    Concurrency AWS/Lambda ConcurrentExecutions Maximum of FunctionName
    "
  `);
});

test('switches on what the alarms need: the mapping\'s metrics and the runtime\'s', () => {
  const { app } = monitored();

  expect(app.mapping().MetricsConfig).toEqual({ Metrics: ['EventCount'] });
  const functions = JSON.stringify(app.template().findResources('AWS::Lambda::Function'));
  expect(functions).toContain('\\"metrics\\":true');
  expect(functions).toContain('\\"salt\\":\\"",{"Fn::Select":[2,{"Fn::Split":["/",{"Ref":"AWS::StackId"}]}]}');
  expect(app.warnings()).toEqual([]);
});

test('switches it on where every alarm is omitted too, because widgets show it', () => {
  const off = Object.fromEntries(NAMES.map((name) => [`${name[0].toLowerCase()}${name.slice(1)}`, { enabled: false }]));
  const { app, monitoring } = monitored({}, off);

  expect(monitoring.alarms).toEqual([]);
  expect(app.mapping().MetricsConfig).toEqual({ Metrics: ['EventCount'] });
});

test('nothing is switched on without a monitoring', () => {
  const app = new TestApp({ env: ENV });
  fitting(app);

  expect(app.mapping().MetricsConfig).toBeUndefined();
  expect(JSON.stringify(app.template().toJSON())).not.toContain('\\"metrics\\":');
});

test('metrics that the trigger\'s props switch off are warned of', () => {
  const { app } = monitored({ metricsConfig: { metrics: [] } });
  app.template();

  expect(app.warnings()).toContain('metrics-off');
});

describe('thresholds follow the settings:', () => {
  test.each<[string, Partial<DynamoStreamTriggerProps>, object]>([
    ['a short life', { maxRecordAge: Duration.hours(2) }, { IteratorAgeWarning: 60_000, IteratorAgeCritical: HOUR / 2, ExpiringPointers: 5 * 3_600 }],
    ['a very short life', { maxRecordAge: Duration.seconds(60) }, { IteratorAgeWarning: 15_000, IteratorAgeCritical: 30_000, ExpiringPointers: 5 * 3_600 }],
    ['no limit', { maxRecordAge: Duration.hours(24) }, { IteratorAgeWarning: 432_000, IteratorAgeCritical: 6 * HOUR, ExpiringPointers: 600 }],
    ['more than the stream keeps', { maxRecordAge: Duration.days(7) }, { IteratorAgeWarning: 432_000, IteratorAgeCritical: 6 * HOUR, ExpiringPointers: 600 }],
    ['a batching window', { maxBatchingWindow: Duration.minutes(5) }, { IteratorAgeWarning: 696_000, IteratorAgeCritical: 5.5 * HOUR + 300_000 }],
    // Above the life, no alarm could fire.
    ['a batching window that is most of a life', { maxBatchingWindow: Duration.minutes(4), maxRecordAge: Duration.minutes(5) }, {
      IteratorAgeWarning: 255_000, IteratorAgeCritical: 270_000,
    }],
  ])('%s', (_, props, expected) => {
    expect(thresholds(monitored(props).alarms())).toMatchObject(expected);
  });

  test('also those that an aspect or an override changes later', () => {
    const { app, trigger, alarms } = monitored();
    Aspects.of(app.stack).add({
      visit: (node) => {
        if (node instanceof lambda.CfnFunction) {
          node.timeout = 100;
        }
      },
    } satisfies IAspect);
    mappingOf(trigger).addPropertyOverride('MaximumRecordAgeInSeconds', 3_600);

    expect(thresholds(alarms())).toMatchObject({ IteratorAgeCritical: HOUR / 4, Duration: 80_000 });
    expect(alarms().IteratorAgeCritical.AlarmDescription).toContain('older than 15 minutes');
    expect(alarms().IteratorAgeWarning.AlarmDescription).toContain(
      ' Lambda gives records up 1 hour after they were written, and a batch when it failed 101 times. Runbook');
    // Two invocations of 100 seconds, the first of which is known late, are not within 3 minutes.
    expect(Object.entries(alarms()).filter(([, { EvaluationPeriods }]) => EvaluationPeriods === 6).map(([name]) => name))
      .toEqual(['IteratorAgeWarning', 'IteratorAgeCritical', 'Errors', 'Duration']);
  });

  test.each<[Partial<DynamoStreamTriggerProps>, string]>([
    [{ retryAttempts: 0 }, 'Lambda gives records up 22 hours after they were written, and a batch when it failed once'],
    [{ maxRecordAge: Duration.hours(24), retryAttempts: 9 }, 'The stream deletes records 1 day after they were written, and Lambda gives up a batch when it failed 10 times'],
  ])('%j: they say that %s', (props, end) => {
    expect(monitored(props).alarms().IteratorAgeWarning.AlarmDescription).toContain(` ${end}. Runbook`);
  });

  test('without a limit of retries, only the end of records is named', () => {
    const { trigger, alarms } = monitored({ maxRecordAge: Duration.hours(24) });
    mappingOf(trigger).addPropertyOverride('MaximumRetryAttempts', -1);
    expect(alarms().IteratorAgeCritical.AlarmDescription).toContain(' in danger: the stream deletes records 1 day after they were written. Runbook');
  });

  test('what only the deployment knows counts as not set, and has no alarm where nothing is left', () => {
    const app = new TestApp({ env: ENV });
    const parameter = (id: string) => new CfnParameter(app.stack, id, { type: 'Number' }).valueAsNumber;
    const trigger = fitting(app, {
      handler: app.fn('Fn', { timeout: Duration.seconds(parameter('Timeout')), reservedConcurrentExecutions: parameter('Reserved') }),
      maxRecordAge: Duration.seconds(parameter('Age')), maxBatchingWindow: Duration.seconds(parameter('Window')),
    });
    new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [trigger] });

    expect(thresholds(alarmsOf(app))).toMatchObject({ IteratorAgeWarning: 432_000, IteratorAgeCritical: 6 * HOUR });
    expect(NAMES.filter((name) => !alarmsOf(app)[name])).toEqual(['Duration', 'Concurrency']);
  });

  test('a token is a threshold too', () => {
    const app = new TestApp({ env: ENV });
    const limit = new CfnParameter(app.stack, 'Limit', { type: 'Number' });
    new StreamTriggerMonitoring(app.stack, 'Monitoring', {
      triggers: [fitting(app)], alarms: { duration: { threshold: limit.valueAsNumber }, iteratorAgeWarning: { threshold: limit.valueAsNumber } },
    });

    expect(alarmsOf(app).Duration.Threshold).toEqual({ Ref: 'Limit' });
    expect(alarmsOf(app).IteratorAgeWarning.AlarmDescription).toContain('older than what its threshold says');
  });

  test.each([[5, 4], [4, undefined], [1, undefined]])('%i reserved executions: %s', (reservedConcurrentExecutions, threshold) => {
    const app = new TestApp({ env: ENV });
    new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [fitting(app, { handler: app.fn('Fn', { reservedConcurrentExecutions }) })] });

    expect(alarmsOf(app).Concurrency?.Threshold).toBe(threshold);
  });
});

describe('alarms that would never fire are not made', () => {
  const missing = (props: (app: TestApp) => Partial<DynamoStreamTriggerProps>) => {
    const app = new TestApp({ env: ENV });
    new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [fitting(app, props(app))] });
    const made = alarmsOf(app);
    return NAMES.filter((name) => !made[name]);
  };
  const STREAM = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Imported/stream/2026-01-01T00:00:00.000';

  const queueAt = (app: TestApp, place: string) => new sources.SqsDlq(sqs.Queue.fromQueueArn(app.stack, 'Q', `arn:aws:sqs:${place}:q`));

  test.each<[string, (app: TestApp) => Partial<DynamoStreamTriggerProps>, string[]]>([
    ['without a failure destination', () => ({ onFailure: NoFailureDestination.INSTANCE }),
      ['GivenUp', 'DeliveryFailures', 'Parked', 'FailureQueue', 'ExpiringPointers']],
    ['with a window, whose handler parks nothing', () => ({ tumblingWindow: Duration.seconds(60) }), ['Parked']],
    ['for a mapping that is switched off', () => ({ enabled: false }), ['Silence']],
    ['for a topic', (app) => ({ onFailure: new sources.SnsDlq(new sns.Topic(app.stack, 'Topic')) }), ['FailureQueue', 'ExpiringPointers']],
    ['for a bucket', (app) => ({ onFailure: new S3FailureDestination(new s3.Bucket(app.stack, 'Bucket')) }), ['FailureQueue', 'ExpiringPointers']],
    ['for a store, which keeps the records', (app) => ({ onFailure: new FailureStore(app.stack, 'Store') }), ['ExpiringPointers']],
    ['for an imported queue: all are', (app) => ({ onFailure: new sources.SqsDlq(sqs.Queue.fromQueueArn(app.stack, 'Q', 'arn:aws:sqs:eu-west-1:123456789012:q')) }), []],
    ['for a queue of another account', (app) => ({ onFailure: queueAt(app, 'eu-west-1:999999999999') }), ['FailureQueue', 'ExpiringPointers']],
    ['for a queue of another Region', (app) => ({ onFailure: queueAt(app, 'us-east-1:123456789012') }), ['FailureQueue', 'ExpiringPointers']],
    ['for a handler that is not known to have the runtime', () => ({ informHandler: undefined }), ['Parked']],
    ['for a function that is not informed', () => ({ informHandler: false }), ['Parked']],
    ['for an imported table', (app) => ({
      table: dynamodb.Table.fromTableAttributes(app.stack, 'Imported', { tableName: 'Imported', tableStreamArn: STREAM }),
    }), ['Silence']],
    ['for an imported function', (app) => ({
      handler: lambda.Function.fromFunctionAttributes(app.stack, 'Imported', {
        functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f', sameEnvironment: true, role: app.fn().role,
      }), informHandler: undefined,
    }), ['Parked', 'Duration', 'Concurrency']],
  ])('%s', (_, props, names) => {
    expect(missing(props)).toEqual(names);
  });

  test('unless their options say what can\'t be known', () => {
    const app = new TestApp({ env: ENV });
    const trigger = fitting(app, {
      table: dynamodb.Table.fromTableAttributes(app.stack, 'Imported', { tableName: 'Imported', tableStreamArn: STREAM }),
      handler: lambda.Function.fromFunctionAttributes(app.stack, 'ImportedFn', {
        functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f', sameEnvironment: true, role: app.fn().role,
      }),
      informHandler: undefined,
    });
    new StreamTriggerMonitoring(app.stack, 'Monitoring', {
      triggers: [trigger], alarms: { silence: { enabled: true }, duration: { threshold: 5_000 }, concurrency: { threshold: 50 } },
    });

    expect(thresholds(alarmsOf(app))).toMatchObject({ Silence: 0, Duration: 5_000, Concurrency: 50 });
    expect(JSON.stringify(alarmsOf(app).Silence)).toContain('"Value":"Imported"');
  });
});

test('every default can be replaced', () => {
  const app = new TestApp({ env: ENV });
  const [chat, pager] = ['Chat', 'Pager'].map((id) => new actions.SnsAction(new sns.Topic(app.stack, id)));
  new StreamTriggerMonitoring(app.stack, 'Monitoring', {
    triggers: [fitting(app)],
    actions: [chat],
    alarms: {
      errors: {
        threshold: 5, period: Duration.minutes(2), evaluationPeriods: 10, datapointsToAlarm: 7, treatMissingData: cloudwatch.TreatMissingData.IGNORE,
        description: 'Ours', actions: [pager],
      },
      throttles: { actions: [] },
      silence: { evaluationPeriods: 2 },
      dropped: { datapointsToAlarm: 3 },
    },
  });
  const { Errors, Throttles, Silence, Dropped, Parked } = alarmsOf(app);

  expect(Errors).toMatchObject({
    Threshold: 5, EvaluationPeriods: 10, DatapointsToAlarm: 7, TreatMissingData: 'ignore', AlarmDescription: 'Ours', AlarmActions: [{ Ref: expect.stringMatching(/^Pager/) }],
  });
  expect(Errors.Metrics[1].MetricStat.Period).toBe(120);
  expect(Throttles.AlarmActions).toBeUndefined();
  expect(Silence).toMatchObject({ EvaluationPeriods: 2, DatapointsToAlarm: 2 });
  expect(Dropped).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 3 });
  expect(Parked.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Chat/) }]);
});

describe('several triggers', () => {
  test('of one function and one queue have one alarm for what they share', () => {
    const app = new TestApp({ env: ENV });
    const handler = app.fn('Shared');
    const queue = new sqs.Queue(app.stack, 'Queue');
    const triggers = ['A', 'B'].map((id) => app.trigger({
      handler, informHandler: true, onFailure: new sources.SqsDlq(queue), maxRecordAge: Duration.hours(id === 'A' ? 22 : 4),
    }, id));
    new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers });
    const alarms = alarmsOf(app);

    expect(Object.keys(alarms).filter((name) => name.endsWith('2'))).toEqual(['Silence2', 'GivenUp2', 'Dropped2', 'Parked2']);
    expect(thresholds(alarms)).toMatchObject({ IteratorAgeCritical: HOUR, ExpiringPointers: 3_600 });
    expect(alarms.Errors.AlarmDescription).toMatch(/^Orders\/A and Orders\/B: /);
  });

  test('have the same alarms with the same ids in whatever order they are given', () => {
    const app = new TestApp({ env: ENV });
    const handler = app.fn();
    const triggers = [app.trigger({ handler }, 'B'), app.trigger({ handler }, 'A'), app.trigger({}, 'A', new NestedStack(app.stack, 'Nested'))];
    const pathsOf = (id: string, given: DynamoStreamTrigger[]) => new StreamTriggerMonitoring(app.stack, id, { triggers: given }).alarms
      .map(({ node }) => node.path.slice(`Orders/${id}`.length));

    expect(pathsOf('Two', [...triggers].reverse())).toEqual(pathsOf('One', triggers));
  });

  test('are named in a description as far as it has room', () => {
    const triggers = Array.from({ length: 30 }, (_, at) => ({ node: { path: `Shop/${'nested/'.repeat(40)}${at}` } }));
    const text = named(triggers as unknown as Watched);

    expect(text).toMatch(/^….*0 and ….*1 and ….*2 and 27 more$/);
    expect(text.length).toBeLessThan(400);
    expect(named(['A', 'B', 'C'].map((path) => ({ node: { path } })) as unknown as Watched)).toBe('A and B and C');
  });

  test('with the same id in different places, or with one that the monitoring needs itself, have alarms of their own', () => {
    const app = new TestApp({ env: ENV });
    const nested = new NestedStack(app.stack, 'Nested');
    const triggers = [app.trigger(), app.trigger({}, 'Trigger', nested), app.trigger({}, 'Dashboard'), fitting(app, {}, 'Queries')];
    const monitoring = new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers });
    monitoring.dashboard();

    expect(new Set(monitoring.alarms.map(({ node }) => node.path)).size).toBe(monitoring.alarms.length);
    expect(() => app.app.synth()).not.toThrow();
  });

  test('may be in other stacks, whose templates don\'t depend on the alarms', () => {
    const app = new TestApp({ env: ENV });
    const data = app.addStack('Data', { env: ENV });
    const triggers = [fitting(app, { table: app.table('Table', {}, data) }), app.trigger({ handler: app.fn('Fn', {}, data) }, 'Other')];
    const operations = app.addStack('Operations', { env: ENV });
    new StreamTriggerMonitoring(operations, 'Monitoring', { triggers });
    app.app.synth();

    expect(operations.dependencies).toEqual(expect.arrayContaining([app.stack]));
    expect(app.stack.dependencies).toEqual([data]);
    expect(Object.keys(alarmsOf(app, operations))).toContain('Concurrency');
    const [mapping] = Object.values(app.template().findResources('AWS::Lambda::EventSourceMapping'));
    expect(mapping.Properties.MetricsConfig).toEqual({ Metrics: ['EventCount'] });
  });

  test('an alias is watched by its own metrics, and the runtime\'s are the function\'s', () => {
    const app = new TestApp({ env: ENV });
    const fn = app.fn('Fn', { reservedConcurrentExecutions: 10 });
    new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [app.trigger({ handler: fn.addAlias('live'), informHandler: true })] });
    const { Throttles, Parked, Concurrency } = alarmsOf(app);
    const ref = { Ref: app.stack.getLogicalId(fn.node.defaultChild as lambda.CfnFunction) };

    expect(Throttles.Dimensions.map(({ Name }: any) => Name)).toEqual(['FunctionName', 'Resource']);
    expect(Parked.Dimensions).toEqual([{ Name: 'FunctionName', Value: ref }, { Name: 'TableName', Value: expect.anything() }]);
    expect(Concurrency.Dimensions).toEqual([{ Name: 'FunctionName', Value: ref }]);
  });
});

describe('what is wrong with the props is said at once:', () => {
  const { app, trigger } = monitored();
  let number = 0;
  const make = (props: object) => () => new StreamTriggerMonitoring(app.stack, `Wrong${number++}`, props as StreamTriggerMonitoringProps);

  test.each<[string, object, string]>([
    ['no triggers', { triggers: [] }, 'triggers is an empty list but must be a list of at least one DynamoStreamTrigger.'],
    ['no props', {}, 'triggers is undefined but must be a list of at least one DynamoStreamTrigger.'],
    ['another construct', { triggers: [app.stack] }, 'triggers[0] is the construct Orders but must be a DynamoStreamTrigger.'],
    ['nothing', { triggers: [undefined] }, 'triggers[0] is undefined but must be a DynamoStreamTrigger.'],
    ['a trigger twice', { triggers: [trigger, trigger] }, 'triggers[1] is Orders/Trigger, which the list has already. Omit it.'],
    ['an unknown alarm', { triggers: [trigger], alarms: { iteratorAgeWarn: {} } }, 'alarms.iteratorAgeWarn is not an alarm. Did you mean iteratorAgeWarning?'],
    ['an unknown option', { triggers: [trigger], alarms: { errors: { treshold: 1 } } }, 'alarms.errors.treshold is not an option of an alarm. Did you mean threshold?'],
    ['more data points than periods', { triggers: [trigger], alarms: { errors: { evaluationPeriods: 3, datapointsToAlarm: 4 } } },
      'alarms.errors.datapointsToAlarm is 4 but must be at most evaluationPeriods, which is 3.'],
    ['half a period', { triggers: [trigger], alarms: { errors: { evaluationPeriods: 0.5 } } }, 'alarms.errors.evaluationPeriods is 0.5 but must be a whole number from 1.'],
    ['a short period', { triggers: [trigger], alarms: { errors: { period: Duration.seconds(90) } } },
      'alarms.errors.period is 1 minute 30 seconds but must be a whole number of minutes: Lambda, SQS and DynamoDB have no data for less.'],
    ['no number', { triggers: [trigger], alarms: { errors: { threshold: NaN } } }, 'alarms.errors.threshold is NaN but must be a number.'],
    ['six actions', { triggers: [trigger], alarms: { errors: { actions: Array(6).fill({}) } } },
      'alarms.errors.actions has 6 actions but CloudWatch takes at most 5. Send to one topic, and subscribe the others to it.'],
    ['six actions of all', { triggers: [trigger], actions: Array(6).fill({}) },
      'actions has 6 actions but CloudWatch takes at most 5. Send to one topic, and subscribe the others to it.'],
    ['a novel', { triggers: [trigger], alarms: { errors: { description: 'x'.repeat(1_025) } } },
      'alarms.errors.description has 1025 characters but CloudWatch takes at most 1024. Shorten it.'],
    ['a look back of more than a day', { triggers: [trigger], alarms: { silence: { evaluationPeriods: 289 } } },
      'alarms.silence would look back 86700 seconds, but an alarm with periods of 300 seconds looks back at most 86400. Use fewer periods, or shorter ones.'],
    ['a look back of more than a week', { triggers: [trigger], alarms: { silence: { period: Duration.days(4), evaluationPeriods: 2 } } },
      'alarms.silence would look back 691200 seconds, but an alarm with periods of 345600 seconds looks back at most 604800. Use fewer periods, or shorter ones.'],
    ['an unknown alarm like none', { triggers: [trigger], alarms: { everything: {} } }, `alarms.everything is not an alarm. There are ${Object.keys(ALARM_KINDS).join(', ')}.`],
    ['no period', { triggers: [trigger], alarms: { errors: { period: Duration.seconds(0) } } },
      'alarms.errors.period is 0 seconds but must be a whole number of minutes: Lambda, SQS and DynamoDB have no data for less.'],
  ])('%s', (_, props, message) => {
    expect(make(props)).toThrow(new Error(`[Orders/Wrong${number}] ${message}`));
  });

  test('at the limits, nothing is', () => {
    expect(make({
      triggers: [trigger], actions: Array.from({ length: 5 }, (_, at) => new actions.SnsAction(new sns.Topic(app.stack, `Topic${at}`))),
      alarms: {
        errors: { description: 'x'.repeat(1_024), period: Duration.minutes(1), evaluationPeriods: 1_440, datapointsToAlarm: 1_440 },
        silence: { period: Duration.hours(1), evaluationPeriods: 168, datapointsToAlarm: 1 },
        throttles: undefined,
      },
    })).not.toThrow();
  });

  test.each([
    [{ ...ENV, region: 'us-east-1' }, 'the Region eu-west-1, but its alarms would be in us-east-1, which does not have its metrics. Put a monitoring into a stack of that Region.'],
    [{ ...ENV, account: '999999999999' },
      'the account 123456789012, but its alarms would be in 999999999999, which does not have its metrics. Put a monitoring into a stack of that account.'],
  ])('a monitoring at %j', (env, message) => {
    const elsewhere = app.addStack(`Elsewhere${number++}`, { env });

    expect(() => new StreamTriggerMonitoring(elsewhere, 'Monitoring', { triggers: [trigger] }))
      .toThrow(new Error(`[${elsewhere.node.id}/Monitoring] triggers[0] is Orders/Trigger in ${message}`));
  });

  test('all of it', () => {
    expect(make({ triggers: [], alarms: { errors: { threshold: NaN, period: Duration.seconds(1) } } })).toThrow(/^\[.*\] triggers .*\n\[.*\] alarms\.errors\.threshold .*\n\[.*\] alarms\.errors\.period .*$/);
  });
});

describe('a dashboard', () => {
  const body = (app: TestApp) => {
    const [dashboard] = Object.values(app.template().findResources('AWS::CloudWatch::Dashboard'));
    return JSON.parse(dashboard.Properties.DashboardBody['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : 'TOKEN').join(''));
  };

  const lineOf = (metric: any[]) => {
    const { label, stat, yAxis } = metric.at(-1);
    return [`${label}:`, metric[1], stat, yAxis].filter(Boolean).join(' ');
  };

  test('shows the alarms, and of each trigger what it has, with the thresholds as they are deployed', () => {
    const app = new TestApp({ env: ENV });
    const trigger = fitting(app);
    const monitoring = new StreamTriggerMonitoring(app.stack, 'Monitoring', {
      triggers: [trigger, app.trigger({ onFailure: NoFailureDestination.INSTANCE }, 'Plain')], alarms: { iteratorAgeCritical: { enabled: false } },
    });
    expect(monitoring.dashboard({ dashboardName: 'Shop' })).toBe(monitoring.dashboard());
    mappingOf(trigger).maximumRecordAgeInSeconds = 7_200;
    const { widgets } = body(app);

    expect(widgets.map(({ properties: { title, markdown } }: any) => title ?? markdown)).toEqual([
      'Alarms',
      '### Orders/Trigger', 'Age of the records that the function gets', 'Records', 'Failures in the function', 'Invocations', 'Duration', 'Failures that wait',
      '### Orders/Plain', 'Age of the records that the function gets', 'Records', 'Invocations', 'Duration',
    ]);
    expect(widgets.slice(2, 8).map(({ properties: { metrics } }: any) => metrics.map(lineOf))).toEqual([
      ['Iterator age: IteratorAge Maximum'],
      [
        'Read: PolledEventCount Sum', 'Filtered out: FilteredOutEventCount Sum', 'Sent to the function: InvokedEventCount Sum',
        'Not done: FailedInvokeEventCount Sum', 'Given up: OnFailureDestinationDeliveredEventCount Sum', 'Dropped: DroppedEventCount Sum',
      ],
      [
        'Parked: ParkedRecords Sum', 'Tried again: RetriedRecords Sum', 'Transient: TransientFailures Sum', 'Out of time: Deadlines Sum',
        'Sick environments: SickEnvironments Sum',
      ],
      ['Invocations: Invocations Sum', 'Errors: Errors Sum', 'Throttles: Throttles Sum'],
      ['p50: Duration p50', 'p99: Duration p99'],
      ['Messages: ApproximateNumberOfMessagesVisible Maximum', 'Age of the oldest, seconds: ApproximateAgeOfOldestMessage Maximum right'],
    ]);
    expect(widgets.map(({ type, width, height }: any) => `${type} ${width}x${height}`)).toEqual([
      'alarm 24x3', 'text 24x1', ...Array(6).fill('metric 8x6'), 'text 24x1', ...Array(4).fill('metric 8x6'),
    ]);
    const thresholdsOf = ({ properties: { annotations } }: any) => annotations?.horizontal?.map(({ label }: any) => label) ?? [];
    expect(widgets.flatMap(thresholdsOf)).toEqual(['warning', 'near the timeout', 'warning', 'near the timeout']);
    expect(widgets[2].properties.annotations.horizontal).toEqual([{ label: 'warning', value: 60_000, yAxis: 'left' }]);
  });

  test('has as many lists of alarms as they need', () => {
    const app = new TestApp({ env: ENV });
    const triggers = Array.from({ length: 9 }, (_, index) => app.trigger({}, `T${index}`));
    new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers }).dashboard();

    expect(body(app).widgets.filter(({ type }: any) => type === 'alarm').map(({ properties }: any) => properties.alarms.length)).toEqual([99]);
    const more = new StreamTriggerMonitoring(app.stack, 'More', { triggers: [...triggers, fitting(app, {}, 'Last')] });
    expect(more.widgets().length - (new StreamTriggerMonitoring(app.stack, 'Same', { triggers }).widgets().length + 3)).toBe(1);
  });
});

test('queries ask the logs of the functions that have the runtime, wherever they log', () => {
  const app = new TestApp({ env: ENV });
  const logGroup = new logs.LogGroup(app.stack, 'Own');
  const triggers = [fitting(app), fitting(app, { handler: app.fn('WithGroup', { logGroup }) }, 'Second'), app.trigger({}, 'Plain')];
  new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers });
  const queries = Object.values(app.template().findResources('AWS::Logs::QueryDefinition')).map(({ Properties }) => Properties);

  expect(queries.map(({ Name }) => Name)).toEqual(['error', 'item', 'record'].map((by) => `Orders/Monitoring/failures by ${by}`));
  expect(queries[0].QueryString.replaceAll('\\n', '\n')).toMatchInlineSnapshot(`
    "parse @message '"error":"*"' as error
    | parse @message '"outcome":"*"' as outcome
    | filter @message like "dynamo-stream-trigger: record failed"
    | stats count(*) as failures, min(@timestamp) as first, max(@timestamp) as latest by error, outcome
    | sort failures desc
    | limit 50"
  `);
  expect(queries.map(({ QueryString }) => / by .*$/m.exec(QueryString.replaceAll('\\n', '\n'))![0])).toEqual([
    ' by error, outcome', ' by item, error, outcome', ' by eventId, sequenceNumber, error, outcome',
  ]);
  expect(queries[0].LogGroupNames).toEqual([{ Ref: expect.stringMatching(/^Own/) }, { 'Fn::Join': ['', ['/aws/lambda/', { Ref: expect.stringMatching(/^TriggerFn/) }]] }]);
});

test('queries of two deployments of one app have names of their own', () => {
  const app = new TestApp({ env: ENV });
  const names = ['orders-main', 'orders-pr-7'].map((stackName, at) => {
    const stack = new Stack(app.app, `Deployment${at}`, { env: ENV, stackName });
    new StreamTriggerMonitoring(stack, 'Monitoring', { triggers: [app.trigger({ informHandler: true }, 'Trigger', stack)] });
    return stack.node.findAll().flatMap((node) => node instanceof logs.CfnQueryDefinition ? node.name : []);
  });

  expect(names.map(([first]) => first)).toEqual(['orders-main/Monitoring/failures by error', 'orders-pr-7/Monitoring/failures by error']);
});

/** Of both formats of Lambda's log, as the runtime writes them. */
test.each(['Text', 'JSON'])('what a query looks for is in a line of the %s format', async (format) => {
  const lines: string[] = [];
  jest.spyOn(console, 'error').mockImplementation((entry) => {
    lines.push(format === 'JSON' ? JSON.stringify({ level: 'ERROR', message: entry }) : `2026-01-01T00:00:00.000Z\tid\tERROR\t${entry}`);
  });
  process.env.AWS_LAMBDA_LOG_FORMAT = format;
  process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 1, triggers: [{ report: true }], salt: 'salt' });
  try {
    await streamHandler({ onRecord: async () => Promise.reject(new TypeError('bad')), retry: { maxAttempts: 1 } })(batchOf('a'));
  } finally {
    delete process.env.AWS_LAMBDA_LOG_FORMAT;
    delete process.env.DYNAMO_STREAM_TRIGGER;
    jest.restoreAllMocks();
  }
  const { app } = monitored();
  for (const { Properties: { QueryString } } of Object.values(app.template().findResources('AWS::Logs::QueryDefinition'))) {
    const patterns = [...QueryString.matchAll(/parse @message '(.*)' as/g)].map(([, pattern]) => pattern);
    expect(patterns.length).toBeGreaterThan(1);
    patterns.forEach((pattern) => expect(lines[0]).toMatch(new RegExp(pattern.replace('*', '[^"]+'))));
    expect(lines[0]).toContain(/like "(.*)"/.exec(QueryString)![1]);
  }
});

test('what the commands of docs/operate/operations.md look for in the log is in it', () => {
  const lines: string[] = [];
  const report = createReport({}, 'id', { log: (line) => lines.push(line) }, () => undefined);
  const [record] = batchOf('a').Records;
  report.failed(record, { error: new TypeError('bad'), tries: 1 }, 'not known to be poison');
  report.failed(record, { error: new TypeError('bad'), tries: 1 }, PARKED);
  report.exit(1, '1');
  const patterns = [...new Set([...PAGE.matchAll(/--filter-pattern '(.*)'/g)].map(([, pattern]) => pattern))];
  const found = patterns.map((pattern) => {
    const terms = [...pattern.matchAll(/(\??)"([^"]*)"/g)];
    return lines.filter((line) => terms.some(([, isOptional]) => isOptional)
      ? terms.some(([, , term]) => line.includes(term)) : terms.every(([, , term]) => line.includes(term))).length;
  });

  expect(Object.fromEntries(patterns.map((pattern, at) => [pattern, found[at]]))).toEqual({
    '"dynamo-stream-trigger"': 3,
    '"record failed"': 2,
    '"record failed" "parked"': 1,
    '?"Task timed out" ?"Runtime." ?"the process ends"': 1,
  });
});

test('cdk-nag finds nothing', () => {
  const app = new TestApp({ env: ENV });
  const topic = new sns.Topic(app.stack, 'Topic');
  const monitoring = new StreamTriggerMonitoring(app.stack, 'Monitoring', { triggers: [fitting(app)], actions: [new actions.SnsAction(topic)] });

  for (const pack of [new AwsSolutionsChecks(), new HIPAASecurityChecks()]) {
    expect(pack.validateScope(monitoring).violations).toEqual([]);
  }
});
