import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { handler } from '../../examples/monitoring/on-audit';
import { OperationsStack, OrdersStack, TeamStack } from '../../examples/monitoring/stacks';
import { newApp } from '../app';
import { batchOf } from '../runtime/records';

const app = newApp();
const env = { account: '123456789012', region: 'eu-west-1' };
const orders = new OrdersStack(app, 'Orders', { env });
const operations = new OperationsStack(app, 'Operations', { env, triggers: [orders.orderEvents] });
const team = new TeamStack(app, 'Team', { env, table: orders.table, triggers: [orders.auditEvents] });
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

test('the functions are traced', () => {
  const [adot, powertools] = Object.values(Template.fromStack(orders).findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);

  expect([adot.TracingConfig, powertools.TracingConfig]).toEqual([{ Mode: 'Active' }, { Mode: 'Active' }]);
  expect(adot.Layers).toHaveLength(1);
  expect(adot.Environment.Variables.AWS_LAMBDA_EXEC_WRAPPER).toBe('/opt/otel-handler');
  expect(powertools.Layers).toBeUndefined();
});

test('cdk-monitoring-constructs shows the table and the trigger on one dashboard, and its alarms are beside those of the monitoring', () => {
  const made = Template.fromStack(team);
  const dashboards = Object.values(made.findResources('AWS::CloudWatch::Dashboard')).map(({ Properties }) => JSON.stringify(Properties.DashboardBody));

  expect(dashboards).toHaveLength(1);
  expect(dashboards[0]).toContain('Age of the records that the function gets');
  expect(dashboards[0]).toContain('Read Usage');
  expect(Object.keys(made.findResources('AWS::CloudWatch::Alarm')).filter((id) => !id.startsWith('Monitoring'))).toHaveLength(1);
});

test('a traced handler works where nothing is traced too', async () => {
  const fetched = jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());

  expect(await handler(batchOf('a', 'b'))).toEqual({ batchItemFailures: [] });
  expect(fetched.mock.calls.map(([, init]) => init!.body)).toEqual(['event-0', 'event-1']);
  fetched.mockRestore();
});

test('cdk-nag finds nothing in the stack of the alarms', () => {
  expect(new AwsSolutionsChecks().validateScope(operations).violations).toEqual([]);
});
