import { aws_iam as iam, type aws_kms as kms, type aws_lambda as lambda, aws_s3 as s3, aws_sqs as sqs, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { acknowledgeFailureBucket, acknowledgeFailureQueue } from './cdk-nag';
import { failureQueue } from './failure-destination';
import { S3FailureDestination } from './s3-failure-destination';
import { FAILURE_PREFIXES } from '../../stream/failure-prefixes';

/**
 * A bucket that keeps failures whole, and a queue that lists them.
 *
 * @example
 * // A store that another stack made.
 * const failures: IFailureStore = FailureStore.fromBucketAndQueue(this, 'Failures',
 *   s3.Bucket.fromBucketName(this, 'Bucket', 'order-failures'),
 *   sqs.Queue.fromQueueArn(this, 'Queue', 'arn:aws:sqs:eu-west-1:111122223333:order-failures'));
 * new DynamoStreamTrigger(this, 'OrderEvents', { table, handler, onFailure: failures });
 */
export interface IFailureStore extends lambda.IEventSourceDlq {
  /** Holds failed batches under `aws/lambda/` and parked records under `dynamo-stream-trigger/parked/`, with their records. */
  readonly bucket: s3.IBucket;
  /**
   * The to-do queue: a message for each object, as S3 sends it. For alarms on how many failures there are and how old they are, and for
   * bringing them back. Keys in it are URL-encoded.
   */
  readonly queue: sqs.IQueue;
}

/**
 * The key of a `FailureStore`, and how long it lives.
 *
 * @example
 * const failures = new FailureStore(this, 'Failures', {
 *   encryptionKey: new kms.Key(this, 'Key', { enableKeyRotation: true }),
 *   removalPolicy: RemovalPolicy.RETAIN,
 * });
 */
export interface FailureStoreProps {
  /**
   * The key of the bucket. The functions of the triggers are granted `kms:GenerateDataKey` on it.
   *
   * The queue has no key: its messages hold names of objects, and no data of items.
   *
   * @default - S3's own encryption
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * What happens to the bucket and the queue when they are removed from the stack or the stack is deleted. With `DESTROY`, CloudFormation
   * deletes the queue with its messages, but only an empty bucket.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A failure destination that keeps records whole, of any size and for 90 days: a bucket, and a queue that S3 notifies of each failure.
 *
 * A queue or topic gets only the range of a batch that Lambda gives up, which is worth nothing once the stream has dropped its records
 * after 24 hours. A bucket gets the records.
 *
 * One store serves any number of triggers. Its bucket is encrypted, accepts TLS only and blocks public access. Its objects expire after
 * 90 days, and the messages of its queue after 14 days, the longest that SQS allows.
 *
 * @example
 * const failures = new FailureStore(this, 'Failures');
 * new DynamoStreamTrigger(this, 'OrderEvents', { table, handler, onFailure: failures });
 * new cloudwatch.Alarm(this, 'OrderFailed', {
 *   metric: failures.queue.metricApproximateNumberOfMessagesVisible(),
 *   threshold: 1,
 *   evaluationPeriods: 1,
 * });
 */
export class FailureStore extends Construct implements IFailureStore {
  /**
   * A store of a bucket and a queue that exist, or that the app makes itself.
   *
   * Their owner must let the bucket notify the queue. docs/operate/failures.md has the notification and the statement of the queue's policy.
   *
   * @param scope the stack or construct that the store is part of
   * @param id the name of the store within the scope
   * @param bucket holds the failures; give an imported one its `account`, so that grants end if it changes hands
   * @param queue the to-do queue; a FIFO queue fails the synthesis, because S3 notifies only standard ones
   * @example
   * const failures = FailureStore.fromBucketAndQueue(this, 'Failures',
   *   s3.Bucket.fromBucketAttributes(this, 'Bucket', { bucketName: 'order-failures', account: '111122223333' }),
   *   sqs.Queue.fromQueueArn(this, 'Queue', 'arn:aws:sqs:eu-west-1:111122223333:order-failures'));
   */
  static fromBucketAndQueue(scope: Construct, id: string, bucket: s3.IBucket, queue: sqs.IQueue): IFailureStore {
    return new ImportedStore(scope, id, bucket, queue);
  }

  /** Holds the failures, with their records. */
  readonly bucket: s3.IBucket;
  /** The to-do queue: a message for each object. */
  readonly queue: sqs.IQueue;

  /**
   * Makes the bucket, the queue and the notifications.
   *
   * @param scope the stack or construct that the store is part of
   * @param id the name of the store within the scope
   * @param props may be omitted
   */
  constructor(scope: Construct, id: string, props: FailureStoreProps = {}) {
    super(scope, id);
    const { encryptionKey, removalPolicy = RemovalPolicy.RETAIN } = props;
    const bucket = new s3.Bucket(this, 'Bucket', {
      encryption: encryptionKey === undefined ? s3.BucketEncryption.S3_MANAGED : s3.BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: encryptionKey === undefined ? undefined : true,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      removalPolicy,
    });
    // A bucket that stays stays TLS only.
    bucket.policy?.applyRemovalPolicy(removalPolicy);
    acknowledgeFailureBucket(bucket.node.defaultChild!);
    const queue = failureQueue(this, 'Queue', removalPolicy);
    acknowledgeFailureQueue(queue.node.defaultChild!);
    notify(bucket, queue);
    this.node.addValidation({ validate: () => otherNotifications(bucket) });
    this.bucket = bucket;
    this.queue = queue;
  }

  /**
   * Lets the function's role write into the bucket, and names it. The CDK calls it.
   *
   * @param target the mapping whose failures come here
   * @param targetHandler the function whose role is granted what it needs
   */
  bind(target: lambda.IEventSourceMapping, targetHandler: lambda.IFunction): lambda.DlqDestinationConfig {
    return new S3FailureDestination(this.bucket).bind(target, targetHandler);
  }
}

class ImportedStore extends Construct implements IFailureStore {
  constructor(scope: Construct, id: string, readonly bucket: s3.IBucket, readonly queue: sqs.IQueue) {
    super(scope, id);
    if (queue.fifo) {
      const problem = `The queue of a FailureStore (${this.node.path}) is a FIFO queue but S3 notifies only standard ones. Give a standard one.`;
      this.node.addValidation({ validate: () => [problem] });
    }
  }

  bind(target: lambda.IEventSourceMapping, targetHandler: lambda.IFunction): lambda.DlqDestinationConfig {
    return new S3FailureDestination(this.bucket).bind(target, targetHandler);
  }
}

/** The CDK's own notifications are set by a function at the deployment, in place of those that are there. */
function otherNotifications(bucket: s3.Bucket): string[] {
  return bucket.node.tryFindChild('Notifications')?.node.children.length
    ? [`addEventNotification and enableEventBridgeNotification can't be used for the bucket of a FailureStore (${bucket.node.path}): at the deployment `
      + 'they replace the notifications that tell its queue of each failure. Subscribe to what reads the queue, or use FailureStore.fromBucketAndQueue '
      + 'with a bucket of your own that notifies both.']
    : [];
}

/**
 * Has S3 notify the queue of every failure. On the bucket itself: the CDK's own way is a custom resource with a function.
 *
 * S3 looks whether it may send when the bucket is made, so the queue's policy comes first. It can't name the bucket, which would be a
 * circle, and allows the buckets of the account.
 */
function notify(bucket: s3.Bucket, queue: sqs.Queue): void {
  queue.addToResourcePolicy(new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(queue).account } },
  }));
  const resource = bucket.node.defaultChild as s3.CfnBucket;
  resource.notificationConfiguration = {
    queueConfigurations: FAILURE_PREFIXES.map((prefix) => ({
      event: 's3:ObjectCreated:*',
      filter: { s3Key: { rules: [{ name: 'prefix', value: prefix }] } },
      queue: queue.queueArn,
    })),
  };
  resource.node.addDependency(queue.node.findAll().find((child) => child instanceof sqs.QueuePolicy)!);
}
