import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { windowHandler } from 'dynamo-stream-trigger/runtime';

const { RESULTS: TableName } = process.env;
const results = DynamoDBDocumentClient.from(new DynamoDBClient());

/** How many changes each window had. */
export const handler = windowHandler({
  initialState: () => ({ changes: 0 }),
  onRecord: ({ changes }) => ({ changes: changes + 1 }),
  onWindowEnd: ({ changes }, { start, shardId }) =>
    results.send(new PutCommand({ TableName, Item: { id: `${shardId}/${start}`, changes } })),
});
