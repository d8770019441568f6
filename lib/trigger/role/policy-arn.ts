import { type CfnResource, type Reference, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { knownPart } from '../../rules/cloudformation';
import { isKnown } from '../../rules/facts';
import { lookupOf } from '../table/stream-lookup';
import { deployedProperty } from '../template/deployed-properties';
import { plain, knownText } from '../template/known-text';
import { resolvedText, resolvedWithReferences } from '../template/references';
import { isResource } from '../template/resource';

/**
 * An ARN as IAM takes it in a policy that no template resolves: with `*` for what only the deployment knows. CloudFormation begins names
 * with those of the stack and the resource, so that little else fits.
 */
export function policyArn(arn: string, scope: IConstruct): string {
  const text = resolvedText(resolvedWithReferences(arn, scope, patternOf).value);
  // What is not a reference to a resource stands in the text as JSON.
  return text.replace(/\{"(?:[^{}]|\{[^{}]*\})*\}/g, '*');
}

function patternOf({ target, displayName }: Reference): string {
  if (!isResource(target)) {
    return displayName === 'AWS::Partition' ? '*' : pseudo(displayName, target);
  }
  const { region, account } = Stack.of(target);
  const place = [region, account].map((part) => isKnown(plain(part)) ? part : '*').join(':');
  switch (target.cfnResourceType) {
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable': return `arn:*:dynamodb:${place}:table/${nameOf(target, 'TableName')}${displayName === 'StreamArn' ? '/stream/*' : ''}`;
    case 'Custom::DynamoStreamLookup': return displayName === 'KeyArn' ? `arn:*:kms:${place}:key/*` : `arn:*:dynamodb:${place}:table/${lookedUpName(target)}/stream/*`;
    case 'AWS::SQS::Queue': return `arn:*:sqs:${place}:${nameOf(target, 'QueueName')}`;
    case 'AWS::SNS::Topic': return `arn:*:sns:${place}:${nameOf(target, 'TopicName')}`;
    case 'AWS::S3::Bucket': return `arn:*:s3:::${nameOf(target, 'BucketName').toLowerCase()}`;
    case 'AWS::KMS::Key': return `arn:*:kms:${place}:key/*`;
    default: return '*';
  }
}

/** A pseudo parameter, such as the account. */
function pseudo(name: string, scope: IConstruct): string {
  const { region, account } = Stack.of(scope);
  const value = plain(name === 'AWS::Region' ? region : account);
  return ['AWS::Region', 'AWS::AccountId'].includes(name) && isKnown(value) ? value : '*';
}

function lookedUpName(resource: CfnResource): string {
  return knownPart(knownText(lookupOf(resource)?.tableArn, resource), 'resource')?.split('/')[1] ?? '*';
}

/** The longest names that CloudFormation leaves as they are, less the part that it makes up. */
const LONGEST = 48;

function nameOf(resource: CfnResource, property: string): string {
  const given = deployedProperty(resource, property);
  if (typeof given === 'string') {
    return given;
  }
  const stack = Stack.of(resource);
  const begin = `${plain(stack.stackName)}-${stack.resolve(resource.logicalId)}-`;
  return isKnown(begin) && begin.length <= LONGEST ? `${begin}*` : '*';
}
