import { aws_iam as iam, Resource } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';

/**
 * Stands for the handler's role, and hands each statement that it is granted to the trigger.
 *
 * Grants (`queue.grantSendMessages`, `bucket.grantWrite`, a failure destination of the user's) take a function and add to its role
 * on their own. They must not reach the real role where that is of another stack or can't be extended. So they get a function with
 * this role: it has the name, ARN and account of the real one, which policies of other resources name, and no resource of its own.
 */
export class GrantedRole extends Resource implements iam.IRole {
  readonly grantPrincipal = this;
  readonly assumeRoleAction = 'sts:AssumeRole';
  readonly principalAccount?: string;
  readonly policyFragment: iam.PrincipalPolicyFragment;
  readonly roleArn: string;
  readonly roleName: string;

  constructor(
    scope: Construct, id: string, role: iam.IRole | undefined,
    private readonly add: (statement: iam.PolicyStatement) => iam.AddToPrincipalPolicyResult,
    private readonly policy: () => IConstruct | undefined,
  ) {
    super(scope, id);
    // A function that was imported without its role has one of its account.
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

  /** Takes the policy's statements. The policy itself gets no role, so that the CDK omits it from the template. */
  attachInlinePolicy(policy: iam.Policy): void {
    const { Statement: statements = [] } = policy.document.toJSON() ?? {};
    for (const statement of statements) {
      this.add(iam.PolicyStatement.fromJson(statement));
    }
  }

  /** Where findings about what the role is granted are acknowledged. */
  get holder(): IConstruct {
    return this.policy() ?? this;
  }

  /** Does nothing, like an imported role. */
  addManagedPolicy(): void {}

  /** Nobody is granted anything about a role that is not there. */
  grant(grantee: iam.IPrincipal): iam.Grant {
    return iam.Grant.drop(grantee, '');
  }

  grantPassRole(grantee: iam.IPrincipal): iam.Grant {
    return this.grant(grantee);
  }

  grantAssumeRole(grantee: iam.IPrincipal): iam.Grant {
    return this.grant(grantee);
  }
}
