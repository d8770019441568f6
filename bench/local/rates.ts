import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchWriteItemCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams';
import { fileOf, functionFrom } from './function';
import { clientOptions, startOurs } from './ours';
import { startPeer } from './peer';
import type { LocalRun } from '../../lib/local';

const RECORDS = 20_000;
/** The peer waits 500 ms after each batch, so that its rate does not depend on how many records there are. */
const PEER_RECORDS = 2000;
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

/** Prints how many records a second each runner gets through, beside the bare SDK on the same stream. */
export async function rates(): Promise<void> {
  const measured: Record<'bare' | 'ours' | 'peer', number[]> = { bare: [], ours: [], peer: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const ours = functionFrom(`rate${round}`, COUNTING, {
      batchSize: BATCH, timeout: 300, environment: { GATE: fileOf(`gate${round}`), DONE: fileOf(`ours${round}`), RECORDS: String(RECORDS) },
    });
    const run = await startOurs([ours]);
    const dynamodb = new DynamoDBClient(clientOptions(run.endpoints.dynamodb));
    await fill(dynamodb, ours.tableName);
    measured.bare.push(await bareRate(run, ours.tableName));
    measured.ours.push(await rateUntil(RECORDS, ours.environment.DONE, () => appendFileSync(ours.environment.GATE, '')));
    const theirs = { ...ours, environment: { ...ours.environment, DONE: fileOf(`peer${round}`), RECORDS: String(PEER_RECORDS) } };
    const peer = await startPeer([theirs], { dynamodb: run.endpoints.dynamodb });
    measured.peer.push(await rateUntil(PEER_RECORDS, theirs.environment.DONE, () => {}));
    await peer.end(true);
    await run.stop();
  }
  const bare = median(measured.bare);
  console.log(`\nRecords a second, backlog of ${RECORDS} records of 0.5 KB, batches of ${BATCH}, medians of ${ROUNDS} rounds`);
  for (const [who, values] of Object.entries(measured)) {
    console.log(`${who.padEnd(5)} ${Math.round(median(values)).toString().padStart(7)}  ${(median(values) / bare).toFixed(2)} of the bare SDK`);
  }
}

async function fill(dynamodb: DynamoDBClient, tableName: string): Promise<void> {
  const blob = { S: 'x'.repeat(400) };
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < RECORDS) {
      const from = next;
      next += 25;
      const writes = Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: { pk: { S: `${from + n}` }, blob } } }));
      await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: writes } }));
    }
  }));
}

async function bareRate(run: LocalRun, TableName: string): Promise<number> {
  const options = clientOptions(run.endpoints.dynamodb);
  const { Table } = await new DynamoDBClient(options).send(new DescribeTableCommand({ TableName }));
  const StreamArn = Table!.LatestStreamArn;
  const client = new DynamoDBStreamsClient(options);
  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }));
  const [{ ShardId }] = StreamDescription!.Shards!;
  let { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
  const start = performance.now();
  for (let read = 0; read < RECORDS;) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator }));
    read += answer.Records!.length;
    ShardIterator = answer.NextShardIterator;
  }
  return RECORDS / (performance.now() - start) * 1000;
}

async function rateUntil(records: number, done: string, open: () => void): Promise<number> {
  const start = Date.now();
  open();
  while (!existsSync(done)) {
    await sleep(5);
  }
  await sleep(10);
  return records / (Number(readFileSync(done, 'utf8')) - start) * 1000;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
