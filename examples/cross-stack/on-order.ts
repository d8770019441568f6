import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { streamHandler } from 'dynamo-stream-trigger/runtime';

interface Order {
  readonly orderId: string;
  readonly total: number;
}

const TableName = process.env.ORDERS;
const orders = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Tells what an order has become since it changed. */
export const handler = streamHandler<Order>(async ({ keys, oldImage, newImage }) => {
  const { Item: now } = await orders.send(new GetCommand({ TableName, Key: keys }));
  console.log(keys.orderId, 'went from', oldImage?.total, 'to', newImage?.total, 'and is now', now?.total);
});
