import { join } from 'node:path';
import { Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { DynamoStreamTrigger, StreamFunction, StreamPermissions } from 'dynamo-stream-trigger';

/**
 * Places of the world by country, and beside them the same places by time zone: a projection that a trigger keeps up to date.
 */
export class PlacesStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const places = new TableV2(this, 'Places', {
      partitionKey: { name: 'country', type: AttributeType.STRING },
      sortKey: { name: 'place', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    const placesByTimeZone = new TableV2(this, 'PlacesByTimeZone', {
      partitionKey: { name: 'timeZone', type: AttributeType.STRING },
      sortKey: { name: 'countryAndPlace', type: AttributeType.STRING },
    });
    // For places that have no time zone of their own.
    const countryTimeZones = new TableV2(this, 'CountryTimeZones', {
      partitionKey: { name: 'country', type: AttributeType.STRING },
    });

    const onPlace = new StreamFunction(this, 'OnPlace', {
      entry: join(__dirname, 'on-place.ts'),
      environment: { PLACES_BY_TIME_ZONE: placesByTimeZone.tableName, COUNTRY_TIME_ZONES: countryTimeZones.tableName },
    });
    placesByTimeZone.grantWriteData(onPlace);
    countryTimeZones.grant(onPlace, 'dynamodb:GetItem');

    new DynamoStreamTrigger(this, 'PlaceChanges', { table: places, handler: onPlace, permissions: StreamPermissions.LEAST_PRIVILEGE });
  }
}
