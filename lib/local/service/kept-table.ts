import { isDeepStrictEqual } from 'node:util';
import {
  DescribeTableCommand, DescribeTimeToLiveCommand, type DynamoDBClient, type GlobalSecondaryIndexUpdate, type TableDescription, UpdateTableCommand,
  type UpdateTableCommandInput, UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { creation } from './table-creation';
import type { LocalTable } from '../assembly/app';

/** A table has other keys or local indexes than in the app, which no table can change. */
export class FixedDifference extends Error {
  /** @param what such as `keys and local indexes` */
  constructor(readonly what: string) {
    super(`the folder of --data has it with other ${what}, which can't be changed. Name another folder, or remove this one`);
  }
}

/**
 * Gives a table that exists the indexes, the stream and the time to live that it has in the app now.
 *
 * @returns its description, and what was changed, in words that follow "now has"
 * @throws FixedDifference
 */
export async function changeKeptTable(
  client: DynamoDBClient, table: LocalTable, kept: TableDescription,
): Promise<{ readonly description: TableDescription; readonly changes: readonly string[] }> {
  const fixed = fixedDifferences(table, kept);
  if (fixed.length > 0) {
    throw new FixedDifference(fixed.join(' and '));
  }
  const update = async (change: Partial<UpdateTableCommandInput>) => {
    await client.send(new UpdateTableCommand({ TableName: table.name, AttributeDefinitions: [...table.attributeDefinitions], ...change }));
    await settled(client, table.name);
  };
  const changes = [...await changeIndexes(table, kept, update), ...await changeStream(table, kept, update), ...await changeTimeToLive(client, table)];
  return { description: await settled(client, table.name), changes };
}

type Update = (change: Partial<UpdateTableCommandInput>) => Promise<void>;

function fixedDifferences(table: LocalTable, kept: TableDescription): string[] {
  const wanted = creation(table);
  return [
    ...isDeepStrictEqual(keysOf(kept, kept), keysOf(wanted, wanted)) ? [] : ['keys'],
    ...isDeepStrictEqual(indexesOf(kept, 'LocalSecondaryIndexes'), indexesOf(wanted, 'LocalSecondaryIndexes')) ? [] : ['local indexes'],
  ];
}

async function changeIndexes(table: LocalTable, kept: TableDescription, update: Update): Promise<string[]> {
  const wanted = creation(table);
  const before = indexesOf(kept, 'GlobalSecondaryIndexes');
  const after = indexesOf(wanted, 'GlobalSecondaryIndexes');
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((name) => !isDeepStrictEqual(before.get(name), after.get(name)));
  // One at a time: no other way is allowed.
  const apply = (change: GlobalSecondaryIndexUpdate) => update({ GlobalSecondaryIndexUpdates: [change] });
  for (const IndexName of changed.filter((name) => before.has(name))) {
    await apply({ Delete: { IndexName } });
  }
  for (const index of wanted.GlobalSecondaryIndexes?.filter(({ IndexName }) => changed.includes(IndexName!)) ?? []) {
    await apply({ Create: index });
  }
  return changed.map((name) => after.has(name) ? before.has(name) ? `the index ${name} made anew` : `the index ${name}` : `no index ${name}`);
}

async function changeStream(
  { streamViewType: wanted }: LocalTable, { StreamSpecification: has }: TableDescription, update: Update,
): Promise<string[]> {
  if (has?.StreamViewType === wanted) {
    return [];
  }
  if (has?.StreamEnabled) {
    await update({ StreamSpecification: { StreamEnabled: false } });
  }
  if (wanted === undefined) {
    return ['no stream'];
  }
  await update({ StreamSpecification: { StreamEnabled: true, StreamViewType: wanted } });
  return [`a new stream with ${wanted}`];
}

async function changeTimeToLive(client: DynamoDBClient, { name: TableName, timeToLiveAttribute: wanted }: LocalTable): Promise<string[]> {
  const { TimeToLiveDescription: { AttributeName: has } = {} } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (has === wanted) {
    return [];
  }
  const set = (AttributeName: string, Enabled: boolean) =>
    client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled } }));
  if (has !== undefined) {
    await set(has, false);
  }
  if (wanted === undefined) {
    return ['no time to live'];
  }
  await set(wanted, true);
  return [`time to live by ${wanted}`];
}

/** The table once no index of it is being made or removed. */
async function settled(client: DynamoDBClient, TableName: string): Promise<TableDescription> {
  for (;;) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    if (Table!.TableStatus === 'ACTIVE' && (Table!.GlobalSecondaryIndexes ?? []).every(({ IndexStatus }) => IndexStatus === 'ACTIVE')) {
      return Table!;
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** A table's description, or what creates it. */
type Shape = Pick<TableDescription, 'KeySchema' | 'AttributeDefinitions' | 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'>;

/** The keys of a table or index, with their types. */
function keysOf({ AttributeDefinitions = [] }: Shape, { KeySchema = [] }: Pick<Shape, 'KeySchema'>) {
  return KeySchema.map(({ AttributeName, KeyType }) =>
    [AttributeName, KeyType, AttributeDefinitions.find((attribute) => attribute.AttributeName === AttributeName)?.AttributeType]);
}

/** What an index looks like, by its name. */
function indexesOf(table: Shape, which: 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'): Map<string, object> {
  const indexes = table[which] ?? [];
  return new Map(indexes.map(({ IndexName, KeySchema, Projection }) => [IndexName!, {
    keys: keysOf(table, { KeySchema }),
    projection: Projection?.ProjectionType,
    attributes: [...Projection?.NonKeyAttributes ?? []].sort(),
  }]));
}
