import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { changeFunction, findable, integApp, resultsTable, sourceTable } from './integ-app';
import { DynamoStreamTrigger } from '../../lib';

/** Table and trigger in one stack, the function in another, which also gets the made queue. */
export const app = integApp();
const handlers = new Stack(app, 'IntegHandlers');
const orders = new Stack(app, 'IntegOrders');
const { failureQueue } = new DynamoStreamTrigger(orders, 'Trigger', {
  table: sourceTable(orders, 'Orders'),
  handler: changeFunction(handlers, 'OnChange', resultsTable(handlers)),
  failureQueueRemovalPolicy: RemovalPolicy.DESTROY,
});
findable(handlers, 'FailureQueue', failureQueue!.queueUrl);
