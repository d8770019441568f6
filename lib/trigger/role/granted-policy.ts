import { aws_iam as iam, Names, Stack } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';

/**
 * The policy for what triggers of a stack grant to a role of the stack. One for all of them, because the size of all policies of a role is
 * limited.
 *
 * Beside the role and beside the function, whoever is waited for: a function waits for the policies under its role, and whatever depends on
 * the function waits for all that is under it. If one of these policies named a table, and the table needed the function, for example
 * because the table's policy names it, CloudFormation could deploy neither.
 */
export function grantedPolicy(role: iam.IRole): iam.Policy {
  const stack = Stack.of(role);
  const policies = stack.node.tryFindChild(ID) ?? new Construct(stack, ID);
  const id = Names.uniqueId(role);
  return policies.node.tryFindChild(id) as iam.Policy | undefined ?? new iam.Policy(policies, id, { roles: [role] });
}

/** Whether a construct is a part of such a policy. */
export function isOfGrantedPolicy({ node }: IConstruct): boolean {
  return node.scopes.some((scope) => scope.node.id === ID);
}

const ID = 'DynamoStreamPolicies';
