import { aws_dynamodb as dynamodb, aws_iam as iam } from 'aws-cdk-lib';
import { SHARED_STREAM_ACTIONS, SHARED_TABLE_ACTIONS } from '../../rules/wiring-rules';
import { resourceOf } from '../template/resource';

/**
 * Lets the roles of another account look up and read the stream of a table of this app, if permissions there say so, too.
 *
 * The account and not a role of it, because policies name roles that exist, and the roles are made after the table.
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

/** Newer versions of the CDK know of a `TableV2`'s policy; of a `Table`'s only CloudFormation does. What remains is warned of. */
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
