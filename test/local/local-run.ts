import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { LocalRun } from '../../lib/local';

/** How a user's own program reaches what runs here. */
export const client = (endpoint: string, region = 'us-east-1') => ({
  endpoint, region, credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  // A server closes a kept connection when it was idle for some seconds, just when it may be used again on a busy machine.
  requestHandler: { httpAgent: { keepAlive: false } },
});
/** One client for each run. It does not retry: where DynamoDB Local has been killed, there is nothing to wait for. */
export function documents(run: LocalRun): DynamoDBDocumentClient {
  const known = clients.get(run) ?? DynamoDBDocumentClient.from(new DynamoDBClient({ ...client(run.endpoints.dynamodb), maxAttempts: 1 }));
  clients.set(run, known);
  return known;
}
const clients = new WeakMap<LocalRun, DynamoDBDocumentClient>();

export const tableName = (run: LocalRun, path: string) => run.tables.find((table) => table.path === path)!.name;

export const put = (run: LocalRun, path: string, item: object) =>
  documents(run).send(new PutCommand({ TableName: tableName(run, path), Item: { pk: 'a', sk: 'b', ...item } }));

export const itemsOf = async (run: LocalRun, path: string) =>
  (await documents(run).send(new ScanCommand({ TableName: tableName(run, path), ConsistentRead: true }))).Items!;

/** Items in one order, to compare those of two tables. */
export const inOrder = (items: Record<string, unknown>[]) => items.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort();

export const source = (table: dynamodb.ITable, props: Partial<ConstructorParameters<typeof DynamoEventSource>[1]> = {}) =>
  new DynamoEventSource(table, { startingPosition: lambda.StartingPosition.TRIM_HORIZON, ...props });

/** Prints each record as a line of JSON. */
export const PRINTING = 'exports.handler = async ({ Records }) => Records.forEach((record) => console.log(JSON.stringify(record)));';

/** Copies each record's new image to the table TARGET, and prints its sequence number. */
export const COPYING = `
  const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient({});
  exports.handler = async ({ Records }) => {
    for (const { dynamodb } of Records) {
      await client.send(new PutItemCommand({ TableName: process.env.TARGET, Item: dynamodb.NewImage }));
      console.log(dynamodb.SequenceNumber);
    }
  };`;
