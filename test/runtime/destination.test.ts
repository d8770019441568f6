import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import * as fc from 'fast-check';
import { position, record, sequenceNumber } from './records';
import type { PoisonRecordError as Poison, streamHandler as makeHandler } from '../../lib/runtime';
import { readParkedRecord } from '../../lib/stream/read-parked-record';
import type { StreamRecord } from '../../lib/stream/record';

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

const FUNCTION = 'arn:aws:lambda:eu-central-1:111122223333:function:on-order';

/** Parks records whose images hold texts. Answers the checkpoint. */
async function park(arn: string, texts: string[], handler = poisoned()): Promise<number | undefined> {
  return parkRecords(arn, texts.map((text, at) => record(at, at, { newImage: { text } })), handler);
}

async function parkRecords(arn: string, Records: StreamRecord[], handler = poisoned(), invokedFunctionArn = FUNCTION): Promise<number | undefined> {
  process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 1, triggers: [{ report: true, park: arn }] });
  const { batchItemFailures: [failure] } = await handler({ Records }, { invokedFunctionArn });
  return failure && position(failure.itemIdentifier);
}

const bodiesOf = (input: any): string[] =>
  (input.Entries ?? input.PublishBatchRequestEntries).map(({ MessageBody, Message }: any) => MessageBody ?? Message);
const positionOf = (body: string) => {
  const parked = readParkedRecord(body)!;
  return position('record' in parked ? parked.record.dynamodb!.SequenceNumber! : parked.sequenceNumber);
};

/** Texts of so many bytes, which take more or less of them as JSON, and gzipped. */
const TEXTS: Record<string, (bytes: number) => string> = {
  same: (bytes) => 'x'.repeat(bytes),
  japanese: (bytes) => '漢'.repeat(bytes / 3),
  control: (bytes) => '\u0001'.repeat(bytes),
  nonsense: (bytes) => '\ufffe\uffff'.repeat(bytes / 6),
  random: (bytes) => randomBytes(Math.ceil(bytes * 3 / 4)).toString('base64').slice(0, bytes),
};

/** What a body says in which form: of the record as Lambda delivered it, or without its old image, or only which one it is. */
function formOf(body: string): string {
  const parked = readParkedRecord(body)!;
  const gzipped = 'gzip' in JSON.parse(body) ? 'gzipped' : 'plain';
  return 'record' in parked ? `${gzipped} ${parked.altered ?? 'whole'}` : 'pointer';
}

/** An item of 400 KB that is all binary, in base64. */
const LARGEST = 546_000;

/** The forms that such items make necessary. */
const FORMS: Record<string, string[]> = {
  [QUEUE]: ['gzipped whole', 'plain OldImage', 'plain whole'],
  [TOPIC]: ['gzipped OldImage', 'gzipped whole', 'plain OldImage', 'plain whole', 'pointer'],
};

/** What a body of a form must hold: the first form that fits is taken. */
function expectedOf(raw: StreamRecord, form: string, limit: number): object {
  const { OldImage: _, ...dynamodb } = raw.dynamodb!;
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value).replace(/[\ufffe\uffff]/g, '\\uffff'));
  if (form === 'pointer') {
    return {
      keys: dynamodb.Keys, eventId: raw.eventID, eventName: 'MODIFY', sequenceNumber: dynamodb.SequenceNumber,
      streamArn: raw.eventSourceARN, functionArn: FUNCTION, reason: expect.stringMatching(`takes \\d+ bytes, but the destination takes at most ${limit}`),
    };
  }
  // What is around the record takes less than 4,000 bytes.
  expect(form === 'plain whole' ? size(raw) <= limit : size(raw) > limit - 4_000).toBe(true);
  return form.endsWith('whole') ? { record: raw } : { record: { ...raw, dynamodb }, altered: ['OldImage'] };
}

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

  test('gets each record once, whatever its size, in batches that it takes', async () => {
    const limit = LIMITS[arn];
    const bytes = fc.oneof(fc.nat(2_000), fc.integer({ min: Math.floor(limit / 8), max: LARGEST }), fc.constant(LARGEST));
    const image = fc.option(fc.tuple(bytes, fc.constantFrom(...Object.keys(TEXTS), 'random')));
    const forms = new Set<string>();
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(image, image), { minLength: 1, maxLength: 15 }), async (images) => {
      sdk.commands = [];
      const texts = images.map((pair) => pair.map((described) => described ? { text: TEXTS[described[1]](described[0]) } : undefined));
      const records = texts.map(([newImage, oldImage], at) => record(at, at, { newImage, oldImage }));
      expect(await parkRecords(arn, records)).toBeUndefined();
      const sent = batches().map(({ input }) => bodiesOf(input));
      for (const bodies of sent) {
        expect(bodies.length).toBeLessThanOrEqual(10);
        expect(bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0)).toBeLessThanOrEqual(limit);
      }
      expect(sent.flat().map(positionOf).sort((a, b) => a - b)).toEqual(images.map((_, at) => at));
      for (const body of sent.flat()) {
        forms.add(formOf(body));
        // Which SQS refuses.
        expect(body).not.toMatch(/[\ufffe\uffff]/);
        expect(readParkedRecord(body)).toMatchObject(expectedOf(records[positionOf(body)], formOf(body), limit));
      }
    }), { numRuns: 15, seed: 1 });
    expect([...forms].sort()).toEqual(FORMS[arn]);
  });

  test('that takes some of a batch and refuses others keeps those, and the reason is reported', async () => {
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

  test('whose own limit is lower gets what fits into that, once it has named it', async () => {
    const handler = poisoned();
    const refuses = (bodies: string[]) => bodies.map((body, Id) => ({ Id: String(Id), body })).filter(({ body }) => Buffer.byteLength(body) > 4_096);
    sdk.answer = (name, input) => name === 'GetQueueUrl' ? { QueueUrl: 'https://queue' } : {
      Failed: refuses(bodiesOf(input)).map(({ Id }) => ({
        Id, Code: 'InvalidParameterValue', Message: 'One or more parameters are invalid. Reason: Message must be shorter than 4096 bytes.',
      })),
    };
    const texts = ['x', TEXTS.same(10_000), TEXTS.random(10_000)];
    const sent = () => batches().flatMap(({ input }) => bodiesOf(input));
    expect(await park(arn, texts, handler)).toBeUndefined();
    expect(refuses(sent())).not.toEqual([]);
    expect(sent().filter((body) => refuses([body]).length === 0).map(formOf).sort()).toEqual(['gzipped whole', 'plain whole', 'pointer']);
    sdk.commands = [];
    expect(await park(arn, texts, handler)).toBeUndefined();
    expect(sent().map(formOf).sort()).toEqual(['gzipped whole', 'plain whole', 'pointer']);
  });

  test('that has no room for what the error says at length gets the whole record all the same', async () => {
    sdk.answer = (name, input) => name === 'GetQueueUrl' ? { QueueUrl: 'https://queue' } : {
      Failed: bodiesOf(input).map((body, Id) => ({ Id: String(Id), body })).filter(({ body }) => Buffer.byteLength(body) > 4_096)
        .map(({ Id }) => ({ Id, Code: 'InvalidParameterValue', Message: 'Message must be shorter than 4096 bytes.' })),
    };
    const verbose = runtime.streamHandler(() => {
      throw new runtime.PoisonRecordError('\u0001'.repeat(5_000), { issues: [{ message: 'x'.repeat(5_000) }] });
    });
    expect(await park(arn, ['x'], verbose)).toBeUndefined();
    const [, body] = batches().flatMap(({ input }) => bodiesOf(input));
    expect(formOf(body)).toBe('plain whole');
    expect(readParkedRecord(body)!.error).toEqual({ name: 'PoisonRecordError', message: '\u0001'.repeat(256) });
  });

  test('that refuses a whole batch for its size gets the records in smaller ones', async () => {
    sdk.answer = (name, input) => {
      const bytes = name === 'GetQueueUrl' ? 0 : bodiesOf(input).reduce((sum, body) => sum + Buffer.byteLength(body), 0);
      if (bytes > 10_000) {
        throw Object.assign(new Error(`Batch requests cannot be longer than 10000 bytes. You have sent ${bytes} bytes.`), { name: 'BatchRequestTooLong' });
      }
      return { QueueUrl: 'https://queue' };
    };
    expect(await park(arn, Array(10).fill(TEXTS.same(2_000)))).toBeUndefined();
  });

  test('that takes nothing at all, because of the size, is the checkpoint after a second attempt', async () => {
    sdk.answer = (name, input) => name === 'GetQueueUrl' ? { QueueUrl: 'https://queue' } : {
      Failed: bodiesOf(input).map((_, Id) => ({ Id: String(Id), Code: 'InvalidParameterValue', Message: 'Message must be shorter than 10 bytes.' })),
    };
    expect(await park(arn, ['x'])).toBe(0);
    expect(batches()).toHaveLength(2);
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
  expect(objects.sort()).toEqual([0, 1, 2].map((at) =>
    ['PutObject', 'parked', `dynamo-stream-trigger/parked/111122223333/on-order/DAY/${sequenceNumber(at)}-event-${at}.json`, at]));
});

test('a bucket gets records of any size whole', async () => {
  await park(BUCKET, [TEXTS.control(400_000)]);
  expect(formOf(sdk.commands[0].input.Body)).toBe('plain whole');
});

test('functions, their aliases and accounts never overwrite each other\'s objects; the same function does that day', async () => {
  const functions = [
    FUNCTION, FUNCTION, `${FUNCTION}:live`, `${FUNCTION}:7`, `${FUNCTION}:$LATEST`, `${FUNCTION}-live`, FUNCTION.replace('111122223333', '444455556666'), '',
  ];
  for (const name of functions) {
    await parkRecords(BUCKET, [record(0)], poisoned(), name);
  }
  const keys = sdk.commands.map(({ input }) => input.Key);
  expect(new Set(keys).size).toBe(functions.length - 1);
  keys.forEach((key) => expect(key).toMatch(/^dynamo-stream-trigger\/parked\/([\w.-]+\/){0,2}\d{4}\/\d\d\/\d\d\/\d+-event-0\.json$/));
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

test('what is none of the three is not a destination', async () => {
  expect(await park('arn:aws:kinesis:eu-central-1:111122223333:stream/parked', ['x'])).toBe(0);
  expect(lines[0].outcome).toContain('S3 bucket');
});
