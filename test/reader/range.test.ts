import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import * as fc from 'fast-check';
import { StreamsProxy, type Fault } from './streams-proxy';
import { recordChildren } from '../../lib/local/process/children';
import { clientOptions } from '../../lib/local/service/credentials';
import { startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import { streamReader, type RangePage, type RangeReader } from '../../lib/reader/stream-reader';
import type { Position } from '../../lib/stream/shard';
import { folderWith } from '../folder';

const WRITES = 30;
const ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/2026-11-23T09:00:00.000';

const children = recordChildren(folderWith({}));
let proxy: StreamsProxy;
let streams: DynamoDBStreamsClient;
let reader: RangeReader;
/** The sequence numbers of all records. */
let numbers: string[];

beforeAll(async () => {
  const { endpoint } = await startDynamoDbLocal(children, process.cwd());
  const stream = await tableWithRecords(endpoint);
  proxy = new StreamsProxy(endpoint, stream);
  streams = new DynamoDBStreamsClient({ ...clientOptions(await proxy.start()), maxAttempts: 1 });
  reader = streamReader(streams, ARN, { wait: async () => {} });
  proxy.behave({});
  numbers = [];
  for (let from: Position = { type: 'TRIM_HORIZON' }; numbers.length < WRITES; from = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: numbers.at(-1)! }) {
    numbers.push(...(await reader.read('shard-0', from)).records.map(numberOf));
  }
}, 60_000);
afterAll(async () => {
  streams.destroy();
  proxy.stop();
  await children.killAll();
});

async function tableWithRecords(endpoint: string): Promise<{ arn: string; shardId: string }> {
  const client = new DynamoDBClient(clientOptions(endpoint));
  const { TableDescription } = await client.send(new dynamodb.CreateTableCommand({
    TableName: 'Orders',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  }));
  for (let n = 0; n < WRITES; n++) {
    // Every fifth is large, so that a page of 1 MB holds two of them.
    const text = n % 5 === 0 ? 'x'.repeat(390_000) : '';
    await client.send(new dynamodb.PutItemCommand({ TableName: 'Orders', Item: { id: { S: String(n) }, text: { S: text } } }));
  }
  client.destroy();
  const direct = new DynamoDBStreamsClient(clientOptions(endpoint));
  const [{ shardId }] = await streamReader(direct, TableDescription!.LatestStreamArn!).shards();
  direct.destroy();
  return { arn: TableDescription!.LatestStreamArn!, shardId };
}

const numberOf = (record: { dynamodb?: { SequenceNumber?: string } }) => record.dynamodb!.SequenceNumber!;

const range = (shardId: string, first: string, last: string) => reader.ranges(shardId, [{ first, last }]);

async function pagesOf(pages: AsyncIterable<RangePage>): Promise<RangePage[]> {
  const all: RangePage[] = [];
  for await (const page of pages) {
    all.push(page);
  }
  return all;
}

/** Those that overlap no earlier one, in order. */
function apart(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return [...ranges].sort(([a], [b]) => a - b).reduce<(readonly [number, number])[]>((kept, [first, last]) =>
    kept.length > 0 && first <= kept.at(-1)![1] ? kept : [...kept, [first, last]], []);
}

const index = fc.nat({ max: WRITES - 1 });
/** Few enough throttles to be tried through. */
const faults = fc.tuple(
  fc.array(fc.constantFrom<Fault>('none', 'none', 'none', 'empty', 'expired'), { maxLength: 25 }),
  fc.array(fc.tuple(fc.nat({ max: 25 }), fc.constantFrom<Fault>('throttled', 'internal', 'reset')), { maxLength: 8 }),
).map(([list, passing]) => {
  passing.forEach(([at, fault]) => list.splice(at, 0, fault));
  return list;
});
const histories = fc.record({
  ranges: fc.array(fc.tuple(index, index).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const), { minLength: 1, maxLength: 4 }),
  inOneSweep: fc.boolean(),
  split: fc.option(fc.integer({ min: 1, max: WRITES - 1 })),
  trims: fc.array(fc.record({ call: fc.nat({ max: 12 }), before: index }), { maxLength: 2 })
    .map((list) => list.sort((a, b) => a.call - b.call))
    .map((list) => list.map(({ call, before }, at) => ({ call, before: Math.max(before, list[at - 1]?.before ?? 0) }))),
  pageSize: fc.integer({ min: 1, max: 12 }),
  faults,
});

test('a range brings every record that is still there, once, in order, and says where records are gone', async () => {
  let complete = 0;
  let incomplete = 0;
  await fc.assert(fc.asyncProperty(histories, async ({ ranges, inOneSweep, split, trims, pageSize, faults: list }) => {
    proxy.behave({
      faults: list, pageSize,
      splits: split === null ? [] : [numbers[split]],
      trims: trims.map(({ call, before }) => ({ call, before: numbers[before] })),
    });
    const isIn = (shard: number, n: number) => split === null || (shard === 0) === (n < split);
    const shardOf = (first: number) => isIn(0, first) ? 0 : 1;
    const sweeps = inOneSweep ? [0, 1].map((shard) => apart(ranges).filter(([first]) => shardOf(first) === shard)) : ranges.map((one) => [one]);
    const read = await Promise.all(sweeps.filter(({ length }) => length > 0).map(async (sweep) => {
      const wanted = sweep.map(([first, last]) => ({ first: numbers[first], last: numbers[last] }));
      const all = await pagesOf(reader.ranges(`shard-${shardOf(sweep[0][0])}`, wanted));
      expect(all.map((page) => page.range)).toEqual(all.map((page) => page.range).sort((a, b) => a - b));
      return sweep.map((of, at) => ({ of, pages: all.filter((page) => page.range === at) }));
    }));
    read.flat().forEach(({ of: [first, last], pages }) => {
      const shard = shardOf(first);
      const brought = pages.flatMap((page) => page.records.map((record) => numbers.indexOf(numberOf(record))));
      const wanted = numbers.map((_, n) => n).slice(first, last + 1);
      const there = wanted.filter((n) => isIn(shard, n) && !(proxy.horizon && numbers[n] < proxy.horizon));

      expect(brought).toEqual([...new Set(brought)].sort((a, b) => a - b));
      expect(wanted).toEqual(expect.arrayContaining(brought));
      expect(brought).toEqual(expect.arrayContaining(there));
      // Whatever is missing, the next page says so.
      let next = first;
      for (const { records, lost } of pages) {
        const from = records.length > 0 ? numbers.indexOf(numberOf(records[0])) : last + 1;
        expect(lost || from === next).toBe(true);
        next = records.length > 0 ? numbers.indexOf(numberOf(records.at(-1)!)) + 1 : from;
      }
      expect(next).toBe(last + 1);
      if (there.length === wanted.length && !proxy.horizon) {
        complete++;
        expect(pages.some(({ lost }) => lost)).toBe(false);
      } else if (brought.length < wanted.length) {
        incomplete++;
      }
    });
  }), { numRuns: 90 });
  expect(Math.min(complete, incomplete)).toBeGreaterThan(0);
}, 120_000);

test('pages without records are gone over, and an iterator that expires starts after the last record that was read', async () => {
  proxy.behave({ pageSize: 4, faults: ['none', 'empty', 'empty', 'none', 'expired', 'none', 'expired', 'empty'] });
  const pages = await pagesOf(range('shard-0', numbers[3], numbers[20]));
  expect(pages.flatMap(({ records }) => records.map(numberOf))).toEqual(numbers.slice(3, 21));
  expect(pages.every(({ lost }) => !lost)).toBe(true);
});

test('a sweep reads a page once, reads over a short gap, and jumps over a long one', async () => {
  const callsFor = async (pageSize: number, ...ranges: [number, number][]) => {
    proxy.behave({ pageSize });
    const pages = await pagesOf(reader.ranges('shard-0', ranges.map(([first, last]) => ({ first: numbers[first], last: numbers[last] }))));
    expect(pages.flatMap(({ records }) => records.map(numberOf))).toEqual(ranges.flatMap(([first, last]) => numbers.slice(first, last + 1)));
    return proxy.actions();
  };
  // A page of 1 MB holds two large records, and every fifth is one: 0 to 9 are a page, and so on.
  expect(await callsFor(1000, [0, 0], [2, 3], [5, 5], [9, 9])).toEqual(['GetShardIterator', 'GetRecords']);
  expect(await callsFor(4, [1, 1], [6, 7])).toEqual(['GetShardIterator', 'GetRecords', 'GetRecords']);
  expect(await callsFor(4, [1, 1], [28, 28])).toEqual(['GetShardIterator', 'GetRecords', 'GetShardIterator', 'GetRecords']);
});

test('a range that begins with its first record is whole, although its iterator was trimmed', async () => {
  proxy.behave({ faults: ['none', 'none'], trims: [{ call: 0, before: numbers[4] }] });
  // The records before it are trimmed between the two calls, and the iterator with them.
  const [{ records, lost }] = await pagesOf(range('shard-0', numbers[4], numbers[6]));
  expect([records.map(numberOf), lost]).toEqual([numbers.slice(4, 7), false]);
});

test('records name the stream as Lambda would', async () => {
  proxy.behave({});
  const [{ records: [record] }] = await pagesOf(range('shard-0', numbers[0], numbers[0]));
  expect(record).toMatchObject({ eventName: 'INSERT', eventSourceARN: ARN, dynamodb: { Keys: { id: { S: '0' } } } });
});

test.each([
  ['a shard that the stream has forgotten', () => ['shard-9', numbers[2], numbers[4]]],
  ['a number that is not in the shard', () => ['shard-0', `${numbers[4]}0`, `${numbers[4]}9`]],
  ['a range of another shard', () => ['shard-1', numbers[2], numbers[4]]],
  ['a range that the shard ends within', () => ['shard-0', numbers[8], numbers[12]]],
])('%s is lost, not empty', async (_, lost) => {
  proxy.behave({ splits: [numbers[10]] });
  const pages = await pagesOf(range(...lost() as [string, string, string]));
  expect(pages.at(-1)).toEqual({ range: 0, records: [], lost: true });
});

test('a range that is trimmed as a whole, in an open shard to which nothing was written since, ends as lost', async () => {
  proxy.behave({ trims: [{ call: 0, before: `${numbers[29]}9` }] });
  expect(await pagesOf(range('shard-0', numbers[2], numbers[4]))).toEqual([{ range: 0, records: [], lost: true }]);
}, 60_000);

test.each<[string, Fault, string]>([
  ['a stream that is gone', 'gone', 'gone'],
  ['a refusal', 'denied', 'denied'],
  ['credentials that have expired', 'noToken', 'expired'],
])('%s ends the range at once', async (_, fault, reason) => {
  proxy.behave({ pageSize: 2, faults: ['none', 'none', fault, fault] });
  const pages = range('shard-0', numbers[1], numbers[9]);
  expect((await pages.next()).value).toMatchObject({ lost: false });
  await expect(pages.next()).rejects.toMatchObject({ name: 'StreamReadError', reason });
});

test('wherever a failure that does not pass begins, it ends the range, after every record that was read before it', async () => {
  const lasting = fc.record({
    range: fc.tuple(index, index).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    pageSize: fc.integer({ min: 1, max: 12 }),
    before: fc.array(fc.constantFrom<Fault>('none', 'none', 'empty', 'expired', 'throttled'), { maxLength: 12 }),
    failure: fc.constantFrom<readonly [Fault, string]>(['gone', 'gone'], ['denied', 'denied'], ['noToken', 'expired']),
  });
  const ends = new Set<string>();
  await fc.assert(fc.asyncProperty(lasting, async ({ range: [first, last], pageSize, before, failure: [fault, reason] }) => {
    proxy.behave({ pageSize, faults: [...before, ...Array(100).fill(fault)] });
    const brought: string[] = [];
    let end = 'whole';
    try {
      for await (const { records, lost } of range('shard-0', numbers[first], numbers[last])) {
        expect(lost).toBe(false);
        brought.push(...records.map(numberOf));
      }
    } catch (error) {
      end = (error as { reason: string }).reason;
    }
    expect(brought).toEqual(numbers.slice(first, first + brought.length));
    expect(end).toBe(brought.length === last + 1 - first ? 'whole' : reason);
    ends.add(end);
  }), { numRuns: 60 });
  expect([...ends].sort()).toEqual(['denied', 'expired', 'gone', 'whole']);
}, 60_000);

test('what does not get through nine times in a row ends the range', async () => {
  proxy.behave({ faults: Array(9).fill('throttled') });
  await expect(pagesOf(range('shard-0', numbers[0], numbers[1]))).rejects.toMatchObject({ reason: 'throttled' });
});
