import { type aws_lambda as lambda, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { deployedProperties, deployedProperty, unlessOverridden } from './deployed-properties';
import { bareReference } from './references';
import { isResource } from './resource';
import { withReferences } from './with-references';

/*
 * A mapping as the template will have it, whatever set it: props, an aspect, a property injector or an override. The values can be followed
 * to other constructs.
 */

/** Whether a construct is a mapping, whoever made it. */
export function isMapping(construct: IConstruct): construct is lambda.CfnEventSourceMapping {
  return isResource(construct) && construct.cfnResourceType === 'AWS::Lambda::EventSourceMapping';
}

/** The ARN of the stream that a mapping reads. */
export function streamOf(mapping: lambda.CfnEventSourceMapping): string | undefined {
  return unlessOverridden(mapping.eventSourceArn, () => deployedProperties(mapping).EventSourceArn, mapping);
}

/** The name or the ARN of the function, alias or version that a mapping invokes. */
export function functionOf(mapping: lambda.CfnEventSourceMapping): string {
  return unlessOverridden(mapping.functionName, () => deployedProperties(mapping).FunctionName, mapping);
}

/** The ARN of what receives the batches that a mapping gives up; undefined: they are dropped. */
export function destinationOf(mapping: lambda.CfnEventSourceMapping): string | undefined {
  const { onFailure } = known<lambda.CfnEventSourceMapping.DestinationConfigProperty>(mapping.destinationConfig);
  const { destination } = known<lambda.CfnEventSourceMapping.OnFailureProperty>(onFailure);
  const deployed = () => deployedProperties(mapping).DestinationConfig?.OnFailure?.Destination;
  return (destination === undefined ? withReferences(deployed(), mapping) : unlessOverridden(destination, deployed, mapping)) || undefined;
}

/** Whether a mapping asks the function to report what is not done. A condition may decide otherwise, so that it counts as no. */
export function isReporting(mapping: lambda.CfnEventSourceMapping): boolean {
  const types = deployedProperty(mapping, 'FunctionResponseTypes');
  return Array.isArray(types) && types.includes('ReportBatchItemFailures');
}

/** Whether the template omits a value under some condition. */
export function isOmittable(value: unknown, scope: lambda.CfnEventSourceMapping): boolean {
  return bareReference(value) === undefined && (JSON.stringify(Stack.of(scope).resolve(value))?.includes('AWS::NoValue') ?? false);
}

function known<Value extends object>(value: unknown): Partial<Value> {
  return Token.isUnresolved(value) ? {} : value as Value ?? {};
}
