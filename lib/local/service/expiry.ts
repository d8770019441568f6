import {
  type AttributeValue, ConditionalCheckFailedException, DeleteItemCommand, DescribeTableCommand, DescribeTimeToLiveCommand,
  type DynamoDBClient, paginateScan, type ScanCommandInput, type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { Removal, Removals } from './removals';
import type { AttributeMap } from '../../stream/record';

/** Milliseconds between two sweeps. A sweep that takes long is followed by a longer pause, so that it takes little of the machine. */
const PAUSE = 3000;
const PAUSE_FOR_WORK = 20;

/** DynamoDB leaves an item whose time is this far in the past, in seconds. Source: DynamoDB's guide on time to live: 5 years. */
const TOO_OLD = 5 * 365 * 24 * 60 * 60;

/**
 * Removes the expired items that DynamoDB Local leaves: those that lack the key of one of their table's indexes.
 *
 * @returns a function that ends it
 */
export function startExpiry(client: DynamoDBClient, tableNames: () => readonly string[], removals: Removals): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const rest = (worked: number) => {
    if (!isStopped) {
      timer = setTimeout(() => void sweep(), PAUSE + worked * PAUSE_FOR_WORK).unref();
    }
  };
  const sweep = async () => {
    const began = Date.now();
    for (const tableName of isStopped ? [] : tableNames()) {
      // It was deleted, or the database has ended. The next sweep looks again.
      await sweepTable(client, tableName, removals).catch(() => {});
    }
    rest(Date.now() - began);
  };
  rest(0);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

async function sweepTable(client: DynamoDBClient, TableName: string, removals: Removals): Promise<void> {
  const { TimeToLiveDescription: { AttributeName: attribute } = {} } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (attribute === undefined) {
    return;
  }
  const { Table: table = {} } = await client.send(new DescribeTableCommand({ TableName }));
  const keys = keysOf([table]);
  const indexKeys = keysOf([...table.GlobalSecondaryIndexes ?? [], ...table.LocalSecondaryIndexes ?? []]);
  if (indexKeys.length === 0) {
    return;
  }
  for await (const { Items = [] } of paginateScan({ client }, expiredItems(TableName, attribute, keys, indexKeys))) {
    const at = Math.floor(Date.now() / 1000);
    const expired = Items.map((item): Removal =>
      ({ tableName: TableName, keys: onTheWire(keys, item), attribute, expired: item[attribute].N!, at }));
    const items = new Map(expired.map((removal, index) => [removal, Items[index]]));
    await removals.perform(expired, (removal) => remove(client, removal, Object.fromEntries(keys.map((name) => [name, items.get(removal)![name]]))));
  }
}

/** False if the item has changed meanwhile. */
async function remove(client: DynamoDBClient, { tableName, attribute, expired }: Removal, Key: Record<string, AttributeValue>): Promise<boolean> {
  try {
    await client.send(new DeleteItemCommand({
      TableName: tableName,
      Key,
      ConditionExpression: '#ttl = :expired',
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':expired': { N: expired } },
    }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return false;
    }
    throw error;
  }
}

/** Those that lack the key of an index. */
function expiredItems(TableName: string, attribute: string, keys: string[], indexKeys: string[]): ScanCommandInput {
  const now = Math.floor(Date.now() / 1000);
  const names = [...new Set([attribute, ...keys, ...indexKeys])];
  const nameOf = (name: string) => `#n${names.indexOf(name)}`;
  return {
    TableName,
    ConsistentRead: true,
    ProjectionExpression: [...new Set([attribute, ...keys])].map(nameOf).join(', '),
    FilterExpression: `#n0 BETWEEN :oldest AND :now AND (${indexKeys.map((name) => `attribute_not_exists(${nameOf(name)})`).join(' OR ')})`,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [nameOf(name), name])),
    ExpressionAttributeValues: { ':oldest': { N: String(now - TOO_OLD) }, ':now': { N: String(now) } },
  };
}

function keysOf(schemas: readonly Pick<TableDescription, 'KeySchema'>[]): string[] {
  return [...new Set(schemas.flatMap(({ KeySchema = [] }) => KeySchema.map(({ AttributeName }) => AttributeName!)))];
}

/** The key of an item as a record has it. */
function onTheWire(keys: readonly string[], item: Record<string, AttributeValue>): AttributeMap {
  return Object.fromEntries(keys.map((name) => {
    const value = item[name];
    return [name, value.B ? { B: Buffer.from(value.B).toString('base64') } : value as AttributeMap[string]];
  }));
}
