import type { aws_dynamodb as dynamodb, CfnResource } from 'aws-cdk-lib';
import { TABLE_RESOURCES } from '../../rules/facts';
import { resourceOf } from '../template/resource';

/**
 * The ARN of the table's stream; undefined for an imported table without one.
 *
 * A table of this app always has one: a stream may be switched on after the trigger is made, so that the finished app is checked.
 */
export function streamArnOf(table: dynamodb.ITable): string | undefined {
  if (table.tableStreamArn !== undefined) {
    return table.tableStreamArn;
  }
  return resourceOf(table)?.getAtt('StreamArn').toString();
}

/**
 * The resource of this app behind a table: its own, that of the table whose replica it is, or that of the table whose stream it looks up.
 * Undefined for an imported table.
 */
export function tableResourceOf(table: dynamodb.ITable): CfnResource | undefined {
  const { _source: source } = table as { _source?: dynamodb.ITable };
  if (source !== undefined) {
    return tableResourceOf(source);
  }
  // A replica is a child of its table.
  return [table, table.node.scope].map(resourceOf).find((resource) => resource && TABLE_RESOURCES.includes(resource.cfnResourceType));
}
