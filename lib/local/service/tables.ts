import { isDeepStrictEqual } from 'node:util';
import {
  CreateTableCommand, DescribeTableCommand, DynamoDBClient, ResourceNotFoundException, UpdateTimeToLiveCommand,
  type CreateTableCommandInput, type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { clientOptions } from './credentials';
import type { Table } from '../assembly/app';
import { LocalServiceError } from '../errors';

/**
 * Creates the app's tables in DynamoDB Local, but for those that an earlier run has left there.
 *
 * @returns the ARN of each table's stream as DynamoDB Local knows it, by the ARN of the table.
 * @throws LocalServiceError
 */
export async function createTables(endpoint: string, tables: readonly Table[]): Promise<Map<string, string>> {
  const client = new DynamoDBClient(clientOptions(endpoint));
  const streams = new Map<string, string>();
  for (const table of tables) {
    try {
      const stream = (await existing(client, table) ?? await create(client, table)).LatestStreamArn;
      if (stream) {
        streams.set(table.arn, stream);
      }
    } catch (error) {
      throw error instanceof LocalServiceError ? error
        : new LocalServiceError(`DynamoDB Local refuses the table ${table.path} (${table.name}): ${(error as Error).message}`);
    }
  }
  client.destroy();
  return streams;
}

/** The table as it is, if there is one. */
async function existing(client: DynamoDBClient, table: Table): Promise<TableDescription | undefined> {
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
    throw new LocalServiceError(
      `The table ${table.path} (${table.name}) was kept with other keys, indexes or another stream than the app has now, which can't be changed here.\n`
      + 'Name another folder with --data, or remove this one.',
    );
  }
  return found;
}

async function create(client: DynamoDBClient, table: Table): Promise<TableDescription> {
  const { TableDescription } = await client.send(new CreateTableCommand(creation(table)));
  if (table.timeToLiveAttribute) {
    const TimeToLiveSpecification = { AttributeName: table.timeToLiveAttribute, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName: table.name, TimeToLiveSpecification }));
  }
  return TableDescription!;
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

/** What of a table the functions rely on, in one order: to compare one that is with one that should be. */
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
