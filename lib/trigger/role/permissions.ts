import { type aws_dynamodb as dynamodb, aws_iam as iam, type aws_lambda as lambda, aws_lambda_event_sources as sources } from 'aws-cdk-lib';
import { droppedKeyGrant } from './dropped-grant';
import type { ExecutionRole } from './execution-role';
import { sendingActions, STREAM_READ_ACTIONS } from '../../rules/policies';
import { DESTINATION_KINDS } from '../../stream/destination-kind';

/**
 * How the handler's role is allowed to read the stream.
 *
 * @example
 * new DynamoStreamTrigger(this, 'OrderEvents', { table, handler, permissions: StreamPermissions.LEAST_PRIVILEGE });
 */
export enum StreamPermissions {
  /** By AWS's managed policy AWSLambdaDynamoDBExecutionRole, as the Lambda guide does it. Covers all streams and logs of the account. */
  MANAGED_POLICY = 'MANAGED_POLICY',
  /**
   * By the four actions that reading needs, on the ARN of the stream. The CDK's own failure destinations, whose grants have wildcards in
   * their actions, grant only what delivering and parking need.
   */
  LEAST_PRIVILEGE = 'LEAST_PRIVILEGE',
}

const DECRYPTING_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey'];

/** Allows the role to read the table's stream, and to decrypt it if the table has a key of its own. */
export function grantStreamRead(
  role: ExecutionRole, permissions: StreamPermissions, table: dynamodb.ITable, streamArn: string,
): void {
  const attached = permissions === StreamPermissions.MANAGED_POLICY
    && role.attachManagedPolicy('service-role/AWSLambdaDynamoDBExecutionRole');
  if (!attached) {
    iam.Grant.addToPrincipal({ grantee: role.grantee, actions: [...STREAM_READ_ACTIONS], resourceArns: [streamArn] });
  }
  table.encryptionKey?.grant(role.grantee, ...DECRYPTING_ACTIONS);
  role.lack(droppedKeyGrant(table.encryptionKey, DECRYPTING_ACTIONS));
}

/** The function that a failure destination is bound to. The CDK's destinations grant more than is needed; what others grant stays. */
export function destinationGrantee(
  grantee: lambda.IFunction, role: ExecutionRole, permissions: StreamPermissions, destination: lambda.IEventSourceDlq,
): lambda.IFunction {
  return permissions === StreamPermissions.LEAST_PRIVILEGE && CDK_DESTINATIONS.some((type) => destination instanceof type)
    ? role.granteeOf('Sender', (statement) => {
      const sending = onlySending(statement);
      return sending === undefined ? { statementAdded: true } : grantee.grantPrincipal.addToPrincipalPolicy(sending);
    })
    : grantee;
}

const CDK_DESTINATIONS = [sources.SqsDlq, sources.SnsDlq, sources.S3OnFailureDestination];

/**
 * What Lambda calls to deliver a failed batch, and the runtime to park a record.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html,
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
const SENDING_ACTIONS = [
  ...DESTINATION_KINDS.flatMap(sendingActions).map(({ action }) => action), 'sqs:GetQueueUrl', 'kms:GenerateDataKey', 'kms:Decrypt',
];

function onlySending(statement: iam.PolicyStatement): iam.PolicyStatement | undefined {
  const actions = SENDING_ACTIONS.filter((needed) => statement.actions.some((granted) => covers(granted, needed)));
  return actions.length > 0 ? statement.copy({ actions }) : undefined;
}

function covers(granted: string, action: string): boolean {
  return granted.endsWith('*') ? action.startsWith(granted.slice(0, -1)) : granted === action;
}
