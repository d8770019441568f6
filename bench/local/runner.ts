import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { functionFrom, type BenchFunction } from './function';
import { clientOptions, startOurs, synthOurs } from './ours';
import { fill } from './rates';
import { median } from '../median';

const PROGRAM = join(__dirname, '..', '..', 'build', 'bin', 'dynamo-stream-trigger.js');
const STARTS = 5;
const TABLES = 4;
const WRITES = 100_000;
const PORTIONS = 10;

/** Prints how long the command takes until it is ready, and what the runner holds in memory while records come and go. */
export async function runner(): Promise<void> {
  const functions = (name: string) => Array.from({ length: TABLES }, (_, table) =>
    functionFrom(`${name}${table}`, 'exports.handler = async () => {};', { batchSize: 1000 }));
  await starts(synthOurs(functions('ready')));
  await memory(functions('memory'));
}

async function starts(assembly: string): Promise<void> {
  const seconds: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const begin = performance.now();
    const child = await startCommand(assembly);
    seconds.push((performance.now() - begin) / 1000);
    child.kill();
    await new Promise((resolve) => child.once('exit', resolve));
  }
  console.log(`\nSeconds from the command to Ready with ${TABLES} tables, median of ${STARTS}: ${median(seconds).toFixed(1)}`);
}

async function startCommand(assembly: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, 'local', '--app', assembly, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout!)) {
    if (JSON.parse(line).type === 'ready') {
      return child;
    }
  }
  throw new Error('The command ended before it was ready.');
}

async function memory(functions: readonly BenchFunction[]): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const run = await startOurs(functions);
  const client = new DynamoDBClient(clientOptions(run.endpoints.dynamodb));
  const held: string[] = [];
  for (let portion = 0; portion < PORTIONS; portion++) {
    const items = WRITES / PORTIONS / TABLES;
    await Promise.all(functions.map(({ tableName }) => fill(client, tableName, items, portion * items)));
    await run.drained();
    collect();
    held.push((process.memoryUsage().heapUsed / 1e6).toFixed(1));
  }
  console.log(`\nHeap in MB after each ${WRITES / PORTIONS} of ${WRITES} writes of 0.5 KB to ${TABLES} tables, collected: ${held.join(' ')}`);
  await run.stop();
}
