import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import * as fc from 'fast-check';
import { position, record, sequenceNumber } from './records';
import type { PoisonRecordError as Poison, streamHandler as makeHandler } from '../../lib/runtime';
import type { ParkedRecord } from '../../lib/stream/parked-record';

/** What was said to an SDK that only writes down what it is told. */
interface Sdk {
  clients: any[];
  commands: { name: string; input: any }[];
  answer: (name: string, input: any) => unknown;
}

/** Stands for all three clients of the SDK. */
const FAKE_SDK = `
  class Client {
    constructor(options) { globalThis.fakeSdk.clients.push(options); }
    async send({ name, input }) {
      globalThis.fakeSdk.commands.push({ name, input });
      return (await globalThis.fakeSdk.answer(name, input)) ?? {};
    }
  }
  const command = (name) => class { constructor(input) { Object.assign(this, { name, input }); } };
  export { Client as SQSClient, Client as SNSClient, Client as S3Client };
  export const GetQueueUrlCommand = command('GetQueueUrl');
  export const SendMessageBatchCommand = command('SendMessageBatch');
  export const PublishBatchCommand = command('PublishBatch');
  export const PutObjectCommand = command('PutObject');`;

const QUEUE = 'arn:aws:sqs:eu-central-1:111122223333:parked';
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:parked';
const BUCKET = 'arn:aws:s3:::parked';
/** Bytes, by the quotas of SQS and SNS. */
const LIMITS: Record<string, number> = { [QUEUE]: 1_048_576, [TOPIC]: 262_144 };

let folder: string;
let runtime: { streamHandler: typeof makeHandler; PoisonRecordError: typeof Poison };
let sdk: Sdk;
let lines: any[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'destination-'));
  const fake = `data:text/javascript,${encodeURIComponent(FAKE_SDK)}`;
  const outfile = join(folder, 'runtime.js');
  buildSync({
    entryPoints: [resolve(__dirname, '../../lib/runtime/index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    alias: { '@aws-sdk/client-sqs': fake, '@aws-sdk/client-sns': fake, '@aws-sdk/client-s3': fake },
  });
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  runtime = require(outfile);
});

beforeEach(() => {
  lines = [];
  jest.spyOn(console, 'error').mockImplementation((line) => {
    lines.push(JSON.parse(line));
  });
  sdk = (globalThis as any).fakeSdk = { clients: [], commands: [], answer: (name: string) => name === 'GetQueueUrl' && { QueueUrl: 'https://queue' } };
});

afterEach(() => {
  jest.restoreAllMocks();
  delete (globalThis as any).fakeSdk;
  delete process.env.DYNAMO_STREAM_TRIGGER;
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A handler for which every record is poison. */
function poisoned() {
  return runtime.streamHandler({
    concurrency: 100, onRecord: () => {
      throw new runtime.PoisonRecordError('bad');
    },
  });
}

/** Parks records whose images hold texts. Answers the checkpoint. */
async function park(arn: string, texts: string[], handler = poisoned()): Promise<number | undefined> {
  process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 1, triggers: [{ report: true, park: arn }] });
  const Records = texts.map((text, at) => record(at, at, { newImage: { text } }));
  const { batchItemFailures: [failure] } = await handler({ Records });
  return failure && position(failure.itemIdentifier);
}

const bodiesOf = (input: any): string[] =>
  (input.Entries ?? input.PublishBatchRequestEntries).map(({ MessageBody, Message }: any) => MessageBody ?? Message);
const positionOf = (body: string) => position((JSON.parse(body) as ParkedRecord).record.dynamodb!.SequenceNumber!);

describe.each([QUEUE, TOPIC])('%s', (arn) => {
  const batches = () => sdk.commands.filter(({ name }) => name.endsWith('Batch'));

  test('gets parked records in batches of ten, by a client of its region that tries once', async () => {
    expect(await park(arn, Array(23).fill('x'))).toBeUndefined();
    expect(batches().map(({ input }) => bodiesOf(input).length)).toEqual([10, 10, 3]);
    expect(sdk.clients).toEqual([expect.objectContaining({
      region: 'eu-central-1', maxAttempts: 1, requestHandler: expect.objectContaining({ connectionTimeout: 1_000 }),
    })]);
  });

  test('is opened once, at the first parked record', async () => {
    const handler = poisoned();
    expect(sdk.clients).toHaveLength(0);
    await park(arn, ['x'], handler);
    await park(arn, ['x', 'y'], handler);
    expect(sdk.clients).toHaveLength(1);
    expect(sdk.commands.filter(({ name }) => name === 'GetQueueUrl')).toHaveLength(arn === QUEUE ? 1 : 0);
  });

  test('gets each record once, in batches that it takes, and none that is too large for it', async () => {
    const limit = LIMITS[arn];
    const size = fc.oneof(fc.nat(2_000), fc.integer({ min: Math.floor(limit / 4), max: Math.floor(limit * 1.2) }));
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(size, fc.constantFrom('x', 'é', '漢')), { minLength: 1, maxLength: 25 }), async (sizes) => {
      sdk.commands = [];
      lines = [];
      const checkpoint = await park(arn, sizes.map(([bytes, character]) => character.repeat(bytes / Buffer.byteLength(character))));
      for (const { input } of batches()) {
        const bodies = bodiesOf(input);
        expect(bodies.length).toBeLessThanOrEqual(10);
        expect(bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0)).toBeLessThanOrEqual(limit);
      }
      const sent = batches().flatMap(({ input }) => bodiesOf(input)).map(positionOf);
      const refused = lines.filter(({ outcome }) => outcome.includes(`at most ${limit}`)).map((line) => position(line.sequenceNumber));
      expect([...sent, ...refused].sort((a, b) => a - b)).toEqual(sizes.map((_, at) => at));
      expect(refused.every((at) => sizes[at][0] > limit - 4_000)).toBe(true);
      expect(checkpoint).toBe(refused.length > 0 ? Math.min(...refused) : undefined);
    }), { numRuns: 50, seed: 1 });
  });

  test('that takes some of a batch and refuses others keeps those, and the reason is told', async () => {
    sdk.answer = (name) => name === 'GetQueueUrl' ? { QueueUrl: 'https://queue' } : { Failed: [{ Id: '1', Code: 'KmsThrottled', Message: 'secret' }] };
    const checkpoint = await park(arn, ['x', 'y', 'z']);
    const [first, second, third] = bodiesOf(batches()[0].input).map(positionOf);
    expect(checkpoint).toBe(second);
    expect(lines.map((line) => [position(line.sequenceNumber), line.outcome])).toEqual(expect.arrayContaining([
      [first, 'parked'], [second, expect.stringContaining('KmsThrottled')], [third, 'parked'],
    ]));
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('that rejects a batch keeps none of it', async () => {
    sdk.answer = (name) => {
      if (name === 'GetQueueUrl') {
        return { QueueUrl: 'https://queue' };
      }
      throw Object.assign(new Error('secret'), { name: 'AccessDenied' });
    };
    expect(await park(arn, ['x', 'y'])).toBe(0);
    expect(lines.map(({ outcome }) => outcome)).toEqual(Array(2).fill(expect.stringContaining('AccessDenied')));
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('that could not be opened is opened anew the next time', async () => {
    const handler = poisoned();
    const { answer } = sdk;
    sdk.answer = () => {
      throw new Error('no way out');
    };
    expect(await park(arn, ['x'], handler)).toBe(0);
    sdk.answer = answer;
    expect(await park(arn, ['x'], handler)).toBeUndefined();
  });
});

test('the queue is asked for by its name and account', async () => {
  await park(QUEUE, ['x']);
  expect(sdk.commands[0]).toMatchObject({ name: 'GetQueueUrl', input: { QueueName: 'parked', QueueOwnerAWSAccountId: '111122223333' } });
  expect(sdk.commands[1].input.QueueUrl).toBe('https://queue');
});

test('the topic is named by its ARN', async () => {
  await park(TOPIC, ['x']);
  expect(sdk.commands[0]).toMatchObject({ name: 'PublishBatch', input: { TopicArn: TOPIC } });
});

test('a bucket gets an object for each record, under its key; one that it refuses is the checkpoint', async () => {
  sdk.answer = (_, { Key }) => {
    if (Key.includes('event-1')) {
      throw Object.assign(new Error(''), { name: 'SlowDown' });
    }
  };
  expect(await park(BUCKET, ['x', 'y', 'z'])).toBe(1);
  const objects = sdk.commands.map(({ name, input: { Bucket, Key, Body } }) => [name, Bucket, Key.replace(/\d{4}\/\d\d\/\d\d/, 'DAY'), positionOf(Body)]);
  expect(objects.sort()).toEqual(
    [0, 1, 2].map((at) => ['PutObject', 'parked', `dynamo-stream-trigger/parked/DAY/${sequenceNumber(at)}-event-${at}.json`, at]),
  );
});

test('two triggers park at their own destinations', async () => {
  const handler = poisoned();
  process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({
    v: 1, triggers: [{ stream: 'arn:first', report: true, park: TOPIC }, { stream: 'arn:second', report: true, park: `${TOPIC}-2` }],
  });
  for (const eventSourceARN of ['arn:first', 'arn:second', 'arn:first']) {
    await handler({ Records: [{ ...record(0), eventSourceARN }] });
  }
  expect(sdk.commands.map(({ input }) => input.TopicArn)).toEqual([TOPIC, `${TOPIC}-2`, TOPIC]);
});

test('what is none of the three is no destination', async () => {
  expect(await park('arn:aws:kinesis:eu-central-1:111122223333:stream/parked', ['x'])).toBe(0);
  expect(lines[0].outcome).toContain('S3 bucket');
});
