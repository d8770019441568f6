import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { projectionHandler } from './projection';

export const handler = projectionHandler(DynamoDBDocumentClient.from(new DynamoDBClient()), process.env.PROJECTION);
