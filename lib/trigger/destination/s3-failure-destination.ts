import { aws_iam as iam, type aws_lambda as lambda, type aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { acknowledgeObjects } from './cdk-nag';
import { sendingActions } from '../../rules/policies';
import { GrantedRole } from '../role/granted-role';
import { resourceOf } from '../template/resource';

/**
 * A bucket as failure destination: it receives failed batches with their records under `aws/lambda/`, and parked records under
 * `dynamo-stream-trigger/parked/`.
 *
 * Grants `s3:PutObject` on the bucket's objects and `s3:ListBucket` on the bucket, and `kms:GenerateDataKey` on the bucket's key
 * if it has one. The CDK's own `S3OnFailureDestination` also grants reading and deleting every object. The grants for a bucket of this
 * app, or for one that is imported with its `account`, end when the bucket no longer belongs to that account.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 * @example
 * const bucket = new s3.Bucket(this, 'Failures', { enforceSSL: true });
 * new DynamoStreamTrigger(this, 'OrderEvents', { table, handler, onFailure: new S3FailureDestination(bucket) });
 */
export class S3FailureDestination implements lambda.IEventSourceDlq {
  /**
   * Grants nothing yet: the trigger binds it to its function.
   *
   * @param bucket of this app, or imported
   */
  constructor(private readonly bucket: s3.IBucket) {}

  /**
   * Lets the function's role write into the bucket, and names it. The CDK calls it.
   *
   * @param _target not used
   * @param targetHandler the function whose role is granted what it needs
   */
  bind(_target: lambda.IEventSourceMapping, targetHandler: lambda.IFunction): lambda.DlqDestinationConfig {
    const { bucket } = this;
    // Lambda refused to create a mapping with a grant on the keys that it writes only.
    const objects = [bucket.arnForObjects('*')];
    const common = { grantee: targetHandler, resource: bucket, conditions: ofOwner(bucket) };
    for (const { action, on } of sendingActions('s3')) {
      iam.Grant.addToPrincipalOrResource({ ...common, actions: [action], resourceArns: on === 'objects' ? objects : [bucket.bucketArn] });
    }
    bucket.encryptionKey?.grant(targetHandler, 'kms:GenerateDataKey');
    const { role } = targetHandler;
    if (role !== undefined) {
      acknowledgeObjects(role instanceof GrantedRole ? role.holder : role, objects, 'Lambda creates a mapping only if its function may put any object into the bucket.');
    }
    return { destination: bucket.bucketArn };
  }
}

/** Whether a bucket is imported and its owner is not given. */
export function isOfUnknownOwner(bucket: s3.IBucket): boolean {
  return ofOwner(bucket) === undefined;
}

/**
 * Keeps records out of a stranger's bucket: after a bucket is deleted, anyone can make one of the same name. An imported bucket whose
 * account is not given has the account of its stack, which may not be its owner.
 */
function ofOwner(bucket: s3.IBucket): Record<string, Record<string, unknown>> | undefined {
  const { account } = bucket.env;
  return resourceOf(bucket) !== undefined || account !== Stack.of(bucket).account ? { StringEquals: { 's3:ResourceAccount': account } } : undefined;
}
