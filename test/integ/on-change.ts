import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { PoisonRecordError, streamHandler } from 'dynamo-stream-trigger/runtime';

interface Item {
  readonly id: string;
  readonly version: number;
  readonly poison?: boolean;
}

const { CONSUMER, PARK, RESULTS: TableName } = process.env;
const results = DynamoDBDocumentClient.from(new DynamoDBClient());

/** An item's last version, written in the order of its changes, and all of its versions that came. */
export const handler = streamHandler<Item>({
  park: PARK !== 'off',
  onRecord: async ({ newImage, raw }) => {
    const { id, version, poison } = newImage!;
    if (poison) {
      throw new PoisonRecordError(`${id} is poison`);
    }
    const table = raw.eventSourceARN!.split('/')[1];
    await results.send(new UpdateCommand({
      TableName,
      Key: { id: `${CONSUMER}/${table}/${id}` },
      UpdateExpression: 'SET #last = :version ADD #seen :versions',
      ExpressionAttributeNames: { '#last': 'last', '#seen': 'seen' },
      ExpressionAttributeValues: { ':version': version, ':versions': new Set([version]) },
    }));
  },
});
