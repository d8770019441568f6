import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { covers, type Policies } from './held-statements';
import { policyArn } from './policy-arn';
import { isAbout } from '../../rules/policies';

/**
 * What a role lacks of the statements that a trigger could not grant to it, as its owner can write them into a policy: no template resolves
 * that policy, so that patterns stand for what only the deployment knows.
 *
 * @param policies all of the app's
 */
export function missingGrants(
  statements: readonly iam.PolicyStatement[], role: iam.IRole | undefined, policies: Policies, scope: IConstruct,
): object[] {
  // Whether a condition holds, only AWS knows.
  const held = statements.length === 0 || role === undefined ? [] : policies.statementsOf(role).filter(({ effect }) => effect === 'Allow');
  const missing = statements.flatMap((statement) => {
    const isHeldOn = (action: string, resource: string) => held.some((has) => isAbout(has, action) && covers(has, resource, scope));
    const isHeld = (action: string) => statement.resources.every((resource) => isHeldOn(action, resource));
    const actions = statement.actions.filter((action) => !isHeld(action));
    return actions.length === 0 ? [] : [statement.copy({ actions, resources: statement.resources.map((resource) => policyArn(resource, scope)) })];
  });
  return Stack.of(scope).resolve(new iam.PolicyDocument({ statements: missing }))?.Statement ?? [];
}
