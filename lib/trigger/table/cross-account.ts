import { aws_dynamodb as dynamodb, aws_iam as iam, Lazy, Token } from 'aws-cdk-lib';
import { SHARED_STREAM_ACTIONS, SHARED_TABLE_ACTIONS } from '../../rules/facts';
import { resourceOf } from '../template/resource';

/**
 * Allows another account to look up and read the stream of a table of this app. The other account's own policies decide which of its
 * roles can.
 *
 * Names the account as principal, because AWS refuses a policy with a role as principal before the role exists.
 *
 * @returns what the other account's functions read with
 */
export function shareStream(table: dynamodb.ITable, account: string): SharedStream | undefined {
  if (!isOwned(table)) {
    return undefined;
  }
  const allow = (...actions: string[]) => new iam.PolicyStatement({ actions, principals: [new iam.AccountPrincipal(account)], resources: ['*'] });
  const [stream, key] = [allow(...SHARED_STREAM_ACTIONS), allow('kms:Decrypt', 'kms:DescribeKey')];
  table.addToResourcePolicy(allow(...SHARED_TABLE_ACTIONS));
  table.encryptionKey?.addToResourcePolicy(key);
  addToStreamPolicy(table, stream);
  return new SharedStream([stream, key], account);
}

/** The permissions to read a stream of another account. A condition, unlike a principal, can name a role that does not exist yet. */
export class SharedStream {
  private readonly readers: (iam.IRole | undefined)[] = [];

  constructor(private readonly statements: readonly iam.PolicyStatement[], private readonly account: string) {}

  /** Limits the permissions to the roles that read, if all of them have names that the other account can know. */
  readBy(role: iam.IRole | undefined): void {
    this.readers.push(role);
    if (this.readers.length === 1 && isNamed(role)) {
      this.statements.forEach((statement) => statement.addCondition('ArnLike', { 'aws:PrincipalArn': Lazy.list({ produce: () => this.roleArns() }) }));
    }
  }

  private roleArns(): string[] {
    return this.readers.every(isNamed) ? [...new Set(this.readers.map((role) => role!.roleArn))] : [`arn:*:iam::${this.account}:role/*`];
  }
}

function isNamed(role: iam.IRole | undefined): boolean {
  const { roleName } = (resourceOf(role) ?? {}) as Partial<iam.CfnRole>;
  return role !== undefined && [role.roleArn, roleName].some((name) => name !== undefined && !Token.isUnresolved(name));
}

type OwnedTable = dynamodb.Table | dynamodb.TableV2;

function isOwned(table: dynamodb.ITable): table is OwnedTable {
  return 'addToResourcePolicy' in table && resourceOf(table) !== undefined;
}

/**
 * Newer versions of the CDK have a method for it on `TableV2`. No version has one on `Table`. A `TableV2` in an older version can't be
 * extended: a rule warns.
 */
function addToStreamPolicy(table: OwnedTable & Partial<StreamPolicy>, statement: iam.PolicyStatement): void {
  if (table.addToStreamResourcePolicy !== undefined) {
    table.addToStreamResourcePolicy(statement);
  } else if (table instanceof dynamodb.Table) {
    policyOf(table).addStatements(statement);
  }
}

interface StreamPolicy {
  addToStreamResourcePolicy(statement: iam.PolicyStatement): unknown;
}

/** By a global symbol, because two copies of this package may meet on one table. */
const POLICY = Symbol.for('dynamo-stream-trigger/stream-policy');

function policyOf(table: dynamodb.Table & { [POLICY]?: iam.PolicyDocument }): iam.PolicyDocument {
  if (table[POLICY] === undefined) {
    table[POLICY] = new iam.PolicyDocument();
    resourceOf(table)!.addPropertyOverride('StreamSpecification.ResourcePolicy', { PolicyDocument: table[POLICY] });
  }
  return table[POLICY];
}
