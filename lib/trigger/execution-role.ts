import { aws_iam as iam, aws_lambda as lambda, Names, Resource, Stack } from 'aws-cdk-lib';
import { Construct, Dependable, IConstruct } from 'constructs';

/**
 * The handler's role, as far as the trigger may extend it. A role of the trigger's own stack takes grants itself. What a role of
 * another stack or an imported one is granted goes into a policy under the trigger, so that nothing of the trigger's stack
 * appears in the handler's. A role that can't be extended leaves statements that its owner has to add.
 */
export class ExecutionRole {
  /** What permissions are granted to. */
  public readonly grantee: lambda.IFunction;
  private readonly collected?: CollectingRole;
  private readonly extensible: boolean;

  constructor(private readonly trigger: Construct, private readonly handler: lambda.IFunction) {
    const role = handler.role;
    this.extensible = role !== undefined && !isImmutable(role);
    if (role !== undefined && iam.Role.isRole(role) && Stack.of(role) === Stack.of(trigger)) {
      this.grantee = handler;
    } else {
      this.collected = new CollectingRole(trigger, 'Grants', role);
      this.grantee = lambda.Function.fromFunctionAttributes(trigger, 'Handler', {
        functionArn: handler.functionArn,
        role: this.collected,
        sameEnvironment: true,
      });
    }
  }

  /** Attaches a policy of AWS's. False: the role takes none from a template, because it is imported or missing. */
  public attachManagedPolicy(name: string): boolean {
    const role = this.handler.role;
    if (role === undefined || !iam.Role.isRole(role)) return false;
    role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName(name));
    return true;
  }

  /** Whether the function waits for what its role is granted. */
  public get delaysHandler(): boolean {
    return this.collected === undefined;
  }

  /** Creates what was granted before the mapping: Lambda looks at the role's permissions when it creates one. */
  public applyBefore(mapping: IConstruct): void {
    const role = this.handler.role;
    if (this.collected === undefined) {
      mapping.node.addDependency(role!);
    } else if (this.extensible && this.collected.statements.length > 0) {
      mapping.node.addDependency(new iam.Policy(this.trigger, 'Policy', {
        policyName: Names.uniqueResourceName(this.trigger, { maxLength: 128 }),
        statements: this.collected.statements,
        roles: [iam.Role.fromRoleName(this.trigger, 'Role', role!.roleName)],
      }));
    }
  }

  /** What the role's owner has to add, because the trigger can't. */
  public get missingStatements(): iam.PolicyStatement[] {
    return this.extensible ? [] : this.collected?.statements ?? [];
  }
}

/** A role made immutable stands for another one: what depends on it depends on that one. */
function isImmutable(role: iam.IRole): boolean {
  return !Dependable.of(role).dependencyRoots.includes(role);
}

/** Takes grants for a role, without giving them. */
class CollectingRole extends Resource implements iam.IRole {
  public readonly statements: iam.PolicyStatement[] = [];
  public readonly grantPrincipal = this;
  public readonly assumeRoleAction = 'sts:AssumeRole';
  public readonly principalAccount?: string;
  public readonly policyFragment: iam.PrincipalPolicyFragment;
  public readonly roleArn: string;
  public readonly roleName: string;

  constructor(scope: Construct, id: string, role?: iam.IRole) {
    super(scope, id);
    // The role that nobody named is at least one of this account.
    const principal = role ?? new iam.AccountRootPrincipal();
    this.policyFragment = principal.policyFragment;
    this.principalAccount = principal.principalAccount;
    this.roleArn = role?.roleArn ?? new iam.AccountRootPrincipal().arn;
    this.roleName = role?.roleName ?? 'unknown';
  }

  public get roleRef() {
    return { roleArn: this.roleArn, roleName: this.roleName };
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    this.statements.push(statement);
    return { statementAdded: true, policyDependable: this };
  }

  public addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }

  public addManagedPolicy(): void {}

  public attachInlinePolicy(): void {}

  public grant(grantee: iam.IPrincipal): iam.Grant {
    return iam.Grant.drop(grantee, 'a role that only takes grants');
  }

  public grantPassRole(grantee: iam.IPrincipal): iam.Grant {
    return this.grant(grantee);
  }

  public grantAssumeRole(grantee: iam.IPrincipal): iam.Grant {
    return this.grant(grantee);
  }
}
