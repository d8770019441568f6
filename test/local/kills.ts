import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { type App, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { COPYING, source } from './local-run';
import { BUNDLING, newApp } from '../app';

/**
 * npm run kills -- [--times 20]
 *
 * Kills the runner, DynamoDB Local or the function of a run with `--data` and `--watch` at a random point, while items are written and the app
 * changes. Nothing of the run may go on, and the run after the last one must have every item that was written, in the table and in its copy.
 */
const { values: { times } } = parseArgs({ options: { times: { type: 'string', default: '20' } } });
const COMMAND = resolve(__dirname, '..', '..', 'build', 'bin', 'dynamo-stream-trigger.js');
const VICTIMS = ['runner', 'DynamoDBLocal', 'runtime-client'] as const;
/** A run begins, writes and is killed within this time, in milliseconds. */
const LONGEST_LIFE = 4000;
/** How often the app changes, in milliseconds. Synthesis takes some of them, so that kills fall into every part of it. */
const CHANGE_INTERVAL = 700;

const folder = mkdtempSync(join(tmpdir(), 'kills-'));
/** The project that is watched. Its app is the one synthesized here, with the settings in a file. */
const project = join(folder, 'project');
mkdirSync(project);
writeFileSync(join(project, 'cdk.json'), '{ "app": "node app.js" }');
writeFileSync(join(project, 'app.js'), `
  const { cpSync, readFileSync, writeFileSync } = require('node:fs');
  const { CDK_OUTDIR } = process.env;
  cpSync(${JSON.stringify(synthesized(join(folder, 'prepared')))}, CDK_OUTDIR, { recursive: true });
  const { batchSize, version } = JSON.parse(readFileSync('settings.json', 'utf8'));
  const file = CDK_OUTDIR + '/Shop.template.json';
  const template = readFileSync(file, 'utf8').replace('"BatchSize": 10', '"BatchSize": ' + batchSize).replace('"VERSION": "0"', '"VERSION": "' + version + '"');
  writeFileSync(file, template);`);
/** Gives the function new processes, and its mapping another batch size. */
const change = (version: number) => writeFileSync(join(project, 'settings.json'), JSON.stringify({ version, batchSize: 5 + version % 10 }));
const written: string[] = [];
let changes = 0;
let takenOver = 0;

function synthesized(outdir: string): string {
  const stack = new Stack(newApp({ outdir, context: BUNDLING }), 'Shop');
  const table = (tableName: string, stream?: dynamodb.StreamViewType) => new dynamodb.Table(stack, tableName, {
    tableName,
    stream,
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
  });
  const projection = table('projection');
  const onOrder = new lambda.Function(stack, 'OnOrder', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline(COPYING), environment: { TARGET: projection.tableName, VERSION: '0' },
  });
  onOrder.addEventSource(source(table('orders', dynamodb.StreamViewType.NEW_AND_OLD_IMAGES), { batchSize: 10 }));
  return (stack.node.root as App).synth().directory;
}

function start() {
  change(changes++);
  const child = spawn(process.execPath, [COMMAND, 'local', '--watch', '--data', join(folder, 'data'), '--json'], {
    cwd: project, env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const ready = new Promise<any>((done) => createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line);
    if (event.type === 'ready') {
      done(event);
    } else if (event.type === 'takenOver') {
      takenOver++;
    }
  }));
  return { child, ended, ready };
}

const clientOf = (endpoint: string, maxAttempts = 1) =>
  new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' }, maxAttempts });

/** The processes that carry the mark of a run of this script. */
const ofThese = (pattern: string) => spawnSync('pgrep', ['-f', pattern], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map(Number);

async function killOnce(round: number): Promise<void> {
  const victim = VICTIMS[round % VICTIMS.length];
  const { child, ended, ready } = start();
  const { endpoints } = await ready;
  const client = clientOf(endpoints.dynamodb);
  const [run] = readdirSync(runs()).filter((name) => name.startsWith('run-'));
  const mark = `dynamo-stream-trigger-${run.replace('-', '=')}`;
  let isWriting = true;
  const writing = (async () => {
    for (let n = 0; isWriting; n++) {
      const pk = `${round}-${n}`;
      await client.send(new PutItemCommand({ TableName: 'orders', Item: { pk: { S: pk }, sk: { S: 'b' } } })).then(() => written.push(pk), () => setTimeout(5));
    }
  })();
  const at = Math.round(Math.random() * LONGEST_LIFE);
  const changing = setInterval(() => change(changes++), CHANGE_INTERVAL);
  await setTimeout(at);
  clearInterval(changing);
  const pids = victim === 'runner' ? [child.pid!] : ofThese(`${victim}.*${mark}|${mark}.*${victim}`);
  pids.forEach((pid) => process.kill(pid, 'SIGKILL'));
  if (victim === 'runtime-client') {
    // The run goes on with a new process.
    await setTimeout(500);
    child.kill('SIGKILL');
  }
  await ended;
  isWriting = false;
  await writing;
  client.destroy();
  const from = Date.now();
  while (readdirSync(runs()).length > 0 || ofThese(mark).length > 0) {
    assert(Date.now() - from < 60_000, `Of the run ${mark} are left: ${[...readdirSync(runs()), ...ofThese(mark)].join(', ')}`);
    await setTimeout(50);
  }
  console.log(`${round + 1}. ${victim} killed after ${at} ms: nothing left ${Date.now() - from} ms later, ${written.length} items written, ${takenOver} versions taken over`);
}

const runs = () => join(folder, readdirSync(folder).find((name) => name.startsWith('dynamo-stream-trigger-'))!);

async function keysOf(client: DynamoDBClient, TableName: string): Promise<string[]> {
  const keys: string[] = [];
  for (let ExclusiveStartKey: any; ;) {
    const page = await client.send(new ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey, ProjectionExpression: 'pk' }));
    keys.push(...page.Items!.map(({ pk }) => pk.S!));
    ExclusiveStartKey = page.LastEvaluatedKey;
    if (ExclusiveStartKey === undefined) {
      return keys.sort();
    }
  }
}

async function main(): Promise<void> {
  for (let round = 0; round < Number(times); round++) {
    await killOnce(round);
  }
  const { child, ended, ready } = start();
  const client = clientOf((await ready).endpoints.dynamodb, 10);
  const orders = await keysOf(client, 'orders');
  const missing = written.filter((pk) => !orders.includes(pk));
  assert.deepEqual(missing, [], 'written, and not in the table');
  for (const from = Date.now(); (await keysOf(client, 'projection')).length < orders.length;) {
    assert(Date.now() - from < 120_000, 'The copy lacks items.');
    await setTimeout(200);
  }
  assert.deepEqual(await keysOf(client, 'projection'), orders);
  console.log(`${orders.length} items in the table and in its copy, ${written.length} acknowledged: nothing lost.`);
  child.kill('SIGINT');
  await ended;
  rmSync(folder, { recursive: true });
}

void main();
