import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Stack, type App } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { folderWith } from '../folder';
import { functionOf, localApp, ordersTable, synthesize } from '../local/fixture-app';
import { onLinux } from '../needing';

const COMMAND = resolve(__dirname, '..', '..', 'build', 'bin', 'dynamo-stream-trigger.js');
/** A temporary folder for these tests alone, with the folders of their runs. */
const TMPDIR = folderWith({});

/** The command, started as a user starts it. */
class Command {
  readonly lines: string[] = [];
  stderr = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown[]>;

  constructor(args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; command?: string } = {}) {
    this.child = spawn(process.execPath, [options.command ?? COMMAND, 'local', ...args], { ...options, env: { ...process.env, TMPDIR, ...options.env } });
    this.closed = once(this.child, 'close');
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.lines.push(line));
    this.child.stderr!.on('data', (text) => this.stderr += text);
  }

  /** The first line that matches, now or later. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = this.lines.map((line) => pattern.exec(line)).find((match) => match);
      if (found) {
        return found;
      }
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`It ended before it printed ${pattern}:\n${this.lines.join('\n')}\n${this.stderr}`);
      }
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  closeOutput(): void {
    this.child.stdout!.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Its exit code. */
  async end(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }
}

let running: Command[] = [];
function local(...of: ConstructorParameters<typeof Command>): Command {
  const command = new Command(...of);
  running.push(command);
  return command;
}
afterEach(async () => {
  running.forEach((command) => command.kill('SIGINT'));
  await Promise.all(running.map((command) => command.end()));
  running = [];
  // The folder of the runs, without a run.
  expect(readdirSync(TMPDIR, { recursive: true }).length).toBeLessThanOrEqual(1);
});

let app: string;
beforeAll(() => app = synthesize((stack) => {
  const projection = ordersTable(stack, 'Projection', { stream: undefined, tableName: 'projection' });
  const failures = new sqs.Queue(stack, 'Failures', { queueName: 'failures' });
  functionOf(stack, 'OnOrder', `
    const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');
    const client = new DynamoDBClient({});
    exports.handler = async ({ Records }) => {
      for (const { dynamodb } of Records) {
        if (dynamodb.Keys.sk.S === 'poison') return { batchItemFailures: [{ itemIdentifier: dynamodb.SequenceNumber }] };
        console.log('order', dynamodb.Keys.pk.S);
        await client.send(new PutItemCommand({ TableName: process.env.PROJECTION, Item: dynamodb.NewImage }));
      }
    };`, { functionName: 'on-order', environment: { PROJECTION: projection.tableName } },
  ).addEventSource(new DynamoEventSource(ordersTable(stack, 'Orders', { tableName: 'orders' }), {
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    retryAttempts: 1,
    reportBatchItemFailures: true,
    bisectBatchOnError: true,
    onFailure: new SqsDlq(failures),
  }));
}));

const client = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
const put = (dynamodb: DynamoDBClient, pk: string, sk: string) =>
  dynamodb.send(new PutItemCommand({ TableName: 'orders', Item: { pk: { S: pk }, sk: { S: sk } } }));

test('what is written to the printed endpoint reaches the function, and what fails reaches the printed queue', async () => {
  const command = local(['--app', app]);
  await command.line(/^Ready/);
  const dynamodb = new DynamoDBClient(client((await command.line(/^DynamoDB +(\S+)/))[1]));
  for (const [pk, sk] of [['a', '1'], ['b', 'poison'], ['c', '3']]) {
    await put(dynamodb, pk, sk);
  }
  await command.line(/RetryAttemptsExhausted: 1 record on arn:aws:sqs:us-east-1:000000000000:failures/);
  await command.line(/^OnOrder \| order c/);
  const [, QueueUrl] = await command.line(/^Queue +(\S+)/);
  const { Messages } = await new SQSClient(client((await command.line(/^SQS.* (http\S+)/))[1])).send(new ReceiveMessageCommand({ QueueUrl }));
  expect(JSON.parse(Messages![0].Body!)).toMatchObject({ DDBStreamBatchInfo: { batchSize: 1 } });
  const { Items } = await dynamodb.send(new ScanCommand({ TableName: 'projection' }));
  expect(Items!.map(({ pk }) => pk.S).sort()).toEqual(['a', 'c']);

  command.kill('SIGINT');
  expect(await command.end()).toBe(0);
  await command.line(/^Given up +1 record, to a failure destination$/);
  await command.line(/^Lost +0 records$/);
  expect(command.stderr).toBe('');
});

test('with --json every line is an object, and the last one is the summary', async () => {
  const command = local(['--app', app, '--json']);
  const ready = JSON.parse((await command.line(/.*"type":"ready".*/))[0]);
  expect(ready).toMatchObject({ tables: [{ name: 'projection' }, { name: 'orders' }], triggers: [{ tableName: 'orders', functionName: 'on-order' }] });
  await put(new DynamoDBClient(client(ready.endpoints.dynamodb)), 'secret', '1');
  await command.line(/"type":"status".*"invocations":1/);
  command.kill('SIGTERM');
  expect(await command.end()).toBe(0);
  const objects = command.lines.map((line) => JSON.parse(line));
  expect(objects.find(({ type }) => type === 'invocationEnded')).toMatchObject({ records: 1, outcome: { type: 'response' } });
  expect(objects.find(({ type }) => type === 'shards')).toMatchObject({ shards: 1 });
  expect(objects.at(-1)).toMatchObject({ type: 'summary', invocations: 1, failed: 0, lost: 0, inFlight: 0 });
  expect(objects.filter(({ type }) => type !== 'log').some((value) => JSON.stringify(value).includes('secret'))).toBe(false);
});

test('Ctrl-C while it starts ends it, and nothing is left running', async () => {
  const command = local(['--app', app]);
  await command.line(/^Starting/);
  command.kill('SIGINT');
  expect(await command.end()).toBe(0);
});

onLinux('when a runner is killed in the middle, nothing is left running, and the next run goes on and loses nothing', async () => {
  const kept = ['--app', app, '--data', folderWith({})];
  const endpointOf = async (command: Command) => new DynamoDBClient(client((await command.line(/^DynamoDB +(\S+)/))[1]));
  const killed = local(kept);
  await killed.line(/^Ready/);
  const before = new DynamoDBClient({ ...client((await killed.line(/^DynamoDB +(\S+)/))[1]), maxAttempts: 1 });
  const writes = Promise.allSettled(Array.from({ length: 100 }, (_, n) => put(before, `${n}`, 'a').then(() => `${n}`)));
  await killed.line(/^OnOrder \| order/);
  killed.kill('SIGKILL');
  await killed.end();
  const written = (await writes).flatMap((write) => write.status === 'fulfilled' ? [write.value] : []);
  // The folders of the runs, without a run: the last process of the run removes it.
  while (readdirSync(TMPDIR, { recursive: true }).length > 1) {
    await new Promise((wake) => setTimeout(wake, 20));
  }
  const next = local(kept);
  await next.line(/^Ready/);
  expect(next.lines.filter((line) => line.startsWith('Note: Ended'))).toEqual([]);
  const after = await endpointOf(next);
  const keysOf = async (TableName: string) => (await after.send(new ScanCommand({ TableName }))).Items!.map(({ pk }) => pk.S!).sort();
  const orders = await keysOf('orders');
  expect(orders).toEqual(expect.arrayContaining(written));
  for (let projected: unknown[] = []; projected.length < orders.length;) {
    projected = await keysOf('projection');
  }
  expect(await keysOf('projection')).toEqual(orders);
});

test('it ends without an error when the reader of its output ends', async () => {
  const command = local(['--app', app]);
  await command.line(/^Starting/);
  command.closeOutput();
  expect(await command.end()).toBe(0);
  expect(command.stderr).toBe('');
});

test('--watch synthesizes the app when a source changes and takes it over, and goes on with the old one if that fails', async () => {
  const version = (code: string) => synthesize((stack) => {
    functionOf(stack, 'OnOrder', `exports.handler = async () => console.log('${code}');`, { functionName: 'on-order' })
      .addEventSource(new DynamoEventSource(ordersTable(stack, 'Orders', { tableName: 'orders' }), {
        startingPosition: lambda.StartingPosition.TRIM_HORIZON, retryAttempts: 1,
      }));
  });
  const copying = (from: string) => `require('node:fs').cpSync(${JSON.stringify(from)}, process.env.CDK_OUTDIR, { recursive: true });`;
  const cwd = folderWith({ 'cdk.json': '{ "app": "node app.js" }', 'app.js': copying(version('first code')) });
  const command = local(['--watch'], { cwd });
  await command.line(/^Synthesizing the app\.$/);
  const [, dynamodb] = await command.line(/^DynamoDB +(.+)$/);
  await command.line(/^Ready\./);
  writeFileSync(join(cwd, 'app.js'), 'throw new Error("not yet")');
  await command.line(/^Not taken over, the old app goes on: node app\.js ended with 1:$/);
  await command.line(/^Error: not yet$/);
  writeFileSync(join(cwd, 'app.js'), copying(version('second code')));
  await command.line(/^Synthesizing: app\.js has changed\.$/);
  await command.line(/^Taken over: OnOrder has new code\.$/);
  await new DynamoDBClient(client(dynamodb)).send(new PutItemCommand({ TableName: 'orders', Item: { pk: { S: '1' }, sk: { S: '1' } } }));
  await command.line(/second code/);
  expect(command.lines.join('\n')).not.toContain('first code');
});

test('without --watch, an app that is synthesized anew is named', async () => {
  const folder = folderWith({});
  cpSync(app, folder, { recursive: true });
  const command = local(['--app', folder, '--json']);
  await command.line(/"type":"ready"/);
  const manifest = join(folder, 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('{', '{ "new": true,'));
  await command.line(/^\{"type":"newer","folder":".+"\}$/);
});

test('--inspect lets a debugger attach to the function', async () => {
  const command = local(['--app', app, '--inspect', '9400']);
  await command.line(/^OnOrder > a debugger can attach at 127\.0\.0\.1:94\d\d$/);
});

describe('after a mistake the exit code is 1, and the message says what to do', () => {
  const messageOf = async (...of: ConstructorParameters<typeof Command>) => {
    const command = local(...of);
    expect(await command.end()).toBe(1);
    return command.stderr;
  };
  /** A folder for PATH with Node.js, and a `java` that says it is this version, if any. */
  const pathWith = (java?: string) => {
    const folder = folderWith(java === undefined ? {} : { java: `#!/bin/sh\necho '${java}' >&2\ntest "$1" = -version\n` });
    symlinkSync(process.execPath, join(folder, 'node'));
    if (java !== undefined) {
      chmodSync(join(folder, 'java'), 0o755);
    }
    return `${folder}:/bin`;
  };

  describe('exactly as in docs/guide/local.md', () => {
    /** The first block of text below these words. */
    const documented = (words: string) => {
      const page = readFileSync(resolve(__dirname, '..', '..', 'docs', 'guide', 'local.md'), 'utf8');
      const begin = page.indexOf('```\n', page.indexOf(`**${words}`)) + 4;
      return page.slice(begin, page.indexOf('```', begin));
    };
    /** The page's example project is in a folder that is not here. */
    const inExample = (message: string, folder: string) => message.replaceAll(realpathSync(folder), '/home/me/shop').replaceAll(folder, '/home/me/shop');

    test('no synthesized app', async () => {
      const cwd = folderWith({});
      expect(inExample(await messageOf([], { cwd }), cwd)).toBe(documented('Nothing synthesized'));
    });

    test('no trigger that runs here', async () => {
      const cwd = folderWith({});
      const shop = new Stack(localApp(join(cwd, 'cdk.out')), 'Shop');
      functionOf(shop, 'OnOrder', '', { runtime: lambda.Runtime.PYTHON_3_13 }).addEventSource(
        new DynamoEventSource(ordersTable(shop), { startingPosition: lambda.StartingPosition.TRIM_HORIZON }),
      );
      (shop.node.root as App).synth();
      expect(await messageOf([], { cwd })).toBe(documented('No trigger in the app'));
    });

    test('an old Java', async () => {
      expect(await messageOf(['--app', app], { env: { PATH: pathWith('openjdk version "11.0.22" 2024-01-16'), JAVA_HOME: '' } }))
        .toBe(documented('An old Java'));
    });

    test('a missing package', async () => {
      // The command, installed where neither package is.
      const cwd = folderWith({});
      const command = join(cwd, 'node_modules', 'dynamo-stream-trigger', 'build', 'bin', 'dynamo-stream-trigger.js');
      cpSync(COMMAND, command);
      expect(inExample(await messageOf(['--app', app], { cwd, command }), cwd)).toBe(documented('A missing package'));
    });

    test('code that does not load', async () => {
      const cwd = folderWith({ 'node_modules/left-pad/index.js': '' });
      const shop = new Stack(localApp(join(cwd, 'cdk.out')), 'Shop');
      const onOrder = functionOf(shop, 'OnOrder', 'require("left-pad")');
      onOrder.addEventSource(new DynamoEventSource(ordersTable(shop), { startingPosition: lambda.StartingPosition.TRIM_HORIZON }));
      (shop.node.root as App).synth();
      expect(await messageOf([], { cwd })).toBe(documented('Code that does not load'));
    });

    test('a taken port', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      expect((await messageOf(['--app', app, '--port', `${port}`])).replace(`${port}`, '8000')).toBe(documented('A port in use'));
      server.close();
    });
  });

  test('no trigger in the app', async () => {
    expect(await messageOf(['--app', synthesize((stack) => ordersTable(stack))])).toMatch(/No trigger to run in .* \(stacks: Shop\)[\s\S]*DynamoStreamTrigger/);
  });

  test('no Java', async () => {
    expect(await messageOf(['--app', app], { env: { PATH: pathWith().replace(/:.*/, ''), JAVA_HOME: '' } }))
      .toMatch(/DynamoDB Local needs Java[\s\S]*Install a Java runtime 17 or newer/);
  });

  test('a Java from before the count changed', async () => {
    expect(await messageOf(['--app', app], { env: { PATH: pathWith('java version "1.8.0_392"'), JAVA_HOME: '' } }))
      .toContain('DynamoDB Local needs Java 17 or newer, but java (from the PATH) is java version "1.8.0_392".');
  });

  test('a JAVA_HOME without Java, whatever is on the PATH', async () => {
    expect(await messageOf(['--app', app], { env: { JAVA_HOME: '/nowhere' } })).toMatch(/\/nowhere\/bin\/java -version` \(from JAVA_HOME, which takes precedence over the PATH\) fails/);
  });

  test('a port that does not exist', async () => {
    expect(await messageOf(['--app', app, '--port', '70000'])).toContain('a whole number from 1 to 65535');
  });

  test('a program that is not Node.js', async () => {
    expect(await messageOf(['--app', app, '--node', '/bin/ls'])).toMatch(/\/bin\/ls is not Node\.js[\s\S]*--node/);
  });
});
