import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket } from 'aws-cdk-lib/aws-s3';
import { changeFunction, findable, integApp, resultsTable, sourceTable } from './integ-app';
import { DynamoStreamTrigger, S3FailureDestination, StreamFilter, StreamPermissions } from '../../lib';

/** Least privilege with a filter, and a bucket that gets what Lambda gives up, with the records. */
export const app = integApp();
const stack = new Stack(app, 'IntegLeastPrivilege');
const bucket = new Bucket(stack, 'Failures', {
  removalPolicy: RemovalPolicy.DESTROY, enforceSSL: true, blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
});
new DynamoStreamTrigger(stack, 'Trigger', {
  table: sourceTable(stack, 'Orders'),
  // Without parking, and alone in its batch: what reaches the bucket is Lambda's own, and nothing else with it.
  handler: changeFunction(stack, 'OnChange', resultsTable(stack), { PARK: 'off' }),
  batchSize: 1,
  retryAttempts: 1,
  bisectBatchOnError: false,
  filters: [StreamFilter.fromPattern({ dynamodb: { NewImage: { kind: { S: ['order'] } } } })],
  onFailure: new S3FailureDestination(bucket),
  permissions: StreamPermissions.LEAST_PRIVILEGE,
});
findable(stack, 'Failures', bucket.bucketName);
