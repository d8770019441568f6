import { CreateTableCommand, type DynamoDBClient, UpdateTimeToLiveCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import { changeKeptTable } from './kept-table';
import { creation } from './table-creation';
import { tableDescription } from './table-description';
import type { LocalTable } from '../assembly/app';

/** The app's tables in DynamoDB Local. */
export interface CreatedTables {
  /** The ARN of each table's stream as DynamoDB Local knows it, by the ARN of the table. */
  readonly streams: ReadonlyMap<string, string>;
  /** The tables that DynamoDB Local refuses, each with the reason. */
  readonly refused: ReadonlyMap<LocalTable, string>;
}

/**
 * Creates the app's tables, and gives those that an earlier run left there the settings that they have in the app now.
 *
 * @param note called for each change of a table that was left
 */
export async function createTables(client: DynamoDBClient, tables: readonly LocalTable[], note: (message: string) => void): Promise<CreatedTables> {
  const streams = new Map<string, string>();
  const refused = new Map<LocalTable, string>();
  for (const table of tables) {
    try {
      const kept = await tableDescription(client, table.name);
      const { LatestStreamArn } = kept ? await changeKeptTable(client, table, kept, note) : await create(client, table);
      if (LatestStreamArn) {
        streams.set(table.arn, LatestStreamArn);
      }
    } catch (error) {
      refused.set(table, (error as Error).message);
    }
  }
  return { streams, refused };
}

async function create(client: DynamoDBClient, table: LocalTable): Promise<TableDescription> {
  const { TableDescription } = await client.send(new CreateTableCommand(creation(table)));
  if (table.timeToLiveAttribute) {
    const TimeToLiveSpecification = { AttributeName: table.timeToLiveAttribute, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName: table.name, TimeToLiveSpecification }));
  }
  return TableDescription!;
}
