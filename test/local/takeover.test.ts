import { rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { functionOf, localApp, ordersTable } from './fixture-app';
import { folderWith } from '../folder';
import { documents, put, source, tableName } from './local-run';
import { BUNDLE_METADATA } from '../../lib/assembly/bundle-recipe';
import { startLocal, type LocalChange, type LocalEvent, type RunningApp } from '../../lib/local';

/** One run, which takes one version of its app after another. */
const outdir = folderWith({});

interface Version {
  readonly code?: string;
  readonly level?: string;
  readonly batchSize?: number;
  readonly factor?: number;
  readonly failures?: boolean;
  readonly audit?: boolean;
  readonly returns?: boolean;
  readonly timeToLiveAttribute?: string;
}

/** Prints its version, its level and the numbers of the records. Fails for some, and waits for some. */
const PRINTING = (version: string, failing = '') => `exports.handler = async ({ Records }) => {
  const numbers = Records.map(({ dynamodb }) => [dynamodb.Keys.pk.S, Number(dynamodb.NewImage.n.N)]);
  if (numbers.some(([, n]) => ${failing || 'false'})) throw new Error('not yet');
  await new Promise((wake) => setTimeout(wake, 30));
  console.log(JSON.stringify(['${version}', process.env.LEVEL, numbers]));
};`;

function synthesize({ code = PRINTING('one'), level = 'low', batchSize = 10, factor = 1, failures = false, audit = false, returns = true, timeToLiveAttribute }: Version): void {
  rmSync(outdir, { recursive: true, force: true });
  const app = localApp(outdir);
  const stack = new Stack(app, 'Shop');
  functionOf(stack, 'OnOrder', code, { functionName: 'on-order', environment: { LEVEL: level } })
    .addEventSource(source(ordersTable(stack, 'Orders', { timeToLiveAttribute }), { batchSize, parallelizationFactor: factor }));
  if (returns) {
    const onReturn = functionOf(stack, 'OnReturn', PRINTING('return'), { functionName: 'on-return' });
    onReturn.addEventSource(source(ordersTable(stack, 'Returns')));
    onReturn.node.addMetadata(BUNDLE_METADATA, { v: 1, root: relative(process.cwd(), sources), entry: 'on-return.js', outfile: 'index.js', args: ['--platform=node'] });
  }
  if (audit) {
    functionOf(stack, 'OnAudit', PRINTING('audit'), { functionName: 'on-audit' })
      .addEventSource(source(ordersTable(stack, 'Audit', { stream: dynamodb.StreamViewType.NEW_IMAGE })));
  }
  if (failures) {
    new sqs.Queue(stack, 'Failures');
  }
  app.synth();
}

/** Those of one function. */
const sources = folderWith({});
const edit = (code: string) => writeFileSync(join(sources, 'on-return.js'), code);

let run: RunningApp;
const events: LocalEvent[] = [];
beforeAll(async () => {
  edit(PRINTING('return'));
  synthesize({});
  run = await startLocal({ assembly: outdir, watch: true, observer: (event) => events.push(event) });
});
afterAll(() => run?.stop());

const lines = (functionName: string) => events.flatMap((event) => event.type === 'log' && event.functionName === functionName && event.line.startsWith('[')
  ? [JSON.parse(event.line) as [version: string, level: string, numbers: [string, number][]]] : []);
const numbers = (functionName: string) => lines(functionName).flatMap(([, , each]) => each.map(([, n]) => n));
const warnings = () => events.flatMap((event) => event.type === 'warning' ? [event.message] : []);
const takeOver = async (version: Version): Promise<string[]> => {
  synthesize(version);
  return (await run.takeOver()).map(({ kind, path, change, what }: LocalChange) => [change, kind, path.replace(/:.*/, ''), ...what].join(' '));
};
let n = 0;
async function write(count: number, table = 'Orders', items = 3): Promise<number[]> {
  const written = Array.from({ length: count }, () => ++n);
  for (const each of written) {
    await put(run, `Shop/${table}`, { pk: `item ${each % items}`, n: each });
  }
  return written;
}
const until = async (condition: () => boolean) => {
  while (!condition()) {
    await new Promise((wake) => setTimeout(wake, 20));
  }
};
/** The environments that ended an invocation of a function. */
const environments = (functionName: string) =>
  new Set(events.flatMap((event) => event.type === 'invocationEnded' && event.functionName === functionName ? [event.environment] : []));

test('nothing changes where the app is the same', async () => {
  await write(3);
  expect(await takeOver({})).toEqual([]);
  await run.drained();
  expect(environments('on-order')).toEqual(new Set([1]));
});

test('new code and a new environment handle what comes next, in new processes; other functions keep theirs', async () => {
  const before = await write(5);
  await write(1, 'Returns');
  const changes = takeOver({ code: PRINTING('two'), level: 'high' });
  const meanwhile = await write(10);
  expect(await changes).toEqual(['changed function Shop/OnOrder code environment']);
  const after = await write(3);
  await write(1, 'Returns');
  await run.drained();
  expect(numbers('on-order').slice(-18)).toEqual([...before, ...meanwhile, ...after]);
  expect(lines('on-order').at(-1)!.slice(0, 2)).toEqual(['two', 'high']);
  expect(environments('on-return')).toEqual(new Set([1]));
  expect(environments('on-order').size).toBe(2);
});

test('a function follows its sources without a synth, and not to what can\'t be bundled or loaded; a synth of the same restarts nothing', async () => {
  const change = { kind: 'function', path: 'Shop/OnReturn', change: 'changed', what: ['code'] };
  const told = () => events.filter((event) => event.type === 'takenOver' && JSON.stringify(event.changes) === JSON.stringify([change])).length;
  const handledBy = async () => {
    await write(1, 'Returns');
    await run.drained();
    return lines('on-return').at(-1)![0];
  };
  expect(await handledBy()).toBe('return');
  edit(PRINTING('edited'));
  await until(() => told() === 1);
  expect(await handledBy()).toBe('edited');

  edit(`${PRINTING('broken')}\nexports.other = (;\n`);
  await until(() => warnings().some((warning) => /^Shop\/OnReturn: esbuild refuses its sources\..*\n[^]*on-return\.js:7:17:/.test(warning)));
  expect(await handledBy()).toBe('edited');
  edit('throw new Error("too early");');
  await until(() => warnings().some((warning) => /on-return does not load: Error: too early/.test(warning)));
  expect(await handledBy()).toBe('edited');

  edit(PRINTING('mended'));
  await until(() => told() === 2);
  expect(await takeOver({ code: PRINTING('two'), level: 'high' })).toEqual([]);
  expect(await handledBy()).toBe('mended');
  expect(told()).toBe(2);
});

test('a trigger goes on with new settings where it is, and what is being retried goes with it', async () => {
  // An item that fails holds up its own ones; the others go on.
  await takeOver({ code: PRINTING('failing', 'n === 30'), factor: 4, batchSize: 2 });
  n = 29;
  const written = await write(8);
  await until(() => events.some((event) => event.type === 'notice' && event.notice.type === 'retrying' && event.notice.attempt > 2));
  expect(await takeOver({ code: PRINTING('failing', 'n === 30'), factor: 2, batchSize: 100 })).toEqual(['changed trigger Shop/OnOrder/DynamoDBEventSource batchSize parallelizationFactor']);
  written.push(...await write(8));
  expect(await takeOver({ code: PRINTING('mended'), factor: 1, batchSize: 100 })).toEqual([
    'changed function Shop/OnOrder code', 'changed trigger Shop/OnOrder/DynamoDBEventSource parallelizationFactor',
  ]);
  await run.drained();
  const done = lines('on-order').flatMap(([, , each]) => each).filter(([, number]) => number >= 30);
  expect(done.map(([, number]) => number).sort()).toEqual(written);
  for (const item of ['item 0', 'item 1', 'item 2']) {
    expect(done.filter(([pk]) => pk === item)).toEqual([...done.filter(([pk]) => pk === item)].sort((a, b) => a[1] - b[1]));
  }
});

test('new tables, triggers and queues are started, and a table gets its time to live', async () => {
  const changes = await takeOver({ audit: true, failures: true, timeToLiveAttribute: 'expires' });
  expect(changes).toEqual(expect.arrayContaining([
    'new function Shop/OnAudit', 'new trigger Shop/OnAudit/DynamoDBEventSource', 'new table Shop/Audit', 'changed table Shop/Orders time to live', 'new queue Shop/Failures',
  ]));
  const [one] = await write(1, 'Audit');
  await run.drained();
  expect(numbers('on-audit')).toEqual([one]);
  expect(run.tables.map(({ path }) => path)).toEqual(['Shop/Orders', 'Shop/Returns', 'Shop/Audit']);
  expect(run.triggers).toHaveLength(3);
});

test('what is no longer in the app ends, its table stays, and it goes on where it was when it comes again', async () => {
  expect(await takeOver({ returns: false })).toEqual(expect.arrayContaining([
    'removed function Shop/OnReturn', 'removed trigger Shop/OnReturn/DynamoDBEventSource', 'removed table Shop/Returns', 'removed table Shop/Audit',
  ]));
  const TableName = events.flatMap((event) => event.type === 'invocationStarted' && event.functionName === 'on-return' ? event.event.Records : [])[0].eventSourceARN!.split('/')[1];
  await documents(run).send(new BatchWriteCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item: { pk: 'later', sk: 'b', n: 1000 } } }] } }));
  await run.drained();
  const before = numbers('on-return').length;
  await takeOver({});
  expect(tableName(run, 'Shop/Returns')).toBe(TableName);
  await run.drained();
  expect(numbers('on-return').slice(before)).toEqual([1000]);
});

test('an app that can\'t be read, or code that does not load, changes nothing', async () => {
  const before = numbers('on-order').length;
  synthesize({ code: 'throw new Error("broken")' });
  await run.takeOver();
  expect(warnings().at(-1)).toMatch(/on-order does not load: Error: broken.* It goes on with the code and settings that it had\./);
  writeFileSync(join(outdir, 'manifest.json'), '{');
  await expect(run.takeOver()).rejects.toMatchObject({ code: 'NO_APP' });
  rmSync(outdir, { recursive: true });
  await expect(run.takeOver()).rejects.toMatchObject({ code: 'NO_APP' });
  const written = await write(2);
  await run.drained();
  expect(numbers('on-order').slice(before)).toEqual(written);
});

test('where the folder of the code is gone, a new process waits for it, and no retry is used', async () => {
  const [lost] = await write(1);
  await until(() => run.kill('on-order') > 0);
  await until(() => warnings().some((warning) => /^Shop\/OnOrder: the folder of its code, .*, is gone\. It is invoked again when/.test(warning)));
  synthesize({});
  await run.drained();
  expect(numbers('on-order').at(-1)).toBe(lost);
});

test('several at once are one after another, and one that is under way when the run is stopped ends with it', async () => {
  synthesize({ code: PRINTING('last') });
  const [first, second] = await Promise.all([run.takeOver(), run.takeOver()]);
  expect([first.length, second.length]).toEqual([1, 0]);
  synthesize({ code: PRINTING('too late'), audit: true });
  const late = run.takeOver();
  const refused = expect(late).rejects.toMatchObject({ code: 'STOPPED' });
  await run.stop();
  await refused;
});
