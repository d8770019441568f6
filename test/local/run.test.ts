import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, S3OnFailureDestination, SnsDlq, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { folderWith, functionOf, ordersTable, synthesize } from './fixture-app';
import { DynamoStreamTrigger, StreamFunction } from '../../lib';
import { startLocal, type LocalEvent, type LocalOptions, type LocalRun } from '../../lib/local';

jest.setTimeout(60_000);

/** Real parts all: DynamoDB Local, processes, SQS, SNS and S3 on this machine. */
let runs: LocalRun[] = [];
let events: LocalEvent[] = [];
beforeEach(() => events = []);
afterEach(async () => {
  await Promise.all(runs.map((run) => run.stop()));
  runs = [];
});

async function runApp(build: (stack: Stack) => void, options: Partial<LocalOptions> = {}): Promise<LocalRun> {
  const run = await startLocal({ assembly: synthesize(build), observer: (event) => events.push(event), ...options });
  runs.push(run);
  return run;
}

const client = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
const documents = (run: LocalRun) => DynamoDBDocumentClient.from(new DynamoDBClient(client(run.endpoints.dynamodb)));
const tableName = (run: LocalRun, path: string) => run.tables.find((table) => table.path === path)!.name;
const put = (run: LocalRun, path: string, item: object) =>
  documents(run).send(new PutCommand({ TableName: tableName(run, path), Item: { pk: 'a', sk: 'b', ...item } }));
const itemsOf = async (run: LocalRun, path: string) =>
  (await documents(run).send(new ScanCommand({ TableName: tableName(run, path), ConsistentRead: true }))).Items!;
const source = (table: dynamodb.ITable, props: Partial<ConstructorParameters<typeof DynamoEventSource>[1]> = {}) =>
  new DynamoEventSource(table, { startingPosition: lambda.StartingPosition.TRIM_HORIZON, ...props });

/** Prints each record's event as a line of JSON. */
const PRINTING = 'exports.handler = async ({ Records }) => Records.forEach((record) => console.log(JSON.stringify(record)));';
const printed = () => events.flatMap((event) => event.type === 'log' ? [JSON.parse(event.line)] : []);
const FAILING = 'exports.handler = async () => { throw new Error("never"); };';

test('a function gets the records of every change, in Lambda\'s shape', async () => {
  const run = await runApp((stack) => functionOf(stack, 'OnOrder', PRINTING).addEventSource(source(ordersTable(stack))));
  await put(run, 'Shop/Orders', { n: 1, bytes: new Uint8Array([1, 2, 3]) });
  const before = Math.floor(Date.now() / 1000) - 5;
  await run.drained();
  const [record] = printed();
  expect(record).toEqual({
    eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: expect.any(Number),
      Keys: { pk: { S: 'a' }, sk: { S: 'b' } },
      NewImage: { pk: { S: 'a' }, sk: { S: 'b' }, n: { N: '1' }, bytes: { B: 'AQID' } },
      SequenceNumber: expect.stringMatching(/^\d{21}$/),
      SizeBytes: expect.any(Number),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: run.triggers[0].streamArn,
  });
  expect(run.triggers[0].streamArn).toMatch(/^arn:aws:dynamodb:us-east-1:000000000000:table\/Shop-Orders\w+\/stream\/\d{4}-/);
  expect(record.dynamodb.ApproximateCreationDateTime).toBeGreaterThanOrEqual(before);
});

test('a mapping that starts at LATEST gets everything from when the run has started', async () => {
  const run = await runApp((stack) => functionOf(stack, 'OnOrder', PRINTING).addEventSource(
    source(ordersTable(stack), { startingPosition: lambda.StartingPosition.LATEST }),
  ));
  await put(run, 'Shop/Orders', {});
  await run.drained();
  expect(printed()).toHaveLength(1);
});

test('an item whose time to live is over is removed as by DynamoDB', async () => {
  const run = await runApp((stack) => functionOf(stack, 'OnOrder', PRINTING).addEventSource(
    source(ordersTable(stack, 'Orders', { timeToLiveAttribute: 'expires', stream: dynamodb.StreamViewType.OLD_IMAGE })),
  ));
  await put(run, 'Shop/Orders', { expires: Math.floor(Date.now() / 1000) - 60 });
  while (printed().length < 2) {
    await new Promise((wake) => setTimeout(wake, 100));
  }
  expect(printed()[1]).toMatchObject({
    eventName: 'REMOVE',
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    dynamodb: { OldImage: { pk: { S: 'a' } } },
  });
});

test('two triggers on a table and one function on two tables get their records, and park the poison ones at the trigger\'s own queue', async () => {
  const run = await runApp((stack) => {
    const onChange = (id: string) => new StreamFunction(stack, id, {
      entry: join(__dirname, 'handlers', 'on-change.ts'), runtime: lambda.Runtime.NODEJS_22_X, environment: { NAME: id },
    });
    const orders = ordersTable(stack);
    const both = onChange('Both');
    new DynamoStreamTrigger(stack, 'OrdersToBoth', { table: orders, handler: both });
    new DynamoStreamTrigger(stack, 'ReturnsToBoth', { table: ordersTable(stack, 'Returns'), handler: both });
    new DynamoStreamTrigger(stack, 'OrdersToOther', { table: orders, handler: onChange('Other') });
  });
  await put(run, 'Shop/Orders', { pk: 'order' });
  await put(run, 'Shop/Orders', { pk: 'poison order', poison: true });
  await put(run, 'Shop/Returns', { pk: 'return' });
  await put(run, 'Shop/Returns', { pk: 'poison return', poison: true });
  await run.drained();
  const lines = events.flatMap((event) => event.type === 'log' && event.stream === 'stdout' ? [event.line] : []);
  expect(lines.sort()).toEqual(['["Both","order"]', '["Both","return"]', '["Other","order"]']);

  const queues = new SQSClient(client(run.endpoints.sqs));
  const parkedBy = async (trigger: string) => {
    const QueueUrl = run.queues.find(({ path }) => path.startsWith(`Shop/${trigger}/`))!.url;
    const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map(({ Body }) => JSON.parse(Body!)).map(({ kind, record, error }) => [kind, record.dynamodb.Keys.pk.S, error.name]);
  };
  const parked = (pk: string) => [['dynamo-stream-trigger/parked-record', pk, 'PoisonRecordError']];
  expect(await parkedBy('OrdersToBoth')).toEqual(parked('poison order'));
  expect(await parkedBy('ReturnsToBoth')).toEqual(parked('poison return'));
  expect(await parkedBy('OrdersToOther')).toEqual(parked('poison order'));
});

test('what functions write to other tables with triggers is drained too', async () => {
  const run = await runApp((stack) => {
    const [first, second, third] = ['First', 'Second', 'Third'].map((id) => ordersTable(stack, id));
    const copyTo = (target: dynamodb.Table) => functionOf(stack, `CopyTo${target.node.id}`, `
      const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');
      const client = new DynamoDBClient({});
      exports.handler = async ({ Records }) => {
        for (const { dynamodb } of Records) await client.send(new PutItemCommand({ TableName: process.env.TARGET, Item: dynamodb.NewImage }));
      };`, { environment: { TARGET: target.tableName } });
    copyTo(second).addEventSource(source(first));
    copyTo(third).addEventSource(source(second));
  });
  await put(run, 'Shop/First', { n: 1 });
  await run.drained();
  expect(await itemsOf(run, 'Shop/Third')).toEqual([{ pk: 'a', sk: 'b', n: 1 }]);
});

test('killing the function\'s process in the middle of a batch loses nothing', async () => {
  const run = await runApp((stack) => {
    const projection = ordersTable(stack, 'Projection', { stream: undefined });
    functionOf(stack, 'OnOrder', `
      const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');
      const client = new DynamoDBClient({});
      exports.handler = async ({ Records }) => {
        for (const { dynamodb } of Records) {
          await client.send(new PutItemCommand({ TableName: process.env.PROJECTION, Item: dynamodb.NewImage }));
          console.log(dynamodb.SequenceNumber);
        }
      };`, { environment: { PROJECTION: projection.tableName } }).addEventSource(source(ordersTable(stack)));
  }, {
    observer: (event) => {
      events.push(event);
      // After 10 of the records of the first large batch, and of the one after it.
      const started = events.filter(({ type }) => type === 'log').length;
      if (event.type === 'log' && (started === 30 || started === 60)) {
        killed += runs[0].kill(runs[0].triggers[0].functionName);
      }
    },
  });
  let killed = 0;
  const items = Array.from({ length: 25 }, (_, index) => ({ pk: `item ${index % 5}`, sk: `${index}`, n: index }));
  for (let version = 0; version < 4; version++) {
    await documents(run).send(new BatchWriteCommand({
      RequestItems: { [tableName(run, 'Shop/Orders')]: items.map((item) => ({ PutRequest: { Item: { ...item, version } } })) },
    }));
  }
  await run.drained();
  expect(killed).toBe(2);
  const byKey = (all: Record<string, unknown>[]) => all.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort();
  expect(byKey(await itemsOf(run, 'Shop/Projection'))).toEqual(byKey(await itemsOf(run, 'Shop/Orders')));
});

test('given-up batches are on the queue, the topic and the bucket, where the SDK finds them', async () => {
  const run = await runApp((stack) => {
    const orders = ordersTable(stack);
    const destinations = {
      Queue: new SqsDlq(new sqs.Queue(stack, 'Failures')),
      Topic: new SnsDlq(new sns.Topic(stack, 'News')),
      Bucket: new S3OnFailureDestination(new s3.Bucket(stack, 'Files', { removalPolicy: RemovalPolicy.DESTROY })),
      Imported: new SqsDlq(sqs.Queue.fromQueueArn(stack, 'Theirs', 'arn:aws:sqs:eu-west-1:123456789012:theirs')),
    };
    for (const [id, onFailure] of Object.entries(destinations)) {
      functionOf(stack, `To${id}`, FAILING).addEventSource(source(orders, { retryAttempts: 0, onFailure }));
    }
  });
  const queues = new SQSClient(client(run.endpoints.sqs));
  const { QueueUrl } = await queues.send(new CreateQueueCommand({ QueueName: 'subscriber' }));
  await new SNSClient(client(run.endpoints.sns)).send(new SubscribeCommand({
    TopicArn: run.topics[0].arn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:us-east-1:000000000000:subscriber', Attributes: { RawMessageDelivery: 'true' },
  }));
  await put(run, 'Shop/Orders', {});
  await run.drained();

  const receive = async (url: string, from = queues) => {
    const { Messages } = await from.send(new ReceiveMessageCommand({ QueueUrl: url }));
    return JSON.parse(Messages![0].Body!);
  };
  const message = {
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
    responseContext: { functionError: 'Unhandled' },
    DDBStreamBatchInfo: { batchSize: 1, streamArn: run.triggers[0].streamArn },
  };
  expect(await receive(run.queues[0].url)).toMatchObject(message);
  expect(await receive(QueueUrl!)).toMatchObject(message);
  const elsewhere = new SQSClient({ ...client(run.endpoints.sqs), region: 'eu-west-1' });
  expect(await receive(`${run.endpoints.sqs}/000000000000/theirs`, elsewhere)).toMatchObject(message);

  const files = new S3Client(client(run.endpoints.s3));
  const Bucket = run.buckets[0].name;
  const { Contents } = await files.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents).toHaveLength(1);
  expect(Contents![0].Key).toMatch(/^aws\/lambda\/[0-9a-f-]{36}\/shardId-[\w-]+\/\d{4}\/\d\d\/\d\d\//);
  const { Body } = await files.send(new GetObjectCommand({ Bucket, Key: Contents![0].Key }));
  const object = JSON.parse(await Body!.transformToString());
  expect(object).toMatchObject(message);
  expect(JSON.parse(object.payload).Records[0].dynamodb.Keys).toEqual({ pk: { S: 'a' }, sk: { S: 'b' } });
});

test('a function slower than the writes gets all of them, in order within an item', async () => {
  const run = await runApp((stack) => functionOf(stack, 'OnOrder', `exports.handler = async ({ Records }) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    Records.forEach(({ dynamodb }) => console.log(JSON.stringify([dynamodb.Keys.pk.S, Number(dynamodb.NewImage.n.N)])));
  };`).addEventSource(source(ordersTable(stack), { batchSize: 10, parallelizationFactor: 4 })));
  const Key = (pk: string) => ({ pk, sk: 'b' });
  await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(async (pk) => {
    for (let n = 0; n < 40; n++) {
      await documents(run).send(new UpdateCommand({
        TableName: tableName(run, 'Shop/Orders'), Key: Key(pk), UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': n },
      }));
    }
  }));
  await run.drained();
  for (const pk of ['a', 'b', 'c', 'd', 'e', 'f']) {
    expect(printed().filter(([key]) => key === pk).map(([, n]) => n)).toEqual(Array.from({ length: 40 }, (_, n) => n));
  }
});

test('concurrent invocations run in environments of their own, up to the reserved concurrency', async () => {
  const app = (reservedConcurrentExecutions?: number) => (stack: Stack) => functionOf(stack, 'OnOrder', `exports.handler = async () => {
    console.log(process.pid);
    await new Promise((resolve) => setTimeout(resolve, 300));
  };`, { reservedConcurrentExecutions }).addEventSource(source(ordersTable(stack), { batchSize: 1, parallelizationFactor: 10 }));
  const processesOf = async (run: LocalRun) => {
    events = [];
    await Promise.all(Array.from({ length: 6 }, (_, index) => put(run, 'Shop/Orders', { pk: `${index}` })));
    await run.drained();
    expect(printed()).toHaveLength(6);
    return new Set(printed()).size;
  };
  expect(await processesOf(await runApp(app()))).toBeGreaterThan(2);
  expect(await processesOf(await runApp(app(2)))).toBeLessThanOrEqual(2);
});

test('environment variables that can\'t be known and a newer runtime are named at the start', async () => {
  const run = await runApp((stack) => {
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    functionOf(stack, 'OnOrder', PRINTING, { runtime: lambda.Runtime.NODEJS_24_X, environment: { ROLE: role.roleArn } })
      .addEventSource(source(ordersTable(stack)));
  });
  const warnings = events.flatMap((event) => event.type === 'warning' ? [event.message] : []);
  expect(warnings).toContainEqual(expect.stringMatching(/^Shop\/OnOrder: the environment variable ROLE: Arn of Shop\/Role .* it is not set here/));
  const [major] = process.versions.node.split('.');
  expect(warnings.some((warning) => /Node\.js 24 on AWS/.test(warning))).toBe(Number(major) < 24);
  expect(run.triggers).toHaveLength(1);
});

test('code in the template runs too', async () => {
  const run = await runApp((stack) => functionOf(stack, 'OnOrder', '', { code: lambda.Code.fromInline(PRINTING) })
    .addEventSource(source(ordersTable(stack))));
  await put(run, 'Shop/Orders', {});
  await run.drained();
  expect(printed()).toHaveLength(1);
});

test('a timeout is retried as any failure is', async () => {
  const run = await runApp((stack) => functionOf(stack, 'OnOrder', 'exports.handler = async () => new Promise((resolve) => setTimeout(resolve, 60_000));', {
    timeout: Duration.seconds(1),
  }).addEventSource(source(ordersTable(stack), { retryAttempts: 1, onFailure: new SqsDlq(new sqs.Queue(stack, 'Failures')) })));
  await put(run, 'Shop/Orders', {});
  await run.drained();
  expect(events.filter(({ type }) => type === 'invocationEnded')).toMatchObject([
    { outcome: { errorType: 'Sandbox.Timedout' } }, { outcome: { errorType: 'Sandbox.Timedout' } },
  ]);
  expect(events.filter(({ type }) => type === 'delivered')).toMatchObject([{ accepted: true, message: { requestContext: { approximateInvokeCount: 2 } } }]);
});

test('when DynamoDB Local is killed, the run ends, says so and leaves nothing running', async () => {
  const run = await runApp((stack) => functionOf(stack, 'OnOrder', PRINTING).addEventSource(source(ordersTable(stack))));
  const port = new URL(run.endpoints.dynamodb).port;
  process.kill(Number(execFileSync('pgrep', ['-f', `DynamoDBLocal.jar.* -port ${port}`], { encoding: 'utf8' })), 'SIGKILL');
  const failure = expect(run.drained()).rejects.toThrow('DynamoDB Local ended');
  expect(await run.failed).toMatchObject({ name: 'LocalServiceError', message: expect.stringMatching(/DynamoDB Local ended[\s\S]*SIGKILL/) });
  await failure;
  expect(childrenOfThisProcess()).not.toMatch(/runtime-client|destination-server|DynamoDBLocal/);
});

test('a function whose code does not load keeps the run from starting, and nothing is left running', async () => {
  await expect(runApp((stack) => functionOf(stack, 'OnOrder', 'throw new Error("no TABLE")').addEventSource(source(ordersTable(stack)))))
    .rejects.toMatchObject({ name: 'FunctionLoadError', message: expect.stringMatching(/Shop-OnOrder\w+ does not load: Error: no TABLE/) });
  expect(childrenOfThisProcess()).not.toMatch(/runtime-client|destination-server|DynamoDBLocal/);
});

test('a mapping that fails while it starts keeps the run from starting, and nothing is left running', async () => {
  const build = (stack: Stack) => functionOf(stack, 'OnOrder', PRINTING).addEventSource(source(ordersTable(stack)));
  const observer = ({ type }: LocalEvent) => {
    if (type === 'notice') {
      throw new Error('a bug');
    }
  };
  await expect(runApp(build, { observer })).rejects.toThrow('a bug');
  expect(childrenOfThisProcess()).not.toMatch(/runtime-client|destination-server|DynamoDBLocal/);
});

test('a program that Ctrl-C ends leaves nothing of its run behind', async () => {
  const assembly = synthesize((stack) => functionOf(stack, 'OnOrder', '', { code: lambda.Code.fromInline(PRINTING) })
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

function childrenOfThisProcess(): string {
  return execFileSync('ps', ['-o', 'stat=,command=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n').filter((line) => !line.startsWith('Z')).join('\n');
}
