import { aws_iam as iam, aws_lambda as lambda, Names, Resource, Stack } from 'aws-cdk-lib';
import { type Construct, Dependable, type IConstruct } from 'constructs';

/**
 * The handler's role, as far as the trigger may extend it. A role of the trigger's own stack takes grants itself. What a role of
 * another stack or an imported one is granted goes into a policy under the trigger, so that nothing of the trigger's stack
 * appears in the handler's. A role that can't be extended leaves statements that its owner has to add.
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

  /** The function, with a role that is granted what `change` leaves of a statement; undefined: nothing. */
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

  /** Attaches a policy of AWS's. False: the role takes none from a template, because it is imported or missing. */
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

  /** Creates what was granted before the mapping: Lambda looks at the role's permissions when it creates one. */
  applyBefore(mapping: IConstruct): void {
    // A function's addToRolePolicy may make policies of the function's own.
    const besides = this.handler.node.children.filter((child) => child instanceof iam.Policy);
    mapping.node.addDependency(...[this.own, this.policy, ...besides].filter((dependency) => dependency !== undefined));
  }

  /** What the role's owner has to add, because the trigger can't: the statements of a policy document. */
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
    // Under what stands for the role, as a role has its policies under itself.
    this.policy ??= new iam.Policy(this.grantee.role!, 'Policy', {
      policyName: Names.uniqueResourceName(this.trigger, { maxLength: 128 }),
      roles: [iam.Role.fromRoleName(this.trigger, 'Role', role.roleName)],
    });
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this.policy };
  }
}

/** A role made immutable stands for another one: what depends on it depends on that one. */
function isImmutable(role: iam.IRole): boolean {
  return !Dependable.of(role).dependencyRoots.includes(role);
}

/** Stands for a role, and hands on what it is granted. */
class GrantedRole extends Resource implements iam.IRole {
  readonly grantPrincipal = this;
  readonly assumeRoleAction = 'sts:AssumeRole';
  readonly principalAccount?: string;
  readonly policyFragment: iam.PrincipalPolicyFragment;
  readonly roleArn: string;
  readonly roleName: string;

  constructor(
    scope: Construct, id: string, role: iam.IRole | undefined,
    private readonly add: (statement: iam.PolicyStatement) => iam.AddToPrincipalPolicyResult,
  ) {
    super(scope, id);
    // The role that nobody named is at least one of this account.
    const principal = role ?? new iam.AccountRootPrincipal();
    this.policyFragment = principal.policyFragment;
    this.principalAccount = principal.principalAccount;
    this.roleArn = role?.roleArn ?? new iam.AccountRootPrincipal().arn;
    this.roleName = role?.roleName ?? 'unknown';
  }

  get roleRef() {
    return { roleArn: this.roleArn, roleName: this.roleName };
  }

  addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    return { policyDependable: this, ...this.add(statement) };
  }

  addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }

  /** Takes what the policy says; the policy itself stays without a role, and so out of the template. */
  attachInlinePolicy(policy: iam.Policy): void {
    const { Statement: statements = [] } = policy.document.toJSON() ?? {};
    for (const statement of statements) {
      this.add(iam.PolicyStatement.fromJson(statement));
    }
  }

  addManagedPolicy(): void {}

  grant(grantee: iam.IPrincipal): iam.Grant {
    return iam.Grant.drop(grantee, 'a role that only takes grants');
  }

  grantPassRole(grantee: iam.IPrincipal): iam.Grant {
    return this.grant(grantee);
  }

  grantAssumeRole(grantee: iam.IPrincipal): iam.Grant {
    return this.grant(grantee);
  }
}
