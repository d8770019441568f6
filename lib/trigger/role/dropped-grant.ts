import { aws_iam as iam, type aws_kms as kms, type aws_lambda as lambda } from 'aws-cdk-lib';
import { DependencyGroup } from 'constructs';
import { destinationTarget } from '../template/cdk-internals';
import { resourceOf } from '../template/resource';

/**
 * The statement that a role lacks because a key drops what is granted on it. Undefined if the key takes grants, or needs none.
 *
 * A key that is imported by its alias drops grants, unless the app has the CDK's flag `@aws-cdk/aws-kms:applyImportedAliasPermissionsToPrincipal`.
 */
export function droppedKeyGrant(key: kms.IKey | undefined, actions: readonly string[]): iam.PolicyStatement | undefined {
  if (key === undefined || resourceOf(key) !== undefined || isOfAws(key) || key.grant(new Taker(), ...actions).success) {
    return undefined;
  }
  const { aliasName } = key as Partial<kms.IAlias>;
  return new iam.PolicyStatement({
    actions: [...actions],
    resources: [aliasName === undefined ? key.keyArn : key.stack.formatArn({ service: 'kms', resource: 'key', resourceName: '*' })],
    conditions: aliasName === undefined ? undefined : { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': aliasName } },
  });
}

/** The key of what receives the batches that are given up, as far as the CDK's own classes show it. */
export function encryptionKeyOf(destination: lambda.IEventSourceDlq): kms.IKey | undefined {
  const { queue, topic, bucket } = destinationTarget(destination);
  return queue?.encryptionMasterKey ?? topic?.masterKey ?? bucket?.encryptionKey;
}

/** Keys that AWS manages allow it to everybody in the account who uses them by their service. */
function isOfAws(key: kms.IKey): boolean {
  return (key as Partial<kms.IAlias>).aliasName?.startsWith('alias/aws/') ?? false;
}

/** Takes every grant, and does nothing with it. */
class Taker implements iam.IPrincipal {
  readonly grantPrincipal = this;
  readonly assumeRoleAction = 'sts:AssumeRole';
  readonly policyFragment = new iam.AccountRootPrincipal().policyFragment;

  addToPrincipalPolicy(): iam.AddToPrincipalPolicyResult {
    return { statementAdded: true, policyDependable: new DependencyGroup() };
  }
}
