import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { checks } from './checks.mjs';
import { startPeer } from './peer.mjs';

/**
 * Two questions, each to both runners in one run: how fast do records get through, beside the bare SDK on the same stream, and
 * which of a mapping's behaviours hold. Needs the project compiled, and its own `npm install`.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const project = createRequire(join(root, 'package.json'));
process.env.CDK_VALIDATION = 'false';
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const { App, Duration, Stack } = project('aws-cdk-lib');
const { AttributeType, StreamViewType, Table } = project('aws-cdk-lib/aws-dynamodb');
const { Code, FilterCriteria, Function, Runtime, StartingPosition } = project('aws-cdk-lib/aws-lambda');
const { DynamoEventSource, SqsDlq } = project('aws-cdk-lib/aws-lambda-event-sources');
const { Queue } = project('aws-cdk-lib/aws-sqs');
const { BatchWriteItemCommand, DescribeTableCommand, DynamoDBClient, PutItemCommand } = project('@aws-sdk/client-dynamodb');
const { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } = project('@aws-sdk/client-dynamodb-streams');
const { ReceiveMessageCommand, SQSClient } = project('@aws-sdk/client-sqs');
const { startLocal } = project('./build/local');

// The peer reads on after its end, and nobody listens to the errors it gets then.
process.on('uncaughtException', (error) => {
  if (error.code !== 'ECONNREFUSED') {
    throw error;
  }
});

const RECORDS = 20_000;
/** It waits 500 ms after each batch, so that its rate does not depend on how many there are. */
const PEER_RECORDS = 2000;
const ROUNDS = 3;
const BATCH = 100;

const folder = mkdtempSync(join(tmpdir(), 'bench-local-'));
const fileOf = (name) => join(folder, name);
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const linesOf = (file) => existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];

/** Ours, with a function and a table for each of these. */
async function startOurs(functions) {
  const app = new App({ outdir: fileOf(`cdk.out-${functions[0].name}`), analyticsReporting: false });
  const stack = new Stack(app, 'Bench');
  for (const one of functions) {
    const table = new Table(stack, `${one.name}Table`, {
      tableName: one.tableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expires',
    });
    const handler = new Function(stack, one.name, {
      functionName: one.name,
      runtime: Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: Code.fromAsset(one.folder),
      timeout: Duration.seconds(one.timeout),
      environment: one.environment,
    });
    handler.addEventSource(new DynamoEventSource(table, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: one.batchSize,
      retryAttempts: one.retryAttempts,
      parallelizationFactor: one.parallelizationFactor,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      onFailure: new SqsDlq(new Queue(stack, `${one.name}Queue`, { queueName: one.name })),
      filters: one.filter && [FilterCriteria.filter(one.filter)],
    }));
    // The peer's failures go to a queue of their own.
    new Queue(stack, `${one.name}PeerQueue`, { queueName: `${one.name}-peer` });
  }
  return startLocal({ assembly: app.synth().directory });
}

function functionFrom(name, handler, { batchSize = BATCH, timeout = 30, ...others } = {}) {
  const code = fileOf(`code-${name}`);
  mkdirSync(code);
  writeFileSync(join(code, 'index.js'), handler);
  return { name, tableName: name, folder: code, retryAttempts: 2, batchSize, timeout, ...others };
}

const clientOptions = (endpoint) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });

/** The function holds the first record until the whole backlog is there, and prints when it has seen the last. */
async function throughput() {
  const counting = `
    const fs = require('node:fs');
    let left = Number(process.env.RECORDS);
    exports.handler = async ({ Records }) => {
      while (!fs.existsSync(process.env.GATE)) await new Promise((done) => setTimeout(done, 5));
      if ((left -= Records.length) <= 0) fs.writeFileSync(process.env.DONE, String(Date.now()));
    };`;
  const rates = { bare: [], ours: [], peer: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const ours = functionFrom(`rate${round}`, counting, {
      timeout: 300, environment: { GATE: fileOf(`gate${round}`), DONE: fileOf(`ours${round}`), RECORDS: String(RECORDS) },
    });
    const run = await startOurs([ours]);
    const dynamodb = new DynamoDBClient(clientOptions(run.endpoints.dynamodb));
    await fill(dynamodb, ours.tableName);
    rates.bare.push(await bareRate(run, ours.tableName));
    rates.ours.push(await rateUntil(RECORDS, ours.environment.DONE, () => appendFileSync(ours.environment.GATE, '')));
    const peer = await startPeer({
      folder, dynamodb: run.endpoints.dynamodb, sqs: undefined,
      functions: [{ ...ours, environment: { ...ours.environment, DONE: fileOf(`peer${round}`), RECORDS: String(PEER_RECORDS) } }],
    });
    rates.peer.push(await rateUntil(PEER_RECORDS, fileOf(`peer${round}`), () => {}));
    await peer.end(true);
    await run.stop();
  }
  const bare = median(rates.bare);
  console.log(`\nRecords a second, backlog of ${RECORDS} records of 0.5 KB, batches of ${BATCH}, medians of ${ROUNDS} rounds`);
  for (const [who, values] of Object.entries(rates)) {
    console.log(`${who.padEnd(5)} ${Math.round(median(values)).toString().padStart(7)}  ${(median(values) / bare).toFixed(2)} of the bare SDK`);
  }
}

async function fill(dynamodb, tableName) {
  const blob = { S: 'x'.repeat(400) };
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < RECORDS) {
      const from = next;
      next += 25;
      const RequestItems = { [tableName]: Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: { pk: { S: `${from + n}` }, blob } } })) };
      await dynamodb.send(new BatchWriteItemCommand({ RequestItems }));
    }
  }));
}

async function bareRate(run, TableName) {
  const { Table: { LatestStreamArn: StreamArn } } = await new DynamoDBClient(clientOptions(run.endpoints.dynamodb)).send(new DescribeTableCommand({ TableName }));
  const client = new DynamoDBStreamsClient(clientOptions(run.endpoints.dynamodb));
  const { StreamDescription: { Shards: [{ ShardId }] } } = await client.send(new DescribeStreamCommand({ StreamArn }));
  let { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
  const start = performance.now();
  for (let read = 0; read < RECORDS;) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator }));
    read += answer.Records.length;
    ShardIterator = answer.NextShardIterator;
  }
  return RECORDS / (performance.now() - start) * 1000;
}

async function rateUntil(records, done, open) {
  const start = Date.now();
  open();
  while (!existsSync(done)) {
    await sleep(5);
  }
  await sleep(10);
  return records / (Number(readFileSync(done, 'utf8')) - start) * 1000;
}

/** From a write to the start of the invocation that gets its record, in milliseconds. */
async function latency() {
  const noting = 'exports.handler = async ({ Records }) => require("node:fs").appendFileSync(process.env.SEEN, Date.now() + "\\n");';
  const ours = functionFrom('latency', noting, { environment: { SEEN: fileOf('latency-ours') } });
  const peer = { ...ours, environment: { SEEN: fileOf('latency-peer') } };
  const run = await startOurs([ours]);
  const plugin = await startPeer({ folder, dynamodb: run.endpoints.dynamodb, functions: [peer] });
  const dynamodb = new DynamoDBClient(clientOptions(run.endpoints.dynamodb));
  const delays = { ours: [], peer: [] };
  for (let write = 1; write <= 40; write++) {
    await sleep(Math.random() * 500);
    const start = Date.now();
    await dynamodb.send(new PutItemCommand({ TableName: ours.tableName, Item: { pk: { S: `${write}` } } }));
    for (const [who, { environment: { SEEN } }] of Object.entries({ ours, peer })) {
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

async function behaviours() {
  const ours = checks.map(({ handler, ...check }, index) => functionFrom(`check${index}`, handler, {
    timeout: 10, ...check, environment: { SEEN: fileOf(`seen-ours-${index}`) },
  }));
  const run = await startOurs(ours);
  const dynamodb = new DynamoDBClient(clientOptions(run.endpoints.dynamodb));
  const queues = new SQSClient(clientOptions(run.endpoints.sqs));
  const peer = await startPeer({
    folder, dynamodb: run.endpoints.dynamodb, sqs: queues,
    functions: ours.map((one, index) => ({
      ...one, environment: { SEEN: fileOf(`seen-peer-${index}`) }, queueArn: `arn:aws:sqs:us-east-1:000000000000:${one.name}-peer`,
    })),
  });
  await Promise.all(checks.map(async ({ items }, index) => {
    const all = typeof items === 'number' ? Array.from({ length: items }, (_, n) => ({ pk: { S: `${n + 1}` } })) : items;
    const RequestItems = { [ours[index].tableName]: all.map((Item) => ({ PutRequest: { Item } })) };
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems }));
  }));
  await run.drained();
  await sleep(15_000);
  console.log('\nBehaviour, as recorded or documented on AWS'.padEnd(72), 'ours', 'peer');
  for (const [index, { behaviour, holds }] of checks.entries()) {
    const verdicts = await Promise.all(['', '-peer'].map(async (suffix) => {
      const QueueUrl = `${run.endpoints.sqs}/000000000000/${ours[index].name}${suffix}`;
      const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      return holds(linesOf(fileOf(`seen-${suffix ? 'peer' : 'ours'}-${index}`)), Messages.map(({ Body }) => JSON.parse(Body))) ? 'yes ' : 'no  ';
    }));
    console.log(behaviour.padEnd(71), ...verdicts);
  }
  await peer.end(true);
  await run.stop();
}

await behaviours();
await throughput();
await latency();
process.exit();
