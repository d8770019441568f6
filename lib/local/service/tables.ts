import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand, DescribeTableCommand, DynamoDBClient, ResourceNotFoundException, UpdateTimeToLiveCommand,
  type CreateTableCommandInput, type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { clientOptions } from './credentials';
import type { LocalTable } from '../assembly/app';
import { LocalRunError } from '../errors';

/**
 * Creates the app's tables in DynamoDB Local, except those that an earlier run left there.
 *
 * @returns the ARN of each table's stream as DynamoDB Local knows it, by the ARN of the table.
 * @throws LocalRunError TABLE_REFUSED
 */
export async function createTables(endpoint: string, tables: readonly LocalTable[]): Promise<Map<string, string>> {
  const client = new DynamoDBClient(clientOptions(endpoint));
  const streams = new Map<string, string>();
  try {
    for (const table of tables) {
      const stream = (await kept(client, table) ?? await create(client, table)).LatestStreamArn;
      if (stream) {
        streams.set(table.arn, stream);
      }
    }
  } finally {
    client.destroy();
  }
  return streams;
}

/** The table that an earlier run left, if there is one. */
async function kept(client: DynamoDBClient, table: LocalTable): Promise<TableDescription | undefined> {
  let found: TableDescription;
  try {
    found = (await client.send(new DescribeTableCommand({ TableName: table.name }))).Table!;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) {
      return undefined;
    }
    throw error;
  }
  if (!isDeepStrictEqual(shapeOf(found), shapeOf(creation(table)))) {
    throw new LocalRunError('TABLE_REFUSED',
      `The table ${table.path} (${table.name}) was kept with other keys, indexes or another stream than the app has now. They can't be changed here.\n`
      + 'Name another folder with --data, or remove this one.');
  }
  return found;
}

async function create(client: DynamoDBClient, table: LocalTable): Promise<TableDescription> {
  const { TableDescription } = await client.send(new CreateTableCommand(creation(table))).catch((error) => {
    throw new LocalRunError('TABLE_REFUSED', `DynamoDB Local refuses the table ${table.path} (${table.name}): ${error.message}`);
  });
  if (table.timeToLiveAttribute) {
    const TimeToLiveSpecification = { AttributeName: table.timeToLiveAttribute, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName: table.name, TimeToLiveSpecification }));
  }
  return TableDescription!;
}

/** Every table is on demand, because capacity does not matter on this machine. */
function creation(table: LocalTable): CreateTableCommandInput {
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

function index({ IndexName, KeySchema, Projection }: LocalTable['globalIndexes'][number]) {
  return { IndexName, KeySchema: [...KeySchema], Projection };
}

/** What the functions rely on, in a fixed order, to compare a kept table with the app's. */
function shapeOf(table: TableDescription | CreateTableCommandInput) {
  const indexes = [...table.GlobalSecondaryIndexes ?? [], ...table.LocalSecondaryIndexes ?? []];
  const byName = (a: { IndexName?: string }, b: { IndexName?: string }) => a.IndexName! < b.IndexName! ? -1 : 1;
  return {
    keys: table.KeySchema,
    types: new Map(table.AttributeDefinitions?.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType])),
    view: table.StreamSpecification?.StreamViewType,
    indexes: indexes.sort(byName).map(({ IndexName, KeySchema, Projection }) => [IndexName, KeySchema, Projection?.ProjectionType]),
  };
}
