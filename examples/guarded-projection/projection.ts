import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type StreamHandler, streamHandler } from 'dynamo-stream-trigger/runtime';

/** An order, as the source table holds it. */
export interface Order {
  /** The partition key, here and there. */
  readonly orderId: string;
  readonly customer: string;
  readonly cents: number;
}

/** Longer than a stream keeps a record (a day) and a queue then keeps it for redrive (two weeks): 30 days, in seconds. */
const REMEMBERED = 30 * 24 * 60 * 60;

/**
 * Keeps a projection equal to the source: writes only what is newer than what is there, by the record's version. So nothing brings back
 * what was: no call that a process goes on with after its time, no second delivery, no redrive.
 *
 * A delete leaves a tombstone, without which an older change would be the first one there. Time to live on `expiresAt` removes it when
 * no older change can come any more.
 */
export function projectionHandler(client: DynamoDBDocumentClient, TableName: string | undefined): StreamHandler {
  return streamHandler<Order, { orderId: string }>(async ({ keys: { orderId }, newImage, version }, { signal }) => {
    const Item = newImage
      ? { orderId, customer: newImage.customer, cents: newImage.cents, sourceVersion: version }
      : { orderId, sourceVersion: version, isDeleted: true, expiresAt: Math.floor(Date.now() / 1_000) + REMEMBERED };
    try {
      await client.send(new PutCommand({
        TableName,
        Item,
        ConditionExpression: 'attribute_not_exists(sourceVersion) OR sourceVersion < :version',
        ExpressionAttributeValues: { ':version': version },
      }), { abortSignal: signal });
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) {
        throw error;
      }
      // What is there is newer, or this very change: nothing is left to do.
    }
  });
}

/** An order as the projection has it. A tombstone is none. */
export async function findOrder(client: DynamoDBDocumentClient, TableName: string | undefined, orderId: string): Promise<Order | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName, Key: { orderId } }));
  return Item && !Item.isDeleted ? { orderId, customer: Item.customer, cents: Item.cents } : undefined;
}
