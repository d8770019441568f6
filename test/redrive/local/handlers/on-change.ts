import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { ConditionalCheckFailedException, DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PoisonRecordError, streamHandler, TransientError } from 'dynamo-stream-trigger/runtime';

interface Item {
  readonly id: string;
  readonly version: number;
  /** What happens to the change that writes it, as long as the handler is not mended. */
  readonly fault?: 'batch' | 'poison';
}

const client = new DynamoDBClient({});
const { TARGET: TableName, MENDED, GUARDED, SLOW } = process.env;

/** Keeps a projection equal to the source; with GUARDED against anything older than what is there. */
export const handler = streamHandler<Item, { id: string }>({
  retry: { maxAttempts: 1 },
  onRecord: async ({ keys: { id }, newImage, eventId, sequenceNumber, version, redriven }) => {
    if (newImage?.fault && !existsSync(MENDED!)) {
      throw newImage.fault === 'poison' ? new PoisonRecordError('poison') : new TransientError('down');
    }
    await setTimeout(redriven ? Number(SLOW) : 0);
    const Key = { id: { S: id } };
    const Item = newImage && { ...Key, version: { N: String(newImage.version) } };
    if (!GUARDED) {
      await (Item ? client.send(new PutItemCommand({ TableName, Item })) : client.send(new DeleteItemCommand({ TableName, Key })));
    } else {
      await client.send(new PutItemCommand({
        TableName,
        Item: { ...Item ?? { ...Key, isDeleted: { BOOL: true } }, guard: { S: version } },
        ConditionExpression: 'attribute_not_exists(guard) OR guard < :guard',
        ExpressionAttributeValues: { ':guard': { S: version } },
      })).catch((error) => {
        if (!(error instanceof ConditionalCheckFailedException)) {
          throw error;
        }
      });
    }
    console.log(JSON.stringify({ id, eventId, sequenceNumber, redriven: redriven !== undefined }));
  },
});
