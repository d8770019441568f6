import { aws_dynamodb as dynamodb, CfnResource } from 'aws-cdk-lib';

/**
 * The ARN of the table's stream. A table of this app has one even before its stream is switched on, because whether it is shows
 * on the finished tree only; undefined for an imported table whose stream nobody named.
 */
export function streamArnOf(table: dynamodb.ITable): string | undefined {
  if (table.tableStreamArn !== undefined) return table.tableStreamArn;
  const resource = table.node.defaultChild;
  return resource && CfnResource.isCfnResource(resource) ? resource.getAtt('StreamArn').toString() : undefined;
}
