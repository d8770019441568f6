import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { OperationsStack, OrdersStack } from '../../examples/monitoring/stacks';
import { newApp } from '../app';

const app = newApp();
const orders = new OrdersStack(app, 'Orders', { env: { account: '123456789012', region: 'eu-west-1' } });
const operations = new OperationsStack(app, 'Operations', { env: { account: '123456789012', region: 'eu-west-1' }, triggers: [orders.orderEvents] });
const template = Template.fromStack(operations);

test('what must be known at once goes to one topic, all else to the other', () => {
  const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'));
  const topicOf = ([, { Properties }]: typeof alarms[number]) => Properties.AlarmActions[0].Ref.slice(0, -8);

  expect(alarms.filter((alarm) => topicOf(alarm) === 'Now').map(([id]) => id.slice('MonitoringOrderEvents'.length, -8)))
    .toEqual(['IteratorAgeCritical', 'Dropped', 'DeliveryFailures', 'ExpiringPointers']);
  expect(alarms.every((alarm) => ['Now', 'Morning'].includes(topicOf(alarm)))).toBe(true);
});

test('the trigger does not depend on its monitoring', () => {
  expect(operations.dependencies).toEqual([orders]);
  expect(orders.dependencies).toEqual([]);
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
});

test('the function is traced', () => {
  const [fn] = Object.values(Template.fromStack(orders).findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);

  expect(fn.TracingConfig).toEqual({ Mode: 'Active' });
  expect(fn.Layers).toHaveLength(1);
  expect(fn.Environment.Variables.AWS_LAMBDA_EXEC_WRAPPER).toBe('/opt/otel-handler');
});

test('cdk-nag finds nothing in the stack of the alarms', () => {
  expect(new AwsSolutionsChecks().validateScope(operations).violations).toEqual([]);
});
