import type { aws_dynamodb as dynamodb, aws_lambda as lambda } from 'aws-cdk-lib';
import { covers, isAbout, type Policies } from '../role/held-statements';
import { canonicalText } from '../template/canonical-text';

const WRITES = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:PartiQLDelete'];

/** Whether the app lets a function write to the table whose stream drives it. What is granted on everything does not count. */
export function writesToOwnTable(handler: lambda.IFunction, table: dynamodb.ITable, policies: Policies): boolean {
  const statements = handler.role === undefined ? [] : policies.statementsOf(handler.role);
  const allowed = WRITES.filter((action) => statements.some((statement) => statement.effect === 'Allow' && isAbout(statement, action)));
  if (allowed.length === 0) {
    return false;
  }
  const own = canonicalText(table.tableArn, table);
  const isOnTable = ({ resources: named, scope }: typeof statements[number]) => named.some((resource) => canonicalText(resource, scope) === own);
  return allowed.some((action) => statements.some((statement) => statement.effect === 'Allow' && isAbout(statement, action) && isOnTable(statement))
    && !statements.some((statement) => statement.effect === 'Deny' && !statement.conditional && isAbout(statement, action) && covers(statement, table.tableArn, table)));
}
