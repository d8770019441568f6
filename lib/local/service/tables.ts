import { isDeepStrictEqual } from 'node:util';
import { CreateTableCommand, type DynamoDBClient, UpdateTimeToLiveCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { changeKeptTable, FixedDifference } from './kept-table';
import type { Removals } from './removals';
import { creation } from './table-creation';
import { tableDescription } from './table-description';
import { type RunTableStreams, tableStreams } from './table-streams';
import type { LocalTable } from '../assembly/app';

/** The tables of a run in DynamoDB Local. They stay there, also when the app has them no more. */
export class LocalTables {
  /** By ARN: what each table is like. */
  readonly known = new Map<string, LocalTable>();
  /** The last part of each stream's ARN as the app sees it, by table ARN. It stays the same when the table has another stream. */
  readonly streamLabels = new Map<string, string>();
  private readonly streams = new Map<string, RunTableStreams>();

  /** @param note called once for each change that the run finds or makes by itself */
  constructor(
    private readonly clients: { readonly tables: DynamoDBClient; readonly streams: DynamoDBStreamsClient },
    private readonly removals: Removals,
    private readonly note: (message: string) => void,
  ) {}

  /**
   * Creates the app's tables, and gives those that exist the settings that they have in the app now.
   *
   * @returns the tables that DynamoDB Local refuses, each with the reason
   */
  async take(tables: readonly LocalTable[]): Promise<ReadonlyMap<LocalTable, string>> {
    const refused = new Map<LocalTable, string>();
    for (const table of tables) {
      const before = this.known.get(table.arn);
      try {
        if (before === undefined) {
          await this.add(table);
        } else if (!isDeepStrictEqual(before, table)) {
          await this.change(before, table);
        }
      } catch (error) {
        refused.set(table, (error as Error).message);
      }
    }
    return refused;
  }

  streamsOf({ arn }: LocalTable): RunTableStreams {
    return this.streams.get(arn)!;
  }

  private async add(table: LocalTable): Promise<void> {
    const kept = await tableDescription(this.clients.tables, table.name);
    const { description, changes } = kept
      ? await changeKeptTable(this.clients.tables, table, kept)
      : { description: await create(this.clients.tables, table), changes: [] };
    if (changes.length > 0) {
      this.note(`The kept table ${table.name} now has ${changes.join(', ')}, as in the app.`);
    }
    this.streams.set(table.arn, tableStreams(this.clients, table, description.LatestStreamArn ?? '', this.removals, this.note));
    this.taken(table, description);
  }

  private async change(before: LocalTable, table: LocalTable): Promise<void> {
    await this.streamsOf(table).change(table, async () => {
      const found = await tableDescription(this.clients.tables, table.name);
      const description = found
        ? (await changeKeptTable(this.clients.tables, table, found)).description
        : await create(this.clients.tables, table);
      this.taken(table, description);
      return description;
    }).catch((error) => {
      if (!(error instanceof FixedDifference)) {
        throw error;
      }
      this.note(`The table ${before.name} goes on with its old ${error.what}, which can't be changed. Start the run again for the new ones${KEPT_TOO}.`);
    });
  }

  private taken(table: LocalTable, { LatestStreamArn }: TableDescription): void {
    this.known.set(table.arn, table);
    if (LatestStreamArn && table.streamViewType && !this.streamLabels.has(table.arn)) {
      this.streamLabels.set(table.arn, LatestStreamArn.split('/stream/')[1]);
    }
  }
}

const KEPT_TOO = ', with another folder if it has --data';

async function create(client: DynamoDBClient, table: LocalTable): Promise<TableDescription> {
  const { TableDescription } = await client.send(new CreateTableCommand(creation(table)));
  if (table.timeToLiveAttribute) {
    const TimeToLiveSpecification = { AttributeName: table.timeToLiveAttribute, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName: table.name, TimeToLiveSpecification }));
  }
  return TableDescription!;
}
