import type { aws_dynamodb as dynamodb, CfnResource } from 'aws-cdk-lib';
import { TABLE_RESOURCES } from '../../rules/wiring-rules';
import { resourceOf } from '../template/resource';

/**
 * The ARN of the table's stream. A table of this app has one even before its stream is switched on, because whether it is shows
 * on the finished tree only; undefined for an imported table whose stream nobody named.
 */
export function streamArnOf(table: dynamodb.ITable): string | undefined {
  if (table.tableStreamArn !== undefined) {
    return table.tableStreamArn;
  }
  return resourceOf(table)?.getAtt('StreamArn').toString();
}

/** The table of this app that a table is, or whose replica it is, or whose stream it looks up; undefined for an imported one. */
export function tableResourceOf(table: dynamodb.ITable): CfnResource | undefined {
  const { _source: source } = table as { _source?: dynamodb.ITable };
  if (source !== undefined) {
    return tableResourceOf(source);
  }
  // A replica is a child of its table.
  return [table, table.node.scope].map(resourceOf).find((resource) => resource && TABLE_RESOURCES.includes(resource.cfnResourceType));
}
