import {
  CreateTableCommand, DynamoDBClient, UpdateTimeToLiveCommand, type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Table } from './app';
import { clientOptions } from './credentials';
import { LocalServiceError } from './errors';

/**
 * Creates the app's tables in DynamoDB Local.
 *
 * @returns the ARN of each table's stream as DynamoDB Local knows it, by the ARN of the table.
 */
export async function createTables(endpoint: string, tables: readonly Table[]): Promise<Map<string, string>> {
  const client = new DynamoDBClient(clientOptions(endpoint));
  const streams = new Map<string, string>();
  for (const table of tables) {
    try {
      const { TableDescription } = await client.send(new CreateTableCommand(creation(table)));
      if (TableDescription?.LatestStreamArn) {
        streams.set(table.arn, TableDescription.LatestStreamArn);
      }
      if (table.timeToLiveAttribute) {
        const TimeToLiveSpecification = { AttributeName: table.timeToLiveAttribute, Enabled: true };
        await client.send(new UpdateTimeToLiveCommand({ TableName: table.name, TimeToLiveSpecification }));
      }
    } catch (error) {
      throw new LocalServiceError(`DynamoDB Local refuses the table ${table.path} (${table.name}): ${(error as Error).message}`);
    }
  }
  client.destroy();
  return streams;
}

/** Capacity is of no account on this machine, so that every table is on demand. */
function creation(table: Table): CreateTableCommandInput {
  return {
    TableName: table.name,
    KeySchema: [...table.keySchema],
    AttributeDefinitions: [...table.attributeDefinitions],
    BillingMode: 'PAY_PER_REQUEST',
    ...(table.globalIndexes.length > 0 && { GlobalSecondaryIndexes: table.globalIndexes.map(index) }),
    ...(table.localIndexes.length > 0 && { LocalSecondaryIndexes: table.localIndexes.map(index) }),
    ...(table.streamViewType && { StreamSpecification: { StreamEnabled: true, StreamViewType: table.streamViewType } }),
  };
}

function index({ IndexName, KeySchema, Projection }: Table['globalIndexes'][number]) {
  return { IndexName, KeySchema: [...KeySchema], Projection };
}
