/**
 * The runtime beside Powertools and a bare loop, in one run. Prints medians and ratios, beside the limits that the project holds itself to.
 * Times hold for one machine, ratios for more of them.
 *
 *     npx projen compile && cd bench/runtime && npm install && npm run bench
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { image, records } from './records';
import type { BatchResponse, StreamHandlerOptions, StreamRecord } from '../../build/runtime';
import { HOST } from '../../build/stream/boundary';
import { unmarshall } from '../../build/stream/image';
import { median } from '../median';

type Handler = (event: { readonly Records: StreamRecord[] }, context: object) => Promise<BatchResponse | void>;

/** Installed in this folder. */
interface Peers {
  readonly batch: {
    readonly BatchProcessor: new (eventType: string) => object;
    readonly EventType: { readonly DynamoDBStreams: string };
    processPartialResponse(
      event: object, onRecord: (record: StreamRecord) => Promise<void>, processor: object, options: object,
    ): Promise<BatchResponse>;
  };
  readonly sdk: { unmarshall(image: object): object };
}
const load = createRequire(__filename);
const { batch, sdk }: Peers = { batch: load('@aws-lambda-powertools/batch'), sdk: load('@aws-sdk/util-dynamodb') };

function powertools(onRecord: (record: StreamRecord) => Promise<void>): Handler {
  const processor = new batch.BatchProcessor(batch.EventType.DynamoDBStreams);
  return async (event, context) => batch.processPartialResponse(event, onRecord, processor, { context, throwOnFullBatchFailure: false });
}

/** What a function is deployed with: the ESM build. */
let streamHandler: (handler: StreamHandlerOptions<any> | StreamHandlerOptions<any>['onRecord']) => Handler;

const rows: { what: string; measured: number; limit?: number; unit: string; ok: boolean | '' }[] = [];

function row(what: string, measured: number, limit?: number, unit = ''): void {
  rows.push({ what, measured: Number(measured.toFixed(3)), limit, unit, ok: limit === undefined ? '' : measured <= limit });
}

function contextFor(milliseconds = 900_000) {
  const end = Date.now() + milliseconds;
  return { getRemainingTimeInMillis: () => end - Date.now(), awsRequestId: 'r', invokedFunctionArn: 'arn' };
}

/** Handlers that do nothing, each on its own copy of the event, in rotated order. Answers our microseconds a record. */
async function overhead(length: number): Promise<number> {
  const text = JSON.stringify({ Records: records(length) });
  const noop = async () => {};
  const contenders: [string, Handler][] = [
    ['bare loop', async ({ Records }) => {
      for (const _record of Records) {
        await noop();
      }
    }],
    ['powertools', powertools(noop)],
    ['ours', streamHandler(noop)],
  ];
  const times: Record<string, number[]> = { parse: [] };
  // As many records in all for each length.
  const rounds = Math.max(60, 60_000 / length);
  for (let round = 0; round < rounds; round++) {
    contenders.push(contenders.shift()!);
    for (const [name, handler] of contenders) {
      const start = performance.now();
      const event = JSON.parse(text);
      const parsed = performance.now();
      await handler(event, contextFor());
      if (round >= rounds / 3) {
        times.parse.push(parsed - start);
        (times[name] ??= []).push(performance.now() - parsed);
      }
    }
  }
  for (const [name, values] of Object.entries(times)) {
    row(`no-op, ${length}: ${name}`, median(values) / length * 1_000, undefined, 'us/record');
  }
  row(`no-op, ${length}: ours / powertools`, median(times.ours) / median(times.powertools), 1);
  return median(times.ours) / length * 1_000;
}

/** A handler of 5 ms: 1,000 keys against 10 rounds of 100 timers, 50 keys against the longest lane. */
async function concurrency(): Promise<void> {
  const ratios: Record<number, number[]> = { 1_000: [], 50: [] };
  for (let round = 0; round < 7; round++) {
    for (const [keys, rounds, width] of [[1_000, 10, 100], [50, 20, 50]]) {
      const idealStart = performance.now();
      for (let i = 0; i < rounds; i++) {
        await Promise.all(Array.from({ length: width }, () => sleep(5)));
      }
      const ideal = performance.now() - idealStart;
      const handler = streamHandler({ concurrency: 100, onRecord: () => sleep(5) });
      const event = { Records: records(1_000, keys) };
      const start = performance.now();
      await handler(event, contextFor());
      ratios[keys].push((performance.now() - start) / ideal);
    }
  }
  row('5 ms, 1,000 keys, concurrency 100: ours / 10 rounds', median(ratios[1_000]), 1.05);
  row('5 ms, 50 keys: ours / longest lane', median(ratios[50]), 1.05);
}

/** One poison record in 1,000: how many calls there are, with Lambda's retries, until the batch is through. */
async function poison(bisect: boolean, name: 'ours' | 'powertools'): Promise<void> {
  let calls = 0;
  const processed = new Set<string>();
  const parked: unknown[] = [];
  const onRecord = async (record: any) => {
    calls++;
    const number: string = record.sequenceNumber ?? record.dynamodb.SequenceNumber;
    if (number.endsWith('00500')) {
      throw new Error('poison');
    }
    processed.add(number);
  };
  const handler = name === 'ours' ? streamHandler({ onRecord }) : powertools(onRecord);
  const context = { ...contextFor(), [HOST]: { triggers: [{ report: true }], park: async (record: unknown) => void parked.push(record) } };
  const batches: { readonly waiting: StreamRecord[]; readonly retries: number }[] = [{ waiting: records(1_000), retries: 0 }];
  for (let next = batches.shift(); next !== undefined; next = batches.shift()) {
    const { waiting, retries } = next;
    const { batchItemFailures } = await handler({ Records: waiting }, context) as BatchResponse;
    if (batchItemFailures.length === 0) {
      continue;
    }
    const [lowest] = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort();
    const from = waiting.findIndex(({ dynamodb }) => dynamodb!.SequenceNumber === lowest);
    const rest = waiting.slice(from);
    const half = Math.ceil(rest.length / 2);
    if (from > 0) {
      batches.unshift({ waiting: rest, retries: 0 });
    } else if (bisect && rest.length > 1) {
      batches.unshift({ waiting: rest.slice(0, half), retries }, { waiting: rest.slice(half), retries });
    } else if (retries < 3) {
      batches.unshift({ waiting: rest, retries: retries + 1 });
    }
  }
  row(`poison in 1,000, bisect ${bisect}: calls, ${name}`, calls, name === 'ours' ? 1_010 : undefined);
  if (name === 'ours') {
    row(`poison in 1,000, bisect ${bisect}: healthy not processed + parked others`, 999 - processed.size + Math.abs(parked.length - 1), 0);
  }
}

/** 1,000 records of 5 ms, one after another, in a function with a timeout of 3 s. */
async function timeBudget(): Promise<void> {
  let calls = 0;
  let invocations = 0;
  const handler = streamHandler({
    concurrency: 1,
    onRecord: async () => {
      calls++;
      await sleep(5);
    },
  });
  for (let rest = records(1_000); rest.length > 0; invocations++) {
    const context = contextFor(3_000);
    const { batchItemFailures: [first] } = await handler({ Records: rest }, context) as BatchResponse;
    if (context.getRemainingTimeInMillis() < 0) {
      throw new Error('The handler ran into the timeout.');
    }
    rest = first ? rest.slice(rest.findIndex(({ dynamodb }) => dynamodb!.SequenceNumber === first.itemIdentifier)) : [];
  }
  row('1,000 x 5 ms in 3 s: calls', calls, 1_000);
  row('1,000 x 5 ms in 3 s: invocations', invocations, 2);
}

/** Images of about 1 KB, each fresh from JSON, as Lambda delivers them. */
function unmarshalling(): void {
  const text = JSON.stringify(Array.from({ length: 2_000 }, (_, i) => image(i)));
  const times: Record<string, number[]> = { ours: [], sdk: [] };
  for (let round = 0; round < 60; round++) {
    for (const [name, unmarshaller] of [['ours', unmarshall], ['sdk', sdk.unmarshall]] as const) {
      const images = JSON.parse(text);
      const start = performance.now();
      for (const one of images) {
        unmarshaller(one);
      }
      if (round >= 20) {
        times[name].push((performance.now() - start) / 2_000 * 1_000);
      }
    }
  }
  row('unmarshall 1 KB: ours', median(times.ours), undefined, 'us');
  row('unmarshall 1 KB: util-dynamodb', median(times.sdk), undefined, 'us');
  row('unmarshall 1 KB: ours / util-dynamodb', median(times.ours) / median(times.sdk), 0.45);
}

/** The live heap while 10,000 records are in flight or waiting. */
async function memory(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const heapOf = async (make: (onRecord: () => Promise<void>) => Handler) => {
    const event = { Records: records(10_000) };
    let release = () => {};
    const gate = new Promise<void>((resolve) => release = resolve);
    let reached = () => {};
    const started = new Promise<void>((resolve) => reached = resolve);
    const handler = make(async () => {
      reached();
      await gate;
    });
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const running = handler(event, contextFor());
    await started;
    await sleep(20);
    collectGarbage();
    const added = (process.memoryUsage().heapUsed - before) / 10_000;
    release();
    await running;
    return added;
  };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 5; round++) {
    ours.push(await heapOf((onRecord) => streamHandler({ concurrency: 100, onRecord })));
    theirs.push(await heapOf(powertools));
  }
  row('live heap at 10,000: ours', median(ours), undefined, 'B/record');
  row('live heap at 10,000: powertools', median(theirs), undefined, 'B/record');
  row('live heap at 10,000: ours / powertools', median(ours) / median(theirs), 0.25);
}

/** The size of a function's bundle with the runtime, and how long an import of it takes: beside Powertools batch with `unmarshall`. */
function size(): void {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const bundle = (name: string, contents: string, external: string[]) => {
    const outfile = join(folder, `${name}.js`);
    buildSync({ stdin: { contents, resolveDir: __dirname }, outfile, bundle: true, minify: true, platform: 'node', target: 'node20', external });
    return outfile;
  };
  const bundles = {
    ours: bundle('ours', "import { streamHandler } from '../../build/runtime/index.mjs'; export const handler = streamHandler(async () => {});", ['@aws-sdk/*']),
    powertools: bundle('powertools', `
      import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
      import { unmarshall } from '@aws-sdk/util-dynamodb';
      const processor = new BatchProcessor(EventType.DynamoDBStreams);
      export const handler = async (event, context) =>
        processPartialResponse(event, async ({ dynamodb }) => unmarshall(dynamodb.NewImage), processor, { context });`, []),
  };
  const timer = join(folder, 'import.js');
  writeFileSync(timer, 'const s = performance.now(); require(process.argv[2]); console.log(performance.now() - s);');
  const imports: Record<string, number[]> = { ours: [], powertools: [] };
  for (let round = 0; round < 20; round++) {
    for (const [name, outfile] of Object.entries(bundles)) {
      imports[name].push(Number(execFileSync(process.execPath, [timer, outfile])));
    }
  }
  row('bundle, minified', statSync(bundles.ours).size / 1_000, 20, 'kB');
  row('bundle, gzipped', gzipSync(readFileSync(bundles.ours)).byteLength / 1_000, 8, 'kB');
  row('import: ours', median(imports.ours), undefined, 'ms');
  row('import: ours / powertools and unmarshall', median(imports.ours) / median(imports.powertools), 1.2);
  rmSync(folder, { recursive: true });
}

async function main(): Promise<void> {
  // What the runtime logs of each poison record.
  console.error = () => {};
  ({ streamHandler } = await import('../../build/runtime/index.mjs') as any);
  const costs: number[] = [];
  for (const length of [100, 1_000, 10_000]) {
    costs.push(await overhead(length));
  }
  row('no-op: dearest / cheapest record of 100, 1,000 and 10,000', Math.max(...costs) / Math.min(...costs), 1.25);
  await concurrency();
  for (const bisect of [false, true]) {
    await poison(bisect, 'ours');
    await poison(bisect, 'powertools');
  }
  await timeBudget();
  unmarshalling();
  await memory();
  size();
  console.table(rows);
  process.exit(rows.every(({ ok }) => ok !== false) ? 0 : 1);
}

void main();
