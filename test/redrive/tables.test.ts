import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clients } from '../../lib/redrive/aws';
import { dynamodbTables } from '../../lib/redrive/aws/tables';
import { readItems } from '../../lib/redrive/superseded';
import type { AttributeMap, StreamRecord } from '../../lib/stream/record';
import { streamRecord } from '../../lib/testing';

const TABLE = 'arn:aws:dynamodb:eu-west-1:210987654321:table/Orders';

/** The requests that DynamoDB got, and the Regions of their clients. */
let requests: any[];
let regions: (string | undefined)[];
let waits: number[];
beforeEach(() => {
  [requests, regions, waits] = [[], [], []];
});

/** Tables whose DynamoDB gives these answers to the requests for these keys. */
function tablesOf(answer: (keys: AttributeMap[], nth: number) => object | Error) {
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: { body: Uint8Array }) => {
        const { RequestItems } = JSON.parse(new TextDecoder().decode(request.body));
        requests.push(RequestItems);
        const answered = answer(RequestItems[TABLE].Keys, requests.length);
        const content = answered instanceof Error ? { __type: answered.name, message: answered.message } : answered;
        const body = Readable.from([Buffer.from(JSON.stringify(content))]);
        return { response: { statusCode: answered instanceof Error ? 400 : 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body } };
      },
    } as any,
  });
  const clients = {
    dynamodb: (region?: string) => {
      regions.push(region);
      return client;
    },
  } as Clients;
  return dynamodbTables(clients, { now: () => 0, wait: async (ms) => waits.push(ms), random: () => 0.5, every: () => () => {} });
}

const key = (n: number) => ({ id: { S: `item-${n}` } });
const item = (n: number) => ({ ...key(n), value: { N: '1.50' } });
const refusal = (name: string) => Object.assign(new Error('no'), { name });

test('a table is named by its ARN: one of that name in another account is another one', async () => {
  // The answer may name it in either way.
  for (const name of ['Orders', TABLE]) {
    const tables = tablesOf((keys) => ({ Responses: { [name]: keys.map((_, n) => item(n)) }, UnprocessedKeys: {} }));
    expect(await tables.read(TABLE, [key(0), key(1)])).toEqual([item(0), item(1)]);
  }
  expect(requests[0]).toEqual({ [TABLE]: { Keys: [key(0), key(1)], ConsistentRead: true } });
  expect(new Set(regions)).toEqual(new Set(['eu-west-1']));
});

test('keys that were not processed are asked for again, with pauses that grow', async () => {
  const tables = tablesOf((keys) => ({
    Responses: { Orders: keys.slice(0, 1).filter(({ id }) => id.S !== 'item-1').map(({ id }) => item(Number(id.S!.slice(5)))) },
    UnprocessedKeys: keys.length > 1 ? { [TABLE]: { Keys: keys.slice(1), ConsistentRead: true } } : {},
  }));
  expect(await tables.read(TABLE, [0, 1, 2].map(key))).toEqual([item(0), undefined, item(2)]);
  expect(requests.map((request) => request[TABLE].Keys.length)).toEqual([3, 2, 1]);
  expect(requests.every((request) => request[TABLE].ConsistentRead)).toBe(true);
  expect(waits).toEqual([50, 100]);
});

test('as long as each answer brings something, the others are asked for', async () => {
  const tables = tablesOf((keys) => ({
    Responses: { Orders: keys.slice(0, 1).map(({ id }) => item(Number(id.S!.slice(5)))) },
    UnprocessedKeys: keys.length > 1 ? { Orders: { Keys: keys.slice(1) } } : {},
  }));
  const keys = Array.from({ length: 30 }, (_, n) => key(n));
  expect(await tables.read(TABLE, keys)).toEqual(keys.map((_, n) => item(n)));
  expect(Math.max(...waits)).toBe(50 * 2 ** 7);
});

test('what is never processed can\'t be read', async () => {
  const tables = tablesOf((keys) => ({ Responses: {}, UnprocessedKeys: { Orders: { Keys: keys } } }));
  await expect(tables.read(TABLE, [key(1)])).rejects.toThrow(`DynamoDB did not read 1 of 1 items of ${TABLE}, 8 times in a row`);
});

test('bytes in keys go as base64, and come back as the stream spells them', async () => {
  const bytes = { id: { B: 'AP8=' } };
  const tables = tablesOf((keys) => ({ Responses: { Orders: keys } }));
  expect(await tables.read(TABLE, [bytes])).toEqual([bytes]);
});

test('a key that is none of the table keeps no others from being judged', async () => {
  const tables = tablesOf((keys) => keys.some(({ id }) => id === undefined) ? refusal('ValidationException')
    : { Responses: { Orders: keys.map(({ id }) => item(Number(id.S!.slice(5)))) } });
  const records = Array.from({ length: 100 }, (_, n) => streamRecord({ keys: { id: `item-${n}` } }) as StreamRecord);
  records[37].dynamodb!.Keys = { other: { S: 'a' } };
  const seen = await readItems(tables, TABLE, records);
  expect(seen.map((one) => 'problem' in one)).toEqual(records.map((_, n) => n === 37));
  expect(requests.length).toBeLessThan(20);
});

test('a table that may not be read is asked once', async () => {
  const tables = tablesOf(() => refusal('AccessDeniedException'));
  const seen = await readItems(tables, TABLE, [1, 2].map((n) => streamRecord({ keys: { id: `item-${n}` } }) as StreamRecord));
  expect([seen, requests.length]).toEqual([Array(2).fill({ problem: expect.stringContaining('can\'t be read') }), 1]);
});
