/**
 * Triggers that are watched: alarms and a dashboard in a stack of their own, as they are and with cdk-monitoring-constructs, and traces of the
 * functions by OpenTelemetry and by Powertools. Synthesized:
 *
 *     npx cdk synth --quiet --app "npx ts-node --project examples/tsconfig.json examples/monitoring/app.ts"
 */
import { App } from 'aws-cdk-lib';
import { OperationsStack, OrdersStack, TeamStack } from './stacks';

const app = new App();
const { table, orderEvents, auditEvents } = new OrdersStack(app, 'Orders');
new OperationsStack(app, 'Operations', { triggers: [orderEvents] });
new TeamStack(app, 'Team', { table, triggers: [auditEvents] });
