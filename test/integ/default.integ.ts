import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { changeFunction, findable, integApp, resultsTable, sourceTable } from './integ-app';
import { DynamoStreamTrigger } from '../../lib';

/** A trigger as it is without a setting: poison is parked on the queue that it makes. */
export const app = integApp();
const stack = new Stack(app, 'IntegDefault');
const { failureQueue } = new DynamoStreamTrigger(stack, 'Trigger', {
  table: sourceTable(stack, 'Orders'),
  handler: changeFunction(stack, 'OnChange', resultsTable(stack)),
  failureQueueRemovalPolicy: RemovalPolicy.DESTROY,
});
findable(stack, 'FailureQueue', failureQueue!.queueUrl);
