import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand, ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import {
  GetEventSourceMappingCommand, GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand, InvokeCommand, LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { functionOf, ordersTable, synthesize } from './fixture-app';
import { client, put, source, tableName } from './local-run';
import { startLocal, type LocalRun } from '../../lib/local';
import { streamReader } from '../../lib/reader/stream-reader';
import { folderWith } from '../folder';

/** One run, which AWS's SDK uses as it would use AWS. */
let run: LocalRun;
let lambdas: LambdaClient;
let streams: DynamoDBStreamsClient;
beforeAll(async () => {
  run = await startLocal({
    assembly: synthesize((stack) => {
      const orders = ordersTable(stack);
      const echo = functionOf(stack, 'Echo', `exports.handler = async (event, context) => {
        if (event.Records) { return; }
        if (event.fail) { throw new TypeError(event.fail); }
        if (event.exit) { process.exit(3); }
        while (event.until && !require('node:fs').existsSync(event.until)) { await new Promise((wake) => setTimeout(wake, 10)); }
        return { event, arn: context.invokedFunctionArn, lambda: process.env.AWS_ENDPOINT_URL_LAMBDA };
      };`, { functionName: 'echo', reservedConcurrentExecutions: 1, environment: { SIZE: 'large' }, timeout: Duration.seconds(777) });
      const live = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: echo.currentVersion });
      live.addEventSource(source(orders, { batchSize: 7, bisectBatchOnError: true, filters: [{ pattern: '{"eventName":["INSERT"]}' }] }));
      ordersTable(stack, 'Returns');
      functionOf(stack, 'Plain', 'exports.handler = async () => {};', { functionName: 'plain' }).addEventSource(source(orders));
    }),
  });
  lambdas = new LambdaClient({ ...client(run.endpoints.lambda), maxAttempts: 1 });
  streams = new DynamoDBStreamsClient({ ...client(run.endpoints.dynamodbStreams), maxAttempts: 1 });
});
afterAll(async () => {
  lambdas.destroy();
  streams.destroy();
  await run.stop();
});

const ECHO = 'arn:aws:lambda:us-east-1:000000000000:function:echo';
async function invoke(payload: object | string, FunctionName = 'echo', Qualifier?: string) {
  const { Payload, ...rest } = await lambdas.send(new InvokeCommand({
    FunctionName, Qualifier, Payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  }));
  return { ...rest, payload: JSON.parse(Buffer.from(Payload!).toString()) };
}

describe('Invoke', () => {
  test.each([
    ['a name', 'echo', undefined, ECHO],
    ['an ARN', ECHO, undefined, ECHO],
    ['a part of an ARN', '000000000000:function:echo', undefined, ECHO],
    ['a name with an alias', 'echo:live', undefined, `${ECHO}:live`],
    ['a name and a qualifier', 'echo', 'live', `${ECHO}:live`],
    ['an ARN with an alias', `${ECHO}:live`, undefined, `${ECHO}:live`],
  ])('calls a function by %s', async (_, name, qualifier, arn) => {
    const answer = await invoke({ n: 1 }, name, qualifier);
    expect(answer).toMatchObject({ StatusCode: 200, payload: { event: { n: 1 }, arn } });
    expect(answer.FunctionError).toBeUndefined();
  });

  test('shows what a function throws, and that its process ended', async () => {
    expect(await invoke({ fail: 'no such order' })).toMatchObject({
      StatusCode: 200, FunctionError: 'Unhandled', payload: { errorType: 'TypeError', errorMessage: 'no such order' },
    });
    expect(await invoke({ exit: true })).toMatchObject({ FunctionError: 'Unhandled', payload: { errorType: 'Runtime.ExitError' } });
  });

  test('is throttled beyond the reserved concurrency', async () => {
    const until = join(folderWith({}), 'over');
    const busy = invoke({ until });
    const refusal = async () => {
      for (;;) {
        // It may come before the other one.
        await invoke({});
      }
    };
    await expect(refusal()).rejects.toMatchObject({
      name: 'TooManyRequestsException', Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', $metadata: { httpStatusCode: 429 },
    });
    writeFileSync(until, '');
    expect((await busy).StatusCode).toBe(200);
  });

  test('refuses with an error that the SDK knows', async () => {
    await expect(invoke({}, 'nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: expect.stringMatching(/^Function not found: nobody/) });
  });

  test('runs nothing at a dry run, and does not wait for an event', async () => {
    const call = (InvocationType: 'DryRun' | 'Event') => lambdas.send(new InvokeCommand({ FunctionName: 'plain', InvocationType, Payload: '{}' }));
    expect((await call('DryRun')).StatusCode).toBe(204);
    expect((await call('Event')).StatusCode).toBe(202);
  });

  test('is there for the functions themselves', async () => {
    expect((await invoke({})).payload.lambda).toBe(run.endpoints.lambda);
  });
});

test('a function is described as in the template', async () => {
  expect(await lambdas.send(new GetFunctionConfigurationCommand({ FunctionName: 'echo' }))).toMatchObject({
    FunctionName: 'echo', FunctionArn: ECHO, Timeout: 777, MemorySize: 256, Handler: 'index.handler', Version: '$LATEST', State: 'Active',
    Environment: { Variables: { SIZE: 'large' } },
  });
  const concurrency = async (FunctionName: string) =>
    (await lambdas.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions;
  expect([await concurrency('echo'), await concurrency('plain')]).toEqual([1, undefined]);
});

test('mappings are listed by function and by stream, and found by their id', async () => {
  const [{ streamArn }] = run.triggers;
  const list = async (filter: object) => (await lambdas.send(new ListEventSourceMappingsCommand(filter))).EventSourceMappings!;
  expect(await list({})).toHaveLength(2);
  expect(await list({ EventSourceArn: streamArn })).toHaveLength(2);
  expect(await list({ EventSourceArn: `${streamArn}0` })).toEqual([]);
  expect(await list({ FunctionName: 'echo' })).toEqual([]);
  const [mapping, ...others] = await list({ FunctionName: 'echo:live' });
  expect(others).toEqual([]);
  expect(mapping).toMatchObject({
    EventSourceArn: streamArn, FunctionArn: `${ECHO}:live`, State: 'Enabled', BatchSize: 7, BisectBatchOnFunctionError: true,
    FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] }, StartingPosition: 'TRIM_HORIZON', MaximumRetryAttempts: -1,
  });
  const { $metadata, ...found } = await lambdas.send(new GetEventSourceMappingCommand({ UUID: mapping.UUID }));
  expect(found).toEqual(mapping);
  await expect(lambdas.send(new GetEventSourceMappingCommand({ UUID: 'none' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

describe('streams', () => {
  test('are read under the ARNs that the app knows, with records as the functions get them', async () => {
    const [{ streamArn, tableName: TableName }] = run.triggers;
    await put(run, 'Shop/Orders', { pk: 'read' });
    await put(run, 'Shop/Orders', { pk: 'read', n: 2 });
    const listed = await streams.send(new ListStreamsCommand({ TableName }));
    expect(listed.Streams).toEqual([{ StreamArn: streamArn, StreamLabel: streamArn.split('/stream/')[1], TableName }]);
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
    expect(StreamDescription).toMatchObject({ StreamArn: streamArn, TableName, StreamStatus: 'ENABLED', StreamViewType: 'NEW_AND_OLD_IMAGES' });
    const { ShardIterator } = await streams.send(new GetShardIteratorCommand({
      StreamArn: streamArn, ShardId: StreamDescription!.Shards![0].ShardId, ShardIteratorType: 'TRIM_HORIZON',
    }));
    const { Records, NextShardIterator } = await streams.send(new GetRecordsCommand({ ShardIterator }));
    const record = Records!.find(({ dynamodb }) => dynamodb!.NewImage?.n?.N === '2')!;
    expect(record).toMatchObject({ awsRegion: 'us-east-1', eventID: expect.stringMatching(/^[0-9a-f]{32}$/), eventName: 'MODIFY' });
    expect((await streams.send(new GetRecordsCommand({ ShardIterator: NextShardIterator }))).Records).toEqual([]);
  });

  test('are read from where an iterator was made, also of a shard that was empty then', async () => {
    // DynamoDB Local calls such an iterator trimmed where it has two streams or more.
    const { streamArn } = (await streams.send(new ListStreamsCommand({ TableName: tableName(run, 'Shop/Returns') }))).Streams!
      .map(({ StreamArn }) => ({ streamArn: StreamArn! }))[0];
    const { Shards } = (await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }))).StreamDescription!;
    const position = { StreamArn: streamArn, ShardId: Shards!.at(-1)!.ShardId };
    const iterators = await Promise.all((['LATEST', 'TRIM_HORIZON'] as const).map(async (ShardIteratorType) =>
      (await streams.send(new GetShardIteratorCommand({ ...position, ShardIteratorType }))).ShardIterator));
    await put(run, 'Shop/Returns', { pk: 'first' });
    for (const ShardIterator of iterators) {
      const { Records, NextShardIterator } = await streams.send(new GetRecordsCommand({ ShardIterator }));
      expect(Records!.map(({ dynamodb }) => dynamodb!.Keys!.pk.S)).toEqual(['first']);
      expect((await streams.send(new GetRecordsCommand({ ShardIterator: NextShardIterator }))).Records).toEqual([]);
    }
    const rest = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn, ExclusiveStartShardId: position.ShardId }));
    expect(rest.StreamDescription!.Shards).toEqual([]);
  });

  test('are read in ranges', async () => {
    const [{ streamArn }] = run.triggers;
    for (let n = 0; n < 5; n++) {
      await put(run, 'Shop/Orders', { pk: 'range', n });
    }
    const reader = streamReader(streams, streamArn);
    const [{ shardId }] = await reader.shards();
    const numbers = (await reader.read(shardId, { type: 'TRIM_HORIZON' })).records.map(({ dynamodb }) => dynamodb!.SequenceNumber!);
    const pages = [];
    for await (const page of reader.ranges(shardId, [{ first: numbers[1], last: numbers[3] }])) {
      pages.push(page);
    }
    expect(pages.flatMap(({ records }) => records.map(({ dynamodb }) => dynamodb!.SequenceNumber))).toEqual(numbers.slice(1, 4));
    expect(pages.map(({ lost }) => lost)).not.toContain(true);
  });
});
