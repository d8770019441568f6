import { tmpdir } from 'node:os';
import { BatchWriteItemCommand, CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { recordChildren } from '../../lib/local/process/children';
import { clientOptions } from '../../lib/local/service/credentials';
import { startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import { type RangeReader, streamReader } from '../../lib/reader/stream-reader';
import { type Ports, REAL_CLOCK, redrive, REDRIVE_DEFAULTS, spoolFile } from '../../lib/redrive';
import type { StreamRecord } from '../../lib/stream/record';
import type { Position } from '../../lib/stream/shard';

/** How failed batches lie in a shard: where each begins, and how many records it has. */
interface Layout {
  readonly name: string;
  readonly batches: (records: number) => readonly (readonly [from: number, size: number])[];
}

const LAYOUTS: readonly Layout[] = [
  { name: '100 records each, all', batches: (records) => every(100, records).map((from) => [from, 100]) },
  { name: '100 records each, every other', batches: (records) => every(200, records).map((from) => [from, 100]) },
  { name: '1 record each, 2,000 side by side', batches: (records) => every(1, Math.min(2000, records)).map((from) => [from, 1]) },
  { name: '1 record each, 300 over the whole shard', batches: (records) => every(Math.floor(records / 300), records).map((from) => [from, 1]) },
  { name: '1 record each, 8 over the whole shard', batches: (records) => every(Math.floor(records / 8), records).map((from) => [from, 1]) },
];

const ROUNDS = 3;

/** Reads failed batches out of a shard of DynamoDB Local, beside the bare reader in the same run. */
export async function rates(records: number): Promise<void> {
  const children = recordChildren();
  const { endpoint } = await startDynamoDbLocal(children, process.cwd());
  try {
    const streamArn = await tableWith(records, endpoint);
    const client = new DynamoDBStreamsClient(clientOptions(endpoint));
    const [{ shardId }] = await streamReader(client, streamArn).shards();
    const all = await readBare(streamReader(client, streamArn), shardId);
    console.log(`${all.length} records of ${Buffer.byteLength(JSON.stringify(all[0]))} bytes; best of ${ROUNDS} rounds`);
    const bare = await best(async () => {
      const begun = performance.now();
      return [(await readBare(streamReader(client, streamArn), shardId)).length, performance.now() - begun];
    });
    console.log(`${'bare reader'.padEnd(42)} ${bare.toFixed(0).padStart(6)}/s`);
    for (const { name, batches } of LAYOUTS) {
      const wanted = batches(all.length);
      let calls = 0;
      const rate = await best(async () => {
        calls = 0;
        return readBatches(counting(client, () => calls++), streamArn, wanted.map(([from, size]) => message(all, from, size, shardId, streamArn)));
      });
      const perBatch = (calls / wanted.length).toFixed(2);
      console.log(`${name.padEnd(42)} ${rate.toFixed(0).padStart(6)}/s  ${(rate / bare).toFixed(2)} of bare  ${calls} calls, ${perBatch} a message`);
    }
  } finally {
    children.killAll();
  }
}

/** Everything that a redrive does before it sends. Answers how many records it found, and after how many milliseconds. */
async function readBatches(client: DynamoDBStreamsClient, streamArn: string, messages: readonly object[]): Promise<[number, number]> {
  const spool = spoolFile(tmpdir());
  const begun = performance.now();
  let found: [number, number] = [0, 0];
  const ports: Ports = {
    spool,
    clock: REAL_CLOCK,
    source: {
      name: 'bench',
      collect: async ({ take }) => {
        messages.forEach((one, id) => take({ id: `${id}`, handle: `${id}`, text: JSON.stringify(one) }));
        return { left: 0 };
      },
      keep: async () => {},
      remove: async () => {},
      giveBack: async () => {},
    },
    buckets: { read: async () => undefined, remove: async () => {} },
    streams: () => streamReader(client, streamArn),
    tables: { read: async (_, keys) => keys.map(() => undefined) },
    functions: { describe: async () => ({ timeout: 0 }), mappings: async () => [], invoke: async () => ({ type: 'answer', response: null }) },
  };
  await redrive(ports, { ...REDRIVE_DEFAULTS, dryRun: true }, new AbortController().signal, {
    found: ({ sendable }) => {
      found = [sendable, performance.now() - begun];
      return true;
    },
  });
  spool.close();
  return found;
}

async function readBare(reader: RangeReader, shardId: string): Promise<StreamRecord[]> {
  const all: StreamRecord[] = [];
  for (let from: Position = { type: 'TRIM_HORIZON' }; ;) {
    const { records } = await reader.read(shardId, from);
    if (records.length === 0) {
      return all;
    }
    all.push(...records);
    from = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: records.at(-1)!.dynamodb!.SequenceNumber! };
  }
}

/** Records a second, in the best round. */
async function best(read: () => Promise<[number, number]>): Promise<number> {
  let highest = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const [records, time] = await read();
    highest = Math.max(highest, records / time * 1000);
  }
  return highest;
}

/** Each call of the client, DescribeStream excepted. */
function counting(client: DynamoDBStreamsClient, count: () => void): DynamoDBStreamsClient {
  return {
    send: (command: { constructor: { name: string } }) => {
      if (command.constructor.name !== 'DescribeStreamCommand') {
        count();
      }
      return client.send(command as any);
    },
  } as unknown as DynamoDBStreamsClient;
}

function message(all: readonly StreamRecord[], from: number, size: number, shardId: string, streamArn: string): object {
  const numberAt = (at: number) => all[Math.min(at, all.length - 1)].dynamodb!.SequenceNumber;
  const now = new Date().toISOString();
  return {
    requestContext: { functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:bench', condition: 'RetryAttemptsExhausted' },
    DDBStreamBatchInfo: {
      shardId, streamArn, startSequenceNumber: numberAt(from), endSequenceNumber: numberAt(from + size - 1), batchSize: size,
      approximateArrivalOfFirstRecord: now, approximateArrivalOfLastRecord: now,
    },
  };
}

function every(step: number, records: number): number[] {
  return Array.from({ length: Math.floor(records / step) }, (_, n) => n * step);
}

async function tableWith(records: number, endpoint: string): Promise<string> {
  const client = new DynamoDBClient(clientOptions(endpoint));
  const { TableDescription } = await client.send(new CreateTableCommand({
    TableName: 'Bench',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  }));
  for (let from = 0; from < records; from += 25) {
    const Bench = Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: { id: { S: `item-${from + n}` }, text: { S: 'x'.repeat(250) } } } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { Bench } }));
  }
  client.destroy();
  return TableDescription!.LatestStreamArn!;
}
