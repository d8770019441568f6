import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { audited } from './audit';
import { type Place, project } from './place';
import { streamHandler } from 'dynamo-stream-trigger/runtime';

const TableName = process.env.PLACES_BY_TIME_ZONE;
const projection = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Keeps the projection equal to the source. Putting and deleting by key may be repeated, as delivery may be. */
export const handler = streamHandler<Place>(audited(async ({ oldImage, newImage }) => {
  const before = oldImage && project(oldImage);
  const after = newImage && project(newImage);

  if (after) {
    await projection.send(new PutCommand({ TableName, Item: after }));
  }
  if (before && before.timeZone !== after?.timeZone) {
    const { timeZone, countryAndPlace } = before;
    await projection.send(new DeleteCommand({ TableName, Key: { timeZone, countryAndPlace } }));
  }
}));
