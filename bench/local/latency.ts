import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { fileOf, functionFrom, linesOf } from './function';
import { clientOptions, startOurs } from './ours';
import { startPeer } from './peer';
import { median } from '../median';

const NOTING = 'exports.handler = async ({ Records }) => require("node:fs").appendFileSync(process.env.SEEN, Date.now() + "\\n");';

/** Prints the time from a write to the start of the invocation that gets its record, in milliseconds. */
export async function latency(): Promise<void> {
  const ours = functionFrom('latency', NOTING, { environment: { SEEN: fileOf('latency-ours') } });
  const peer = { ...ours, environment: { SEEN: fileOf('latency-peer') } };
  const run = await startOurs([ours]);
  const plugin = await startPeer([peer], { dynamodb: run.endpoints.dynamodb });
  const dynamodb = new DynamoDBClient(clientOptions(run.endpoints.dynamodb));
  const delays: Record<'ours' | 'peer', number[]> = { ours: [], peer: [] };
  for (let write = 1; write <= 40; write++) {
    await sleep(Math.random() * 500);
    const start = Date.now();
    await dynamodb.send(new PutItemCommand({ TableName: ours.tableName, Item: { pk: { S: `${write}` } } }));
    for (const [who, { environment: { SEEN } }] of [['ours', ours], ['peer', peer]] as const) {
      while (linesOf(SEEN).length < write) {
        await sleep(5);
      }
      delays[who].push(linesOf(SEEN)[write - 1] - start);
    }
  }
  await plugin.end(true);
  await run.stop();
  console.log(`\nMilliseconds from a write to its invocation, median of 40: ours ${median(delays.ours)}, peer ${median(delays.peer)}`);
}
