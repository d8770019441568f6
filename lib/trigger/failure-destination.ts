import * as cdk from 'aws-cdk-lib';
import { aws_lambda as lambda, aws_sqs as sqs, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/**
 * Gives up records without a trace: what Lambda can't process is dropped.
 *
 * The only way to have no failure destination.
 */
export class NoFailureDestination implements lambda.IEventSourceDlq {
  /** No failure destination. */
  public static readonly INSTANCE = new NoFailureDestination();

  private constructor() {}

  /** An empty destination, which is CloudFormation's word for none. */
  public bind(_target: lambda.IEventSourceMapping, _targetHandler: lambda.IFunction): lambda.DlqDestinationConfig {
    return { destination: '' };
  }
}

/** The queue that a trigger makes when it is given no destination: standard, because Lambda never delivers to a FIFO queue. */
export function failureQueue(scope: Construct, id: string, removalPolicy: RemovalPolicy): sqs.Queue {
  const queue = new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    // The longest SQS keeps a message.
    retentionPeriod: Duration.days(14),
    removalPolicy,
  });
  acknowledge(queue, 'AwsSolutions-SQS3', 'This queue is the dead-letter queue of an event source mapping, which cdk-nag does not know.');
  return queue;
}

/** Speaks to cdk-nag where the CDK is new enough to know of acknowledgments (2.258). */
function acknowledge(construct: Construct, id: string, reason: string): void {
  const { Validations } = cdk as { Validations?: { of(scope: Construct): { acknowledge(rule: { id: string; reason: string }): void } } };
  Validations?.of(construct).acknowledge({ id, reason });
}
