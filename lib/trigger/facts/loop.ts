import { type aws_dynamodb as dynamodb, aws_iam as iam, type aws_lambda as lambda } from 'aws-cdk-lib';
import { canonicalText } from '../template/canonical-text';

const WRITES = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:PartiQLDelete'];

/** Whether grants of this app let a function write to the table whose stream drives it. What is granted on everything does not count. */
export function writesToOwnTable(handler: lambda.IFunction, table: dynamodb.ITable): boolean {
  const policies = [handler.role, handler].flatMap((construct) => construct?.node.findAll() ?? []).filter((child) => child instanceof iam.Policy);
  const writing = policies.flatMap(({ document }) => statementsOf(document))
    .filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).some(canWrite));
  if (writing.length === 0) {
    return false;
  }
  const own = canonicalText(table.tableArn, table);
  return writing.some(({ Resource }) => listOf(Resource).some((resource) => canonicalText(resource, handler) === own));
}

function statementsOf(document: iam.PolicyDocument): any[] {
  return listOf(document.toJSON()?.Statement);
}

function canWrite(action: unknown): boolean {
  return typeof action === 'string' && WRITES.some((write) => action === write || (action.endsWith('*') && write.startsWith(action.slice(0, -1))));
}

function listOf(value: unknown): any[] {
  return [value ?? []].flat();
}
