import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { BenchFunction } from './function';

/** What a DynamoDB mapping is recorded or documented to do on AWS. */
export interface Check {
  readonly behaviour: string;
  /** Code that writes what it sees to the file `process.env.SEEN`, a line of JSON each. */
  readonly handler: string;
  readonly mapping?: Partial<Pick<BenchFunction, 'filter' | 'batchSize' | 'parallelizationFactor'>>;
  /** Seconds. */
  readonly timeout?: number;
  /** What is written to the table, or how many items. */
  readonly items: number | readonly Record<string, AttributeValue>[];
  readonly holds: (seen: any[], messages: any[]) => boolean;
}

const record = 'const see = (value) => require("node:fs").appendFileSync(process.env.SEEN, JSON.stringify(value) + "\\n");';
const numbers = '(Records) => Records.map((one) => Number(one.dynamodb.Keys.pk.S))';
const handlerOf = (body: string) => `${record} const numbers = ${numbers}; exports.handler = async (event) => { const { Records } = event; ${body} };`;
const poison = 'see(numbers(Records)); if (numbers(Records).includes(3)) throw new Error("poison");';
const flat = (seen: any[]): number[] => seen.flat();

export const checks: readonly Check[] = [
  {
    behaviour: 'binary values are base64, creation times numbers',
    handler: handlerOf('see([typeof Records[0].dynamodb.NewImage.bytes.B, typeof Records[0].dynamodb.ApproximateCreationDateTime]);'),
    items: [{ pk: { S: '1' }, bytes: { B: new Uint8Array([1, 2, 3]) } }],
    holds: (seen) => seen[0]?.join() === 'string,number',
  },
  {
    behaviour: 'eventSourceARN names the stream',
    handler: handlerOf('see(Records[0].eventSourceARN);'),
    items: 1,
    holds: (seen) => /table\/.+\/stream\//.test(seen[0]),
  },
  {
    behaviour: 'what time to live removed is a REMOVE with a userIdentity',
    handler: handlerOf('Records.forEach(({ eventName, userIdentity }) => see([eventName, userIdentity?.type]));'),
    items: [{ pk: { S: '1' }, expires: { N: String(Math.floor(Date.now() / 1000) - 60) } }],
    holds: (seen) => seen.some(([name, type]) => name === 'REMOVE' && type === 'Service'),
  },
  {
    behaviour: 'retryAttempts 2 means three invocations',
    handler: handlerOf('see(1); throw new Error("never");'),
    items: 1,
    holds: (seen) => seen.length === 3,
  },
  {
    behaviour: 'a partial response is retried from the record it names',
    handler: handlerOf(`see(numbers(Records)); const third = Records[numbers(Records).indexOf(3)]; if (!globalThis.failed && third) {
      globalThis.failed = true; return { batchItemFailures: [{ itemIdentifier: third.dynamodb.SequenceNumber }] }; }`),
    items: 5,
    holds: (seen) => flat(seen).filter((n) => n === 3).length === 2 && flat(seen).filter((n) => n === 1).length === 1,
  },
  {
    behaviour: 'bisect lets the healthy records of a batch through',
    handler: handlerOf(poison),
    items: 5,
    holds: (seen) => [1, 2, 4, 5].every((n) => seen.some((batch) => batch.includes(n) && !batch.includes(3))),
  },
  {
    behaviour: 'the failure queue gets Lambda\'s message',
    handler: handlerOf('throw new Error("never");'),
    items: 1,
    holds: (_seen, messages) => messages.some((message) => message.DDBStreamBatchInfo?.batchSize === 1),
  },
  {
    behaviour: 'a filter on a value lets only these records through',
    handler: handlerOf('see(numbers(Records));'),
    items: [{ pk: { S: '1' }, status: { S: 'closed' } }, { pk: { S: '2' }, status: { S: 'open' } }],
    mapping: { filter: { dynamodb: { NewImage: { status: { S: ['open'] } } } } },
    holds: (seen) => flat(seen).join() === '2',
  },
  {
    behaviour: 'anything-but does not match a missing attribute',
    handler: handlerOf('see(numbers(Records));'),
    items: [{ pk: { S: '1' } }, { pk: { S: '2' }, status: { S: 'open' } }],
    mapping: { filter: { dynamodb: { NewImage: { status: { S: [{ 'anything-but': ['closed'] }] } } } } },
    holds: (seen) => flat(seen).join() === '2',
  },
  {
    behaviour: 'parallelizationFactor 4 runs batches of a shard side by side',
    handler: handlerOf('see("in"); await new Promise((done) => setTimeout(done, 500)); see("out");'),
    items: 12,
    mapping: { parallelizationFactor: 4, batchSize: 1 },
    holds: (seen) => {
      let running = 0;
      return seen.some((what) => (running += what === 'in' ? 1 : -1) > 1);
    },
  },
  {
    behaviour: 'a function that does not answer in time is retried',
    handler: handlerOf('see(1); await new Promise((done) => setTimeout(done, 2500));'),
    items: 1,
    timeout: 1,
    holds: (seen) => seen.length > 1,
  },
];
