import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import * as fc from 'fast-check';
import { MOST_PAGE_BYTES, StreamsServer, type Fault } from './streams-server';
import type { Cursor } from '../../lib/reader/cursor';
import { readRanges } from '../../lib/reader/range';
import { StreamReadError } from '../../lib/reader/stream-read-error';
import { streamReader, type RangePage, type RangeReader } from '../../lib/reader/stream-reader';
import type { StreamsApi, WireRecord } from '../../lib/reader/streams-api';
import { runs } from '../runs';

const WRITES = 30;
const ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/2026-11-23T09:00:00.000';

/** Every fifth is large, so that a page holds two of them. */
const written = Array.from({ length: WRITES }, (_, n): WireRecord => ({
  eventID: `event-${n}`, eventName: 'INSERT', eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: 'eu-west-1',
  dynamodb: {
    ApproximateCreationDateTime: 1_795_424_000 + n, Keys: { id: { S: String(n) } }, NewImage: { id: { S: String(n) } },
    // Further apart here and there, as those of a shard are.
    SequenceNumber: String(100_000_000_000_000_000_001n + BigInt(n * n)), SizeBytes: n % 5 === 0 ? 0.39 * MOST_PAGE_BYTES : 20, StreamViewType: 'NEW_IMAGE',
  },
}));

const server = new StreamsServer(written);
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const reader: RangeReader = streamReader(
  new DynamoDBStreamsClient({ region: 'eu-west-1', credentials, maxAttempts: 1, requestHandler: server as any }), ARN, { wait: async () => {} },
);

const numberOf = (record: { dynamodb?: { SequenceNumber?: string } }) => record.dynamodb!.SequenceNumber!;
const numbers = written.map(numberOf);

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
    server.behave({
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
      const there = wanted.filter((n) => isIn(shard, n) && !(server.horizon && numbers[n] < server.horizon));

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
      if (there.length === wanted.length && !server.horizon) {
        complete++;
        expect(pages.some(({ lost }) => lost)).toBe(false);
      } else if (brought.length < wanted.length) {
        incomplete++;
      }
    });
  }), runs(15));
  expect(Math.min(complete, incomplete)).toBeGreaterThan(0);
});

test('pages without records are gone over, and an iterator that expires starts after the last record that was read', async () => {
  server.behave({ pageSize: 4, faults: ['none', 'empty', 'empty', 'none', 'expired', 'none', 'expired', 'empty'] });
  const pages = await pagesOf(range('shard-0', numbers[3], numbers[20]));
  expect(pages.flatMap(({ records }) => records.map(numberOf))).toEqual(numbers.slice(3, 21));
  expect(pages.every(({ lost }) => !lost)).toBe(true);
});

test('a sweep reads a page once, reads over a short gap, and jumps over a long one', async () => {
  const callsFor = async (pageSize: number, ...ranges: [number, number][]) => {
    server.behave({ pageSize });
    const pages = await pagesOf(reader.ranges('shard-0', ranges.map(([first, last]) => ({ first: numbers[first], last: numbers[last] }))));
    expect(pages.flatMap(({ records }) => records.map(numberOf))).toEqual(ranges.flatMap(([first, last]) => numbers.slice(first, last + 1)));
    return server.actions();
  };
  // A page holds two large records, and every fifth is one: 0 to 9 are a page, and so on.
  expect(await callsFor(1000, [0, 0], [2, 3], [5, 5], [9, 9])).toEqual(['GetShardIterator', 'GetRecords']);
  expect(await callsFor(4, [1, 1], [6, 7])).toEqual(['GetShardIterator', 'GetRecords', 'GetRecords']);
  expect(await callsFor(4, [1, 1], [28, 28])).toEqual(['GetShardIterator', 'GetRecords', 'GetShardIterator', 'GetRecords']);
});

test('a range that begins with its first record is whole, although its iterator was trimmed', async () => {
  server.behave({ faults: ['none', 'none'], trims: [{ call: 0, before: numbers[4] }] });
  // The records before it are trimmed between the two calls, and the iterator with them.
  const [{ records, lost }] = await pagesOf(range('shard-0', numbers[4], numbers[6]));
  expect([records.map(numberOf), lost]).toEqual([numbers.slice(4, 7), false]);
});

test('records name the stream as Lambda would', async () => {
  server.behave({});
  const [{ records: [record] }] = await pagesOf(range('shard-0', numbers[0], numbers[0]));
  expect(record).toMatchObject({ eventName: 'INSERT', eventSourceARN: ARN, dynamodb: { Keys: { id: { S: '0' } } } });
});

test.each([
  ['a shard that the stream has forgotten', () => ['shard-9', numbers[2], numbers[4]]],
  ['a number that is not in the shard', () => ['shard-0', `${numbers[4]}0`, `${numbers[4]}9`]],
  ['a range of another shard', () => ['shard-1', numbers[2], numbers[4]]],
  ['a range that the shard ends within', () => ['shard-0', numbers[8], numbers[12]]],
])('%s is lost, not empty', async (_, lost) => {
  server.behave({ splits: [numbers[10]] });
  const pages = await pagesOf(range(...lost() as [string, string, string]));
  expect(pages.at(-1)).toEqual({ range: 0, records: [], lost: true });
});

test('a range that is trimmed as a whole, in an open shard to which nothing was written since, ends as lost, and is not read fast for long', async () => {
  let pages = 0;
  const waits: number[] = [];
  // A thousand pages: too many to ask a server for.
  const api: Pick<StreamsApi, 'iterator' | 'records'> = {
    iterator: async (_, { type }) => {
      if (type !== 'TRIM_HORIZON') {
        throw new StreamReadError('trimmed', ARN, undefined);
      }
      return 'first';
    },
    records: async () => ({ Records: [], NextShardIterator: String(++pages) }),
  };
  const reading = { next: async (cursor: Cursor) => cursor.next(), wait: async (ms: number) => waits.push(ms) };
  const all = [];
  for await (const page of readRanges(api as StreamsApi, 'shard-0', [{ first: numbers[2], last: numbers[4] }], reading)) {
    all.push(page);
  }
  expect([all, pages]).toEqual([[{ range: 0, records: [], lost: true }], 999]);
  expect(waits).toEqual(Array(979).fill(50));
});

test.each<[string, Fault, string]>([
  ['a stream that is gone', 'gone', 'gone'],
  ['a refusal', 'denied', 'denied'],
  ['credentials that have expired', 'noToken', 'expired'],
])('%s ends the range at once', async (_, fault, reason) => {
  server.behave({ pageSize: 2, faults: ['none', 'none', fault, fault] });
  const pages = range('shard-0', numbers[1], numbers[9]);
  expect((await pages.next()).value).toMatchObject({ lost: false });
  await expect(pages.next()).rejects.toMatchObject({ name: 'StreamReadError', reason });
});

test('wherever a failure that does not pass begins, it ends the range, after every record that was read before it', async () => {
  const failures: (readonly [Fault, string])[] = [['gone', 'gone'], ['denied', 'denied'], ['noToken', 'expired']];
  const lasting = fc.record({
    range: fc.tuple(index, index).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    pageSize: fc.integer({ min: 1, max: 12 }),
    before: fc.array(fc.constantFrom<Fault>('none', 'none', 'empty', 'expired', 'throttled'), { maxLength: 12 }),
    failure: fc.constantFrom(...failures),
  });
  const ends = new Set<string>();
  await fc.assert(fc.asyncProperty(lasting, async ({ range: [first, last], pageSize, before, failure: [fault, reason] }) => {
    server.behave({ pageSize, faults: [...before, ...Array(100).fill(fault)] });
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
  }), {
    ...runs(8),
    // Each end at least once.
    examples: [...failures.map((failure) => [{ range: [2, 9] as const, pageSize: 2, before: [], failure }] as [any]), [{
      range: [2, 9], pageSize: 12, before: Array(6).fill('none'), failure: failures[0],
    }]],
  });
  expect([...ends].sort()).toEqual(['denied', 'expired', 'gone', 'whole']);
});

test('what does not get through nine times in a row ends the range', async () => {
  server.behave({ faults: Array(9).fill('throttled') });
  await expect(pagesOf(range('shard-0', numbers[0], numbers[1]))).rejects.toMatchObject({ reason: 'throttled' });
});
