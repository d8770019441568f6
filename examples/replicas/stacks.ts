import { join } from 'node:path';
import { Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, type ITableV2, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, StreamedTable, StreamFunction, StreamPermissions } from 'dynamo-stream-trigger';

/** A table with a replica in each of these Regions. It is named, so that stacks of other Regions can name it. */
export class SessionsStack extends Stack {
  readonly sessions: ITableV2;

  constructor(scope: Construct, id: string, { replicaRegions, ...props }: StackProps & { readonly replicaRegions: string[] }) {
    super(scope, id, props);
    this.sessions = new TableV2(this, 'Sessions', {
      tableName: 'sessions',
      partitionKey: { name: 'sessionId', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expires',
      replicas: replicaRegions.map((region) => ({ region })),
    });
  }
}

/**
 * What every Region has: a function that reads the stream of the replica there, which gets the changes of all Regions. The stream's
 * ARN is known to DynamoDB alone, so it is looked up when the stack is deployed, after the table is.
 */
export class RegionStack extends Stack {
  constructor(scope: Construct, id: string, { sessions, ...props }: StackProps & { readonly sessions: ITableV2 }) {
    super(scope, id, props);
    new DynamoStreamTrigger(this, 'SessionEvents', {
      table: StreamedTable.fromTable(this, 'Sessions', sessions),
      handler: new StreamFunction(this, 'OnSession', { entry: join(__dirname, 'on-session.ts') }),
      permissions: StreamPermissions.LEAST_PRIVILEGE,
    });
  }
}
