import { join } from 'node:path';
import { Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, StreamFunction, StreamPermissions } from 'dynamo-stream-trigger';

/** Orders, and a projection of them that nothing old can get into. */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const orders = new TableV2(this, 'Orders', {
      partitionKey: { name: 'orderId', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_IMAGE,
    });
    const projection = new TableV2(this, 'Projection', {
      partitionKey: { name: 'orderId', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
    });
    const onOrder = new StreamFunction(this, 'OnOrder', {
      entry: join(__dirname, 'on-order.ts'),
      environment: { PROJECTION: projection.tableName },
    });
    projection.grantWriteData(onOrder);
    new DynamoStreamTrigger(this, 'OrderChanges', { table: orders, handler: onOrder, permissions: StreamPermissions.LEAST_PRIVILEGE });
  }
}
