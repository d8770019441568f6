import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { EnvironmentSize } from '../../rules/trigger-wiring-rules';

/** How large the environment variables of a function are, all names and values together. */
export function environmentSize(map: { readonly [name: string]: unknown }, fn: IConstruct): EnvironmentSize {
  const { stackName } = Stack.of(fn);
  const stackLength = Token.isUnresolved(stackName) ? UNKNOWN_LENGTH : stackName.length;
  const variables = Object.entries<any>(map).flat();
  return {
    literal: sum(variables, (part) => bytes(part, () => 0)),
    estimate: sum(variables, (part) => bytes(part, (id) => nameLength(stackLength, id))),
  };
}

/** The length of what only the deployment knows, if nothing better is known. Most are names or ARNs. */
const UNKNOWN_LENGTH = 40;
const ARN_PREFIX = 'arn:aws:dynamodb:eu-central-1:123456789012:table/'.length;
const STREAM_SUFFIX = '/stream/2026-01-01T00:00:00.000'.length;

/** CloudFormation makes a name of those of the stack and the resource, and 13 characters. */
function nameLength(stackLength: number, logicalId: string): number {
  return stackLength + logicalId.length + 15;
}

function bytes(value: any, nameOf: (logicalId: string) => number): number {
  if (typeof value !== 'object' || value === null) {
    return Buffer.byteLength(String(value));
  }
  const [[call, argument]] = Object.entries<any>(value);
  switch (call) {
    case 'Fn::Join': return sum(argument[1], (part: any) => bytes(part, nameOf)) + argument[0].length * (argument[1].length - 1);
    case 'Fn::Select': return nameOf(argument[1]?.['Fn::Split']?.[1]?.['Fn::GetAtt']?.[0] ?? '');
    case 'Fn::GetAtt': return nameOf('') === 0 ? 0 : nameOf([argument].flat()[0]) + ARN_PREFIX + (String([argument].flat()[1]) === 'StreamArn' ? STREAM_SUFFIX : 0);
    default: return nameOf(typeof argument === 'string' && !argument.startsWith('AWS::') ? argument : '');
  }
}

function sum<Value>(values: readonly Value[], size: (value: Value) => number): number {
  return values.reduce((total, value) => total + size(value), 0);
}
