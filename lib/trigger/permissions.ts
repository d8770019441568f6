import { aws_dynamodb as dynamodb, aws_iam as iam } from 'aws-cdk-lib';
import { ExecutionRole } from './execution-role';

/** How the handler's role may read the stream. */
export enum StreamPermissions {
  /** AWS's managed policy AWSLambdaDynamoDBExecutionRole, as the Lambda guide says: any stream, and the function's logs. */
  MANAGED_POLICY = 'MANAGED_POLICY',
  /** The four actions on the stream's ARN alone. */
  LEAST_PRIVILEGE = 'LEAST_PRIVILEGE',
}

const STREAM_READ_ACTIONS = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
];

/**
 * Lets the role read the table's stream, and decrypt it where the table has a key of its own.
 *
 * @returns the ARNs that the role's permissions name.
 */
export function grantStreamRead(
  role: ExecutionRole, permissions: StreamPermissions, table: dynamodb.ITable, streamArn: string,
): readonly string[] {
  const attached = permissions === StreamPermissions.MANAGED_POLICY
    && role.attachManagedPolicy('service-role/AWSLambdaDynamoDBExecutionRole');
  if (!attached) {
    iam.Grant.addToPrincipal({ grantee: role.grantee, actions: STREAM_READ_ACTIONS, resourceArns: [streamArn] });
  }
  table.encryptionKey?.grant(role.grantee, 'kms:Decrypt', 'kms:DescribeKey');
  return [...attached ? [] : [streamArn], ...table.encryptionKey ? [table.encryptionKey.keyArn] : []];
}
