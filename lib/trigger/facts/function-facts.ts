import type { aws_lambda as lambda, CfnResource } from 'aws-cdk-lib';
import { environmentSize } from './environment-size';
import { functionKey } from './function-key';
import { type Known, SHORT_TIMEOUT, UNKNOWN } from '../../rules/facts';
import type { FunctionFacts } from '../../rules/wiring-rules';
import { ownedFunction } from '../function/owned-function';
import { deployedProperty } from '../template/deployed-properties';
import { resourceOf } from '../template/resource';

/**
 * The function that a mapping invokes, as plain values, for the rules.
 *
 * @param readers every mapping of the stream
 * @param informed the function, if its environment has the variable
 */
export function functionFacts(
  handler: lambda.IFunction, mapping: lambda.CfnEventSourceMapping, readers: readonly lambda.CfnEventSourceMapping[],
  informed: lambda.Function | undefined,
): Omit<FunctionFacts, 'missingStatements'> {
  const fn = resourceOf(ownedFunction(handler));
  return { timeout: timeoutOf(fn), twins: twinsOf(mapping, readers), environment: informed ? environmentSize(resourceOf(informed)!) : undefined };
}

function timeoutOf(fn: CfnResource | undefined): Known<number> {
  const timeout = fn === undefined ? UNKNOWN : deployedProperty(fn, 'Timeout') ?? SHORT_TIMEOUT;
  return typeof timeout === 'number' ? timeout : UNKNOWN;
}

function twinsOf(mapping: lambda.CfnEventSourceMapping, readers: readonly lambda.CfnEventSourceMapping[]): string[] {
  const others = readers.filter((reader) => reader !== mapping);
  if (others.length === 0) {
    return [];
  }
  const key = functionKey(mapping);
  return others.filter((other) => functionKey(other) === key).map(({ node }) => node.path);
}
