import { aws_iam as iam, aws_lambda as lambda, Names, Stack } from 'aws-cdk-lib';
import { type Construct, Dependable, type IConstruct } from 'constructs';
import { grantedPolicy } from './granted-policy';
import { GrantedRole } from './granted-role';
import type { Policies } from './held-statements';
import { missingGrants } from './missing-grants';
import { resourceOf } from '../template/resource';

/**
 * The handler's role, as far as the trigger can extend it.
 *
 * Grants to a role of the trigger's own stack go into a policy for all triggers of the stack. A role of another stack or an imported one
 * gets a policy under the trigger: its own can't name what is made in the trigger's stack, which would then be needed by the role's stack
 * and need it, too. If the role is immutable or unknown, the grants become statements that its owner must add.
 */
export class ExecutionRole {
  /** What permissions on what the trigger makes are granted to: it needs nothing, so that the role takes them itself if it can. */
  readonly directGrantee: lambda.IFunction;
  /** The role, if it is one of the trigger's stack that takes policies. */
  private readonly own?: iam.IRole;
  private readonly missing: iam.PolicyStatement[] = [];
  private policy?: iam.Policy;
  private policyGrantee?: lambda.IFunction;

  constructor(private readonly trigger: Construct, private readonly handler: lambda.IFunction) {
    const role = handler.role;
    const isOwn = role !== undefined && iam.Role.isRole(role) && Stack.of(role) === Stack.of(trigger);
    // A precreated role has no policies. What it is granted goes into the CDK's report.
    if (isOwn && resourceOf(role) === undefined) {
      this.policyGrantee = handler;
    } else if (isOwn) {
      this.own = role;
    }
    this.directGrantee = isOwn ? handler : this.grantee;
  }

  /** What permissions are granted to. */
  get grantee(): lambda.IFunction {
    return this.policyGrantee ??= this.granteeOf('Handler', (statement) => this.add(statement));
  }

  /** The function, with a role that hands each statement that it is granted to `add`. */
  granteeOf(id: string, add: (statement: iam.PolicyStatement) => iam.AddToPrincipalPolicyResult): lambda.IFunction {
    const { role, functionArn } = this.handler;
    return lambda.Function.fromFunctionAttributes(this.trigger, id, {
      functionArn,
      role: new GrantedRole(this.trigger, `${id}Role`, role, add, () => this.policy),
      sameEnvironment: true,
    });
  }

  /** Attaches a managed policy of AWS. Returns false if the role is imported or unknown: a template can't attach one to it. */
  attachManagedPolicy(name: string): boolean {
    const role = this.handler.role;
    if (role === undefined || !iam.Role.isRole(role)) {
      return false;
    }
    role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName(name));
    return true;
  }

  /** Makes the permissions before the mapping: Lambda checks the role when it creates a mapping. */
  applyBefore(mapping: IConstruct): void {
    // The function's own addToRolePolicy may make a policy under the function.
    const besides = this.handler.node.children.filter((child) => child instanceof iam.Policy);
    mapping.node.addDependency(...[this.own, this.policy, ...besides].filter((dependency) => dependency !== undefined));
  }

  /**
   * The statements that the role's owner must add, because the trigger can't, as in a policy document.
   *
   * @param policies all of the app's
   * @param needed what the role needs besides what the trigger granted
   */
  missingStatements(policies: Policies, needed: readonly iam.PolicyStatement[]): object[] {
    return missingGrants([...this.missing, ...needed], this.handler.role, policies, this.trigger);
  }

  /** Notes what a resource did not let the role have. */
  lack(statement: iam.PolicyStatement | undefined): void {
    if (statement !== undefined) {
      this.missing.push(statement);
    }
  }

  private add(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    const role = this.handler.role;
    if (role === undefined || (this.own === undefined && isImmutable(role))) {
      this.missing.push(statement);
      return { statementAdded: true };
    }
    // A role has its policies under itself, and so does what stands for it.
    this.policy ??= this.own !== undefined ? grantedPolicy(this.own) : new iam.Policy(this.grantee.role!, 'Policy', {
      policyName: Names.uniqueResourceName(this.trigger, { maxLength: 128 }),
      roles: [iam.Role.fromRoleName(this.trigger, 'Role', role.roleName)],
    });
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this.policy };
  }
}

/** An immutable role wraps another one, and what depends on it depends on that one. The CDK has no other way to see it. */
function isImmutable(role: iam.IRole): boolean {
  return !Dependable.of(role).dependencyRoots.includes(role);
}
