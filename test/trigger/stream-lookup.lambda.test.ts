import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { type Children, recordChildren } from '../../lib/local/process/children';
import { clientOptions } from '../../lib/local/service/credentials';
import { type DynamoDbLocal, startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import type { LookupRequest, LookupResponse } from '../../lib/trigger/table/stream-lookup.lambda';

/** What is deployed, from the build, run in a process of its own. */
const ROOT = resolve(__dirname, '..', '..');
const BUNDLE = join(ROOT, 'build', 'trigger', 'table', 'stream-lookup.lambda.bundle', 'index.js');
const DOCS = readFileSync(join(ROOT, 'docs', 'guide', 'sources.md'), 'utf8');
const PROGRAM = `
  const [request, milliseconds, speed] = JSON.parse(process.argv[1]);
  // What waits for its limit need not wait in real time. Loaded first, because that takes real time.
  require('@aws-sdk/client-dynamodb');
  const [{ now }, wait, start] = [Date, setTimeout, Date.now()];
  Date.now = () => start + (now() - start) * speed;
  globalThis.setTimeout = (done, delay, ...values) => wait(done, delay / speed, ...values);
  // By another name: a constant "fetch" of this script would be what the bundle calls.
  const realFetch = globalThis.fetch;
  globalThis.fetch = (url, options) => realFetch(url.replace('https://cloudformation.test', process.env.ANSWERS), options);
  require(${JSON.stringify(BUNDLE)}).handler(request, { getRemainingTimeInMillis: () => milliseconds })
    .catch((error) => { console.error(error); process.exitCode = 1; })
    // A call that hangs would keep it running.
    .finally(() => process.exit());
`;

/** How much faster the clock of a function runs that is to use up its time. */
const SPEED = 5;

let children: Children;
let local: DynamoDbLocal;
let client: DynamoDBClient;
const servers: Server[] = [];

beforeAll(async () => {
  children = recordChildren();
  local = await startDynamoDbLocal(children, ROOT);
  client = new DynamoDBClient(clientOptions(local.endpoint));
});

afterEach(() => servers.splice(0).forEach((server) => server.close()));

afterAll(() => {
  client?.destroy();
  children.killAll();
});

/** A server on this machine. It is closed after the test. */
async function serve(answer: (request: IncomingMessage, body: string, response: ServerResponse) => void): Promise<string> {
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text) => body += text).on('end', () => answer(incoming, body, response));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Run {
  readonly requestType?: LookupRequest['RequestType'];
  readonly physicalResourceId?: string;
  /** Milliseconds that the function has left, if it is to use them up: they pass at `SPEED`. 15 seconds of them are for the answer. */
  readonly remaining?: number;
  readonly endpoint?: string;
  readonly responseUrl?: string;
  /** What CloudFormation's URL answers to each attempt. */
  readonly statuses?: readonly number[];
}

interface Outcome {
  readonly responses: readonly LookupResponse[];
  readonly headers: IncomingMessage['headers'];
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs the handler in a process of its own, and returns what CloudFormation's URL got. */
async function run(tableName: string, { requestType = 'Create', physicalResourceId, remaining, endpoint, statuses = [], responseUrl = 'https://cloudformation.test/answer?signature=secret' }: Run = {}): Promise<Outcome> {
  const responses: LookupResponse[] = [];
  let headers: IncomingMessage['headers'] = {};
  const url = await serve((incoming, body, response) => {
    headers = incoming.headers;
    response.statusCode = statuses[responses.length] ?? 200;
    responses.push(JSON.parse(body));
    response.end();
  });
  const event: LookupRequest = {
    RequestType: requestType,
    ResponseURL: responseUrl,
    StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/1',
    RequestId: 'request',
    LogicalResourceId: 'Lookup',
    PhysicalResourceId: physicalResourceId,
    ResourceProperties: { TableName: tableName },
  };
  const child = spawn(process.execPath, ['-e', PROGRAM, JSON.stringify([event, remaining ?? 45_000, remaining === undefined ? 1 : SPEED])], {
    env: {
      ...process.env,
      ANSWERS: url,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint ?? local.endpoint, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = outputOf(child);
  const exitCode = await new Promise<number | null>((ended) => child.once('close', ended));
  expect(output()).not.toContain('signature=secret');
  return { responses, headers, exitCode, output: output() };
}

function outputOf(child: ChildProcess): () => string {
  let output = '';
  [child.stdout!, child.stderr!].forEach((stream) => stream.setEncoding('utf8').on('data', (text) => output += text));
  return () => output;
}

async function makeTable(name: string, stream: boolean): Promise<void> {
  await client.send(new CreateTableCommand({
    TableName: name,
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: stream ? { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } : undefined,
  }));
}

async function switchStream(name: string, on: boolean): Promise<void> {
  await client.send(new UpdateTableCommand({
    TableName: name, StreamSpecification: on ? { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } : { StreamEnabled: false },
  }));
}

async function latestStream(name: string): Promise<string | undefined> {
  return (await client.send(new DescribeTableCommand({ TableName: name }))).Table!.LatestStreamArn;
}

/** DynamoDB Local behind a number of calls that fail. */
function troubled(times: number, type: string): Promise<string> {
  let calls = 0;
  return serve((incoming, body, response) => {
    if (calls++ < times) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: `No: ${type}` }));
      return;
    }
    request(local.endpoint, { method: 'POST', headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    }).end(body);
  });
}

test('a stream that is on is found', async () => {
  await makeTable('orders', true);
  const { responses, headers, exitCode } = await run('orders');

  expect(responses).toEqual([{
    Status: 'SUCCESS', PhysicalResourceId: 'Lookup', StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/orders/1',
    RequestId: 'request', LogicalResourceId: 'Lookup',
    Data: { StreamArn: await latestStream('orders'), KeyArn: expect.stringMatching(/^arn:aws:kms:[^:]+:\d{12}:key\/none$/) },
  }]);
  expect(headers).not.toHaveProperty('content-type');
  expect(exitCode).toBe(0);
});

test('a table is found by its ARN', async () => {
  await makeTable('by-arn', true);
  const { TableArn } = (await client.send(new DescribeTableCommand({ TableName: 'by-arn' }))).Table!;

  expect((await run(TableArn!)).responses).toMatchObject([{ Status: 'SUCCESS', Data: { StreamArn: await latestStream('by-arn') } }]);
});

test('a table without a stream fails the deployment with the way to switch it on, as docs/guide/sources.md quotes it', async () => {
  await makeTable('never-on', false);
  const { responses } = await run('never-on');

  expect(responses).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: 'Lookup' }]);
  const [, region] = /^The stream of table never-on in (\S+) is off, /.exec(responses[0].Reason!)!;
  expect(DOCS).toContain(responses[0].Reason!.replaceAll('never-on', 'orders').replaceAll(region, 'eu-west-1'));
});

test('a stream that was switched off fails the deployment, and the one that is switched on after it is found', async () => {
  await makeTable('again', true);
  const first = await latestStream('again');
  await switchStream('again', false);
  expect((await run('again')).responses).toMatchObject([{ Status: 'FAILED' }]);

  await switchStream('again', true);
  const { responses } = await run('again', { requestType: 'Update', physicalResourceId: 'given before' });
  expect(responses).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId: 'given before', Data: { StreamArn: await latestStream('again') } }]);
  expect(responses[0].Data!.StreamArn).not.toBe(first);
});

test('a stream that was switched off fails the deployment although its ARN is still the latest', async () => {
  const endpoint = await serve((_incoming, _body, response) => response.end(JSON.stringify({
    Table: { TableName: 'off', TableArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/off', LatestStreamArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/off/stream/1' },
  })));

  expect((await run('off', { endpoint })).responses).toMatchObject([{ Status: 'FAILED' }]);
});

test('the key of an encrypted table is found', async () => {
  const KMSMasterKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/1';
  const endpoint = await serve((_incoming, _body, response) => response.end(JSON.stringify({
    Table: {
      TableName: 'encrypted', TableArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/encrypted', LatestStreamArn: 'stream',
      StreamSpecification: { StreamEnabled: true }, SSEDescription: { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn },
    },
  })));

  expect((await run('encrypted', { endpoint })).responses).toMatchObject([{ Data: { StreamArn: 'stream', KeyArn: KMSMasterKeyArn } }]);
});

test.each(['ThrottlingException', 'ProvisionedThroughputExceededException', 'AccessDeniedException', 'InternalServerError', 'ResourceNotFoundException'])(
  'a %s that passes does not fail the deployment', async (type) => {
    await makeTable(`after-${type}`, true);
    const { responses } = await run(`after-${type}`, { endpoint: await troubled(3, type) });

    expect(responses).toMatchObject([{ Status: 'SUCCESS', Data: { StreamArn: await latestStream(`after-${type}`) } }]);
  });

test('an error that stays fails the deployment in time, with the way out', async () => {
  const reasons = new Map([
    ['ThrottlingException', 'Table orders in eu-west-1 can\'t be described: ThrottlingException: No: ThrottlingException. Deploy again.'],
    ['AccessDeniedException', 'Table orders in eu-west-1 can\'t be described: No: AccessDeniedException. If the table belongs to another account, its '
      + 'resource policy must allow dynamodb:DescribeTable to this account.'],
    ['ResourceNotFoundException', 'Table orders in eu-west-1 does not exist. Check its name and Region. If another stack makes it, deploy that stack first.'],
  ]);
  // They wait at the same time.
  const outcomes = await Promise.all([...reasons.keys()].map(async (type) => run('orders', { endpoint: await troubled(Infinity, type), remaining: 40_000 })));

  expect(outcomes.map(({ responses }) => responses)).toMatchObject([...reasons.values()].map((Reason) => [{ Status: 'FAILED', Reason }]));
  expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
});

test('if DynamoDB refuses and then does not answer, the deployment fails with what it said', async () => {
  let calls = 0;
  const endpoint = await serve((_, __, response) => {
    if (++calls <= 2) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ __type: 'ThrottlingException', message: 'No' }));
    }
  });
  const { responses } = await run('orders', { endpoint, remaining: 40_000 });

  expect(responses).toMatchObject([{ Status: 'FAILED', Reason: 'Table orders in eu-west-1 can\'t be described: ThrottlingException: No. Deploy again.' }]);
});

test('a DynamoDB that does not answer fails the deployment in time', async () => {
  const { responses } = await run('orders', { endpoint: await serve(() => undefined), remaining: 16_000 });

  expect(responses).toMatchObject([{ Status: 'FAILED', Reason: 'DynamoDB did not describe table orders in time. Deploy again.' }]);
});

test('nothing is looked up to delete', async () => {
  const { responses } = await run('missing', { requestType: 'Delete', physicalResourceId: 'given before', endpoint: 'http://127.0.0.1:1' });

  expect(responses).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId: 'given before' }]);
});

test('an answer that CloudFormation\'s URL refuses is sent again', async () => {
  await makeTable('told-twice', true);
  const { responses, exitCode } = await run('told-twice', { statuses: [503, 500, 200] });

  expect(responses.map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
  expect(exitCode).toBe(0);
});

test('if every answer is refused, the invocation fails, so that Lambda repeats it', async () => {
  const { exitCode, output } = await run('orders', { requestType: 'Delete', statuses: Array(100).fill(500), remaining: 15_000 });

  expect(exitCode).toBe(1);
  expect(output).toContain('Error: CloudFormation\'s URL answered 500 to the result of Lookup. Lambda invokes this function again.');
});

test('a redirect is not followed', async () => {
  const { responses, exitCode, output } = await run('orders', { requestType: 'Delete', statuses: Array(100).fill(307), remaining: 15_000 });

  expect(responses.length).toBeGreaterThan(0);
  expect(exitCode).not.toBe(0);
  expect(output).toMatch(/CloudFormation's URL (answered 307|did not answer \(\w+\)) to the result of Lookup/);
});

test.each(['http://cloudformation.test/answer?signature=secret', 'file:///answer?signature=secret', 'https://?signature=secret', 'signature=secret'])(
  'an answer is not sent to %s, and the error does not name it', async (responseUrl) => {
    const { responses, exitCode, output } = await run('orders', { requestType: 'Delete', responseUrl });

    expect(responses).toEqual([]);
    expect(exitCode).not.toBe(0);
    expect(output).toContain('The result of Lookup can\'t be sent: ResponseURL is not an https URL.');
  },
);
