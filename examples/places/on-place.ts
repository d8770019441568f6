import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { audited } from './audit';
import { type CountryTimeZone, type Place, type PlaceInTimeZone, project } from './place';
import { PoisonRecordError, streamHandler } from 'dynamo-stream-trigger/runtime';

const TableName = process.env.PLACES_BY_TIME_ZONE;
const tables = DynamoDBDocumentClient.from(new DynamoDBClient());

/** Keeps the projection equal to the source. Putting and deleting by key may be repeated, as delivery may be. */
export const handler = streamHandler<Place>(audited(async ({ oldImage, newImage }) => {
  const before = oldImage && await projected(oldImage);
  const after = newImage && await projected(newImage);

  if (after) {
    await tables.send(new PutCommand({ TableName, Item: after }));
  }
  if (before && before.timeZone !== after?.timeZone) {
    const { timeZone, countryAndPlace } = before;
    await tables.send(new DeleteCommand({ TableName, Key: { timeZone, countryAndPlace } }));
  }
}));

/** A few places have no time zone of their own. */
async function projected(place: Place): Promise<PlaceInTimeZone> {
  const timeZone = place.timeZone ?? await usualTimeZone(place.country);
  if (timeZone === undefined) {
    // It will have none at the next try either.
    throw new PoisonRecordError(`${place.country} ${place.place} has no time zone, and ${place.country} has no usual one`);
  }
  return project(place, timeZone);
}

async function usualTimeZone(country: string): Promise<string | undefined> {
  const { Item } = await tables.send(new GetCommand({ TableName: process.env.COUNTRY_TIME_ZONES, Key: { country } }));
  return (Item as CountryTimeZone | undefined)?.timeZone;
}
