// The runtime beside Powertools and a bare loop, in one run. Compile first (npx projen compile), then: npm install && npm run bench
// Prints medians and ratios against the limits that the project holds itself to. Times hold for one machine, ratios better.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { unmarshall as sdkUnmarshall } from '@aws-sdk/util-dynamodb';
import { streamHandler } from '../../build/runtime/index.mjs';

const require = createRequire(import.meta.url);
const { buildSync } = createRequire(new URL('../../package.json', import.meta.url))('esbuild');
const { unmarshall } = require('../../build/stream/image.js');
console.error = () => {};

const rows = [];
const row = (what, measured, limit, unit = '') => rows.push({ what, measured: +measured.toFixed(3), limit, unit, ok: limit === undefined ? '' : measured <= limit });
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const image = (i) => ({
  pk: { S: `customer#${i}` }, sk: { S: `order#${i}` }, status: { S: 'SHIPPED' }, total: { N: '1249.95' }, currency: { S: 'EUR' },
  createdAt: { S: '2026-01-01T10:00:00.000Z' }, updatedAt: { S: '2026-01-02T11:30:00.000Z' }, version: { N: '7' }, gift: { BOOL: false },
  coupon: { NULL: true }, tags: { SS: ['priority', 'europe'] },
  address: { M: { street: { S: 'Some Street 12' }, city: { S: 'Hamburg' }, zip: { S: '20095' }, country: { S: 'DE' } } },
  lines: { L: [1, 2, 3, 4].map((n) => ({ M: { sku: { S: `SKU-${n}-${i}` }, quantity: { N: String(n) }, price: { N: '99.90' }, name: { S: 'A thing that is sold' } } })) },
});
const record = (i, key = i) => ({
  eventID: `c4ca4238a0b923820dcc509a6f75${String(i).padStart(5, '0')}`, eventName: 'MODIFY', eventVersion: '1.1', eventSource: 'aws:dynamodb',
  awsRegion: 'eu-west-1',
  dynamodb: {
    ApproximateCreationDateTime: 1_700_000_000, Keys: { pk: { S: `customer#${key}` }, sk: { S: `order#${key}` } }, NewImage: image(i),
    SequenceNumber: String(100000000000000000000n + BigInt(i)), SizeBytes: 1000, StreamViewType: 'NEW_IMAGE',
  },
  eventSourceARN: 'arn:aws:dynamodb:eu-west-1:111122223333:table/Orders/stream/2026-01-01T00:00:00.000',
});
const records = (length, keys = length) => Array.from({ length }, (_, i) => record(i, i % keys));
const context = (milliseconds = 900_000) => {
  const end = Date.now() + milliseconds;
  return { getRemainingTimeInMillis: () => end - Date.now(), awsRequestId: 'r', invokedFunctionArn: 'arn' };
};
const powertools = (handler) => {
  const processor = new BatchProcessor(EventType.DynamoDBStreams);
  return async (event, lambda) => processPartialResponse(event, handler, processor, { context: lambda, throwOnFullBatchFailure: false });
};

// No-op handler, each on its own copy of the event, interleaved.
for (const length of [1_000, 10_000]) {
  const text = JSON.stringify({ Records: records(length) });
  const noop = async () => {};
  const contenders = {
    'bare loop': async ({ Records }) => { for (const one of Records) await noop(one); },
    powertools: powertools(noop),
    ours: streamHandler(noop),
  };
  const times = { parse: [] };
  for (let round = 0; round < 60; round++) {
    for (const [name, handler] of Object.entries(contenders)) {
      const start = performance.now();
      const event = JSON.parse(text);
      const parsed = performance.now();
      await handler(event, context());
      if (round >= 20) {
        times.parse.push(parsed - start);
        (times[name] ??= []).push(performance.now() - parsed);
      }
    }
  }
  for (const [name, values] of Object.entries(times)) row(`no-op, ${length}: ${name}`, median(values) / length * 1_000, undefined, 'us/record');
  row(`no-op, ${length}: ours / powertools`, median(times.ours) / median(times.powertools), 0.8);
  row(`no-op, ${length}: ours / JSON.parse`, median(times.ours) / median(times.parse), 0.1);
}

// 5 ms handler: 1,000 keys against 10 rounds of 100 timers, 50 keys against the longest lane.
{
  const ratios = { 1_000: [], 50: [] };
  for (let round = 0; round < 7; round++) {
    for (const [keys, rounds, width] of [[1_000, 10, 100], [50, 20, 50]]) {
      const idealStart = performance.now();
      for (let i = 0; i < rounds; i++) await Promise.all(Array.from({ length: width }, () => sleep(5)));
      const ideal = performance.now() - idealStart;
      const handler = streamHandler({ concurrency: 100, onRecord: () => sleep(5) });
      const start = performance.now();
      await handler({ Records: records(1_000, keys) }, context());
      ratios[keys].push((performance.now() - start) / ideal);
    }
  }
  row('5 ms, 1,000 keys, concurrency 100: ours / 10 rounds', median(ratios[1_000]), 1.1);
  row('5 ms, 50 keys: ours / longest lane', median(ratios[50]), 1.1);
}

// One poison record in 1,000: calls until Lambda is through, as Lambda's retry loop makes them.
for (const bisect of [false, true]) {
  for (const name of ['ours', 'powertools']) {
    let calls = 0;
    const processed = new Set();
    const parked = [];
    const onRecord = async (one) => {
      calls++;
      const number = one.sequenceNumber ?? one.dynamodb.SequenceNumber;
      if (number.endsWith('00500')) throw new Error('poison');
      processed.add(number);
    };
    const handler = name === 'ours' ? streamHandler({ onRecord, retry: { baseDelay: 0 } }) : powertools(onRecord);
    const lambda = { ...context(), [Symbol.for('dynamo-stream-trigger/host')]: { triggers: [{ report: true }], park: async (one) => { parked.push(one); } } };
    const batches = [[records(1_000), 0]];
    while (batches.length > 0) {
      const [batch, attempts] = batches.shift();
      const { batchItemFailures } = await handler({ Records: batch }, lambda);
      if (batchItemFailures.length === 0) continue;
      const lowest = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()[0];
      const from = batch.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === lowest);
      const rest = batch.slice(from);
      const half = Math.ceil(rest.length / 2);
      if (from > 0) batches.unshift([rest, 0]);
      else if (bisect && rest.length > 1) batches.unshift([rest.slice(0, half), attempts], [rest.slice(half), attempts]);
      else if (attempts < 3) batches.unshift([rest, attempts + 1]);
    }
    row(`poison in 1,000, bisect ${bisect}: calls, ${name}`, calls, name === 'ours' ? 1_005 : undefined);
    if (name === 'ours') row(`poison in 1,000, bisect ${bisect}: healthy not processed + parked others`, 999 - processed.size + Math.abs(parked.length - 1), 0);
  }
}

// 1,000 records of 5 ms one after another in a 3 s timeout.
{
  let calls = 0;
  let invocations = 0;
  const handler = streamHandler({ concurrency: 1, onRecord: async () => { calls++; await sleep(5); } });
  for (let rest = records(1_000); rest.length > 0; invocations++) {
    const lambda = context(3_000);
    const { batchItemFailures: [first] } = await handler({ Records: rest }, lambda);
    if (lambda.getRemainingTimeInMillis() < 0) throw new Error('ran into the timeout');
    rest = first ? rest.slice(rest.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === first.itemIdentifier)) : [];
  }
  row('1,000 x 5 ms in 3 s: calls', calls, 1_000);
  row('1,000 x 5 ms in 3 s: invocations', invocations, 2);
}

// Unmarshalling images of about 1 KB, each fresh out of JSON, as Lambda delivers them.
{
  const text = JSON.stringify(Array.from({ length: 2_000 }, (_, i) => image(i)));
  const times = { ours: [], sdk: [] };
  for (let round = 0; round < 60; round++) {
    for (const [name, unmarshaller] of [['ours', unmarshall], ['sdk', sdkUnmarshall]]) {
      const images = JSON.parse(text);
      const start = performance.now();
      for (const one of images) unmarshaller(one);
      if (round >= 20) times[name].push((performance.now() - start) / 2_000 * 1_000);
    }
  }
  row('unmarshall 1 KB: ours', median(times.ours), undefined, 'us');
  row('unmarshall 1 KB: util-dynamodb', median(times.sdk), undefined, 'us');
  row('unmarshall 1 KB: ours / util-dynamodb', median(times.ours) / median(times.sdk), 0.45);
}

// Live heap while 10,000 records are in flight or waiting.
{
  const heap = async (make) => {
    const event = { Records: records(10_000) };
    let release;
    const gate = new Promise((resolve) => { release = resolve; });
    let reached;
    const started = new Promise((resolve) => { reached = resolve; });
    const handler = make(async () => { reached(); await gate; });
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    const running = handler(event, context());
    await started;
    await sleep(20);
    globalThis.gc();
    const added = (process.memoryUsage().heapUsed - before) / 10_000;
    release();
    await running;
    return added;
  };
  const ours = [];
  const theirs = [];
  for (let round = 0; round < 5; round++) {
    ours.push(await heap((onRecord) => streamHandler({ concurrency: 100, onRecord })));
    theirs.push(await heap(powertools));
  }
  row('live heap at 10,000: ours', median(ours), undefined, 'B/record');
  row('live heap at 10,000: powertools', median(theirs), undefined, 'B/record');
  row('live heap at 10,000: ours / powertools', median(ours) / median(theirs), 0.25);
}

// What it adds to a function, and what importing that takes: beside the same handler without it.
{
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const bundle = (name, contents) => {
    const outfile = join(folder, `${name}.js`);
    buildSync({
      stdin: { contents, resolveDir: new URL('.', import.meta.url).pathname }, outfile,
      bundle: true, minify: true, platform: 'node', target: 'node20', external: ['@aws-sdk/*'],
    });
    return outfile;
  };
  const plain = bundle('plain', 'export const handler = async () => {};');
  const ours = bundle('ours', "import { streamHandler } from '../../build/runtime/index.mjs'; export const handler = streamHandler(async () => {});");
  const size = (file) => require('node:fs').statSync(file).size;
  const timer = join(folder, 'import.js');
  writeFileSync(timer, 'const s = performance.now(); require(process.argv[2]); console.log(performance.now() - s);');
  const importing = (file) => median(Array.from({ length: 20 }, () => Number(execFileSync(process.execPath, [timer, file]))));
  row('bundle added', (size(ours) - size(plain)) / 1024, 8, 'kB');
  row('import', importing(ours), 2, 'ms');
}

console.table(rows);
process.exit(rows.every(({ ok }) => ok !== false) ? 0 : 1);
