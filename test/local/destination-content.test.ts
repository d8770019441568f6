import { EventEmitter } from 'node:events';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { LocalApp } from '../../lib/local/assembly/app';
import type { Children } from '../../lib/local/process/children';
import { startChild } from '../../lib/local/service/child-service';
import { startDestinations } from '../../lib/local/service/destinations';
import type { FailedBatch } from '../../lib/stream/failed-batch';
import { PARKED_RECORD_PREFIX } from '../../lib/stream/parked-record';
import { folderWith } from '../folder';

jest.mock('../../lib/local/service/child-service', () => ({ startChild: jest.fn() }));
jest.mock('../../lib/local/process/compiled', () => ({ compiled: (program: string) => `${program}.js` }));

const CLIENTS = [SQSClient, SNSClient, S3Client];
afterEach(() => jest.restoreAllMocks());

/** Destinations whose process is played by the test. `refused`: commands that fail, with the reason. */
async function destinationsOf(refused: Record<string, string> = {}) {
  const sent: [command: string, region: string, input: any][] = [];
  const destroyed: string[] = [];
  for (const { prototype } of CLIENTS) {
    jest.spyOn(prototype as any, 'send').mockImplementation(async function (this: any, { constructor, input }: any) {
      const name = constructor.name.replace('Command', '');
      sent.push([name, await this.config.region(), input]);
      if (name in refused) {
        throw new Error(refused[name]);
      }
      return { SubscriptionArn: `arn:subscription-${sent.length}` };
    } as never);
    jest.spyOn(prototype, 'destroy').mockImplementation(function (this: object) {
      destroyed.push(this.constructor.name);
    } as never);
  }
  const child = new EventEmitter();
  const spawn = jest.fn(() => child);
  const stop = jest.fn(async () => {});
  const ended = Promise.resolve('its last output');
  jest.mocked(startChild).mockImplementation(async (_, ready) => ({ value: await ready, ended, stop }));
  const warnings: string[] = [];
  const parked: string[] = [];
  const project = folderWith({ 'node_modules/fauxqs/package.json': '{"main":"main.js"}' });
  const starting = startDestinations({ spawn } as unknown as Children, project, (arn) => parked.push(arn), (message) => warnings.push(message));
  child.emit('message', { port: 7 });
  const destinations = await starting;
  /** What is sent while this is done. */
  const sentBy = async (work: () => Promise<void>) => {
    sent.length = 0;
    await work();
    return sent.splice(0).map(([command, region, input]) => [command, ...region === 'us-east-1' ? [] : [region], input]);
  };
  /** What the process of the destinations says, and what comes of it. */
  const hear = async (message: object) => {
    child.emit('message', message);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { destinations, sentBy, hear, warnings, parked, refused, spawn, stop, destroyed, project };
}

const JOBS = 'arn:aws:sqs:us-east-1:000000000000:jobs';
const NEWS = 'arn:aws:sns:us-east-1:000000000000:news';
const FILES = 'arn:aws:s3:::files';
const queue = (attributes = {}, arn = JOBS) => ({ path: 'Shop/Jobs', arn, attributes });
const topic = (subscriptions: object[] = [], attributes = {}, arn = NEWS, region = 'us-east-1') =>
  ({ path: 'Shop/News', arn, region, attributes, subscriptions });
const bucket = (notifications: object[] = []) => ({ path: 'Shop/Files', name: 'files', arn: FILES, region: 'us-east-1', notifications });
const app = (content: object = {}) => ({ queues: [], topics: [], buckets: [], mappings: [], ...content }) as unknown as LocalApp;
const trigger = (destinationArn: string, id = 'OnOrder') => ({ path: `Shop/${id}`, destinationArn });

test('a program of this package serves them, and reads of its environment only what it needs', async () => {
  const { destinations, spawn, project } = await destinationsOf();
  const [[program, args, { env, ...options }]] = spawn.mock.calls as unknown as [[string, (mark: string) => string[], any]];
  expect([program, args('mark'), options]).toEqual([
    process.execPath, ['service/destination-server.js', `${project}/node_modules/fauxqs/main.js`, 'mark'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  ]);
  expect(env.PATH).toBe(process.env.PATH);
  expect(destinations.endpoint).toBe('http://127.0.0.1:7');
  expect(await destinations.ended).toBe('its last output');
});

test('that do not start are an error with what was printed', async () => {
  await destinationsOf();
  jest.mocked(startChild).mockRejectedValue(new Error('no port'));
  const children = { spawn: () => new EventEmitter() } as unknown as Children;
  await expect(startDestinations(children, process.cwd())).rejects.toMatchObject({
    code: 'SERVICE_NOT_STARTED', message: 'The local SQS, SNS and S3 (package fauxqs) did not start: no port',
  });
});

describe('what the app has', () => {
  const THEIRS = 'arn:aws:sqs:eu-west-1:123456789012:theirs';
  const all = app({ queues: [queue({ DelaySeconds: '1' })], topics: [topic([], { DisplayName: 'x' })], buckets: [bucket()], mappings: [trigger(JOBS), trigger(THEIRS)] });

  test('is made once, in its Region, and so are the failure destinations of others', async () => {
    const { destinations, sentBy, warnings } = await destinationsOf();
    expect(await sentBy(() => destinations.take(all))).toEqual([
      ['CreateQueue', { QueueName: 'jobs', Attributes: { DelaySeconds: '1' } }], ['CreateTopic', { Name: 'news', Attributes: { DisplayName: 'x' } }],
      ['CreateBucket', { Bucket: 'files' }], ['CreateQueue', 'eu-west-1', { QueueName: 'theirs', Attributes: {} }],
    ]);
    expect(await sentBy(() => destinations.take(all))).toEqual([]);
    expect([[...destinations.refused], warnings]).toEqual([[], []]);
  });

  test('is named if it can\'t be made, with what that means, and is tried again', async () => {
    const { destinations, sentBy, warnings, refused } = await destinationsOf({ CreateQueue: 'VisibilityTimeout is too long.' });
    const needed = app({ queues: [queue()], mappings: [trigger(JOBS), trigger(JOBS, 'OnReturn')] });
    await destinations.take(needed);
    await destinations.take(app({ queues: [queue()] }));
    expect(warnings).toEqual([
      'Shop/Jobs can\'t be made here: VisibilityTimeout is too long. What Shop/OnOrder, Shop/OnReturn gives up is lost.',
      'Shop/Jobs can\'t be made here: VisibilityTimeout is too long. No trigger needs it.',
    ]);
    expect([...destinations.refused]).toEqual([JOBS]);
    delete refused.CreateQueue;
    expect(await sentBy(() => destinations.take(needed))).toHaveLength(1);
    expect([...destinations.refused]).toEqual([]);
  });

  test.each([['CreateQueue', JOBS], ['CreateTopic', NEWS], ['CreateBucket', FILES]])('is refused for itself: %s', async (command, arn) => {
    const { destinations } = await destinationsOf({ [command]: 'no' });
    await destinations.take(all);
    expect([...destinations.refused].filter((one) => one !== THEIRS)).toEqual([arn]);
  });

  test('has the settings of a newer app, or a note says once why not', async () => {
    const { destinations, sentBy, warnings, refused } = await destinationsOf();
    await destinations.take(all);
    const take = (...content: object[]) => sentBy(() => destinations.take(app(Object.assign({}, ...content))));
    const QueueUrl = 'http://127.0.0.1:7/000000000000/jobs';
    expect(await take({ queues: [queue({ DelaySeconds: '2' })] })).toEqual([['SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds: '2' } }]]);
    expect(warnings).toEqual([]);
    refused.SetQueueAttributes = 'refused';
    await take({ queues: [queue({ DelaySeconds: '3' })] });
    expect(await take({ queues: [queue({})], topics: [topic([], { DisplayName: 'y' })] })).toEqual([]);
    expect(await take({ queues: [queue({})], topics: [topic([], { DisplayName: 'y' })] })).toEqual([]);
    // A failure destination that is no longer in the app stays as it is.
    expect(await take({ mappings: [trigger(JOBS)] })).toEqual([]);
    const keeps = (path: string, reason: string) => `${path} keeps its settings until the run is started again: ${reason}`;
    expect(warnings).toEqual([
      keeps('Shop/Jobs', 'refused'), keeps('Shop/Jobs', 'DelaySeconds can\'t be removed'), keeps('Shop/News', 'only those of queues can be changed'),
    ]);
  });
});

describe('subscriptions', () => {
  const to = (attributes = {}) => ({ queueArn: JOBS, attributes });
  const having = (...subscriptions: object[]) => app({ queues: [queue()], topics: [topic(subscriptions)] });

  test('are made and taken away as the app has them', async () => {
    const { destinations, sentBy, warnings } = await destinationsOf();
    await destinations.take(having());
    const raw = to({ RawMessageDelivery: 'true' });
    expect(await sentBy(() => destinations.take(having(to(), raw)))).toEqual([{}, { RawMessageDelivery: 'true' }].map((Attributes) =>
      ['Subscribe', { TopicArn: NEWS, Protocol: 'sqs', Endpoint: JOBS, Attributes }]));
    expect(await sentBy(() => destinations.take(having(to(), raw)))).toEqual([]);
    expect(await sentBy(() => destinations.take(having(raw)))).toEqual([['Unsubscribe', { SubscriptionArn: 'arn:subscription-1' }]]);
    expect(warnings).toEqual([]);
  });

  test('are those of the topic\'s Region', async () => {
    const { destinations, sentBy } = await destinationsOf();
    const THERE = NEWS.replace('us-east-1', 'eu-west-1');
    const subscribed = (...subscriptions: object[]) => app({ queues: [queue()], topics: [topic(subscriptions, {}, THERE, 'eu-west-1')] });
    await destinations.take(subscribed());
    expect((await sentBy(() => destinations.take(subscribed(to())))).map(([command, region]) => [command, region])).toEqual([['Subscribe', 'eu-west-1']]);
    expect((await sentBy(() => destinations.take(subscribed()))).map(([command, region]) => [command, region])).toEqual([['Unsubscribe', 'eu-west-1']]);
  });

  test('that can\'t be made or taken away are named', async () => {
    const { destinations, refused, warnings } = await destinationsOf();
    await destinations.take(having(to()));
    Object.assign(refused, { Subscribe: 'no such queue', Unsubscribe: 'busy' });
    await destinations.take(having(to({ FilterPolicy: '{}' })));
    expect(warnings).toEqual([
      `Shop/News can't reach ${JOBS} here: no such queue`, 'arn:subscription-3 stays until the run is started again: busy',
    ]);
  });

  test('of a topic that could not be made are not tried', async () => {
    const { destinations, sentBy } = await destinationsOf({ CreateTopic: 'no' });
    expect((await sentBy(() => destinations.take(having(to())))).map(([command]) => command)).toEqual(['CreateQueue', 'CreateTopic']);
  });
});

describe('a bucket', () => {
  const notifying = app({ queues: [queue()], buckets: [bucket([{ arn: JOBS, prefix: 'in/', suffix: '' }, { arn: NEWS, prefix: '', suffix: '' }])] });
  const upload = (key: string) => ({ uploaded: { bucket: 'files', key } });

  test('notifies the queues and topics of the app, which are tried once', async () => {
    const { destinations, sentBy, hear, warnings } = await destinationsOf();
    expect((await sentBy(() => destinations.take(notifying))).map(([command]) => command)).toEqual(['CreateQueue', 'CreateBucket', 'SendMessage']);
    expect(await sentBy(() => destinations.take(notifying))).toEqual([]);
    expect((await sentBy(() => hear(upload('in/a')))).map(([command]) => command)).toEqual(['HeadObject', 'SendMessage']);
    expect(await sentBy(() => hear({ uploaded: { bucket: 'other', key: 'in/a' } }))).toEqual([]);
    await destinations.take(app({ buckets: [bucket()] }));
    expect(await sentBy(() => hear(upload('in/a')))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test('that can\'t notify is named', async () => {
    const { destinations, hear, warnings } = await destinationsOf({ SendMessage: 'no such queue' });
    await destinations.take(notifying);
    await hear(upload('in/a'));
    expect(warnings).toEqual([
      'The notifications of the bucket files can\'t be tried: no such queue', 'The bucket files could not notify of in/a: no such queue',
    ]);
  });
});

test('records that a runtime parks are reported with the failure destination where they are', async () => {
  const { destinations, hear, parked } = await destinationsOf();
  await hear({ parkedAt: { service: 'sqs', name: 'jobs' } });
  await destinations.take(app({ mappings: [{ path: 'Shop/None' }, ...[JOBS, NEWS, FILES].map((arn) => trigger(arn))] }));
  await hear({ parkedAt: { service: 'sqs', name: 'jobs' } });
  await hear({ parkedAt: { service: 'sns', name: 'news' } });
  await hear({ parkedAt: { service: 'sqs', name: 'news' } });
  await hear({ uploaded: { bucket: 'files', key: `${PARKED_RECORD_PREFIX}1` } });
  await hear({ uploaded: { bucket: 'files', key: `aws/lambda/${PARKED_RECORD_PREFIX}1` } });
  expect(parked).toEqual([JOBS, NEWS, FILES]);
});

test('a failed batch is put on a queue, a topic or into a bucket', async () => {
  const { destinations, sentBy } = await destinationsOf();
  const batch = { version: '1.0' } as FailedBatch;
  const text = '{"version":"1.0"}';
  expect(await sentBy(async () => {
    await destinations.deliver(JOBS, batch);
    await destinations.deliver(NEWS.replace('us-east-1', 'eu-west-1'), batch);
    await destinations.deliver(FILES, batch, 'a/key');
  })).toEqual([
    ['SendMessage', { QueueUrl: 'http://127.0.0.1:7/000000000000/jobs', MessageBody: text }],
    ['Publish', 'eu-west-1', { TopicArn: NEWS.replace('us-east-1', 'eu-west-1'), Message: text }],
    ['PutObject', { Bucket: 'files', Key: 'a/key', Body: text, ContentType: 'application/json' }],
  ]);
});

test.each([['SendMessage', JOBS], ['Publish', NEWS], ['PutObject', FILES]])('a failed batch that is refused is not delivered: %s', async (command, arn) => {
  const { destinations } = await destinationsOf({ [command]: 'too large' });
  await expect(destinations.deliver(arn, {} as FailedBatch, 'key')).rejects.toThrow('too large');
});

test('a stop closes the clients of each Region and ends the process, and nothing is reported as wrong afterwards', async () => {
  const { destinations, stop, destroyed, warnings } = await destinationsOf({ CreateQueue: 'connection refused' });
  await destinations.deliver(NEWS, {} as FailedBatch);
  await destinations.deliver(NEWS.replace('us-east-1', 'eu-west-1'), {} as FailedBatch);
  await destinations.stop();
  expect([destroyed.sort(), stop.mock.calls.length]).toEqual([CLIENTS.flatMap(({ name }) => [name, name]).sort(), 1]);
  await destinations.take(app({ queues: [queue()] }));
  expect(warnings).toEqual([]);
});
