import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, StreamEventName, StreamFilter, StreamFunction, StreamPermissions } from 'dynamo-stream-trigger';

export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const table = new TableV2(this, 'Orders', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    new DynamoStreamTrigger(this, 'OrderEvents', {
      table,
      handler: new StreamFunction(this, 'OnOrder', { entry: join(__dirname, 'on-order.ts') }),
      filters: [StreamFilter.eventName(StreamEventName.INSERT)],
      permissions: StreamPermissions.LEAST_PRIVILEGE,
    });
  }
}
