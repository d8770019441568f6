import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { firstOutputOf, functionOf, ordersTable, synthesize } from './fixture-app';
import { folderWith } from '../folder';
import { COPYING, documents, inOrder, itemsOf, PRINTING, put, source, tableName } from './local-run';
import { startLocal, type LocalEvent, type LocalOptions, type LocalRun } from '../../lib/local';
import { onLinux } from '../needing';

/** Runs that end or never begin, each of its own. */
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

const printingApp = synthesize((stack) => {
  functionOf(stack, 'OnOrder', '', { code: lambda.Code.fromInline(PRINTING) }).addEventSource(source(ordersTable(stack)));
});
/** The process id of a part of the run. */
const processOf = (program: 'DynamoDBLocal' | 'destination-server') =>
  Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', program], { encoding: 'utf8' }));
const childrenOfThisProcess = () => execFileSync('ps', ['-o', 'stat=,command=', '--ppid', String(process.pid)], { encoding: 'utf8' })
  .split('\n').filter((line) => !line.startsWith('Z')).join('\n');
const OURS = /runtime-client|destination-server|DynamoDBLocal/;

describe('tables that are kept', () => {
  const data = folderWith({});
  /** An app with these functions at one table, each with where its mapping starts. */
  const app = (functions: Record<string, keyof typeof lambda.StartingPosition>, index = 'byName', timeToLiveAttribute?: string) => synthesize((stack) => {
    const orders = ordersTable(stack, 'Orders', { timeToLiveAttribute });
    orders.addGlobalSecondaryIndex({ indexName: index, partitionKey: { name: 'name', type: AttributeType.STRING } });
    for (const [functionName, position] of Object.entries(functions)) {
      functionOf(stack, functionName, PRINTING, { functionName })
        .addEventSource(source(orders, { startingPosition: lambda.StartingPosition[position] }));
    }
  });
  const kept: LocalEvent[] = [];
  const tables: TableDescription[] = [];
  const printedBy = (functionName: string) => kept.flatMap((event) => event.type === 'log' && event.functionName === functionName
    ? [Number(JSON.parse(event.line).dynamodb.NewImage.n.N)] : []);

  beforeAll(async () => {
    const apps = [app({ Resumed: 'LATEST' }), app({ Resumed: 'LATEST', FromStart: 'TRIM_HORIZON', FromNow: 'LATEST' }, 'byPlace', 'expires')];
    for (const [n, assembly] of apps.entries()) {
      const run = await startLocal({ assembly, data, observer: (event) => kept.push(event) });
      await put(run, 'Shop/Orders', { n });
      await run.drained();
      tables.push((await documents(run).send(new DescribeTableCommand({ TableName: tableName(run, 'Shop/Orders') }))).Table!);
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

  test('a table gets the indexes and the time to live that the app has now, with a note', () => {
    expect(tables.map(({ GlobalSecondaryIndexes }) => GlobalSecondaryIndexes!.map(({ IndexName }) => IndexName))).toEqual([['byName'], ['byPlace']]);
    const notes = kept.flatMap((event) => event.type === 'warning' && event.message.startsWith('The kept table') ? [event.message] : []);
    expect(notes).toEqual([expect.stringMatching(/^The kept table Shop-Orders\w+ now has no index byName, the index byPlace, time to live by expires, as in the app\.$/)]);
  });

  onLinux('a mapping that fails while it starts keeps the run from starting, and nothing is left running', async () => {
    const observer = ({ type }: LocalEvent) => {
      // The engine has one for the records that the table holds.
      if (type === 'notice') {
        throw new Error('a bug');
      }
    };
    await expect(startApp(app({ Failing: 'TRIM_HORIZON' }), { data, observer })).rejects.toThrow('a bug');
    expect(childrenOfThisProcess()).not.toMatch(OURS);
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

  test('a folder that another run uses is refused, and is free again when that run has ended', async () => {
    const taken = folderWith({});
    const first = await startApp(printingApp, { data: taken });
    await expect(startApp(printingApp, { data: taken })).rejects.toThrow(`${taken} is in use by another run.`);
    await first.stop();
    expect(readdirSync(taken)).not.toContain('run.lock');
  });

  test('checkpoints that can\'t be read are refused, and so is a folder that can\'t be made, before anything is started', async () => {
    const broken = folderWith({ 'checkpoints.json': '{' });
    await expect(startApp(printingApp, { data: broken })).rejects.toThrow(/Can't read .*checkpoints\.json[\s\S]*Remove it to start each trigger at its starting position\./);
    await expect(startApp(printingApp, { data: join(broken, 'checkpoints.json') })).rejects.toThrow(/Can't keep the tables in [\s\S]*--data/);
    expect(childrenOfThisProcess()).not.toMatch(OURS);
  });
});

describe('a part that ends', () => {
  onLinux('when DynamoDB Local is killed, the run ends with an error and leaves nothing running', async () => {
    const run = await startApp(printingApp);
    process.kill(processOf('DynamoDBLocal'), 'SIGKILL');
    const failure = expect(run.drained()).rejects.toThrow('DynamoDB Local ended');
    expect(await run.failed).toMatchObject({
      code: 'SERVICE_ENDED', message: expect.stringMatching(/^DynamoDB Local ended\. The tables were in memory and are gone\.\n[\s\S]*SIGKILL/),
    });
    await failure;
    expect(childrenOfThisProcess()).not.toMatch(OURS);
  });

  onLinux('when the local destinations are killed, the run ends with an error and leaves nothing running', async () => {
    const run = await startApp(printingApp);
    process.kill(processOf('destination-server'), 'SIGKILL');
    expect(await run.failed).toMatchObject({ code: 'SERVICE_ENDED', message: expect.stringMatching(/The local SQS, SNS and S3 ended[\s\S]*SIGKILL/) });
    expect(childrenOfThisProcess()).not.toMatch(OURS);
  });

  onLinux('a function whose code does not load keeps the run from starting, and nothing is left running', async () => {
    await expect(startApp(synthesize((stack) => functionOf(stack, 'OnOrder', 'throw new Error("no TABLE")').addEventSource(source(ordersTable(stack))))))
      .rejects.toMatchObject({ code: 'FUNCTION_NOT_LOADED', message: expect.stringMatching(/Shop-OnOrder\w+ does not load: Error: no TABLE/) });
    expect(childrenOfThisProcess()).not.toMatch(OURS);
  });
});

describe('afterwards', () => {
  /** What runs leave in the temporary folder: the folders of runs that are not over. */
  const runFolders = (folder = tmpdir()) => readdirSync(folder)
    .filter((name) => /^dynamo-stream-trigger-(?!tests)/.test(name)).flatMap((name) => readdirSync(join(folder, name)));

  onLinux('a run that was stopped has left no process, socket, server, timer or file', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const [timersBefore, filesBefore] = [timers(), readdirSync(tmpdir())];
    const connect = jest.spyOn(Socket.prototype, 'connect');
    const listen = jest.spyOn(Server.prototype, 'listen');
    const destroy = jest.spyOn(DynamoDBStreamsClient.prototype, 'destroy');
    const run = await startLocal({ assembly: printingApp });
    await put(run, 'Shop/Orders', {});
    await run.drained();
    expect(runFolders()).toHaveLength(1);
    // Java would unpack it in the temporary folder of the system, and leave it there.
    const libraries = new Set(readFileSync(`/proc/${processOf('DynamoDBLocal')}/maps`, 'utf8').match(/\/.*libsqlite4java.*/g));
    expect([...libraries]).toEqual([expect.stringContaining(runFolders()[0])]);

    await run.stop();
    expect(childrenOfThisProcess()).not.toMatch(OURS);
    expect(runFolders()).toEqual([]);
    expect(readdirSync(tmpdir()).filter((name) => !filesBefore.includes(name) && !/^dynamo-stream-trigger-/.test(name))).toEqual([]);
    expect(destroy).toHaveBeenCalledTimes(1);
    expect(connect.mock.contexts.length).toBeGreaterThan(0);
    expect(listen.mock.contexts.length).toBeGreaterThan(0);
    const open = () => connect.mock.contexts.filter((socket) => !socket.destroyed).length
      + listen.mock.contexts.filter((server) => server.listening).length + timers() - timersBefore;
    // A socket is closed in a later turn than the process at its other end.
    while (open() > 0) {
      await new Promise((wake) => setImmediate(wake));
    }
    jest.restoreAllMocks();
  });

  onLinux('a program that Ctrl-C ends has left nothing', async () => {
    const TMPDIR = folderWith({});
    const program = spawn(process.execPath, ['-e', `
      require(${JSON.stringify(join(__dirname, '..', '..', 'build', 'local'))}).startLocal({ assembly: process.argv[1] })
        .then(({ endpoints }) => console.log(endpoints.dynamodb));
    `, printingApp], { env: { ...process.env, TMPDIR }, stdio: ['ignore', 'pipe', 'inherit'] });
    const endpoint = await firstOutputOf(program);
    // The code of the function, and what Java unpacks.
    const [temporary] = runFolders(TMPDIR);
    expect(temporary).toMatch(/^run-/);
    program.kill('SIGINT');
    expect(await once(program, 'exit')).toEqual([null, 'SIGINT']);
    expect(readdirSync(TMPDIR, { recursive: true })).toHaveLength(1);
    expect(runFolders(TMPDIR)).toEqual([]);
    await expect(fetch(endpoint)).rejects.toThrow('fetch failed');
  });
});
