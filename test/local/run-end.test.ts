import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { folderWith, functionOf, onLinux, ordersTable, synthesize } from './fixture-app';
import { COPYING, inOrder, itemsOf, PRINTING, put, source } from './local-run';
import { startLocal, type LocalEvent, type LocalOptions, type LocalRun } from '../../lib/local';

/** Runs that end, or never begin; each is one of its own. */
let runs: LocalRun[] = [];
afterEach(async () => {
  await Promise.all(runs.map((run) => run.stop()));
  runs = [];
});

async function startApp(assembly: string, options: Partial<LocalOptions> = {}): Promise<LocalRun> {
  const run = await startLocal({ assembly, ...options });
  runs.push(run);
  return run;
}

const printingApp = () => synthesize((stack) => {
  functionOf(stack, 'OnOrder', PRINTING).addEventSource(source(ordersTable(stack)));
});
/** Of the run that is on. */
const processOf = (program: 'DynamoDBLocal' | 'destination-server') =>
  Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', program], { encoding: 'utf8' }));
const childrenOfThisProcess = () => execFileSync('ps', ['-o', 'stat=,command=', '--ppid', String(process.pid)], { encoding: 'utf8' })
  .split('\n').filter((line) => !line.startsWith('Z')).join('\n');
const OURS = /runtime-client|destination-server|DynamoDBLocal/;

describe('tables that are kept', () => {
  const data = folderWith({});
  /** An app with these functions at one table, each with where its mapping starts. */
  const app = (functions: Record<string, keyof typeof lambda.StartingPosition>, index = 'byName') => synthesize((stack) => {
    const orders = ordersTable(stack, 'Orders', { timeToLiveAttribute: 'expires' });
    orders.addGlobalSecondaryIndex({ indexName: index, partitionKey: { name: 'name', type: AttributeType.STRING } });
    for (const [functionName, position] of Object.entries(functions)) {
      functionOf(stack, functionName, PRINTING, { functionName })
        .addEventSource(source(orders, { startingPosition: lambda.StartingPosition[position] }));
    }
  });
  const kept: LocalEvent[] = [];
  const printedBy = (functionName: string) => kept.flatMap((event) => event.type === 'log' && event.functionName === functionName
    ? [Number(JSON.parse(event.line).dynamodb.NewImage.n.N)] : []);

  beforeAll(async () => {
    const apps = [app({ Resumed: 'LATEST' }), app({ Resumed: 'LATEST', FromStart: 'TRIM_HORIZON', FromNow: 'LATEST' })];
    for (const [n, assembly] of apps.entries()) {
      const run = await startLocal({ assembly, data, observer: (event) => kept.push(event) });
      await put(run, 'Shop/Orders', { n });
      await run.drained();
      await run.stop();
    }
  });

  test.each([
    ['a mapping goes on where the last run stopped', 'Resumed', [0, 1]],
    ['a new mapping at TRIM_HORIZON gets what the stream holds of a table that already has data', 'FromStart', [0, 1]],
    ['a new mapping at LATEST gets what is written from now on', 'FromNow', [1]],
  ])('%s', (_, functionName, numbers) => {
    expect(printedBy(functionName)).toEqual(numbers);
  });

  test('a table that the app has changed is refused', async () => {
    await expect(startApp(app({ Resumed: 'LATEST' }, 'byPlace'), { data })).rejects.toMatchObject({
      code: 'TABLE_REFUSED', message: expect.stringMatching(/^The table Shop\/Orders \(Shop-Orders\w+\) was kept with other keys, indexes[\s\S]*--data/),
    });
  });

  onLinux('DynamoDB Local killed in the middle of a batch loses nothing: the next run goes on at the checkpoint', async () => {
    const copies = folderWith({});
    const copying = synthesize((stack) => {
      const projection = ordersTable(stack, 'Projection', { stream: undefined });
      functionOf(stack, 'OnOrder', COPYING, { environment: { TARGET: projection.tableName } })
        .addEventSource(source(ordersTable(stack), { batchSize: 10 }));
    });
    let copied = 0;
    let midBatch = () => {};
    const halfway = new Promise<void>((resolve) => midBatch = resolve);
    const first = await startApp(copying, {
      data: copies,
      observer: ({ type }) => {
        if (type === 'log' && ++copied === 25) {
          midBatch();
        }
      },
    });
    const writes = Promise.allSettled(Array.from({ length: 200 }, (_, n) => put(first, 'Shop/Orders', { pk: `${n}`, n })));
    await halfway;
    process.kill(processOf('DynamoDBLocal'), 'SIGKILL');
    expect((await first.failed).message).toContain(`DynamoDB Local ended. The tables are in ${copies}: start again to go on.`);
    await writes;
    const second = await startApp(copying, { data: copies });
    await second.drained();
    const orders = await itemsOf(second, 'Shop/Orders');
    expect(orders.length).toBeGreaterThanOrEqual(25);
    expect(inOrder(await itemsOf(second, 'Shop/Projection'))).toEqual(inOrder(orders));
  });

  test('a folder that another run has taken is refused, and free again when that has ended', async () => {
    const taken = folderWith({});
    const first = await startApp(printingApp(), { data: taken });
    await expect(startApp(printingApp(), { data: taken })).rejects.toThrow(`${taken} is in use by another run, process ${process.pid}.`);
    await first.stop();
    expect(readdirSync(taken)).not.toContain('run.pid');
  });

  test('checkpoints that can\'t be read are refused, and so is a folder that can\'t be made', async () => {
    const broken = folderWith({ 'checkpoints.json': '{' });
    await expect(startApp(printingApp(), { data: broken })).rejects.toThrow(/Can't read .*checkpoints\.json[\s\S]*Remove it to start each trigger at its starting position\./);
    await expect(startApp(printingApp(), { data: join(broken, 'checkpoints.json') })).rejects.toThrow(/Can't keep the tables in [\s\S]*--data/);
  });
});

describe('a part that ends', () => {
  onLinux('when DynamoDB Local is killed, the run ends, says so and leaves nothing running', async () => {
    const run = await startApp(printingApp());
    process.kill(processOf('DynamoDBLocal'), 'SIGKILL');
    const failure = expect(run.drained()).rejects.toThrow('DynamoDB Local ended');
    expect(await run.failed).toMatchObject({
      code: 'SERVICE_ENDED', message: expect.stringMatching(/^DynamoDB Local ended\. The tables were in memory and are gone\.\n[\s\S]*SIGKILL/),
    });
    await failure;
    expect(childrenOfThisProcess()).not.toMatch(OURS);
  });

  onLinux('when the local destinations are killed, the run ends, says so and leaves nothing running', async () => {
    const run = await startApp(printingApp());
    process.kill(processOf('destination-server'), 'SIGKILL');
    expect(await run.failed).toMatchObject({ code: 'SERVICE_ENDED', message: expect.stringMatching(/The local SQS, SNS and S3 ended[\s\S]*SIGKILL/) });
    expect(childrenOfThisProcess()).not.toMatch(OURS);
  });

  onLinux('a function whose code does not load keeps the run from starting, and nothing is left running', async () => {
    await expect(startApp(synthesize((stack) => functionOf(stack, 'OnOrder', 'throw new Error("no TABLE")').addEventSource(source(ordersTable(stack))))))
      .rejects.toMatchObject({ code: 'FUNCTION_NOT_LOADED', message: expect.stringMatching(/Shop-OnOrder\w+ does not load: Error: no TABLE/) });
    expect(childrenOfThisProcess()).not.toMatch(OURS);
  });

  onLinux('a mapping that fails while it starts keeps the run from starting, and nothing is left running', async () => {
    const observer = ({ type }: LocalEvent) => {
      if (type === 'notice') {
        throw new Error('a bug');
      }
    };
    await expect(startApp(printingApp(), { observer })).rejects.toThrow('a bug');
    expect(childrenOfThisProcess()).not.toMatch(OURS);
  });
});

onLinux('a program that Ctrl-C ends leaves nothing of its run behind', async () => {
  const assembly = synthesize((stack: Stack) => functionOf(stack, 'OnOrder', '', { code: lambda.Code.fromInline(PRINTING) })
    .addEventSource(source(ordersTable(stack))));
  const TMPDIR = folderWith({});
  const program = spawn(process.execPath, ['-e', `
    require(${JSON.stringify(join(__dirname, '..', '..', 'build', 'local'))}).startLocal({ assembly: process.argv[1] })
      .then(({ endpoints }) => console.log(endpoints.dynamodb));
  `, assembly], { env: { ...process.env, TMPDIR }, stdio: ['ignore', 'pipe', 'ignore'] });
  const [endpoint] = await once(program.stdout!, 'data');
  // Java may keep a folder of its own there.
  const left = () => readdirSync(TMPDIR, { recursive: true }).map(String).filter((name) => /index\.js|\.json/.test(name));
  expect(left()).toHaveLength(2);
  program.kill('SIGINT');
  expect(await once(program, 'exit')).toEqual([null, 'SIGINT']);
  expect(left()).toEqual([]);
  await expect(fetch(String(endpoint).trim())).rejects.toThrow('fetch failed');
});
