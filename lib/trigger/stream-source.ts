import { aws_dynamodb as dynamodb, CfnResource } from 'aws-cdk-lib';
import { TABLE_RESOURCES } from '../mapping/wiring-rules';

/**
 * The ARN of the table's stream. A table of this app has one even before its stream is switched on, because whether it is shows
 * on the finished tree only; undefined for an imported table whose stream nobody named.
 */
export function streamArnOf(table: dynamodb.ITable): string | undefined {
  if (table.tableStreamArn !== undefined) return table.tableStreamArn;
  const resource = table.node.defaultChild;
  return resource && CfnResource.isCfnResource(resource) ? resource.getAtt('StreamArn').toString() : undefined;
}

/** The table of this app that a table is, or whose replica it is, or whose stream it looks up; undefined for an imported one. */
export function tableResourceOf(table: dynamodb.ITable): CfnResource | undefined {
  const { _source: source } = table as { _source?: dynamodb.ITable };
  if (source !== undefined) return tableResourceOf(source);
  // A replica is a child of its table.
  return [table, table.node.scope].map((construct) => construct?.node.defaultChild).find(isTableResource);
}

function isTableResource(construct: unknown): construct is CfnResource {
  return CfnResource.isCfnResource(construct) && TABLE_RESOURCES.includes(construct.cfnResourceType);
}
