import type { aws_lambda as lambda, CfnResource } from 'aws-cdk-lib';
import { environmentSize } from './environment-size';
import { functionKey, keyOfFunction } from './function-key';
import { knownNumber } from '../../rules/cloudformation';
import { isKnown, type Known, SHORT_TIMEOUT, UNKNOWN } from '../../rules/facts';
import type { TriggerFunctionFacts } from '../../rules/trigger-wiring-rules';
import { invokes, isInformed } from '../function/function-environment';
import { ownedFunction } from '../function/owned-function';
import { soleReference } from '../template/canonical-text';
import { functionOf } from '../template/deployed-mapping';
import { deployedProperty } from '../template/deployed-properties';
import { knownText } from '../template/known-text';
import { resourceNamed } from '../template/references';
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
): Omit<TriggerFunctionFacts, 'missingStatements' | 'silencers'> {
  const own = resourceOf(ownedFunction(handler));
  const fn = own ?? functionNamed(functionOf(mapping), mapping);
  const variables = informed && deployedProperty(resourceOf(informed)!, 'Environment')?.Variables;
  return {
    timeout: timeoutOf(fn),
    twins: twinsOf(mapping, readers),
    environment: variables && environmentSize(variables, informed!),
    isUninformed: informed !== undefined && !isInformed(variables ?? {}),
    invoked: own && invokedInstead(own, mapping),
    perTenant: fn !== undefined && deployedProperty(fn, 'TenancyConfig')?.TenantIsolationMode === 'PER_TENANT',
    reservedConcurrency: fn === undefined ? undefined : number(deployedProperty(fn, 'ReservedConcurrentExecutions')),
    durable: fn && durableOf(fn, mapping),
  };
}

/** What the mapping invokes if it is not the function that the trigger was given. */
function invokedInstead(fn: CfnResource, mapping: lambda.CfnEventSourceMapping): string | undefined {
  const name = functionOf(mapping);
  if (invokes(name, fn, mapping)) {
    return undefined;
  }
  const other = resourceNamed(name, mapping);
  const text = knownText(name, mapping);
  return other?.node.path.replace(/\/Resource$/, '') ?? (isKnown(text) && !`${functionKey(mapping)}:`.startsWith(`${keyOfFunction(fn)}:`) ? text : undefined);
}

/** A function of this app that is imported from its resource, as that of an included template is. */
function functionNamed(name: unknown, scope: CfnResource): CfnResource | undefined {
  const resource = resourceNamed(name, scope);
  switch (resource?.cfnResourceType) {
    case 'AWS::Lambda::Function': return resource;
    case 'AWS::Lambda::Alias':
    case 'AWS::Lambda::Version': return functionNamed((resource as lambda.CfnAlias).functionName, resource);
    default: return undefined;
  }
}

function timeoutOf(fn: CfnResource | undefined): Known<number> {
  const timeout = fn === undefined ? UNKNOWN : deployedProperty(fn, 'Timeout') ?? SHORT_TIMEOUT;
  return typeof timeout === 'number' ? timeout : UNKNOWN;
}

/** A function whose execution goes on over several invocations. */
function durableOf(fn: CfnResource, mapping: lambda.CfnEventSourceMapping): TriggerFunctionFacts['durable'] {
  const durable = deployedProperty(fn, 'DurableConfig');
  if (durable === undefined) {
    return undefined;
  }
  return {
    timeout: number(durable.ExecutionTimeout),
    isManaged: deployedProperty(fn, 'CapacityProviderConfig') !== undefined,
    isQualified: soleReference(functionOf(mapping), mapping)?.target !== fn && !knownText(functionOf(mapping), mapping).endsWith(':$LATEST'),
  };
}

function number(value: unknown): Known<number> | undefined {
  return value === undefined ? undefined : knownNumber(value);
}

function twinsOf(mapping: lambda.CfnEventSourceMapping, readers: readonly lambda.CfnEventSourceMapping[]): string[] {
  const others = readers.filter((reader) => reader !== mapping);
  if (others.length === 0) {
    return [];
  }
  const key = functionKey(mapping);
  return others.filter((other) => functionKey(other) === key).map(({ node }) => node.path);
}
