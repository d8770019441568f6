import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { DynamoStreamTrigger } from '../lib';
import { integApp, resultsTable, sourceTable, windowFunction } from './integ/integ-app';

/** Tumbling windows. */
export const app = integApp();
const stack = new Stack(app, 'IntegWindows');
new DynamoStreamTrigger(stack, 'Trigger', {
  table: sourceTable(stack, 'Orders'),
  handler: windowFunction(stack, 'OnWindow', resultsTable(stack)),
  tumblingWindow: Duration.seconds(10),
  failureQueueRemovalPolicy: RemovalPolicy.DESTROY,
});
