import { type aws_lambda as lambda, CfnResource, Token } from 'aws-cdk-lib';
import { isKnown } from '../../rules/facts';
import { canonicalText } from '../template/canonical-text';
import { ofArn, textOf } from '../template/known-text';
import { referencesIn } from '../template/references';
import { environmentOf } from '../template/stacks';

/** A function is named by its name or its ARN, and is always in the account and Region of its mapping. */
export function functionKey(mapping: lambda.CfnEventSourceMapping): string {
  return keyOfFunction(mapping.functionName, mapping);
}

/** An alias or a version of the tree is named by its own ARN, or by its function and its name or number. */
function keyOfFunction(name: unknown, mapping: CfnResource): string {
  const targets = referencesIn(name, mapping).map(({ target }) => target);
  const alias = targets.find(isAlias);
  if (alias !== undefined) {
    return `${keyOfFunction(alias.functionName, alias)}:${alias.name}`;
  }
  const version = targets.find(isVersion);
  if (version !== undefined) {
    return `<${version.node.path}>`;
  }
  const literal = withoutArn(textOf(name, mapping));
  const key = isKnown(literal)
    ? literal
    : withoutArn(canonicalText(name, mapping)).replace(/^<([^>]*)\.(?:Ref|Arn)>/, (_, path) => givenName(targets[0]) ?? `<${path}>`);
  if (key.startsWith('<')) {
    return key;
  }
  const arn = textOf(name, mapping);
  const [account, region] = [ofArn(arn, 'account'), ofArn(arn, 'region')];
  return `${account && region ? `${account}/${region}` : environmentOf(mapping)} ${key}`;
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
