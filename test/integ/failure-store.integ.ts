import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { changeFunction, findable, integApp, resultsTable, sourceTable } from './integ-app';
import { DynamoStreamTrigger, FailureStore, StreamPermissions } from '../../lib';

/** A store that gets what a function parks and what Lambda gives up of another one, and whose queue hears of both. */
export const app = integApp();
const stack = new Stack(app, 'IntegFailureStore');
const orders = sourceTable(stack, 'Orders');
const results = resultsTable(stack);
const onFailure = new FailureStore(stack, 'Failures', { removalPolicy: RemovalPolicy.DESTROY });
const permissions = StreamPermissions.LEAST_PRIVILEGE;
new DynamoStreamTrigger(stack, 'Parks', { table: orders, handler: changeFunction(stack, 'Parking', results), onFailure, permissions });
new DynamoStreamTrigger(stack, 'GivesUp', {
  table: orders,
  handler: changeFunction(stack, 'Failing', results, { PARK: 'off' }),
  batchSize: 1,
  retryAttempts: 0,
  bisectBatchOnError: false,
  onFailure,
  permissions,
});
findable(stack, 'Failures', onFailure.bucket.bucketName);
findable(stack, 'ToDo', onFailure.queue.queueUrl);
