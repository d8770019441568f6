import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchWriteItemCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams';
import { fileOf, functionFrom } from './function';
import { clientOptions, startOurs } from './ours';
import { startPeer } from './peer';
import type { LocalRun } from '../../lib/local';
import { median } from '../median';

const TABLES = 4;
/** In each table. */
const RECORDS = 5000;
/** The peer waits 500 ms after each batch, so that its rate does not depend on how many records there are. */
const PEER_RECORDS = 500;
const ROUNDS = 3;
const BATCH = 100;

/** Holds the first record until the whole backlog is there, and writes down when it has seen the last one. */
const COUNTING = `
  const fs = require('node:fs');
  let left = Number(process.env.RECORDS);
  exports.handler = async ({ Records }) => {
    while (!fs.existsSync(process.env.GATE)) await new Promise((done) => setTimeout(done, 5));
    if ((left -= Records.length) <= 0) fs.writeFileSync(process.env.DONE, String(Date.now()));
  };`;

/** Prints how many records a second each runner gets through, with all tables at once, beside the bare SDK on the same streams. */
export async function rates(): Promise<void> {
  const measured: Record<'bare' | 'ours' | 'peer', number[]> = { bare: [], ours: [], peer: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const gate = fileOf(`gate${round}`);
    const ours = Array.from({ length: TABLES }, (_, table) => functionFrom(`rate${round}-${table}`, COUNTING, {
      batchSize: BATCH, timeout: 300, environment: { GATE: gate, DONE: fileOf(`ours${round}-${table}`), RECORDS: String(RECORDS) },
    }));
    const run = await startOurs(ours);
    const dynamodb = new DynamoDBClient(clientOptions(run.endpoints.dynamodb));
    await Promise.all(ours.map(({ tableName }) => fill(dynamodb, tableName, RECORDS)));
    measured.bare.push(await bareRate(run, ours.map(({ tableName }) => tableName)));
    measured.ours.push(await rateUntil(RECORDS, ours.map(({ environment }) => environment.DONE), () => appendFileSync(gate, '')));
    const theirs = ours.map((one, table) => ({ ...one, environment: { GATE: gate, DONE: fileOf(`peer${round}-${table}`), RECORDS: String(PEER_RECORDS) } }));
    const peer = await startPeer(theirs, { dynamodb: run.endpoints.dynamodb });
    measured.peer.push(await rateUntil(PEER_RECORDS, theirs.map(({ environment }) => environment.DONE), () => {}));
    await peer.end(true);
    await run.stop();
  }
  const bare = median(measured.bare);
  console.log(`\nRecords a second, ${TABLES} tables at once with ${RECORDS} records of 0.5 KB each, batches of ${BATCH}, medians of ${ROUNDS} rounds`);
  for (const [who, values] of Object.entries(measured)) {
    console.log(`${who.padEnd(5)} ${Math.round(median(values)).toString().padStart(7)}  ${(median(values) / bare).toFixed(2)} of the bare SDK`);
  }
}

/** Writes as many items of 0.5 KB, with the numbers from `first` as keys. */
export async function fill(dynamodb: DynamoDBClient, tableName: string, items: number, first = 0): Promise<void> {
  const blob = { S: 'x'.repeat(400) };
  let next = first;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < first + items) {
      const from = next;
      next += 25;
      const writes = Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: { pk: { S: `${from + n}` }, blob } } }));
      await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: writes } }));
    }
  }));
}

async function bareRate(run: LocalRun, tableNames: readonly string[]): Promise<number> {
  const options = clientOptions(run.endpoints.dynamodb);
  const tables = new DynamoDBClient(options);
  const client = new DynamoDBStreamsClient(options);
  const iterators = await Promise.all(tableNames.map(async (TableName) => {
    const { Table } = await tables.send(new DescribeTableCommand({ TableName }));
    const StreamArn = Table!.LatestStreamArn;
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }));
    const [{ ShardId }] = StreamDescription!.Shards!;
    return (await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }))).ShardIterator;
  }));
  const start = performance.now();
  await Promise.all(iterators.map(async (ShardIterator) => {
    for (let read = 0; read < RECORDS;) {
      const answer = await client.send(new GetRecordsCommand({ ShardIterator }));
      read += answer.Records!.length;
      ShardIterator = answer.NextShardIterator;
    }
  }));
  return TABLES * RECORDS / (performance.now() - start) * 1000;
}

/** @param records in each table */
async function rateUntil(records: number, done: readonly string[], open: () => void): Promise<number> {
  const start = Date.now();
  open();
  while (!done.every((file) => existsSync(file))) {
    await sleep(5);
  }
  await sleep(10);
  const end = Math.max(...done.map((file) => Number(readFileSync(file, 'utf8'))));
  return TABLES * records / (end - start) * 1000;
}
