/**
 * A trigger that is watched: alarms and a dashboard in a stack of their own, and traces of its function. Synthesized:
 *
 *     npx cdk synth --quiet --app "npx ts-node --project examples/tsconfig.json examples/monitoring/app.ts"
 */
import { App } from 'aws-cdk-lib';
import { OperationsStack, OrdersStack } from './stacks';

const app = new App();
const { orderEvents } = new OrdersStack(app, 'Orders');
new OperationsStack(app, 'Operations', { triggers: [orderEvents] });
