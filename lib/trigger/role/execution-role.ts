import { aws_iam as iam, aws_lambda as lambda, Names, Stack } from 'aws-cdk-lib';
import { type Construct, Dependable, type IConstruct } from 'constructs';
import { GrantedRole } from './granted-role';

/**
 * The handler's role, as far as the trigger can extend it.
 *
 * A role of the trigger's own stack takes grants itself. A role of another stack or an imported one can't: the grants name what is
 * made in the trigger's stack, which would then be needed by the handler's stack and need it, too. Its grants go into a policy under the
 * trigger. If the role is immutable or unknown, they become statements that its owner must add.
 */
export class ExecutionRole {
  /** What permissions are granted to. */
  readonly grantee: lambda.IFunction;
  /** The role, if it takes grants itself. */
  private readonly own?: iam.IRole;
  private readonly missing: iam.PolicyStatement[] = [];
  private policy?: iam.Policy;

  constructor(private readonly trigger: Construct, private readonly handler: lambda.IFunction) {
    const role = handler.role;
    if (role !== undefined && iam.Role.isRole(role) && Stack.of(role) === Stack.of(trigger)) {
      this.own = role;
    }
    this.grantee = this.own === undefined ? this.granteeOf('Handler', (statement) => statement) : handler;
  }

  /** The function, with a role for which `change` replaces each statement that it is granted, or drops it by returning undefined. */
  granteeOf(
    id: string, change: (statement: iam.PolicyStatement) => iam.PolicyStatement | undefined,
  ): lambda.IFunction {
    const { role, functionArn } = this.handler;
    return lambda.Function.fromFunctionAttributes(this.trigger, id, {
      functionArn,
      role: new GrantedRole(this.trigger, `${id}Role`, role, (statement) => {
        const changed = change(statement);
        return changed === undefined ? { statementAdded: true } : this.add(changed);
      }),
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

  /** Whether the function waits for what its role is granted. */
  get delaysHandler(): boolean {
    return this.own !== undefined;
  }

  /** Makes the permissions before the mapping: Lambda checks the role when it creates a mapping. */
  applyBefore(mapping: IConstruct): void {
    // The function's own addToRolePolicy may make a policy under the function.
    const besides = this.handler.node.children.filter((child) => child instanceof iam.Policy);
    mapping.node.addDependency(...[this.own, this.policy, ...besides].filter((dependency) => dependency !== undefined));
  }

  /** The statements that the role's owner must add, because the trigger can't, as in a policy document. */
  get missingStatements(): object[] {
    return Stack.of(this.trigger).resolve(new iam.PolicyDocument({ statements: this.missing }))?.Statement ?? [];
  }

  private add(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    if (this.own !== undefined) {
      return this.own.addToPrincipalPolicy(statement);
    }
    const role = this.handler.role;
    if (role === undefined || isImmutable(role)) {
      this.missing.push(statement);
      return { statementAdded: true };
    }
    // A role has its policies under itself, and so does what stands for it.
    this.policy ??= new iam.Policy(this.grantee.role!, 'Policy', {
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
