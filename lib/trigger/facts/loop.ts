import type { aws_dynamodb as dynamodb, aws_lambda as lambda } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isAbout, TABLE_WRITE_ACTIONS } from '../../rules/policies';
import { covers, type HeldStatement, type Policies } from '../role/held-statements';
import { policyArn } from '../role/policy-arn';
import { tableResourceOf } from '../table/stream-source';
import { canonicalText } from '../template/canonical-text';

/** Whether the app lets a function write to the table whose stream drives it. What is granted on everything does not count. */
export function writesToOwnTable({ role }: lambda.IFunction, table: dynamodb.ITable, policies: Policies): boolean {
  if (role === undefined || !policies.hasStatement(role, isWriting)) {
    return false;
  }
  const source = tableResourceOf(table);
  const own = [...spellings(table.tableArn, table), ...source === undefined ? [] : spellings(source.getAtt('Arn'), source)];
  const isOwn = ({ resources, scope }: HeldStatement) => resources.some((resource) => spellings(resource, scope).some((text) => own.includes(text)));
  const statements = policies.statementsOf(role);
  const allowing = statements.filter((statement) => isWriting(statement) && isOwn(statement));
  const denying = statements.filter((statement) => statement.effect === 'Deny' && !statement.conditional && covers(statement, table.tableArn, table));
  const areAbout = (some: readonly HeldStatement[], action: string) => some.some((statement) => isAbout(statement, action));
  return TABLE_WRITE_ACTIONS.some((action) => areAbout(allowing, action) && !areAbout(denying, action));
}

/** Whether a statement lets somebody write, and says where. */
function isWriting(statement: HeldStatement): boolean {
  return statement.effect === 'Allow' && !statement.resources.includes('*') && TABLE_WRITE_ACTIONS.some((action) => isAbout(statement, action));
}

/** A table is named by its resource or, where it is imported, by its name, which is unique in an account and Region. */
function spellings(arn: unknown, scope: IConstruct): string[] {
  const place = policyArn(arn as string, scope).split(':').slice(3).join(':');
  return [canonicalText(arn, scope), ...place === '' || /[*?]/.test(place) ? [] : [place]];
}
