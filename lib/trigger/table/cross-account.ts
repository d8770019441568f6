import { aws_dynamodb as dynamodb, aws_iam as iam } from 'aws-cdk-lib';
import { SHARED_STREAM_ACTIONS, SHARED_TABLE_ACTIONS } from '../../rules/facts';
import { resourceOf } from '../template/resource';

/**
 * Allows another account to look up and read the stream of a table of this app. The other account's own policies decide which of its
 * roles can.
 *
 * Names the account instead of a role, because AWS refuses a policy that names a role before the role exists.
 */
export function shareStream(table: dynamodb.ITable, account: string): void {
  if (!isOwned(table)) {
    return;
  }
  const allow = (...actions: string[]) => new iam.PolicyStatement({ actions, principals: [new iam.AccountPrincipal(account)], resources: ['*'] });
  table.addToResourcePolicy(allow(...SHARED_TABLE_ACTIONS));
  table.encryptionKey?.addToResourcePolicy(allow('kms:Decrypt', 'kms:DescribeKey'));
  addToStreamPolicy(table, allow(...SHARED_STREAM_ACTIONS));
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
