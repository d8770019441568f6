import { Aspects, aws_cloudwatch as cloudwatch, type aws_lambda as lambda, CfnParameter, type CfnResource, NestedStack, type Stack } from 'aws-cdk-lib';
import type { DynamoStreamTrigger } from '../../lib';
import { ENV, TestApp } from '../app';

const ON = { Metrics: ['EventCount'] };

type Watch = (trigger: DynamoStreamTrigger, stack: Stack) => unknown;

const common = { threshold: 1, evaluationPeriods: 1 };
const raw = { ...common, comparisonOperator: 'GreaterThanThreshold', period: 60, statistic: 'Sum' };
const mappingOf = ({ eventSourceMapping }: DynamoStreamTrigger) => eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping;

function metric({ eventSourceMapping: { eventSourceMappingId } }: DynamoStreamTrigger, namespace = 'AWS/Lambda'): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace, metricName: 'PolledEventCount', dimensionsMap: { EventSourceMappingUUID: eventSourceMappingId } });
}

/** Alarms that need the mapping's metrics. */
const WATCHING: readonly [string, Watch][] = [
  ['on a metric of the trigger', (trigger, stack) => trigger.metricDroppedEventCount().createAlarm(stack, 'Alarm', common)],
  ['on a metric made by hand', (trigger, stack) => metric(trigger).createAlarm(stack, 'Alarm', common)],
  ['on a math expression', (trigger, stack) => new cloudwatch.MathExpression({ expression: 'a + b', usingMetrics: { a: metric(trigger), b: trigger.metricIteratorAge() } })
    .createAlarm(stack, 'Alarm', common)],
  ['on an expression of an expression', (trigger, stack) => new cloudwatch.MathExpression({
    expression: 'FILL(c, 0)', usingMetrics: { c: new cloudwatch.MathExpression({ expression: 'a', usingMetrics: { a: trigger.metricPolledEventCount() } }) },
  }).createAlarm(stack, 'Alarm', common)],
  ['on a query', (trigger, stack) => new cloudwatch.CfnAlarm(stack, 'Alarm', {
    ...common, comparisonOperator: 'LessThanThreshold', metrics: [{
      id: 'q', period: 60, expression: `SELECT SUM(PolledEventCount) FROM "AWS/Lambda" WHERE EventSourceMappingUUID = '${mappingOf(trigger).ref}'`,
    }],
  })],
  ['of the first layer', (trigger, stack) => new cloudwatch.CfnAlarm(stack, 'Alarm', {
    ...raw, namespace: 'AWS/Lambda', metricName: 'InvokedEventCount', dimensions: [{ name: 'EventSourceMappingUUID', value: mappingOf(trigger).attrId }],
  })],
  ['whose threshold only the deployment knows', (trigger, stack) => trigger.metricDroppedEventCount().createAlarm(stack, 'Alarm', {
    ...common, threshold: new CfnParameter(stack, 'Limit', { type: 'Number' }).valueAsNumber,
  })],
  ['by an override', (trigger, stack) => {
    const alarm = new cloudwatch.CfnAlarm(stack, 'Alarm', { ...raw, namespace: 'AWS/Lambda', metricName: 'InvokedEventCount' });
    alarm.addPropertyOverride('Dimensions', [{ Name: 'EventSourceMappingUUID', Value: { Ref: stack.resolve(mappingOf(trigger).logicalId) } }]);
  }],
  ['by an aspect', (trigger, stack) => {
    const alarm = new cloudwatch.CfnAlarm(stack, 'Alarm', { ...raw, namespace: 'AWS/Lambda', metricName: 'InvokedEventCount' });
    Aspects.of(stack).add({ visit: (node) => node === alarm && (alarm.dimensions = [{ name: 'EventSourceMappingUUID', value: mappingOf(trigger).ref }]) });
  }],
  ['in a nested stack', (trigger, stack) => metric(trigger).createAlarm(new NestedStack(stack, 'Alarms'), 'Alarm', common)],
  ['in another stack', (trigger, stack) => metric(trigger).createAlarm((stack.node.root.node.findChild('Other') as Stack), 'Alarm', common)],
];

/** What names the mapping and watches none of its metrics. */
const NOT_WATCHING: readonly [string, Watch][] = [
  ['a metric without an alarm', (trigger) => trigger.metricDroppedEventCount()],
  ['a dashboard', (trigger, stack) => new cloudwatch.Dashboard(stack, 'Dashboard', { widgets: [[new cloudwatch.GraphWidget({ left: [metric(trigger)] })]] })],
  ['an alarm on a metric of the function', (trigger, stack) => trigger.metricIteratorAge().createAlarm(stack, 'Alarm', common)],
  ['an alarm on a metric of the app\'s own', (trigger, stack) => metric(trigger, 'Orders').createAlarm(stack, 'Alarm', common)],
  ['an alarm whose description names the mapping', (trigger, stack) => trigger.metricIteratorAge().createAlarm(stack, 'Alarm', {
    ...common, alarmDescription: `Of ${mappingOf(trigger).ref}`,
  })],
  ['an alarm on another mapping', (_trigger, stack) => metric({ eventSourceMapping: { eventSourceMappingId: 'another' } } as DynamoStreamTrigger).createAlarm(stack, 'Alarm', common)],
];

function watched(watch: Watch, change: (mapping: lambda.CfnEventSourceMapping) => unknown = () => {}): { metrics: unknown; warned: boolean } {
  const app = new TestApp({ env: ENV });
  app.fn('Fn', {}, app.addStack('Other', { env: ENV }));
  const trigger = app.trigger();
  change(mappingOf(trigger));
  watch(trigger, app.stack);
  return { metrics: app.mapping().MetricsConfig, warned: app.warnings().includes('metrics-off') };
}

test.each(WATCHING)('an alarm %s switches the metrics on', (_name, watch) => {
  expect(watched(watch)).toEqual({ metrics: ON, warned: false });
});

test.each(WATCHING)('an alarm %s is warned of if an escape hatch leaves the metrics off', (_name, watch) => {
  expect(watched(watch, (mapping) => mapping.metricsConfig = undefined)).toEqual({ metrics: undefined, warned: true });
  expect(watched(watch, (mapping) => mapping.addPropertyDeletionOverride('MetricsConfig'))).toEqual({ metrics: undefined, warned: true });
});

test.each(WATCHING)('with an alarm %s, metrics that an escape hatch has switched on stay', (_name, watch) => {
  expect(watched(watch, (mapping) => mapping.metricsConfig = { metrics: ['EventCount'] })).toEqual({ metrics: ON, warned: false });
});

test.each(NOT_WATCHING)('%s does not switch the metrics on', (_name, watch) => {
  expect(watched(watch)).toEqual({ metrics: undefined, warned: false });
});

test('an alarm that was added since the last synthesis switches the metrics on', () => {
  const app = new TestApp({ env: ENV });
  const trigger = app.trigger();
  app.app.synth();
  metric(trigger).createAlarm(app.stack, 'Alarm', common);
  const { template: { Resources } } = app.app.synth({ force: true }).getStackByName('Orders');

  expect(Resources[app.stack.resolve((mappingOf(trigger) as CfnResource).logicalId)].Properties.MetricsConfig).toEqual(ON);
});
