import type { aws_dynamodb as dynamodb, aws_lambda as lambda } from 'aws-cdk-lib';
import { covers, type HeldStatement, isAbout, type Policies } from '../role/held-statements';
import { canonicalText } from '../template/canonical-text';

const WRITES = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:PartiQLDelete'];

/** Whether the app lets a function write to the table whose stream drives it. What is granted on everything does not count. */
export function writesToOwnTable({ role }: lambda.IFunction, table: dynamodb.ITable, policies: Policies): boolean {
  if (role === undefined || !policies.hasStatement(role, isWriting)) {
    return false;
  }
  const own = canonicalText(table.tableArn, table);
  const statements = policies.statementsOf(role);
  const allowing = statements.filter((statement) => isWriting(statement) && statement.resources.some((resource) => canonicalText(resource, statement.scope) === own));
  const denying = statements.filter((statement) => statement.effect === 'Deny' && !statement.conditional && covers(statement, table.tableArn, table));
  return WRITES.some((action) => allowing.some((statement) => isAbout(statement, action)) && !denying.some((statement) => isAbout(statement, action)));
}

/** Whether a statement lets somebody write, and says where. */
function isWriting(statement: HeldStatement): boolean {
  return statement.effect === 'Allow' && !statement.resources.includes('*') && WRITES.some((action) => isAbout(statement, action));
}
