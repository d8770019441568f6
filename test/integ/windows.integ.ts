import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { integApp, resultsTable, sourceTable, windowFunction } from './integ-app';
import { DynamoStreamTrigger } from '../../lib';

/** Tumbling windows. */
export const app = integApp();
const stack = new Stack(app, 'IntegWindows');
new DynamoStreamTrigger(stack, 'Trigger', {
  table: sourceTable(stack, 'Orders'),
  handler: windowFunction(stack, 'OnWindow', resultsTable(stack)),
  tumblingWindow: Duration.seconds(10),
  failureQueueRemovalPolicy: RemovalPolicy.DESTROY,
});
