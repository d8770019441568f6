import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BatchWriteCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { CfnParameter, CfnResource, Duration, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { S3OnFailureDestination, SnsDlq, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { functionOf, localApp, ordersTable } from './fixture-app';
import { folderWith } from '../folder';
import { client, COPYING, documents, inOrder, itemsOf, PRINTING, put, source, tableName } from './local-run';
import { DynamoStreamTrigger, FailureStore, S3FailureDestination, StreamFunction } from '../../lib';
import { startLocal, type LocalEvent, type LocalRun } from '../../lib/local';
import { onLinux } from '../needing';

/**
 * Everything is real: DynamoDB Local, processes, and SQS, SNS and S3 on this machine. All of these tests share one run, and each has a
 * stack of its own in the app. The tests that end a run are in run-end.test.ts.
 */
const app = localApp();
const stackOf = <T>(id: string, build: (stack: Stack) => T): T => build(new Stack(app, id));
let run: LocalRun;
const events: LocalEvent[] = [];
const listeners = new Set<(event: LocalEvent) => void>();
beforeAll(async () => {
  run = await startLocal({
    assembly: app.synth().directory,
    envVars: join(folderWith({ 'variables.json': '{"Parameters":{"GIVEN":"to all"},"World/Inner/OnOrder":{"GIVEN":"by name"},"Nobody":{}}' }), 'variables.json'),
    observer: (event) => {
      events.push(event);
      listeners.forEach((listen) => listen(event));
    },
  });
  // DynamoDB Local removes it some seconds later, while the other tests run.
  await put(run, 'Expiry/Orders', { expires: Math.floor(Date.now() / 1000) - 60 });
  await put(run, 'Expiry/Sparse', { expires: Math.floor(Date.now() / 1000) - 60 });
});
afterAll(() => run?.stop());

const ofFunction = (path: string) => {
  const prefix = path.replace('/', '-');
  return events.filter((event) => 'functionName' in event && event.functionName.startsWith(prefix));
};
/** The lines of JSON that a function printed so far. */
const printed = (path: string) => linesOf(path).map((line) => JSON.parse(line));
const linesOf = (path: string) => ofFunction(path).flatMap((event) => event.type === 'log' && event.stream === 'stdout' ? [event.line] : []);
const until = async (condition: () => boolean) => {
  while (!condition()) {
    await new Promise((wake) => setTimeout(wake, 50));
  }
};

describe('records', () => {
  stackOf('Change', (stack) => functionOf(stack, 'OnOrder', PRINTING).addEventSource(source(ordersTable(stack))));
  test('a function gets the records of every change, in Lambda\'s shape', async () => {
    const before = Math.floor(Date.now() / 1000) - 5;
    await put(run, 'Change/Orders', { n: 1, bytes: new Uint8Array([1, 2, 3]) });
    await run.drained();
    const [record] = printed('Change/OnOrder');
    const { streamArn } = run.triggers.find(({ path }) => path.startsWith('Change/'))!;
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
      eventSourceARN: streamArn,
    });
    expect(streamArn).toMatch(/^arn:aws:dynamodb:us-east-1:000000000000:table\/Change-Orders\w+\/stream\/\d{4}-/);
    expect(record.dynamodb.ApproximateCreationDateTime).toBeGreaterThanOrEqual(before);
  });

  const views = Object.values(dynamodb.StreamViewType);
  stackOf('Views', (stack) => {
    const onChange = functionOf(stack, 'OnChange', PRINTING);
    views.forEach((stream) => onChange.addEventSource(source(ordersTable(stack, stream.replaceAll('_', ''), { stream }))));
  });
  test('they have the images of their table\'s view type', async () => {
    for (const view of views) {
      await put(run, `Views/${view.replaceAll('_', '')}`, { n: 1 });
      await put(run, `Views/${view.replaceAll('_', '')}`, { n: 2 });
    }
    await run.drained();
    const modified = printed('Views/OnChange').filter(({ eventName }) => eventName === 'MODIFY').map((record) => record.dynamodb);
    expect(modified.map(({ StreamViewType, NewImage, OldImage }) => [StreamViewType, OldImage?.n.N, NewImage?.n.N]).sort()).toEqual([
      ['KEYS_ONLY', undefined, undefined],
      ['NEW_AND_OLD_IMAGES', '1', '2'],
      ['NEW_IMAGE', undefined, '2'],
      ['OLD_IMAGE', '1', undefined],
    ]);
  });

  stackOf('Latest', (stack) => functionOf(stack, 'OnOrder', PRINTING).addEventSource(
    source(ordersTable(stack), { startingPosition: lambda.StartingPosition.LATEST }),
  ));
  test('a mapping that starts at LATEST gets everything from when the run has started', async () => {
    await put(run, 'Latest/Orders', {});
    await run.drained();
    expect(printed('Latest/OnOrder')).toHaveLength(1);
  });

  stackOf('Slow', (stack) => functionOf(stack, 'OnOrder', `exports.handler = async ({ Records }) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    Records.forEach(({ dynamodb }) => console.log(JSON.stringify([dynamodb.Keys.pk.S, Number(dynamodb.NewImage.n.N)])));
  };`).addEventSource(source(ordersTable(stack), { batchSize: 10, parallelizationFactor: 4 })));
  test('a function slower than the writes gets all of them, in order within an item', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    await Promise.all(keys.map(async (pk) => {
      for (const n of numbers) {
        await documents(run).send(new UpdateCommand({
          TableName: tableName(run, 'Slow/Orders'), Key: { pk, sk: 'b' }, UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': n },
        }));
      }
    }));
    await run.drained();
    for (const pk of keys) {
      expect(printed('Slow/OnOrder').filter(([key]) => key === pk).map(([, n]) => n)).toEqual(numbers);
    }
  });
});

describe('tables', () => {
  stackOf('Indexes', (stack) => {
    const places = new dynamodb.TableV2(stack, 'Places', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
      removalPolicy: RemovalPolicy.DESTROY,
      globalSecondaryIndexes: [{ indexName: 'byName', partitionKey: { name: 'name', type: dynamodb.AttributeType.STRING } }],
      localSecondaryIndexes: [{ indexName: 'bySize', sortKey: { name: 'size', type: dynamodb.AttributeType.NUMBER } }],
    });
    functionOf(stack, 'OnPlace', PRINTING).addEventSource(source(places));
  });
  test('a global table has its stream and its indexes', async () => {
    await put(run, 'Indexes/Places', { name: 'Ulm', size: 7 });
    await run.drained();
    expect(printed('Indexes/OnPlace')).toHaveLength(1);
    const found = (IndexName: string, KeyConditionExpression: string, ExpressionAttributeValues: object) => documents(run).send(new QueryCommand({
      TableName: tableName(run, 'Indexes/Places'), IndexName, KeyConditionExpression,
      ExpressionAttributeNames: { '#key': IndexName === 'byName' ? 'name' : 'size' }, ExpressionAttributeValues: { ...ExpressionAttributeValues },
    }));
    expect((await found('byName', '#key = :name', { ':name': 'Ulm' })).Items).toMatchObject([{ pk: 'a' }]);
    expect((await found('bySize', 'pk = :pk AND #key > :size', { ':pk': 'a', ':size': 5 })).Items).toMatchObject([{ pk: 'a' }]);
  });

  const target = stackOf('Data', (stack) => {
    new sqs.Queue(stack, 'Jobs');
    return ordersTable(stack, 'Target', { stream: undefined });
  });
  stackOf('Writer', (stack) => functionOf(stack, 'OnOrder', `
    const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
    ${COPYING.replace('exports.handler =', 'const copy =')}
    exports.handler = async (event) => {
      await copy(event);
      await new SQSClient({}).send(new SendMessageCommand({ QueueUrl: process.env.JOBS, MessageBody: 'copied' }));
    };`, {
    environment: { TARGET: target.tableName, JOBS: (target.stack.node.findChild('Jobs') as sqs.Queue).queueUrl },
  }).addEventSource(source(ordersTable(stack))));
  test('a function reaches tables and queues of another stack by its environment variables', async () => {
    await put(run, 'Writer/Orders', { n: 1 });
    await run.drained();
    expect(await itemsOf(run, 'Data/Target')).toEqual([{ pk: 'a', sk: 'b', n: 1 }]);
    const { Messages } = await new SQSClient(client(run.endpoints.sqs)).send(new ReceiveMessageCommand({
      QueueUrl: run.queues.find(({ path }) => path === 'Data/Jobs')!.url,
    }));
    expect(Messages).toMatchObject([{ Body: 'copied' }]);
  });

  stackOf('Chain', (stack) => {
    const [first, second, third] = ['First', 'Second', 'Third'].map((id) => ordersTable(stack, id));
    const copyTo = (table: dynamodb.Table) => functionOf(stack, `CopyTo${table.node.id}`, COPYING, { environment: { TARGET: table.tableName } });
    copyTo(second).addEventSource(source(first));
    copyTo(third).addEventSource(source(second));
  });
  test('what functions write to other tables with triggers is drained too', async () => {
    await put(run, 'Chain/First', { n: 1 });
    await run.drained();
    expect(await itemsOf(run, 'Chain/Third')).toEqual([{ pk: 'a', sk: 'b', n: 1 }]);
  });
});

describe('triggers', () => {
  stackOf('Several', (stack) => {
    const onChange = (id: string) => new StreamFunction(stack, id, {
      entry: join(__dirname, 'handlers', 'on-change.ts'), runtime: lambda.Runtime.NODEJS_22_X, environment: { NAME: id },
    });
    const orders = ordersTable(stack);
    const both = onChange('Both');
    new DynamoStreamTrigger(stack, 'OrdersToBoth', { table: orders, handler: both });
    new DynamoStreamTrigger(stack, 'ReturnsToBoth', { table: ordersTable(stack, 'Returns'), handler: both });
    new DynamoStreamTrigger(stack, 'OrdersToOther', { table: orders, handler: onChange('Other') });
  });
  test('two on a table and one function on two tables get their records, and park the poison ones at the trigger\'s own queue', async () => {
    await put(run, 'Several/Orders', { pk: 'order' });
    await put(run, 'Several/Orders', { pk: 'poison order', poison: true });
    await put(run, 'Several/Returns', { pk: 'return' });
    await put(run, 'Several/Returns', { pk: 'poison return', poison: true });
    await run.drained();
    expect(linesOf('Several/').sort()).toEqual(['["Both","order"]', '["Both","return"]', '["Other","order"]']);

    const queues = new SQSClient(client(run.endpoints.sqs));
    const parkedBy = async (trigger: string) => {
      const QueueUrl = run.queues.find(({ path }) => path.startsWith(`Several/${trigger}/`))!.url;
      const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      return Messages.map(({ Body }) => JSON.parse(Body!)).map(({ kind, record, error }) => [kind, record.dynamodb.Keys.pk.S, error.name]);
    };
    const parked = (pk: string) => [['dynamo-stream-trigger/parked-record', pk, 'PoisonRecordError']];
    expect(await parkedBy('OrdersToBoth')).toEqual(parked('poison order'));
    expect(await parkedBy('ReturnsToBoth')).toEqual(parked('poison return'));
    expect(await parkedBy('OrdersToOther')).toEqual(parked('poison order'));
  });

  stackOf('GivenUp', (stack) => {
    const orders = ordersTable(stack);
    const destinations = {
      Queue: new SqsDlq(new sqs.Queue(stack, 'Failures')),
      Topic: new SnsDlq(new sns.Topic(stack, 'News')),
      Bucket: new S3OnFailureDestination(new s3.Bucket(stack, 'Files', { removalPolicy: RemovalPolicy.DESTROY })),
      Imported: new SqsDlq(sqs.Queue.fromQueueArn(stack, 'Theirs', 'arn:aws:sqs:eu-west-1:123456789012:theirs')),
    };
    for (const [id, onFailure] of Object.entries(destinations)) {
      functionOf(stack, `To${id}`, 'exports.handler = async () => { throw new Error("never"); };')
        .addEventSource(source(orders, { retryAttempts: 0, onFailure }));
    }
  });
  test('given-up batches are on the queue, the topic and the bucket, where the SDK finds them', async () => {
    const queues = new SQSClient(client(run.endpoints.sqs));
    const { QueueUrl } = await queues.send(new CreateQueueCommand({ QueueName: 'subscriber' }));
    await new SNSClient(client(run.endpoints.sns)).send(new SubscribeCommand({
      TopicArn: run.topics[0].arn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:us-east-1:000000000000:subscriber', Attributes: { RawMessageDelivery: 'true' },
    }));
    await put(run, 'GivenUp/Orders', {});
    await run.drained();

    const receive = async (url: string, from = queues) => {
      const { Messages } = await from.send(new ReceiveMessageCommand({ QueueUrl: url }));
      return JSON.parse(Messages![0].Body!);
    };
    const message = {
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1 },
      responseContext: { functionError: 'Unhandled' },
      DDBStreamBatchInfo: { batchSize: 1, streamArn: run.triggers.find(({ path }) => path.startsWith('GivenUp/'))!.streamArn },
    };
    expect(await receive(run.queues.find(({ path }) => path === 'GivenUp/Failures')!.url)).toMatchObject(message);
    expect(await receive(QueueUrl!)).toMatchObject(message);
    expect(await receive(`${run.endpoints.sqs}/000000000000/theirs`, new SQSClient(client(run.endpoints.sqs, 'eu-west-1')))).toMatchObject(message);

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

  const places = stackOf('Parked', (stack) => {
    const orders = ordersTable(stack);
    const destinations = {
      Queue: new SqsDlq(new sqs.Queue(stack, 'Failures')),
      Topic: new SnsDlq(new sns.Topic(stack, 'News')),
      Bucket: new S3FailureDestination(new s3.Bucket(stack, 'Files', { removalPolicy: RemovalPolicy.DESTROY })),
    };
    for (const [id, onFailure] of Object.entries(destinations)) {
      const handler = new StreamFunction(stack, `To${id}`, { entry: join(__dirname, 'handlers', 'on-change.ts'), runtime: lambda.Runtime.NODEJS_22_X });
      new DynamoStreamTrigger(stack, id, { table: orders, handler, onFailure });
    }
    return Object.keys(destinations);
  });
  test('each parked record is an event with its destination, and nothing else that arrives there is', async () => {
    const destinations = places.map((id) => run.triggers.find(({ path }) => path.startsWith(`Parked/${id}/`))!.destinationArn);
    const parkedOn = () => events.flatMap((event) => event.type === 'parked' && destinations.includes(event.destinationArn) ? [event.destinationArn] : []);
    await new SQSClient(client(run.endpoints.sqs)).send(new SendMessageCommand({
      QueueUrl: run.queues.find(({ path }) => path === 'Parked/Failures')!.url, MessageBody: '{"about":"dynamo-stream-trigger/parked-record"}',
    }));
    await put(run, 'Parked/Orders', { pk: 'good' });
    await put(run, 'Parked/Orders', { pk: 'bad', poison: true });
    await put(run, 'Parked/Orders', { pk: 'worse', poison: true });
    await run.drained();
    await until(() => parkedOn().length >= 6);
    expect(parkedOn().sort()).toEqual(destinations.flatMap((arn) => [arn, arn]).sort());
  });

  stackOf('Kept', (stack) => {
    const orders = ordersTable(stack);
    const onFailure = new FailureStore(stack, 'Store', { removalPolicy: RemovalPolicy.DESTROY });
    const parking = new StreamFunction(stack, 'Parking', { entry: join(__dirname, 'handlers', 'on-change.ts'), runtime: lambda.Runtime.NODEJS_22_X });
    new DynamoStreamTrigger(stack, 'Parks', { table: orders, handler: parking, onFailure });
    const failing = functionOf(stack, 'Failing', 'exports.handler = async () => { throw new Error("never"); };');
    new DynamoStreamTrigger(stack, 'GivesUp', { table: orders, handler: failing, onFailure, retryAttempts: 0, bisectBatchOnError: false });
  });
  test('a store keeps parked records and failed batches whole, and its queue hears of each', async () => {
    const { url } = run.queues.find(({ path }) => path === 'Kept/Store/Queue')!;
    const bucket = run.buckets.find(({ path }) => path === 'Kept/Store/Bucket')!;
    const queues = new SQSClient(client(run.endpoints.sqs));
    const files = new S3Client(client(run.endpoints.s3));
    const receive = async () => {
      const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 3_600 }));
      return Messages.map(({ Body }) => JSON.parse(Body!));
    };
    expect(await receive()).toEqual([expect.objectContaining({ Event: 's3:TestEvent', Bucket: bucket.name })]);

    await put(run, 'Kept/Orders', { pk: 'é +/bad', poison: true, text: 'whole' });
    await run.drained();
    const notified: any[] = [];
    while (notified.length < 2) {
      notified.push(...(await receive()).flatMap(({ Records }) => Records));
    }
    expect(notified).toEqual([1, 2].map(() => expect.objectContaining({ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put' })));
    const objects = await Promise.all(notified.map(async ({ s3: { bucket: { name, arn }, object } }) => {
      expect({ name, arn }).toEqual({ name: bucket.name, arn: bucket.arn });
      const Key = decodeURIComponent(object.key.replaceAll('+', ' '));
      const { Body } = await files.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
      const text = await Body!.transformToString();
      expect(object.size).toBe(Buffer.byteLength(text));
      return { folder: /^(aws\/lambda|dynamo-stream-trigger\/parked)\//.exec(Key)?.[1], content: JSON.parse(text) };
    }));
    const [batch, parked] = objects.sort((a, b) => String(a.folder).localeCompare(String(b.folder)));
    expect([batch.folder, parked.folder]).toEqual(['aws/lambda', 'dynamo-stream-trigger/parked']);
    const image = { text: { S: 'whole' } };
    expect(JSON.parse(batch.content.payload).Records[0].dynamodb.NewImage).toMatchObject(image);
    expect(parked.content.record.dynamodb.NewImage).toMatchObject(image);
  });
});

describe('functions', () => {
  stackOf('Killed', (stack) => {
    const projection = ordersTable(stack, 'Projection', { stream: undefined });
    functionOf(stack, 'OnOrder', COPYING, { environment: { TARGET: projection.tableName } }).addEventSource(source(ordersTable(stack)));
  });
  test('a process that is killed in the middle of a batch loses nothing', async () => {
    const { functionName } = run.triggers.find(({ path }) => path.startsWith('Killed/'))!;
    let killed = 0;
    const killInMidBatch = (event: LocalEvent) => {
      // After some of the records of the first large batch, and of the one after it.
      if (event.type === 'log' && event.functionName === functionName && [30, 60].includes(linesOf('Killed/OnOrder').length)) {
        killed += run.kill(functionName);
      }
    };
    listeners.add(killInMidBatch);
    const items = Array.from({ length: 25 }, (_, index) => ({ pk: `item ${index % 5}`, sk: `${index}`, n: index }));
    for (let version = 0; version < 4; version++) {
      await documents(run).send(new BatchWriteCommand({
        RequestItems: { [tableName(run, 'Killed/Orders')]: items.map((item) => ({ PutRequest: { Item: { ...item, version } } })) },
      }));
    }
    await run.drained();
    listeners.delete(killInMidBatch);
    expect(killed).toBe(2);
    expect(inOrder(await itemsOf(run, 'Killed/Projection'))).toEqual(inOrder(await itemsOf(run, 'Killed/Orders')));
  });

  const processes = folderWith({});
  stackOf('Sick', (stack) => new DynamoStreamTrigger(stack, 'OnOrderTrigger', {
    table: ordersTable(stack),
    handler: new StreamFunction(stack, 'OnOrder', {
      entry: join(__dirname, 'handlers', 'on-hang.ts'), runtime: lambda.Runtime.NODEJS_22_X, environment: { FOLDER: processes },
      // A second of it is for the end of the process, on a machine that is busy: a longer one leaves no more.
      timeout: Duration.seconds(20),
    }),
    maxBatchingWindow: Duration.seconds(1),
    failureQueueRemovalPolicy: RemovalPolicy.DESTROY,
  }));
  test('a process whose calls no longer settle is ended, and the batch is done by another one', async () => {
    const items = ['a', 'b'].map((pk) => ({ PutRequest: { Item: { pk, sk: '1' } } }));
    await documents(run).send(new BatchWriteCommand({ RequestItems: { [tableName(run, 'Sick/Orders')]: items } }));
    await run.drained();
    const [failed, ...others] = ofFunction('Sick/OnOrder').flatMap((event) => event.type === 'invocationEnded' ? [event.outcome] : []);
    // By its runtime, a second before the timeout: on a machine that is too busy for that, by the timeout.
    expect(failed).toMatchObject({ type: 'error', errorType: expect.stringMatching(/^(Runtime\.ExitError|Sandbox\.Timedout)$/) });
    // A batch that has failed is halved.
    expect(others.map(({ type }) => type)).toEqual(['response', 'response']);
    // Ids of processes are in no order.
    const begun = (pid: string) => statSync(join(processes, pid)).mtimeMs;
    const [sick] = readdirSync(processes).sort((one, other) => begun(one) - begun(other));
    expect(readdirSync(processes)).toHaveLength(2);
    expect(printed('Sick/OnOrder').map(([, pk]) => pk).sort()).toEqual(['a', 'b']);
    expect(printed('Sick/OnOrder').map(([pid]) => String(pid))).not.toContain(sick);
  });

  stackOf('Parallel', (stack) => {
    // Ends when three of them are there at a time.
    functionOf(stack, 'Meeting', `const { readdirSync, writeFileSync } = require('node:fs');
      exports.handler = async () => {
        writeFileSync(process.env.FOLDER + '/' + process.pid, '');
        while (readdirSync(process.env.FOLDER).length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
        console.log(process.pid);
      };`, { environment: { FOLDER: folderWith({}) } },
    ).addEventSource(source(ordersTable(stack), { batchSize: 1, parallelizationFactor: 10, retryAttempts: 0 }));
    functionOf(stack, 'Reserved', `exports.handler = async () => {
        console.log(process.pid);
        await new Promise((resolve) => setTimeout(resolve, 100));
      };`, { reservedConcurrentExecutions: 2 },
    ).addEventSource(source(ordersTable(stack, 'Returns'), { batchSize: 1, parallelizationFactor: 10 }));
  });
  const putSix = (path: string) => Promise.all(Array.from({ length: 6 }, (_, index) => put(run, path, { pk: `${index}` })));
  test('concurrent invocations run in environments of their own', async () => {
    await putSix('Parallel/Orders');
    await run.drained();
    expect(printed('Parallel/Meeting')).toHaveLength(6);
    expect(new Set(printed('Parallel/Meeting')).size).toBeGreaterThanOrEqual(3);
  });

  test('no more of them than are reserved run at a time', async () => {
    await putSix('Parallel/Returns');
    await run.drained();
    expect(printed('Parallel/Reserved')).toHaveLength(6);
    expect(new Set(printed('Parallel/Reserved')).size).toBeLessThanOrEqual(2);
  });

  stackOf('Named', (stack) => {
    const api = new CfnResource(stack, 'Api', { type: 'AWS::ApiGateway::RestApi', properties: { Name: 'api' } });
    const environment = { API: api.ref, URL: `https://${api.ref}.example.org/`, GIVEN: api.ref };
    functionOf(stack, 'OnOrder', PRINTING, { runtime: lambda.Runtime.NODEJS_24_X, environment }).addEventSource(source(ordersTable(stack)));
    functionOf(stack, 'Broken', 'if (!process.env.MISSING) throw new Error("MISSING is not set");').addEventSource(source(ordersTable(stack, 'Returns')));
    (new sqs.Queue(stack, 'Refused').node.defaultChild as CfnResource).addPropertyOverride(
      'VisibilityTimeout', new CfnParameter(stack, 'TooLong', { default: '1000000' }).valueAsString,
    );
  });
  test('what is missing is named at the start with what it means, and stops nothing else', () => {
    const warnings = events.flatMap((event) => event.type === 'warning' ? [event.message] : []);
    const unknown = 'Ref of Named/Api (AWS::ApiGateway::RestApi) is only known after a deployment';
    expect(warnings).toEqual(expect.arrayContaining([
      `Named/OnOrder: API is not set, URL has a placeholder: ${unknown}. --env-file can set it.`,
      expect.stringMatching(/^The function Named-Broken\w+ does not load: Error: MISSING is not set \(index\.js:1:\d+\)\. The trigger Named\/Broken\/\S+ does not run\.$/),
      expect.stringMatching(/^Named\/Refused can't be made here: .*VisibilityTimeout.*\. No trigger needs it\.$/),
      '--env-vars names Nobody, but no function of a trigger has such a logical id, name or path.',
    ]));
    const [major] = process.versions.node.split('.');
    expect(warnings.some((warning) => /Node\.js 24 on AWS/.test(warning))).toBe(Number(major) < 24);
    expect(run.queues.map(({ path }) => path)).not.toContain('Named/Refused');
  });

  stackOf('World', (stack) => {
    const nested = new NestedStack(stack, 'Inner');
    const jobs = new sqs.Queue(nested, 'Jobs');
    const news = new sns.Topic(nested, 'News');
    news.addSubscription(new SqsSubscription(jobs, { rawMessageDelivery: true }));
    const target = ordersTable(nested, 'Target', { stream: undefined });
    const layer = new lambda.LayerVersion(nested, 'Layer', {
      code: lambda.Code.fromAsset(folderWith({ 'nodejs/node_modules/greeting/index.js': 'module.exports = "from a layer";', 'nodejs/data.js': 'module.exports = 42;' })),
    });
    const level = new StringParameter(stack, 'Level', { parameterName: '/level', stringValue: 'debug' });
    const onOrder = functionOf(nested, 'OnOrder', `
      const https = require('node:https');
      const ask = (service, path, type, body, more = {}) => new Promise((resolve) => {
        // As version 2 of the SDK does it, which does not know the local endpoints.
        const authorization = 'AWS4-HMAC-SHA256 Credential=AKIAREAL/20261130/us-east-1/' + service + '/aws4_request, SignedHeaders=host, Signature=0';
        const host = service + '.us-east-1.amazonaws.com';
        const request = https.request({ host, path, method: 'POST', headers: { authorization, 'content-type': type, 'x-amz-date': '20261130T000000Z', ...more } }, (response) => {
          let text = '';
          response.on('data', (part) => text += part).on('end', () => resolve([response.statusCode, text]));
        });
        request.on('error', (error) => resolve(error.message));
        request.end(body);
      });
      const json = (service, target, input) => ask(service, '/', 'application/x-amz-json-1.0', JSON.stringify(input), { 'x-amz-target': target });
      exports.handler = async () => {
        console.log(JSON.stringify({
          layer: [require('greeting'), require('/opt/nodejs/data')],
          given: process.env.GIVEN,
          put: await json('dynamodb', 'DynamoDB_20120810.PutItem', { TableName: process.env.TARGET, Item: { pk: { S: 'x' }, sk: { S: 'y' } } }),
          publish: await ask('sns', '/', 'application/x-www-form-urlencoded', new URLSearchParams({ Action: 'Publish', TopicArn: process.env.NEWS, Message: 'hello' }).toString()),
          parameter: await json('ssm', 'AmazonSSM.GetParameter', { Name: '/level' }),
          events: await json('events', 'AWSEvents.PutEvents', { Entries: [] }),
          fetched: await fetch('https://states.us-east-1.amazonaws.com/', { headers: { authorization: 'AWS4-HMAC-SHA256 x' } }).catch((error) => error.message),
        }));
      };`, { layers: [layer], environment: { TARGET: target.tableName, NEWS: news.topicArn } });
    onOrder.addEventSource(source(ordersTable(nested)));
    level.grantRead(onOrder);
  });
  test('a function finds its layers and reaches what runs here, in a nested stack and without knowing the endpoints; other services fail at once', async () => {
    await put(run, 'World/Inner/Orders', {});
    await run.drained();
    const refusal = (title: string, id: string) => `${title} is not run here. Give it an endpoint with --endpoint ${id}=URL, or real credentials with --profile NAME.`;
    expect(printed('World/Inner-OnOrder')).toEqual([{
      layer: ['from a layer', 42],
      given: 'by name',
      put: [200, '{}'],
      publish: [200, expect.stringContaining('<MessageId>')],
      parameter: [200, expect.stringContaining('"Value":"debug"')],
      events: refusal('EventBridge', 'eventbridge'),
      fetched: refusal('Step Functions', 'sfn'),
    }]);
    expect(await itemsOf(run, 'World/Inner/Target')).toEqual([{ pk: 'x', sk: 'y' }]);
    const { Messages } = await new SQSClient(client(run.endpoints.sqs)).send(new ReceiveMessageCommand({
      QueueUrl: run.queues.find(({ path }) => path === 'World/Inner/Jobs')!.url,
    }));
    expect(Messages).toMatchObject([{ Body: 'hello' }]);
  });

  stackOf('Inline', (stack) => functionOf(stack, 'OnOrder', '', { code: lambda.Code.fromInline(PRINTING) }).addEventSource(source(ordersTable(stack))));
  test('code in the template runs too', async () => {
    await put(run, 'Inline/Orders', {});
    await run.drained();
    expect(printed('Inline/OnOrder')).toHaveLength(1);
  });

  stackOf('TimedOut', (stack) => functionOf(stack, 'OnOrder', 'exports.handler = async () => new Promise((resolve) => setTimeout(resolve, 60_000));', {
    timeout: Duration.seconds(1),
  }).addEventSource(source(ordersTable(stack), { retryAttempts: 1, onFailure: new SqsDlq(new sqs.Queue(stack, 'Failures')) })));
  test('a timeout is retried as any failure is', async () => {
    await put(run, 'TimedOut/Orders', {});
    await run.drained();
    expect(ofFunction('TimedOut/OnOrder').filter(({ type }) => type === 'invocationEnded')).toMatchObject([
      { outcome: { errorType: 'Sandbox.Timedout' } }, { outcome: { errorType: 'Sandbox.Timedout' } },
    ]);
    expect(events.filter((event) => event.type === 'delivered' && event.trigger.startsWith('TimedOut/')))
      .toMatchObject([{ accepted: true, message: { requestContext: { approximateInvokeCount: 2 } } }]);
  });
});

describe('streams that DynamoDB Local describes differently', () => {
  stackOf('Reset', (stack) => {
    const orders = ordersTable(stack, 'Orders', { tableName: 'reset-orders' });
    const onOrder = functionOf(stack, 'OnOrder', PRINTING);
    onOrder.addEventSource(source(orders, { startingPosition: lambda.StartingPosition.LATEST }));
    functionOf(stack, 'OnOther', PRINTING).addEventSource(source(orders));
  });
  test('a table that is deleted and created again keeps its triggers, and so does one whose stream is disabled and enabled', async () => {
    const TableName = tableName(run, 'Reset/Orders');
    await put(run, 'Reset/Orders', { n: 1 });
    await run.drained();
    const tables = new DynamoDBClient(client(run.endpoints.dynamodb));
    const { Table: { KeySchema, AttributeDefinitions, StreamSpecification } = {} } = await tables.send(new DescribeTableCommand({ TableName }));
    await tables.send(new DeleteTableCommand({ TableName }));
    await tables.send(new CreateTableCommand({ TableName, KeySchema, AttributeDefinitions, StreamSpecification, BillingMode: 'PAY_PER_REQUEST' }));
    await put(run, 'Reset/Orders', { n: 2 });
    await run.drained();
    await tables.send(new UpdateTableCommand({ TableName, StreamSpecification: { StreamEnabled: false } }));
    await put(run, 'Reset/Orders', { n: 3 });
    await run.drained();
    const notes = () => events.flatMap((event) => event.type === 'warning' && event.message.includes('reset-orders') ? [event.message] : []);
    const disabled = 'The stream of the table reset-orders was disabled. Its triggers go on when it is enabled again.';
    await until(() => notes().includes(disabled));
    await tables.send(new UpdateTableCommand({ TableName, StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } }));
    await put(run, 'Reset/Orders', { n: 4 });
    await run.drained();
    for (const name of ['Reset/OnOrder', 'Reset/OnOther']) {
      expect(printed(name).map(({ dynamodb: { NewImage } }) => NewImage.n.N)).toEqual(['1', '2', '4']);
      expect(new Set(printed(name).map(({ eventSourceARN }) => eventSourceARN)).size).toBe(1);
    }
    // The moment without a table may pass unseen.
    expect(notes().filter((note) => !note.includes('was deleted'))).toEqual([
      'The table reset-orders has a new stream. Its triggers go on with its first record.',
      disabled,
      'The table reset-orders has a new stream. Its triggers go on with its first record. Its view is NEW_IMAGE, and NEW_AND_OLD_IMAGES in the app.',
    ]);
    tables.destroy();
  });

  test('nothing is called lost that only was not there when the shard was read first', async () => {
    await run.drained();
    expect(run.triggers.length).toBeGreaterThan(10);
    expect(events.filter((event) => event.type === 'notice' && (event.notice.type === 'trimmed' || event.notice.type === 'dropped'))).toEqual([]);
  });
});

describe('a page in a browser', () => {
  const gate = join(folderWith({}), 'open');
  stackOf('Border', (stack) => {
    functionOf(stack, 'OnOrder', `exports.handler = async ({ Records }) => {
      console.log('running');
      while (!require('node:fs').existsSync(${JSON.stringify(gate)})) await new Promise((wake) => setTimeout(wake, 20));
      return { batchItemFailures: [] };
    };`, { timeout: Duration.minutes(5) }).addEventSource(source(ordersTable(stack), { retryAttempts: 0, onFailure: new SqsDlq(new sqs.Queue(stack, 'Failures')) }));
  });
  /** All ports on which this process and its children listen, whatever serves there. */
  const ports = () => {
    const pids = [process.pid, ...execFileSync('pgrep', ['-P', String(process.pid)], { encoding: 'utf8' }).trim().split('\n')];
    /** Undefined for what is gone meanwhile. */
    const seen = <T>(look: () => T) => {
      try {
        return look();
      } catch {
        return undefined;
      }
    };
    const sockets = new Set(pids.flatMap((pid) => (seen(() => readdirSync(`/proc/${pid}/fd`)) ?? []).map((fd) => seen(() => readlinkSync(`/proc/${pid}/fd/${fd}`)))));
    const listening = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n').slice(1))
      .map((line) => line.trim().split(/\s+/)).filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(`socket:[${inode}]`));
    return [...new Set(listening.map(([, local]) => Number.parseInt(local.split(':')[1], 16)))];
  };
  const ask = (port: number, method: string, path: string, headers: Record<string, string>, body: string) => new Promise<number>((resolve) => {
    const sending = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    // Where nothing is answered, nothing was served.
    sending.on('error', () => resolve(0));
    sending.end(body);
  });

  onLinux('changes nothing at any port while an invocation runs', async () => {
    await put(run, 'Border/Orders', { n: 1 });
    await until(() => linesOf('Border/OnOrder').includes('running'));
    const listening = ports();
    const known = [run.endpoints.dynamodb, run.endpoints.lambda, run.endpoints.sqs].map((endpoint) => Number(new URL(endpoint).port));
    expect(listening).toEqual(expect.arrayContaining(known));
    // With the Runtime API of each environment, and Java's own.
    expect(listening.length).toBeGreaterThan(known.length + run.triggers.length / 2);
    const TableName = tableName(run, 'Border/Orders');
    const QueueUrl = run.queues.find(({ path }) => path === 'Border/Failures')!.url;
    const json = (target: string, body: object) => ['POST', '/', { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0', 'authorization': 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0' }, JSON.stringify(body)] as const;
    const requests = [
      ['GET', '/2018-06-01/runtime/invocation/next', {}, ''],
      ['POST', '/2018-06-01/runtime/init/error', { 'content-type': 'text/plain' }, '{}'],
      ['POST', `/2015-03-31/functions/${ofFunction('Border/OnOrder').flatMap((event) => 'functionName' in event ? event.functionName : [])[0]}/invocations`, {}, '{}'],
      ['PUT', `/${run.buckets[0].name}/forged`, {}, 'x'],
      ['POST', '/', { 'content-type': 'application/x-www-form-urlencoded' }, `Action=Publish&Message=forged&TopicArn=${run.topics[0].arn}`],
      json('DynamoDB_20120810.PutItem', { TableName, Item: { pk: { S: 'forged' }, sk: { S: 'b' } } }),
      json('AmazonSQS.SendMessage', { QueueUrl, MessageBody: 'forged' }),
      ['GET', '/_fauxqs/queues', {}, ''],
    ] as const;
    const pages: Record<string, string>[] = [
      { 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }, { host: 'evil.example' },
    ];
    for (const [at, port] of listening.entries()) {
      // Each of the services gets every request from every page. The Runtime APIs, of which there are many, share them out.
      const pagesOf = (nth: number) => known.includes(port) ? pages : [pages[(at + nth) % pages.length]];
      const statuses = await Promise.all(requests.flatMap(([method, path, headers, body], nth) =>
        pagesOf(nth).map((page) => ask(port, method, path, { ...headers, ...page }, body))));
      expect([...new Set(statuses)].filter((status) => status !== 403 && status !== 0)).toEqual([]);
    }
    writeFileSync(gate, '');
    await run.drained();
    expect(ofFunction('Border/OnOrder').flatMap((event) => event.type === 'invocationEnded' ? [event.outcome] : [])).toMatchObject([{ type: 'response' }]);
    expect(linesOf('Border/OnOrder')).toEqual(['running']);
    expect(await itemsOf(run, 'Border/Orders')).toHaveLength(1);
    const { Messages } = await new SQSClient(client(run.endpoints.sqs)).send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages).toBeUndefined();
  });
});

describe('time to live', () => {
  stackOf('Expiry', (stack) => {
    const expiring = (id: string) => ordersTable(stack, id, { timeToLiveAttribute: 'expires', stream: dynamodb.StreamViewType.OLD_IMAGE });
    const sparse = expiring('Sparse');
    sparse.addGlobalSecondaryIndex({ indexName: 'byName', partitionKey: { name: 'name', type: dynamodb.AttributeType.STRING } });
    const onRemoval = functionOf(stack, 'OnOrder', PRINTING);
    [expiring('Orders'), sparse].forEach((table) => onRemoval.addEventSource(source(table)));
  });
  test('items that have expired are removed as by DynamoDB, those too that lack the key of an index', async () => {
    const removed = () => printed('Expiry/OnOrder').filter(({ eventName }) => eventName === 'REMOVE');
    await until(() => removed().length === 2);
    for (const record of removed()) {
      expect(record).toMatchObject({
        userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
        dynamodb: { OldImage: { pk: { S: 'a' } } },
      });
    }
    expect(new Set(removed().map(({ eventSourceARN }) => eventSourceARN)).size).toBe(2);
  });
});
