import { type aws_kms as kms, type aws_lambda as lambda, aws_sqs as sqs, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

const NO_FAILURE_DESTINATION = Symbol.for('dynamo-stream-trigger/no-failure-destination');

/**
 * No failure destination: Lambda drops the records that it gives up.
 *
 * There is no other way to have none, and it is a warning. If two copies of this package meet in one app, that of either is taken.
 *
 * @example
 * new DynamoStreamTrigger(this, 'CacheInvalidation', { table, handler, onFailure: NoFailureDestination.INSTANCE });
 */
export class NoFailureDestination implements lambda.IEventSourceDlq {
  /** The value for `onFailure`. */
  static readonly INSTANCE = new NoFailureDestination();

  private constructor() {
    Object.defineProperty(this, NO_FAILURE_DESTINATION, { value: true });
  }

  /**
   * Returns an empty destination, which means none to CloudFormation. The CDK calls it.
   *
   * @param _target not used
   * @param _targetHandler not used
   */
  bind(_target: lambda.IEventSourceMapping, _targetHandler: lambda.IFunction): lambda.DlqDestinationConfig {
    return { destination: '' };
  }
}

/** Not by `instanceof`: two copies of this package may meet in one app. */
export function isNoFailureDestination(onFailure: lambda.IEventSourceDlq): boolean {
  return NO_FAILURE_DESTINATION in Object(onFailure);
}

/** The queue that a trigger makes when it is given no destination: standard, because Lambda never delivers to a FIFO queue. */
export function failureQueue(scope: Construct, id: string, removalPolicy: RemovalPolicy, encryptionMasterKey?: kms.IKey): sqs.Queue {
  const queue = new sqs.Queue(scope, id, {
    encryption: encryptionMasterKey === undefined ? sqs.QueueEncryption.SQS_MANAGED : sqs.QueueEncryption.KMS,
    encryptionMasterKey,
    enforceSSL: true,
    // The longest SQS keeps a message.
    retentionPeriod: Duration.days(14),
    removalPolicy,
  });
  // A queue that stays stays TLS only.
  queue.node.findAll().filter((child) => child instanceof sqs.QueuePolicy).forEach((policy) => policy.applyRemovalPolicy(removalPolicy));
  return queue;
}
