import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { type StreamHandler, streamHandler } from 'dynamo-stream-trigger/runtime';

interface Order {
  customer: string; total: number;
}

/** Longer than a stream keeps a record (a day) and a queue then keeps it for redrive (two weeks): 30 days, in seconds. */
const REMEMBERED = 30 * 24 * 60 * 60;

/**
 * Adds up what each customer has ordered, and each order once, however often its record is delivered: the claim of the record's
 * eventID and the sum are written in one transaction, so that neither is there without the other.
 *
 * The claims need a table with the partition key `id`, and time to live on `expiresAt`.
 */
export function totalsHandler(client: DynamoDBDocumentClient, tables: { claims: string; totals: string }): StreamHandler {
  return streamHandler<Order>({
    onInsert: async ({ eventId, newImage }) => {
      const { customer, total } = newImage!;
      const expiresAt = Math.floor(Date.now() / 1_000) + REMEMBERED;
      try {
        await client.send(new TransactWriteCommand({
          TransactItems: [
            { Put: { TableName: tables.claims, Item: { id: eventId, expiresAt }, ConditionExpression: 'attribute_not_exists(id)' } },
            {
              Update: {
                TableName: tables.totals,
                Key: { customer },
                UpdateExpression: 'ADD #total :total',
                ExpressionAttributeNames: { '#total': 'total' },
                ExpressionAttributeValues: { ':total': total },
              },
            },
          ],
        }));
      } catch (error) {
        const claimed = error instanceof TransactionCanceledException && error.CancellationReasons?.[0].Code === 'ConditionalCheckFailed';
        if (!claimed) {
          throw error;
        }
      }
    },
  });
}
