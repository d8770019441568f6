import { join } from 'node:path';
import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, type ITableV2, StreamViewType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, StreamFunction, StreamPermissions } from 'dynamo-stream-trigger';

/** A table that is encrypted with a key of its own. */
export class DataStack extends Stack {
  readonly orders: ITableV2;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.orders = new TableV2(this, 'Orders', {
      partitionKey: { name: 'orderId', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      encryption: TableEncryptionV2.customerManagedKey(new Key(this, 'Key', { enableKeyRotation: true })),
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

/** A function that uses the table, so that its stack depends on the table's already. */
export class FunctionsStack extends Stack {
  readonly onOrder: IFunction;

  constructor(scope: Construct, id: string, { orders, ...props }: StackProps & { readonly orders: ITableV2 }) {
    super(scope, id, props);
    this.onOrder = new StreamFunction(this, 'OnOrder', {
      entry: join(__dirname, 'on-order.ts'),
      environment: { ORDERS: orders.tableName },
    });
    orders.grantReadData(this.onOrder);
  }
}

export interface TriggersStackProps extends StackProps {
  readonly orders: ITableV2;
  readonly onOrder: IFunction;
}

/**
 * The trigger depends on both. The mapping, and what it lets the function's role do, are in this stack; the failure queue is in the
 * function's, which must name it to park records there. Nothing of this stack is in another one, so there is no cycle.
 */
export class TriggersStack extends Stack {
  constructor(scope: Construct, id: string, { orders, onOrder, ...props }: TriggersStackProps) {
    super(scope, id, props);
    new DynamoStreamTrigger(this, 'OrderEvents', { table: orders, handler: onOrder, permissions: StreamPermissions.LEAST_PRIVILEGE });
  }
}
