/**
 * Table, function and trigger, each in a stack of its own. Synthesized, and run on this machine:
 *
 *     npx cdk synth --quiet --app "npx ts-node --project examples/tsconfig.json examples/cross-stack/app.ts"
 *     npx dynamo-stream-trigger local
 */
import { App } from 'aws-cdk-lib';
import { DataStack, FunctionsStack, TriggersStack } from './stacks';

const app = new App();
// A table with a key of its own must know its Region.
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'eu-west-1' };
const { orders } = new DataStack(app, 'OrdersData', { env });
const { onOrder } = new FunctionsStack(app, 'OrdersFunctions', { env, orders });
new TriggersStack(app, 'OrdersTriggers', { env, orders, onOrder });
