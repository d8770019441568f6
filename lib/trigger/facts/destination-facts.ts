import { type aws_lambda as lambda, type aws_s3 as s3, type CfnResource, Stack } from 'aws-cdk-lib';
import { fifoProperty, isTrue, knownNumber, knownPart, serviceOf } from '../../rules/cloudformation';
import { type Known, UNKNOWN } from '../../rules/facts';
import type { TriggerDestinationFacts } from '../../rules/trigger-wiring-rules';
import { isOfUnknownOwner, S3FailureDestination } from '../destination/s3-failure-destination';
import { soleReference } from '../template/canonical-text';
import { destinationTarget } from '../template/cdk-internals';
import { deployedProperty } from '../template/deployed-properties';
import { plain, knownText } from '../template/known-text';
import { resourceNamed } from '../template/references';
import { isResource } from '../template/resource';

/**
 * A mapping's failure destination as plain values, for the rules.
 *
 * @param destination as the mapping names it
 * @param given what the trigger was given
 */
export function destinationFacts(
  destination: string, mapping: lambda.CfnEventSourceMapping, given: lambda.IEventSourceDlq | undefined,
): Omit<TriggerDestinationFacts, 'cutOff' | 'isMade' | 'parkingObstacle'> {
  const arn = knownText(destination, mapping);
  const resource = resourceNamed(destination, mapping);
  const { bucket } = given === undefined ? { bucket: undefined } : destinationTarget(given);
  return {
    arn,
    service: knownPart(arn, 'service') ?? serviceNamed(destination, mapping),
    ownerUnknown: bucket !== undefined && given instanceof S3FailureDestination && isOfUnknownOwner(bucket as s3.IBucket),
    fifo: arn.endsWith('.fifo') || (resource !== undefined && isFifo(resource)) || (given !== undefined && isImportedAsFifo(given, destination)),
    maxMessageBytes: resource?.cfnResourceType === 'AWS::SQS::Queue' ? maxMessageBytes(resource) : UNKNOWN,
    region: knownPart(arn, 'region') ?? (resource === undefined ? UNKNOWN : plain(Stack.of(resource).region)),
  };
}

/** The service of a resource whose own ARN a value is. */
function serviceNamed(arn: string, scope: CfnResource): Known<string> {
  const reference = soleReference(arn, scope);
  return reference && isResource(reference.target) ? serviceOf(reference.target.cfnResourceType, reference.displayName) : UNKNOWN;
}

function isFifo(resource: CfnResource): boolean {
  return isTrue(deployedProperty(resource, fifoProperty(resource.cfnResourceType)));
}

function maxMessageBytes(queue: CfnResource): Known<number> {
  return knownNumber(deployedProperty(queue, 'MaximumMessageSize'));
}

/** If the ARN of an imported queue or topic is a token, only the import knows. */
function isImportedAsFifo(given: lambda.IEventSourceDlq, destination: string): boolean {
  const { queue, topic } = destinationTarget(given);
  return (queue?.fifo === true && queue.queueArn === destination) || (topic?.fifo === true && topic.topicArn === destination);
}
