import { type aws_lambda as lambda, CfnResource, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { knownPart } from '../../rules/cloudformation';
import { isKnown } from '../../rules/facts';
import { canonicalText } from '../template/canonical-text';
import { functionOf } from '../template/deployed-mapping';
import { knownText } from '../template/known-text';
import { referencesIn } from '../template/references';
import { environmentOf } from '../template/stacks';

/**
 * A text that is equal for mappings that invoke the same function.
 *
 * Mappings name one function in several ways: by its name or its ARN, as a text or as a reference, with an alias or a version or without.
 * So a function of this app without a name of its own is known by its path, and any other by its account, Region and name.
 */
export function functionKey(mapping: lambda.CfnEventSourceMapping): string {
  return keyOf(functionOf(mapping), mapping);
}

/** The text for mappings that invoke a function of this app, without an alias or a version. */
export function keyOfFunction(fn: CfnResource): string {
  return keyOf(fn.ref, fn);
}

function keyOf(name: unknown, scope: CfnResource): string {
  const targets = referencesIn(name, scope).map(({ target }) => target);
  const alias = targets.find(isAlias);
  if (alias !== undefined) {
    return `${keyOf(alias.functionName, alias)}:${alias.name}`;
  }
  const version = targets.find(isVersion);
  if (version !== undefined) {
    return `<${version.node.path}>`;
  }
  const text = withoutArn(knownText(name, scope));
  const key = isKnown(text) ? text : nameOrPath(withoutArn(canonicalText(name, scope)), targets[0]);
  // A name is unique in its account and Region only.
  return key.startsWith('<') ? key : `${placeOf(knownText(name, scope), scope)} ${key}`;
}

/** Replaces a reference to a function by the function's name, if the app gives it one, or by its path. */
function nameOrPath(canonical: string, fn: IConstruct): string {
  return canonical.replace(/^<([^>]*)\.(?:Ref|Arn)>/, (_, path) => givenName(fn) ?? `<${path}>`);
}

/** The account and Region in a function's ARN. A function without an ARN is where its mapping is. */
function placeOf(arn: string, scope: CfnResource): string {
  const [account, region] = [knownPart(arn, 'account'), knownPart(arn, 'region')];
  return account && region ? `${account}/${region}` : environmentOf(scope);
}

function withoutArn(name: string): string {
  return name.replace(/^(?:[^<]*:)?function:/, '');
}

/** The name that the app gives a function of its own. */
function givenName(construct: unknown): string | undefined {
  const { functionName } = construct as Partial<lambda.CfnFunction>;
  return functionName === undefined || Token.isUnresolved(functionName) ? undefined : functionName;
}

function isAlias(construct: unknown): construct is lambda.CfnAlias {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::Lambda::Alias';
}

function isVersion(construct: unknown): construct is lambda.CfnVersion {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::Lambda::Version';
}
