import { FUNCTION, History, parked, pointer, STREAM, TABLE } from './history';
import { World } from './world';
import { exitCodeOf } from '../../lib/cli/redrive-exit';
import { StreamReadError } from '../../lib/reader/stream-read-error';
import { type Invoked, type Overview, REDRIVE_DEFAULTS, type RedriveOptions, RedriveRefused } from '../../lib/redrive';
import { refuseUnlessGone } from '../../lib/redrive/gone-stream';
import { itemKey } from '../../lib/stream/item-key';
import type { StreamRecord, StreamViewType } from '../../lib/stream/record';
import { numberOf } from '../records';

let history: History;
let world: World;
function begin(viewType?: StreamViewType): void {
  history = new History(viewType);
  world = new World();
  world.streams.set(STREAM, {
    get shards() {
      return history.shards();
    },
  });
  world.tables.set(TABLE, history.table);
  world.mappings = [{ streamArn: STREAM, functionArn: FUNCTION }];
}
beforeEach(() => begin());

const write = (item: number, value?: number) => history.write(item, value)!;
const outcomes = () => Object.fromEntries(world.reports.map(({ sequenceNumber, message, outcome }) => [sequenceNumber ?? message, outcome]));
const errors = () => world.reports.map(({ error }) => error);
const keys = (event: { Records: StreamRecord[] }) => event.Records.map((record) => record.dynamodb!.Keys!.id.S);
const answering = (...answers: Invoked[]) => {
  world.invoke = () => answers.shift() ?? { type: 'answer', response: null };
};
const done: Invoked = { type: 'answer', response: { batchItemFailures: [], redriven: { v: 1, failures: [] } } };

describe('the guard', () => {
  const judged = async (change: () => void, ...of: StreamRecord[]) => {
    of.forEach((record) => world.send(numberOf(record), parked(record)));
    change();
    await world.redrive();
    return of.map((record) => outcomes()[numberOf(record)]);
  };
  test('an item that has not changed since is sent, one that has is held', async () => {
    expect(await judged(() => write(2, 9), write(1, 1), write(2, 1))).toEqual(['done', 'held']);
  });
  test('an item that is gone, or there again, is held', async () => {
    write(2, 1);
    expect(await judged(() => [write(1), write(2, 1)], write(1, 1), write(2))).toEqual(['held', 'held']);
  });
  test('an item that was removed and still is gone is sent', async () => {
    write(1, 1);
    expect(await judged(() => {}, write(1))).toEqual(['done']);
  });
  test('all records of an item are sent if nothing came after the newest of them', async () => {
    expect(await judged(() => {}, write(1, 1), write(1, 2), write(1, 3))).toEqual(['done', 'done', 'done']);
  });
  test('an item that is equal again is as it was', async () => {
    expect(await judged(() => [write(1, 2), write(1, 1)], write(1, 1))).toEqual(['done']);
  });
  test.each<[StreamViewType, string, string]>([['KEYS_ONLY', 'done', 'done'], ['NEW_IMAGE', 'held', 'held'], ['OLD_IMAGE', 'held', 'held']])(
    'with %s, a record of an item that has changed is %s, and of one that is there again %s', async (viewType, changed, thereAgain) => {
      begin(viewType);
      write(2, 1);
      expect(await judged(() => [write(1, 2), write(2, 1)], write(1, 1), write(2))).toEqual([changed, thereAgain]);
    });
  test('with OLD_IMAGE, what an item was changed to is not known; that it is gone is', async () => {
    begin('OLD_IMAGE');
    write(2, 1);
    expect(await judged(() => {}, write(1, 1), write(2))).toEqual(['held', 'done']);
    expect(errors()).toContainEqual('a stream of old images does not say what the item was changed to');
  });
  test('what can\'t be judged is held, with the reason', async () => {
    world.readTable = () => {
      throw new Error('AccessDeniedException');
    };
    expect(await judged(() => {}, write(1, 1))).toEqual(['held']);
    expect(errors()).toEqual(['the table can\'t be read: AccessDeniedException']);
  });
  test('the reason is in the report', async () => {
    write(2, 1);
    const withoutImage = write(5, 1);
    delete withoutImage.dynamodb!.NewImage;
    const records = [write(1, 1), write(2), write(3, 1), withoutImage];
    expect(await judged(() => [write(1), write(2, 1), write(3, 2)], ...records)).toEqual(['held', 'held', 'held', 'held']);
    expect(Object.fromEntries(world.reports.map(({ sequenceNumber, error }) => [sequenceNumber, error]))).toEqual({
      [numberOf(records[0])]: 'the item is gone',
      [numberOf(records[1])]: 'the item exists again',
      [numberOf(records[2])]: 'the item has changed since',
      [numberOf(records[3])]: 'the record has no new image to compare the item with',
    });
  });
  test('numbers and sets are compared by what they are', async () => {
    const record = write(1, 1);
    record.dynamodb!.NewImage!.set = { NS: ['1', '2.50'] };
    expect(await judged(() => history.table.set(itemKey(record.dynamodb!.Keys!), {
      ...record.dynamodb!.NewImage!, set: { NS: ['2.5', '1'] }, value: { N: '1.0' },
    }), record)).toEqual(['done']);
  });
  test('the handler sees which records are superseded', async () => {
    const [old, , present] = [write(1, 1), write(1, 2), write(2, 1)];
    [old, present].forEach((record) => world.send(numberOf(record), parked(record)));
    await world.redrive({ superseded: 'send' });
    expect(world.events).toEqual([{ Records: [old, present], redriven: { v: 1, run: expect.any(String), superseded: [old.eventID] } }]);
  });
  test('skip: it is done without a call, and in the report', async () => {
    world.send('m', parked(write(1, 1)));
    write(1, 2);
    expect((await world.redrive({ superseded: 'skip' })).tally.skipped).toBe(1);
    expect([world.events, world.messages.size, world.reports[0].outcome]).toEqual([[], 0, 'skipped']);
  });
  test('an item that changes during the call is overtaken', async () => {
    world.send('m', parked(write(1, 1)));
    world.invoke = () => {
      write(1, 2);
      return done;
    };
    expect((await world.redrive()).tally).toMatchObject({ overtaken: 1, done: 0 });
  });
  test.each([
    ['only after the call may have been overtaken', 3, { overtaken: 1, done: 0 }],
    ['at all is done, if it is sent whatever it is', 1, { overtaken: 0, done: 1 }],
  ])('an item that can\'t be read %s', async (_, from, expected) => {
    world.send('m', parked(write(1, 1)));
    // The first is for the overview.
    let reads = 0;
    world.readTable = () => {
      if (++reads >= from) {
        throw new Error('AccessDeniedException');
      }
    };
    expect((await world.redrive({ superseded: 'send' })).tally).toMatchObject(expected);
    expect(reads).toBe(3);
  });
});

describe('refresh', () => {
  const refreshedBy = async (...records: StreamRecord[]) => {
    records.forEach((record) => world.send(numberOf(record), parked(record)));
    await world.redrive({ superseded: 'refresh' });
    return world.events.flatMap(({ Records }) => Records);
  };
  test('the record is made anew from the item, and stands for all held ones', async () => {
    const held = [write(1, 1), write(1, 2)];
    write(1, 3);
    expect(await refreshedBy(...held)).toEqual([{
      ...held[1],
      eventID: expect.stringMatching(`^${held[1].eventID}-refreshed-`),
      eventName: 'MODIFY',
      dynamodb: { ...held[1].dynamodb, NewImage: { id: { S: 'item-1' }, value: { N: '3' } }, OldImage: held[1].dynamodb!.NewImage },
    }]);
    expect(Object.values(outcomes())).toEqual(['done', 'done']);
    expect(world.messages.size).toBe(0);
  });
  test('an item that is gone is a REMOVE', async () => {
    const held = write(1, 1);
    write(1);
    const [record] = await refreshedBy(held);
    expect([record.eventName, record.dynamodb.NewImage, record.dynamodb.OldImage]).toEqual(['REMOVE', undefined, held.dynamodb!.NewImage]);
  });
  test('it is sent again as long as it changes', async () => {
    const held = write(1, 1);
    write(1, 2);
    let value = 2;
    world.invoke = () => {
      if (value < 5) {
        write(1, ++value);
      }
      return done;
    };
    expect((await refreshedBy(held)).map(({ dynamodb }) => dynamodb.NewImage.value.N)).toEqual(['2', '3', '4', '5']);
    expect(new Set(world.events.map(({ Records }) => Records[0].eventID)).size).toBe(4);
  });
  test('one that does not pass the filter stays held', async () => {
    world.mappings[0] = { ...world.mappings[0], filters: ['{"dynamodb":{"NewImage":{"value":{"N":[{"numeric":["<",3]}]}}}}'] };
    const held = write(1, 1);
    write(1, 3);
    expect(await refreshedBy(held)).toEqual([]);
    expect(errors()).toEqual(['the item has changed since. In its present state, it does not pass the filter']);
  });
  test('without new images there is nothing to make it of', async () => {
    begin('OLD_IMAGE');
    expect(await refreshedBy(write(1, 1))).toEqual([]);
    expect(world.reports).toMatchObject([{ outcome: 'held', error: 'a stream of old images does not say what the item was changed to. No record can be made from it' }]);
  });
});

describe('what a function answers', () => {
  const after = async (...answers: Invoked[]) => {
    const records = [write(1, 1), write(2, 1), write(3, 1)];
    records.forEach((record) => world.send(numberOf(record), parked(record)));
    answering(...answers);
    const result = await world.redrive();
    return { outcomes: records.map((record) => outcomes()[numberOf(record)]), result, records };
  };
  const identifiers = (...at: number[]) => ({ batchItemFailures: at.map((n) => ({ itemIdentifier: String(10n ** 20n + BigInt(7 * n)) })) });
  const STRANGER = 'InvalidResponse: the function named a record that was not in the event';
  const NAMED = 'BatchItemFailure: the function named this record';
  const EARLIER = 'BatchItemFailure: the function named an earlier record';
  test.each<[string, unknown, string[], string[]]>([
    ['this runtime names each record', {
      ...identifiers(2), redriven: { v: 1, failures: [{ eventId: '', sequenceNumber: String(10n ** 20n + 14n), error: { name: 'E', message: 'm' } }] },
    }, ['done', 'failed', 'done'], ['E: m']],
    ['this runtime names a stranger', { redriven: { v: 1, failures: [{ sequenceNumber: '1' }] } }, ['failed', 'failed', 'failed'], [STRANGER, STRANGER, STRANGER]],
    ['another function names one: what follows is not done', identifiers(2), ['done', 'failed', 'failed'], [NAMED, EARLIER]],
    ['another names several: the lowest counts', identifiers(3, 1), ['failed', 'failed', 'failed'], [NAMED, EARLIER, EARLIER]],
    ['another names a stranger', { batchItemFailures: [{ itemIdentifier: 'x' }] }, ['failed', 'failed', 'failed'], [STRANGER, STRANGER, STRANGER]],
    ['another answers nothing', null, ['done', 'done', 'done'], []],
  ])('%s', async (_name, response, expected, reasons) => {
    expect((await after({ type: 'answer', response })).outcomes).toEqual(expected);
    expect(errors().filter((error) => error !== undefined)).toEqual(reasons);
  });
  test('a failure: nothing is done, and all is given back at once', async () => {
    const { outcomes: found } = await after({ type: 'error', name: 'Error', message: 'no' });
    expect(found).toEqual(['failed', 'failed', 'failed']);
    expect(world.given).toEqual(world.given.map(({ id }) => ({ id, seconds: 0 })));
    expect(errors()[0]).toBe('Error: no');
  });
  test('no answer: nothing is done, and nobody gets the messages before the function must have ended', async () => {
    expect((await after({ type: 'noAnswer', message: 'socket hang up' })).outcomes).toEqual(['failed', 'failed', 'failed']);
    expect(world.given.map(({ seconds }) => seconds)).toEqual([60, 60, 60]);
    expect(new Set(errors())).toEqual(new Set(['no answer, so it may still be running: socket hang up']));
  });
  test('throttled: it is tried again, which does not count as an attempt', async () => {
    const throttled: Invoked = { type: 'throttled', message: 'Rate Exceeded.', isReserved: true };
    const { outcomes: found, result } = await after(throttled, throttled, done);
    expect([found, result.stopped]).toEqual([['done', 'done', 'done'], undefined]);
  });
  test.each([
    [true, 'Its reserved concurrency is used up, or is 0: raise it, or wait'],
    [false, 'The concurrency of the account is used up: wait'],
  ])('throttled for ever (by its own concurrency: %s): it stops, and says what to do', async (isReserved, way) => {
    const { outcomes: found, result } = await after(...Array(99).fill({ type: 'throttled', message: 'Rate Exceeded.', isReserved }));
    expect([found, result.stopped]).toEqual([
      ['notTried', 'notTried', 'notTried'], `The function ${FUNCTION} was not invoked, 15 times in a row: Rate Exceeded. ${way}`,
    ]);
    expect(world.given).toHaveLength(3);
  });
  test('throttled forever while another event is under way: that one is waited for, and counts', async () => {
    [1, 2].forEach((item) => world.send(`${item}`, parked(write(item, 1))));
    world.invoke = async (event): Promise<Invoked> => {
      if (keys(event).includes('item-1')) {
        return { type: 'throttled', message: 'Rate Exceeded.', isReserved: false };
      }
      await new Promise((ended) => setTimeout(ended, 50));
      return done;
    };

    const result = await world.redrive({ batchSize: 1, concurrency: 2 });

    expect(result).toMatchObject({ stopped: expect.stringContaining('15 times in a row'), removed: 1, givenBack: 1, tally: { done: 1, notTried: 1 } });
  });
});

describe('what is sent together', () => {
  test('at most batchSize records, in the order of the stream', async () => {
    const records = [1, 2, 3, 4, 5].map((item) => write(item, 1));
    [3, 1, 4, 0, 2].forEach((at) => world.send(`${at}`, parked(records[at])));
    await world.redrive({ batchSize: 2 });
    expect(world.events.map(keys)).toEqual([['item-1', 'item-2'], ['item-3', 'item-4'], ['item-5']]);
  });
  test('at most 5.5 MB; a record of more than 6 MB stays, and so do later ones of its item', async () => {
    const large = (item: number, mb: number) => {
      const record = write(item, 1);
      Object.assign(record.dynamodb!.NewImage!, { large: { S: 'x'.repeat(mb * 1024 * 1024) } });
      return record;
    };
    const records = [large(1, 3), large(2, 2.4), large(3, 1), large(4, 6), write(4, 2), write(5, 1)];
    records.forEach((record, at) => world.send(`${at}`, parked(record)));
    await world.redrive();
    expect(world.events.map(keys)).toEqual([['item-1', 'item-2'], ['item-3'], ['item-5']]);
    expect(records.map((record) => outcomes()[numberOf(record)])).toEqual(['done', 'done', 'done', 'tooLarge', 'failed', 'done']);
    expect(errors().filter((error) => error !== undefined))
      .toEqual(['its event is larger than the 6 MB that Lambda takes', 'NotTried: an earlier record of its item is not done']);
  });
  test('an event that Lambda itself takes for too large is not done', async () => {
    world.send('m', parked(write(1, 1)));
    answering({ type: 'tooLarge' });
    await world.redrive();
    expect(world.reports).toMatchObject([{ outcome: 'tooLarge', error: 'its event is larger than the 6 MB that Lambda takes' }]);
  });
  test('records of two streams of a table go apart, those of the newer stream later', async () => {
    const later = STREAM.replace('T00', 'T05');
    const [old, recent] = [write(1, 1), write(1, 2)];
    const ofLater = { ...recent, eventSourceARN: later, dynamodb: { ...recent.dynamodb, SequenceNumber: '100000000000000000000' } };
    world.send('b', parked(ofLater, { streamArn: later }));
    world.send('a', parked(old));
    await world.redrive();
    expect(world.events.map(({ Records }) => Records.map((record: StreamRecord) => record.eventSourceARN))).toEqual([[STREAM], [later]]);
  });
  test('functions get their own, or all to the one that is given', async () => {
    const other = `${FUNCTION}-other`;
    const record = write(1, 1);
    const invoked: string[] = [];
    world.invoke = (_event, functionArn) => {
      invoked.push(functionArn);
      return { type: 'error', name: 'E', message: 'm' };
    };
    world.send('a', parked(record));
    world.send('b', parked(record, { functionArn: other }));
    await world.redrive();
    expect(invoked).toEqual([FUNCTION, other]);
    await world.redrive({ functionArn: 'third' });
    expect(invoked).toEqual([FUNCTION, other, 'third']);
  });
});

describe('messages', () => {
  test('one is deleted when each of its records is done; a record in several messages is sent once', async () => {
    const [a, b] = [write(1, 1), write(2, 1)];
    world.send('both', history.batch(a, b, 2));
    world.send('first', parked(a));
    world.send('again', history.batch(a, b, 2));
    answering({ type: 'answer', response: { batchItemFailures: [{ itemIdentifier: numberOf(b) }] } });
    await world.redrive();
    expect([world.events.map(keys), [...world.messages.keys()]]).toEqual([[['item-1', 'item-2']], ['both', 'again']]);
  });
  test('it is deleted at once, not at the end', async () => {
    [1, 2].forEach((item) => world.send(`${item}`, parked(write(item, 1))));
    await world.redrive({ batchSize: 1 });
    expect(world.log).toEqual(['invoke 1', 'remove 1', 'invoke 1', 'remove 2']);
  });
  const stored = (id: string, ...of: string[]) => world.send(id, {
    Records: of.map((key) => ({ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key } } })),
  });
  test('an object goes before the message about it, and a message whose object is gone is done', async () => {
    world.objects.set('b/k', JSON.stringify(parked(write(1, 1))));
    stored('m', 'k');
    stored('gone', 'no');
    stored('twice', 'k', 'k');
    const { removed } = await world.redrive();
    expect([removed, world.objects.size, world.messages.size]).toEqual([3, 0, 0]);
    expect(world.log.indexOf('remove object k')).toBeLessThan(world.log.indexOf('remove m'));
  });
  test('what is unknown is given back and listed', async () => {
    world.send('m', 'hello');
    world.objects.set('b/k', '{}');
    stored('n', 'k');
    expect((await world.redrive()).tally.unknown).toBe(2);
    expect(world.reports).toEqual([
      { message: 'm', outcome: 'unknown', error: 'It is not a JSON object' },
      { message: 'n', outcome: 'unknown', error: 'It is neither a failed batch of a DynamoDB stream, nor a parked record, nor an event of S3 (the object k)' },
    ]);
    expect(world.messages.size).toBe(2);
  });
  test('a dry run invokes nothing and gives all back', async () => {
    world.send('m', parked(write(1, 1)));
    const { tally, givenBack } = await world.redrive({ dryRun: true });
    expect([tally.notTried, givenBack, world.events, world.given]).toEqual([1, 1, [], [{ id: 'm', seconds: 0 }]]);
  });
  test('so does a run that nobody wants', async () => {
    world.send('m', parked(write(1, 1)));
    expect(await world.redrive({}, { found: () => false })).toMatchObject({ stopped: 'nobody wanted it', removed: 0, givenBack: 1 });
  });
  test('to a file: the events are written, and nothing is deleted', async () => {
    world.send('m', parked(write(1, 1)));
    const { tally } = await world.redrive({ write: (event) => world.written.push(JSON.parse(event)) });
    expect([tally.written, world.written.map(Object.keys), world.messages.size, world.events]).toEqual([1, [['Records']], 1, []]);
  });
  test('the limit leaves messages, and says how many', async () => {
    [1, 2, 3].forEach((item) => world.send(`${item}`, parked(write(item, 1))));
    expect(await world.redrive({ limit: 2 })).toMatchObject({ left: 1, removed: 2 });
  });
  test('an error that nobody expects gives everything back', async () => {
    world.send('m', parked(write(1, 1)));
    world.invoke = () => {
      throw new Error('unexpected');
    };
    await expect(world.redrive()).rejects.toThrow('unexpected');
    expect(world.given).toEqual([{ id: 'm', seconds: 0 }]);
  });
});

describe('what only the stream has', () => {
  test('a pointer is looked up', async () => {
    const record = write(1, 1);
    world.send('m', pointer(record));
    await world.redrive();
    expect(world.events[0].Records).toEqual([record]);
  });
  test('a pointer to what is gone is lost, and says so', async () => {
    const gone = write(1, 1);
    world.send('m', pointer(gone));
    world.streams.set(STREAM, { shards: [{ shardId: 'shard-0', records: [write(2, 1)] }] });
    expect((await world.redrive()).tally).toMatchObject({ lost: 1 });
    expect([errors(), world.messages.size]).toEqual([[`the record ${numberOf(gone)} of message m is lost: it was too large to be parked`], 1]);
  });
  test('a record without an image is taken from the stream, and held where the stream no longer has it', async () => {
    const record = write(1, 1);
    const { NewImage: _, ...change } = record.dynamodb!;
    world.send('m', parked({ ...record, dynamodb: change }, { altered: ['NewImage'] }));
    await world.redrive({ write: (event) => world.written.push(JSON.parse(event)) });
    expect(world.written).toEqual([{ Records: [record] }]);
    world.streams.set(STREAM, { shards: [], isGone: true });
    expect((await world.redrive()).tally.inexact).toBe(1);
  });
  test('40 of 100 records are lost: the others are done, and the message stays until an option forgets them', async () => {
    const records = Array.from({ length: 100 }, (_, item) => write(item, 1));
    world.send('m', history.batch(records[0], records[99], 100));
    world.streams.set(STREAM, {
      get shards() {
        return history.shards();
      }, trimmedBefore: numberOf(records[40]),
    });
    expect((await world.redrive({ inexact: 'send' })).tally).toMatchObject({ done: 60, lost: 40 });
    expect(world.reports[0]).toEqual({
      message: 'm', outcome: 'lost', error: `40 of 100 records of message m are lost (numbers ${numberOf(records[0])} to ${numberOf(records[40])} of shard-0)`,
    });
    expect(world.messages.size).toBe(1);
    await world.redrive({ forgetLost: true });
    expect(world.messages.size).toBe(0);
  });
  test('a stream that is gone after 24 hours has lost its records; one that should be there is a mistake', async () => {
    const record = write(1, 1);
    world.send('m', history.batch(record, record, 1));
    world.streams.set(STREAM, { shards: [], isGone: true });
    await expect(world.redrive()).rejects.toThrow(`The stream ${STREAM} does not exist here, but its records were written less than 24 hours ago. `
      + 'Give the Region and the credentials of the account that the table is in.');
    world.now += 24 * 60 * 60 * 1000;
    expect((await world.redrive()).tally.lost).toBe(1);
  });
  test.each(['denied', 'expired'] as const)('a stream that can\'t be read because access is %s is refused, with the permissions that are needed', (reason) => {
    const error = new StreamReadError(reason, STREAM, Object.assign(new Error('no'), { name: 'E' }));
    expect(() => refuseUnlessGone(error, STREAM)).toThrow(new RedriveRefused(`The stream can't be read: Reading ${STREAM} failed (${reason}): E: no. `
      + `Needed: dynamodb:DescribeStream, dynamodb:GetShardIterator and dynamodb:GetRecords on ${STREAM}.`));
  });
  test('more records than the batch had are held, with all that the range holds', async () => {
    const [a, , c] = [write(1, 1), write(2, 1), write(3, 1)];
    world.send('m', history.batch(a, c, 2));
    expect((await world.redrive()).tally).toMatchObject({ inexact: 3, done: 0 });
    expect(new Set(errors())).toEqual(new Set(['the range of its batch holds other records, too']));
    expect((await world.redrive({ inexact: 'send' })).tally).toMatchObject({ done: 3 });
    expect(world.messages.size).toBe(0);
  });
  test('a filter that lets fewer through than the batch had is another one: the message stays, and says so', async () => {
    const [a, b] = [write(1, 1), write(2, 2)];
    world.send('m', history.batch(a, b, 2));
    world.mappings[0] = { ...world.mappings[0], filters: ['{"dynamodb":{"NewImage":{"value":{"N":["1"]}}}}'] };
    let remarks: readonly string[] = [];
    const { tally } = await world.redrive({}, { found: (overview) => (remarks = overview.remarks).length > 0 });
    expect([tally.inexact, tally.lost, world.messages.size, remarks[0]]).toEqual([
      1, 0, 1, 'Message m is about 2 records, but only 1 of its range pass the filter. The mapping had another filter then: give that one with --filter.',
    ]);
    const sent = await world.redrive({ inexact: 'send' });
    expect([sent.tally.done, sent.removed, sent.givenBack]).toEqual([1, 0, 1]);
    expect((await world.redrive({ filters: ['{"eventName":["INSERT"]}'] })).tally.done).toBe(2);
  });
  test.each(['hold', 'send'] as const)('if the filter lets nothing through, the message stays too, with %s', async (inexact) => {
    world.send('m', history.batch(write(1, 1), write(2, 2), 2));
    world.mappings[0] = { ...world.mappings[0], filters: ['{"eventName":["REMOVE"]}'] };
    const result = await world.redrive({ inexact });
    expect([result.removed, result.givenBack, world.events.length]).toEqual([0, 1, 0]);
    expect(exitCodeOf(result, undefined, { ...REDRIVE_DEFAULTS, inexact })).toBe(3);
  });
  test('a mapping with a window is refused by name, unless to a file', async () => {
    world.send('m', parked(write(1, 1)));
    world.mappings[0] = { ...world.mappings[0], hasWindow: true };
    await expect(world.redrive()).rejects.toThrow(`The function ${FUNCTION} has a tumbling window on ${STREAM}. `
      + 'The state of a window can\'t be made again, so its records are not sent. Write them to a file with --to-file.');
    expect((await world.redrive({ write: () => {} })).tally.written).toBe(1);
  });
});

test('what was found is shown before anything is sent', async () => {
  const [a, b, c] = [write(1, 1), write(2, 1), write(3, 1)];
  write(2, 2);
  world.send('x', 'unknown');
  world.send('m', history.batch(a, a, 1));
  world.send('n', parked(b));
  world.send('o', history.batch(b, c, 1));
  const overviews: unknown[] = [];
  await world.redrive({}, { found: (overview) => overviews.push({ ...overview, events: world.events.length }) > 0 });
  expect(overviews).toEqual([{
    kinds: { batches: 2, records: 1, pointers: 2, unknown: 1, empty: 0 },
    messages: 4, left: 0, records: 3, items: 3, sendable: 2, inexact: 1, lost: 0, superseded: 1, hoursLeft: 23, remarks: [], events: 0,
    ways: [{ functionArn: FUNCTION, tableArn: TABLE, records: 3 }],
  }]);
});

test('what another function gave up, or what came from another table, is left alone', async () => {
  const OTHER = STREAM.replace(TABLE, `${TABLE}-2`);
  const [one, two, three] = [write(1, 1), write(2, 1), write(3, 1)];
  world.send('own', { ...parked(one), functionArn: `${FUNCTION}:live` });
  world.send('function', { ...parked(two), functionArn: `${FUNCTION}-2` });
  world.send('table', parked({ ...three, eventSourceARN: OTHER }, { streamArn: OTHER }));
  answering(done);
  await world.redrive({ only: { functionArn: FUNCTION, tableArn: TABLE } });
  expect(outcomes()).toEqual({ [numberOf(one)]: 'done', function: 'unknown', table: 'unknown' });
  expect(world.reports.filter(({ outcome }) => outcome === 'unknown').map(({ error }) => error)).toEqual([
    `It belongs to the function ${FUNCTION}-2 and the stream ${STREAM}`, `It belongs to the function ${FUNCTION} and the stream ${OTHER}`,
  ]);
  expect([...world.messages.keys()]).toEqual(['function', 'table']);
});

describe('what can\'t be judged is not skipped', () => {
  const skipped = async (...of: StreamRecord[]) => {
    of.forEach((record) => world.send(numberOf(record), parked(record)));
    await world.redrive({ superseded: 'skip' });
    return [of.map((record) => outcomes()[numberOf(record)]), world.messages.size];
  };

  test('because the table can\'t be read', async () => {
    const record = write(1, 1);
    world.readTable = () => {
      throw new Error('no');
    };
    expect(await skipped(record)).toEqual([['held'], 1]);
  });

  test('because the stream has old images only', async () => {
    begin('OLD_IMAGE');
    write(1, 1);
    expect(await skipped(write(1, 2))).toEqual([['held'], 1]);
  });

  test('but one whose item has changed is', async () => {
    const record = write(1, 1);
    write(1, 2);
    expect(await skipped(record)).toEqual([['skipped'], 0]);
  });
});

test('to a file goes what is superseded, too, because a file harms nobody', async () => {
  const [a, b, c] = [write(1, 1), write(2, 1), write(3, 1)];
  write(1, 2);
  world.send('superseded', parked(a));
  world.send('inexact', history.batch(b, c, 1));
  expect((await world.redrive({ write: () => {} })).tally).toMatchObject({ written: 1, held: 0, inexact: 2 });
  expect((await world.redrive({ write: () => {}, inexact: 'send' })).tally).toMatchObject({ written: 3, held: 0, inexact: 0 });
  expect(world.messages.size).toBe(2);
});

test('after a stop, an item that goes on changing is not made anew again', async () => {
  const record = write(1, 1);
  write(1, 2);
  world.send('m', parked(record));
  const stop = new AbortController();
  let value = 3;
  world.invoke = () => {
    stop.abort();
    write(1, value++);
    return done;
  };
  await world.redrive({ superseded: 'refresh' }, {}, stop.signal);
  expect([world.events.length, outcomes()[numberOf(record)]]).toEqual([1, 'overtaken']);
});

test('what was done and could not be deleted is given back', async () => {
  world.send('m', parked(write(1, 1)));
  world.failToRemove = true;
  await expect(world.redrive()).rejects.toThrow('may not be deleted');
  expect(world.given.map(({ id }) => id)).toEqual(['m']);
});

test('what nobody wants to be sent is given back, with what asks for nothing', async () => {
  world.send('m', parked(write(1, 1)));
  world.send('empty', { Event: 's3:TestEvent' });
  const { givenBack } = await world.redrive({}, { found: () => false });
  expect([givenBack, world.given.map(({ id }) => id).sort()]).toEqual([2, ['empty', 'm']]);
});

test('a message that is deleted while the others are kept from others does not end the run', async () => {
  const [a, b] = [write(1, 1), write(2, 1)];
  [a, b].forEach((record, n) => world.send(`m${n}`, parked(record)));
  world.keepEvery = 1;
  world.invoke = () => {
    world.renew();
    return done;
  };
  expect((await world.redrive({ batchSize: 1 })).tally.done).toBe(2);
});

describe('after a stop', () => {
  const HANGING = new Promise<never>(() => {});
  let stop: AbortController;
  beforeEach(() => stop = new AbortController());
  /** What happens in a run; nothing may be said of progress after the stop. */
  const run = async (options: Partial<RedriveOptions> = {}) => {
    const seen: string[] = [];
    const tell = (what: string) => stop.signal.aborted && seen.push(what);
    const found = () => {
      tell('found');
      return true;
    };
    const result = await world.redrive(options, { found, progress: () => tell('progress') }, stop.signal);
    return { ...result, seen };
  };
  test.each(['DescribeStream', 'GetShardIterator', 'GetRecords'])('a read of a stream that hangs in %s is left, and everything is given back', async (hanging) => {
    const record = write(1, 1);
    world.send('batch', history.batch(record, record, 1));
    world.send('pointer', pointer(write(2, 1)));
    for (const calls of [1, 2]) {
      let call = 0;
      stop = new AbortController();
      world.given.length = 0;
      const onCall = (action: string) => {
        if (action === hanging && ++call === calls) {
          stop.abort();
          return HANGING;
        }
        return undefined;
      };
      world.streams.set(STREAM, { shards: history.shards(), onCall });
      expect(await run()).toMatchObject({ stopped: 'it was asked to stop', removed: 0, givenBack: 2, seen: [] });
      expect(world.given.map(({ id }) => id)).toEqual(['batch', 'pointer']);
    }
    expect(world.events).toEqual([]);
  });
  test('while the items are looked at, nothing is sent', async () => {
    [1, 2].forEach((item) => world.send(`${item}`, parked(write(item, 1))));
    let reads = 0;
    world.readTable = () => {
      // The first is for the overview.
      if (++reads === 2) {
        stop.abort();
      }
    };
    expect(await run({ batchSize: 1 })).toMatchObject({ removed: 0, givenBack: 2, tally: { notTried: 2 }, seen: [] });
    expect(world.events).toEqual([]);
  });
  test('what is under way is waited for, and then nothing further is sent, said or looked up', async () => {
    [1, 2, 3].forEach((item) => world.send(`${item}`, parked(write(item, 1))));
    world.invoke = () => {
      stop.abort();
      return done;
    };
    expect(await run({ batchSize: 1 })).toMatchObject({ removed: 1, givenBack: 2, tally: { done: 1, notTried: 2 }, seen: [] });
    expect(world.events).toHaveLength(1);
  });
  test('a throttled function is not tried again', async () => {
    world.send('m', parked(write(1, 1)));
    world.invoke = () => {
      stop.abort();
      return { type: 'throttled', message: 'Rate Exceeded.', isReserved: false };
    };
    expect(await run()).toMatchObject({ stopped: 'it was asked to stop', tally: { notTried: 1, failed: 0 }, givenBack: 1 });
    expect(world.events).toHaveLength(1);
  });
  test('of the events of one portion, those that are not sent yet are not tried', async () => {
    const held = [1, 2, 3].map((item) => write(item, 1));
    held.forEach((record, item) => [world.send(`${item}`, parked(record)), write(item + 1, 2)]);
    // Records that are made anew are larger, so that they need an event each.
    history.table.forEach((item) => item.large = { S: 'x'.repeat(4 * 1024 * 1024) });
    world.invoke = () => {
      stop.abort();
      return done;
    };
    expect(await run({ superseded: 'refresh' })).toMatchObject({ tally: { done: 1, notTried: 2, failed: 0 }, removed: 1, seen: [] });
    expect(world.events).toHaveLength(1);
  });
});

test('nothing is sent that others could get before it is done: SQS keeps messages for 12 hours at most', async () => {
  [1, 2, 3].forEach((item) => world.send(`${item}`, parked(write(item, 1))));
  world.keptUntil = world.now + world.timeout + 1_000;
  world.invoke = () => {
    world.now += 600;
    return done;
  };
  expect(await world.redrive({ batchSize: 1 })).toMatchObject({
    tally: { done: 2, notTried: 1 }, givenBack: 1,
    stopped: 'SQS hides messages from others for 12 hours at most, and this time is over. Run it again',
  });
});

describe('with --function', () => {
  const NEW = 'arn:aws:lambda:us-east-1:123456789012:function:renamed';
  const FORMS = ['renamed', '123456789012:function:renamed', NEW];
  const forms = [...FORMS.map((form) => [form, NEW]), ...FORMS.map((form) => [`${form}:live`, `${NEW}:live`])];
  let overview: Overview | undefined;
  const run = (functionArn: string, options: Partial<RedriveOptions> = {}) => world.redrive({ functionArn, ...options }, {
    found: (found) => {
      overview = found;
      return true;
    },
  });
  test.each(forms)('%s, the filter of its mapping is used', async (form, functionArn) => {
    const [a, , c] = [write(1, 1), write(2, 1), write(3, 1)];
    write(3, 2);
    world.send('m', history.batch(a, c, 2));
    const others = [`${NEW}-2`, `${NEW}:other`, ...form.includes('123456789012') ? [NEW.replace('123456789012', '210987654321')] : []];
    world.mappings = [
      ...others.map((other) => ({ streamArn: STREAM, functionArn: other, hasWindow: true })),
      { streamArn: STREAM, functionArn, filters: ['{"dynamodb":{"Keys":{"id":{"S":["item-1","item-3"]}}}}'] },
    ];
    const { tally } = await run(form);
    expect([tally.done, tally.held, tally.inexact, overview!.notes]).toEqual([1, 1, 0, undefined]);
  });
  test.each(forms)('%s, a window of its mapping is refused', async (form, functionArn) => {
    world.send('m', parked(write(1, 1)));
    world.mappings = [{ streamArn: STREAM, functionArn, hasWindow: true }];
    await expect(run(form)).rejects.toThrow(/tumbling window/);
  });
  test('the filter of the function that gave the batch up goes first', async () => {
    const [a, , c] = [write(1, 1), write(2, 1), write(3, 1)];
    world.send('m', history.batch(a, c, 2));
    world.mappings = [
      { streamArn: STREAM, functionArn: FUNCTION, filters: ['{"dynamodb":{"Keys":{"id":{"S":["item-1","item-3"]}}}}'] },
      { streamArn: STREAM, functionArn: NEW },
    ];
    expect((await run('renamed')).tally).toMatchObject({ done: 2, inexact: 0 });
  });
  test.each([
    [
      'there is no mapping', [], undefined,
      `There is no mapping of ${FUNCTION} on ${STREAM}, so it is not known whether it had a filter or a window. If it had a filter, give it with --filter.`,
    ],
    ['there is no mapping, where a filter is given,', [], ['{"eventName":["INSERT"]}'], `There is no mapping of ${FUNCTION} on ${STREAM}, so it is not known whether it had a window.`],
    [
      'the filter is encrypted', [{ streamArn: STREAM, isEncrypted: true, functionArn: FUNCTION }], undefined,
      `The filter of ${FUNCTION} on ${STREAM} is encrypted, so it is not known. Give it with --filter.`,
    ],
  ])('that %s is said', async (_name, mappings, filters, note) => {
    world.send('m', parked(write(1, 1)));
    world.mappings = mappings;
    await run('renamed', { filters });
    expect(overview!.notes).toEqual([note]);
  });
});

describe('an object with fewer records than its batch had', () => {
  const object = (records: StreamRecord[], first: StreamRecord, last: StreamRecord, size: number) => {
    world.objects.set('b/k', JSON.stringify({ ...history.batch(first, last, size), payload: { Records: records } }));
    world.send('m', { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: { key: 'k' } } }] });
  };
  test('the stream has the others', async () => {
    const [a, b, c] = [write(1, 1), write(2, 1), write(3, 1)];
    object([b], a, c, 3);
    expect(await world.redrive()).toMatchObject({ tally: { done: 3, lost: 0, inexact: 0 }, removed: 1 });
    expect(world.events.map(keys)).toEqual([['item-1', 'item-2', 'item-3']]);
  });
  test('if the stream is gone, they are lost, and the message stays', async () => {
    const [a, b, c] = [write(1, 1), write(2, 1), write(3, 1)];
    object([a, b], a, c, 3);
    world.streams.set(STREAM, { shards: [], isGone: true });
    world.now += 24 * 60 * 60 * 1000;
    expect(await world.redrive()).toMatchObject({ tally: { done: 2, lost: 1 }, removed: 0, givenBack: 1 });
    expect(world.objects.size).toBe(1);
    expect((await world.redrive({ forgetLost: true })).removed).toBe(1);
  });
  test('records outside of the range were done: they are not sent', async () => {
    const [a, b] = [write(1, 1), write(2, 1)];
    object([a], b, b, 1);
    await world.redrive();
    expect(world.events.map(keys)).toEqual([['item-2']]);
  });
});

test('where records are lost and the mapping was changed after it gave the batch up, the others may be of other batches', async () => {
  const records = [1, 2, 3].map((item) => write(item, 1));
  world.send('m', history.batch(records[0], records[2], 3));
  world.streams.set(STREAM, { shards: history.shards(), trimmedBefore: numberOf(records[1]) });
  world.mappings[0] = { ...world.mappings[0], changed: Date.parse('2025-01-01T11:40:00Z') };
  expect((await world.redrive()).tally).toMatchObject({ lost: 1, inexact: 2, done: 0 });
  world.mappings[0] = { ...world.mappings[0], changed: Date.parse('2025-01-01T10:00:00Z') };
  expect((await world.redrive()).tally).toMatchObject({ lost: 1, inexact: 0, done: 2 });
});

test('no more than four shards of a stream are read at once', async () => {
  const records = Array.from({ length: 9 }, (_, item) => write(item, 1));
  const shardId = (n: number) => `shard-${n}`;
  let [reading, most] = [0, 0];
  world.streams.set(STREAM, {
    shards: records.map((record, n) => ({ shardId: shardId(n), records: [record] })),
    onCall: async () => {
      most = Math.max(most, ++reading);
      await new Promise((turn) => setImmediate(turn));
      reading--;
    },
  });
  records.forEach((record, n) => {
    const message: any = history.batch(record, record, 1);
    message.DDBStreamBatchInfo.shardId = shardId(n);
    world.send(`${n}`, message);
  });

  expect((await world.redrive()).tally.done).toBe(9);
  expect(most).toBe(4);
});

test('the records of an item go out in order, although messages name aliases and versions of the function', async () => {
  const functions = [FUNCTION, `${FUNCTION}:live`, `${FUNCTION}:7`, FUNCTION, `${FUNCTION}:$LATEST`, `${FUNCTION}:live`];
  functions.forEach((functionArn, n) => world.send(`m${n}`, parked(write(1, n), { functionArn })));
  const invoked: [functionArn: string, value: string][] = [];
  world.invoke = ({ Records: [{ dynamodb }] }, functionArn) => {
    invoked.push([functionArn, dynamodb.NewImage.value.N]);
    return done;
  };
  let overview: Overview | undefined;
  const { tally } = await world.redrive({}, { found: (found) => (overview = found).items > 0 });
  expect(invoked).toEqual(functions.map((functionArn, n) => [functionArn, `${n}`]));
  expect([tally.done, overview!.items, overview!.ways.map(({ records }) => records)]).toEqual([6, 1, [2, 2, 1, 1]]);
});

test('only what names an alias that is gone is set aside', async () => {
  world.isThere = (name) => name !== `${FUNCTION}:old`;
  world.send('old', parked(write(1, 1), { functionArn: `${FUNCTION}:old` }));
  world.send('present', parked(write(2, 1)));
  expect((await world.redrive()).tally).toMatchObject({ done: 1, unknown: 1 });
});

test('what could not be given back is said, and is not the end well', async () => {
  world.send('m', 'hello');
  world.failToGiveBack = true;
  const result = await world.redrive({ dryRun: true });
  expect(result.notGivenBack).toBe('Access denied');
  expect(exitCodeOf({ ...result, tally: { ...result.tally, unknown: 0 } }, undefined, { ...REDRIVE_DEFAULTS, dryRun: true })).toBe(3);
});

test('a message that comes again has its newest handle', async () => {
  world.send('m', parked(write(1, 1)));
  world.comesAgain = 'm';
  await world.redrive();
  expect(world.log).toEqual(['invoke 1', 'remove m again']);
});

test('what is collected again, because somebody else was collecting, is given back first and counts once', async () => {
  const [a, b] = [write(1, 1), write(2, 1)];
  world.send('pointer', history.batch(a, b, 2));
  world.send('parked', parked(b));
  world.send('unknown', 'hello');
  world.isDiscarded = true;
  let overview: Overview | undefined;
  const result = await world.redrive({}, { found: (found) => (overview = found).messages > 0 });
  expect(overview).toMatchObject({ messages: 3, kinds: { batches: 1, records: 1, unknown: 1 }, records: 2 });
  expect(result).toMatchObject({ removed: 2, givenBack: 1, tally: { done: 2, unknown: 1 } });
  expect(world.given.map(({ id }) => id)).toEqual(['pointer', 'parked', 'unknown', 'unknown']);
});
