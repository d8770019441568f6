import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { FUNCTION, History, parked, pointer, STREAM, TABLE } from './history';
import { World } from './world';
import { StreamReadError } from '../../lib/reader/stream-read-error';
import { Aside } from '../../lib/redrive/aside';
import { Unreadable } from '../../lib/redrive/refusals';
import { streamHandler } from '../../lib/runtime';
import type { StreamRecord } from '../../lib/stream/record';
import { numberOf } from '../records';
import { runs } from '../runs';

beforeEach(() => {
  jest.spyOn(console, 'error').mockReturnValue();
  jest.spyOn(console, 'log').mockReturnValue();
});

/** A message of each kind about a record, and the object that it names. */
const KINDS: Readonly<Record<string, (record: StreamRecord, history: History) => { message: object; object?: object }>> = {
  'a parked record': (record) => ({ message: parked(record) }),
  'a compressed one': (record) => {
    const { record: _, ...rest } = parked(record) as { record: unknown };
    return { message: { ...rest, gzip: gzipSync(JSON.stringify(record)).toString('base64') } };
  },
  'one without its old image': (record) => ({ message: parked(record, { altered: ['OldImage'] }) }),
  'a pointer': (record) => ({ message: pointer(record) }),
  'a failed batch': (record, history) => ({ message: history.batch(record, record, 1) }),
  'one with its event': (record, history) => ({ message: { ...history.batch(record, record, 1), payload: { Records: [record] } } }),
  'one in an envelope': (record, history) => ({ message: { Type: 'Notification', Message: JSON.stringify(history.batch(record, record, 1)) } }),
  'an event of S3': (record, history) => ({
    message: { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key: 'k' } } }] },
    object: { ...history.batch(record, record, 1), payload: { Records: [record] } },
  }),
};

const ODD: readonly unknown[] = [
  undefined, null, true, 0, -1, 1.5, 1e300, '', 'x', '111', '-1', '9'.repeat(40), '9'.repeat(41), '0'.repeat(21), [], [null], {}, { toString: 1, valueOf: 1 }, { id: null },
  { id: { S: 5 } }, { id: { N: '1' } }, { other: { S: 'a' } }, { id: { S: 'a', N: '1' } }, { id: { L: [null] } }, '0001-01-01T00:00:00Z', '+275760-09-13T00:00:00.000Z', 'KEYS_ONLY',
  'REMOVE', `${FUNCTION}-other`, 'arn:aws:lambda:eu-mars-1:123456789012:function:f', STREAM.replace(TABLE, `${TABLE}-other`), TABLE, 'arn:aws:s3:::b', 'foreign',
  'arn:aws:dynamodb:us-west-2:account-id:table/ExampleTableWithStream/stream/2015-06-27T00:48:05.899', [{ eventSource: 'aws:s3', eventName: {} }],
];

/** Each place in a value, the text of other JSON in it included. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inside = typeof value === 'string' && value.startsWith('{') ? JSON.parse(value) : value;
  return typeof inside === 'object' && inside !== null
    ? Object.entries(inside).flatMap(([name, one]) => [[...path, name], ...placesIn(one, [...path, name])])
    : [];
}

function changed(value: any, [name, ...path]: readonly string[], odd: unknown): unknown {
  if (typeof value === 'string') {
    return JSON.stringify(changed(JSON.parse(value), [name, ...path], odd));
  }
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[name] = path.length === 0 ? odd : changed(copy[name], path, odd);
  return copy;
}

/** A world with one record that nothing is wrong with, and one that messages are made of. */
function begin(): { world: World; history: History; good: StreamRecord; record: StreamRecord } {
  const history = new History();
  const world = new World();
  const [good, record] = [history.write(1, 1)!, history.write(2, 1)!];
  world.streams.set(STREAM, { shards: history.shards() });
  world.tables.set(TABLE, history.table);
  world.mappings = [{ streamArn: STREAM, functionArn: FUNCTION, filters: ['{"eventName":["INSERT","MODIFY","REMOVE"]}'] }];
  world.isThere = (name) => name === FUNCTION || name === 'b';
  const handler = streamHandler(() => {});
  world.invoke = async (event) => handler(event).then((response) => ({ type: 'answer', response }), ({ name, message }) => ({ type: 'error', name, message }));
  return { world, history, good, record };
}

test('whatever field of whatever message is odd: it is unknown or handled, and the others are brought back', async () => {
  const seen = new Set<string>();
  const kinds = fc.constantFrom(...Object.keys(KINDS));
  await fc.assert(fc.asyncProperty(kinds, fc.nat(), fc.constantFrom(...ODD), fc.boolean(), fc.boolean(), async (kind, at, odd, isObject, isFirst) => {
    const { world, history, good, record } = begin();
    const { message, object } = KINDS[kind](record, history);
    const places = placesIn(object && isObject ? object : message);
    const place = places[at % places.length];
    const both: [string, unknown][] = [['good', parked(good)], ['odd', object && isObject ? message : changed(message, place, odd)]];
    (isFirst ? both.reverse() : both).forEach(([id, content]) => world.send(id, content));
    if (object) {
      world.objects.set('b/k', JSON.stringify(isObject ? changed(object, place, odd) : object));
    }
    const { tally, removed, givenBack } = await world.redrive({ superseded: 'send' });
    const outcomes = world.reports.map(({ sequenceNumber, message: id, outcome }) => [sequenceNumber ?? id, outcome]);
    expect([kind, place, odd, outcomes]).toEqual([kind, place, odd, expect.arrayContaining([[numberOf(good), 'done']])]);
    expect([kind, place, odd, world.messages.has('good'), removed + givenBack]).toEqual([kind, place, odd, false, 2]);
    const isTold = outcomes.some(([of, outcome]) => of !== numberOf(good) && outcome !== 'done');
    expect([kind, place, odd, isTold || !world.messages.has('odd')]).toEqual([kind, place, odd, true]);
    seen.add(tally.unknown > 0 ? 'unknown' : tally.lost > 0 ? 'lost' : tally.done === 2 ? 'done' : 'other');
  }), runs(60));
  expect([...seen]).toEqual(expect.arrayContaining(['unknown', 'done']));
});

/** A message about a failed batch of this record, with something changed in it. */
function batchOf(record: StreamRecord, history: History, change: object): object {
  const { DDBStreamBatchInfo, ...rest } = history.batch(record, record, 1) as { DDBStreamBatchInfo: object };
  return { ...rest, DDBStreamBatchInfo: { ...DDBStreamBatchInfo, ...change } };
}

const ABOVE = '9'.repeat(39);

test.each<[string, (record: StreamRecord, history: History) => unknown]>([
  ['a number that is too short', (record) => parked({ ...record, dynamodb: { ...record.dynamodb, SequenceNumber: '111' } })],
  ['a range that ends before it begins', (record, history) => history.batch(history.write(3, 1)!, record, 1)],
  ['a size that is not a number', (record, history) => batchOf(record, history, { batchSize: '1' })],
  ['a time in ten years', (record, history) => batchOf(record, history, { approximateArrivalOfFirstRecord: '2035-01-01T00:00:00Z' })],
  ['a record of another stream than its message', (record) => parked({ ...record, eventSourceARN: `${STREAM}1` })],
  ['a record of the documentation', (record) => parked({ ...record, eventSourceARN: 'stream-ARN' }, { streamArn: 'stream-ARN' })],
  ['a stream that is not there', (record, history) => batchOf(record, history, { streamArn: `${STREAM}1` })],
  ['a function that is not there', (record) => parked(record, { functionArn: `${FUNCTION}-2` })],
  ['a shard that refuses its numbers', (record, history) => batchOf(record, history, { startSequenceNumber: ABOVE, endSequenceNumber: ABOVE })],
  ['an object in a bucket of somebody else', () => ({
    Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'foreign' }, object: { key: 'k' } } }],
  })],
])('%s makes a message unknown, with the reason', async (_name, oddOf) => {
  const { world, history, good, record } = begin();
  world.send('odd', oddOf(record, history));
  world.send('good', history.batch(good, good, 1));
  world.streams.set(STREAM, { shards: history.shards(), pageSize: 1 });
  const { tally, removed } = await world.redrive();
  expect([tally.done, removed, [...world.messages.keys()]]).toEqual([1, 1, ['odd']]);
  expect(world.reports).toContainEqual({ message: 'odd', outcome: 'unknown', error: expect.stringMatching(/^[A-Z]\w+ \w+/) });
});

test('a range that goes on after the last number of its shard has lost a record', async () => {
  const { world, history, record } = begin();
  world.send('odd', batchOf(record, history, { endSequenceNumber: ABOVE }));
  expect((await world.redrive()).tally).toMatchObject({ lost: 1, inexact: 1 });
});

test('an object that is not a failure stays, even one whose text would be a done message', async () => {
  const { world } = begin();
  world.objects.set('b/k', '{"Event":"s3:TestEvent"}');
  world.send('m', { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key: 'k' } } }] });
  expect((await world.redrive()).tally.unknown).toBe(1);
  expect([world.messages.size, world.objects.size]).toEqual([1, 1]);
});

describe('if nothing else is left to do, the run is refused', () => {
  test.each<[string, (record: StreamRecord, history: History) => unknown, RegExp]>([
    ['the function is gone', (record) => parked(record, { functionArn: `${FUNCTION}-2` }), /The function .* does not exist/],
    ['the stream is not there', (record, history) => batchOf(record, history, { streamArn: `${STREAM}1` }), /does not exist here/],
  ])('because %s', async (_name, oddOf, message) => {
    const { world, history, record } = begin();
    world.send('odd', oddOf(record, history));
    world.send('unknown', 'hello');
    await expect(world.redrive()).rejects.toThrow(message);
    expect(world.given.map(({ id }) => id)).toEqual(['odd', 'unknown']);
  });
});

describe('an error about a message', () => {
  const setAside = (error: unknown, stop = new AbortController().signal) => {
    const told: string[] = [];
    const aside = new Aside({ setUnknown: (_: unknown, reason: string) => told.push(reason) } as never, stop);
    aside.set([{}, { unknown: 'before' }, {}] as never, error);
    return { told, problem: aside.problem, reasons: [...aside.reasons] };
  };
  const named = (name: string, more: object = {}) => Object.assign(new Error('why'), { name, ...more });
  const ofStream = (reason: 'gone' | 'denied' | 'throttled' | 'expired' | 'unavailable', cause: unknown) => new StreamReadError(reason, STREAM, cause);

  test.each([
    [new Unreadable('why')], [named('ValidationException')], [named('Error', { code: 'ENOTFOUND' })], [ofStream('unavailable', named('Error', { code: 'ENOTFOUND' }))],
  ])('%s can only be the message\'s: it sets those aside that are not yet', (error) => {
    expect(setAside(error)).toEqual({ told: [error.message, error.message], problem: undefined, reasons: [[error.message, 2]] });
  });

  test.each([[named('Error')], [named('AccessDeniedException')], [ofStream('gone', named('ResourceNotFoundException'))], [ofStream('denied', named('AccessDenied'))]])(
    '%s may be the user\'s, too', (error) => {
      expect(setAside(error)).toMatchObject({ told: [error.message, error.message], problem: error });
    });

  test.each(['throttled', 'expired'] as const)('that reading is %s is nobody\'s: it ends the run', (reason) => {
    expect(() => setAside(ofStream(reason, named('Error')))).toThrow(StreamReadError);
  });

  test('after a stop it ends the run', () => {
    expect(() => setAside(new Unreadable('why'), AbortSignal.abort())).toThrow(Unreadable);
  });
});

test('what is set aside is said before anything is sent', async () => {
  const { world, record, good } = begin();
  world.send('odd', parked(record, { functionArn: `${FUNCTION}-2` }));
  world.send('good', parked(good));
  let notes: readonly string[] | undefined;
  await world.redrive({}, { found: (overview) => (notes = overview.notes) !== undefined });
  expect(notes).toEqual([`1 message is set aside as unknown. The function ${FUNCTION}-2 does not exist.`]);
});
