import type { aws_lambda as lambda, CfnResource } from 'aws-cdk-lib';
import { functionKey } from './function-key';
import { type Known, SHORT_TIMEOUT, UNKNOWN } from '../../rules/facts';
import type { FunctionFacts } from '../../rules/wiring-rules';
import { ownedFunction } from '../function/owned-function';
import { dependencyPath } from '../template/dependency-path';
import { deployedProperty } from '../template/deployed-properties';
import { referencesIn } from '../template/references';
import { isElement, resourceOf } from '../template/resource';
import { topOf } from '../template/stacks';

/**
 * The function that a mapping invokes, as plain values, for the rules.
 *
 * @param readers every mapping of the stream
 * @param granted the ARNs of what the function can't be made without, because of what its role is granted for the trigger
 */
export function functionFacts(
  handler: lambda.IFunction, mapping: lambda.CfnEventSourceMapping, readers: readonly lambda.CfnEventSourceMapping[], granted: readonly string[],
): Omit<FunctionFacts, 'missingStatements'> {
  const fn = resourceOf(ownedFunction(handler));
  return { timeout: timeoutOf(fn), twins: twinsOf(mapping, readers), circle: fn && circleOf(fn, granted) };
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

/** How one of the things that a function needs for the trigger needs the function. */
function circleOf(fn: CfnResource, granted: readonly string[]): FunctionFacts['circle'] {
  const circles = granted.flatMap((arn) => referencesIn(arn, fn)).map(({ target }) => target)
    .filter(isElement).filter((target) => topOf(target) === topOf(fn))
    .map((target) => dependencyPath(target, fn));
  return circles.find((circle) => circle !== undefined)?.map(({ node }) => node.path.replace(/\/Resource$/, ''));
}
