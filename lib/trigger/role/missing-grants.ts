import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import { type IConstruct, Dependable } from 'constructs';
import { arnPattern } from './arn-pattern';
import { deployedProperties } from '../template/deployed-properties';
import { isResource, resourceOf } from '../template/resource';

/** A statement of a policy, as in a template. */
interface Statement {
  readonly Effect?: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: unknown;
}

/**
 * What a role lacks of the statements that a trigger could not grant to it, as its owner can write them into a policy: no template resolves
 * that policy, so that patterns stand for what only the deployment knows.
 */
export function missingGrants(statements: readonly iam.PolicyStatement[], role: iam.IRole | undefined, scope: IConstruct): object[] {
  const held = statements.length === 0 ? [] : heldBy(role);
  const missing = statements.flatMap((statement) => {
    const needed: Statement = Stack.of(scope).resolve(statement.toStatementJson());
    const isHeld = (action: string) => listOf(needed.Resource).every((resource) => held.some((has) => allows(has, action, resource)));
    const actions = statement.actions.filter((action) => !isHeld(action));
    return actions.length === 0 ? [] : [statement.copy({ actions, resources: statement.resources.map((resource) => arnPattern(resource, scope)) })];
  });
  return Stack.of(scope).resolve(new iam.PolicyDocument({ statements: missing }))?.Statement ?? [];
}

/** What the app itself lets a role do that can't be extended. Of an imported role nothing is known. */
function heldBy(role: iam.IRole | undefined): readonly Statement[] {
  const wrapped = role === undefined ? [] : Dependable.of(role).dependencyRoots;
  return wrapped.flatMap((root) => {
    const resource = resourceOf(root);
    if (resource === undefined) {
      return [];
    }
    const { ManagedPolicyArns = [], Policies = [] } = deployedProperties(resource);
    const policies = root.node.findAll().filter(isResource).filter(({ cfnResourceType }) => cfnResourceType === 'AWS::IAM::Policy').map(deployedProperties);
    return [
      ...[Policies, policies].flat().flatMap(({ PolicyDocument }: any) => listOf<Statement>(PolicyDocument?.Statement)),
      ...listOf(ManagedPolicyArns).flatMap((arn) => OF_AWS.filter(([name]) => JSON.stringify(arn).includes(`/${name}"`)).map(([, Action]) => ({ Action, Resource: '*' }))),
    ];
  });
}

const STREAM_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'];

/** AWS's policies that allow what a trigger needs. */
const OF_AWS: readonly (readonly [string, readonly string[]])[] = [
  ['AWSLambdaDynamoDBExecutionRole', STREAM_ACTIONS],
  ['AWSLambdaInvocation-DynamoDB', STREAM_ACTIONS],
  ['AmazonDynamoDBFullAccess', ['dynamodb:*']],
  ['AmazonDynamoDBFullAccess_v2', ['dynamodb:*']],
  ['AmazonSQSFullAccess', ['sqs:*']],
  ['AmazonSNSFullAccess', ['sns:*']],
  ['AmazonS3FullAccess', ['s3:*']],
  ['PowerUserAccess', ['dynamodb:*', 'sqs:*', 'sns:*', 's3:*', 'kms:*']],
  ['AdministratorAccess', ['*']],
];

function allows({ Effect = 'Allow', Action, Resource, Condition }: Statement, action: string, resource: unknown): boolean {
  return Effect === 'Allow' && Condition === undefined
    && listOf(Action).some((pattern) => fits(pattern, action))
    && listOf(Resource).some((pattern) => JSON.stringify(pattern) === JSON.stringify(resource)
      || (typeof pattern === 'string' && fits(pattern, typeof resource === 'string' ? resource : '')));
}

/** Whether a pattern of IAM, with `*` and `?`, fits a text. */
function fits(pattern: string, text: string): boolean {
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test(text);
}

function listOf<Value = any>(value: unknown): Value[] {
  return [value ?? []].flat() as Value[];
}
