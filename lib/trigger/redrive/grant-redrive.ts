import { aws_iam as iam, type aws_dynamodb as dynamodb, type aws_kms as kms, type aws_lambda as lambda, type aws_s3 as s3, type aws_sqs as sqs } from 'aws-cdk-lib';
import { FAILURE_PREFIXES } from '../../stream/failure-prefixes';
import { encryptionKeyOf } from '../role/dropped-grant';
import { destinationTarget } from '../template/cdk-internals';

/** What a trigger has that decides what bringing its records back needs. */
export interface Redrivable {
  readonly table: dynamodb.ITable;
  readonly streamArn: string;
  readonly handler: lambda.IFunction;
  readonly failureDestination?: lambda.IEventSourceDlq;
}

/** Where a trigger's failures are, as far as they can be taken from there. Both, if the queue lists what is in the bucket. */
export interface FailureSource {
  readonly queue?: sqs.IQueue;
  readonly bucket?: s3.IBucket;
}

export function failureSource({ failureDestination }: Redrivable): FailureSource {
  return failureDestination === undefined ? {} : destinationTarget(failureDestination) as FailureSource;
}

/** Allows to bring a trigger's records back: to take them from where they failed to, to read the stream and the items, to invoke the function. */
export function grantRedrive(grantee: iam.IGrantable, trigger: Redrivable): iam.Grant {
  const { table, streamArn, handler, failureDestination } = trigger;
  const { queue, bucket } = failureSource(trigger);
  const grant = (resourceArns: string[], ...actions: string[]) => iam.Grant.addToPrincipal({ grantee, actions, resourceArns });
  const grantBy = (resource: iam.IResourceWithPolicy, resourceArns: string[], ...actions: string[]) => (
    iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns, resource })
  );
  const keys = [table.encryptionKey, failureDestination && encryptionKeyOf(failureDestination)].filter((key): key is kms.IKey => key !== undefined);
  const grants = [
    grant([streamArn], 'dynamodb:DescribeStream', 'dynamodb:GetShardIterator', 'dynamodb:GetRecords'),
    grant([table.tableArn], 'dynamodb:BatchGetItem'),
    grant([handler.functionArn], 'lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'),
    ...queue ? [grantBy(queue, [queue.queueArn], ...QUEUE_ACTIONS)] : [],
    ...bucket ? [
      grantBy(bucket, [bucket.bucketArn], 's3:ListBucket'),
      grantBy(bucket, FAILURE_PREFIXES.map((prefix) => bucket.arnForObjects(`${prefix}*`)), 's3:GetObject', 's3:DeleteObject'),
    ] : [],
    ...keys.map((key) => key.grant(grantee, 'kms:Decrypt')),
  ];
  return grants.reduce((all, one) => all.combine(one));
}

const QUEUE_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'];
