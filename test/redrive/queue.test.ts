import * as fc from 'fast-check';
import { FakeQueue, VirtualTime } from './queue';
import { type CollectOptions, MessagesInFlight, type Source } from '../../lib/redrive';
import { queueSource, regionOfQueue } from '../../lib/redrive/aws';
import { refusalOf } from '../../lib/redrive/aws/refusal';
import { runs } from '../runs';

const URL = 'https://sqs.eu-west-1.amazonaws.com/123456789012/failures';
const HOUR = 3_600_000;

let time: VirtualTime;
let queue: FakeQueue;
beforeEach(() => {
  time = new VirtualTime();
  queue = new FakeQueue(time, 25);
});

function sourceOf({ url = URL, visibility = 900 } = {}): Source {
  return queueSource(queue.client, { url, visibility, clock: time.clock });
}

/** Collects, and answers the handles; what was discarded is given back. */
async function collected(source: Source, options: Partial<CollectOptions> = {}): Promise<{ left: number; handles: string[] }> {
  const handles: string[] = [];
  const collecting = source.collect({
    limit: 1000, wait: false, waiting: () => {}, stop: new AbortController().signal, take: ({ handle }) => handles.push(handle),
    discard: async () => source.giveBack(handles.splice(0), 0), ...options,
  });
  await time.until(collecting);
  return { ...await collecting, handles };
}

test('all messages are taken, each once', async () => {
  const { left, handles } = await collected(sourceOf());
  expect([left, new Set(handles).size]).toEqual([0, 25]);
});

test('the limit leaves messages, and says how many', async () => {
  const { left, handles } = await collected(sourceOf(), { limit: 12 });
  expect([left, handles.length]).toEqual([13, 12]);
});

test('a message that SQS delivers twice counts once, and its newest handle is used', async () => {
  ['m3', 'm20'].forEach((id) => queue.twice.add(id));
  const taken: [id: string, handle: string][] = [];
  const source = sourceOf();
  const collecting = source.collect({
    limit: 1000, wait: false, waiting: () => {}, stop: new AbortController().signal, discard: async () => {},
    take: ({ id, handle, isAgain }) => {
      expect(isAgain).toBe(taken.some(([before]) => before === id));
      taken.push([id, handle]);
    },
  });
  await time.until(collecting);
  expect([queue.twice.size, taken.length]).toEqual([0, 27]);
  const removing = source.remove([...new Map(taken).values()]);
  await time.until(removing);
  await removing;
  expect(queue.messages.size).toBe(0);
});

test('who may not give messages back takes no more than the first ones', async () => {
  queue.denied = 'ChangeMessageVisibilityBatch';
  await expect(collected(sourceOf())).rejects.toThrow(/Access denied.*Needed: sqs:ChangeMessageVisibility on https/);
  expect(queue.calls.filter(({ action }) => action === 'ReceiveMessage')).toHaveLength(1);
});

test('where deleting is not allowed, the error names the permission that is needed', async () => {
  const source = sourceOf();
  const { handles } = await collected(source);
  queue.denied = 'DeleteMessageBatch';
  const removing = expect(source.remove(handles)).rejects.toThrow(/Access denied.*Needed: sqs:DeleteMessage on https/);
  await time.until(removing);
  await removing;
});

test('what SQS could not do of a batch, through no fault of ours, is asked for again; not without an end', async () => {
  const source = sourceOf();
  const { handles } = await collected(source);
  let entries = 0;
  queue.trouble = () => entries++ % 3 === 0;
  const removing = source.remove(handles);
  await time.until(removing);
  await removing;
  expect(queue.messages.size).toBe(0);

  queue = new FakeQueue(time, 1);
  const other = sourceOf();
  const { handles: [handle] } = await collected(other);
  queue.trouble = () => true;
  const begun = time.now;
  const failing = expect(other.remove([handle])).rejects.toThrow('A message that is done could not be deleted (InternalError: Later.). It will come again.');
  await time.until(failing);
  await failing;
  // Between five tries: longer each time, so that SQS has time to recover.
  expect(time.now - begun).toBeGreaterThan(1_000);
  const keeping = expect(other.keep([handle])).rejects.toThrow('1 of 1 messages could not be hidden from others any longer (InternalError: Later.). Others may receive them.');
  await time.until(keeping);
  await keeping;
});

test.each([1, 3])('a queue that moves messages away after %s receipts is refused, before any of them is received', async (count) => {
  queue.redrivePolicy = JSON.stringify({ maxReceiveCount: count });
  await expect(collected(sourceOf())).rejects.toThrow(`The queue ${URL} moves messages to its dead-letter queue after they were received ${count} times, `
    + 'and each time they are read counts, also in a dry run. Set its maxReceiveCount to 4 or more, or remove its redrive policy.');
  expect(queue.calls.map(({ action }) => action)).toEqual(['GetQueueAttributes']);
});

test('one that moves them away after 4 is not', async () => {
  queue.redrivePolicy = JSON.stringify({ maxReceiveCount: 4 });
  expect((await collected(sourceOf())).handles).toHaveLength(25);
});

test.each(['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'])('a queue of which SQS says %s is refused', async (name) => {
  const client = { send: async () => Promise.reject(Object.assign(new Error('no'), { name })) } as never;
  const source = queueSource(client, { url: URL, visibility: 900, clock: time.clock });
  await expect(collected(source)).rejects.toThrow(`The queue ${URL} does not exist. Check its URL and the Region.`);
});

test('a FIFO queue is refused, without a call', async () => {
  await expect(collected(sourceOf({ url: `${URL}.fifo` }))).rejects.toThrow(`The queue ${URL}.fifo is a FIFO queue, but failures are on a standard queue: Lambda sends none `
    + 'to a FIFO queue. Such a queue also keeps back messages of a group while others of it are in flight, so they can\'t all be collected. Move them to a standard queue.');
  expect(queue.calls).toEqual([]);
});

describe('messages that others have', () => {
  const takenByOthers = async (seconds: number) => {
    await time.until(queue.client.send({ constructor: { name: 'ReceiveMessageCommand' }, input: { MaxNumberOfMessages: 5, VisibilityTimeout: seconds } } as any));
    queue.calls.length = 0;
  };
  test('end it before it takes any', async () => {
    await takenByOthers(60);
    await expect(collected(sourceOf())).rejects.toThrow(new MessagesInFlight('5 messages are in flight: another run has them, or one that was killed had them. '
      + 'Older records could be among them, so nothing was sent. Wait until that run has ended, or its visibility timeout is over; --wait waits for it.'));
    expect(queue.calls.map(({ action }) => action)).toEqual(['GetQueueAttributes']);
  });
  test('are waited for, while nothing is held', async () => {
    await takenByOthers(60);
    const begun = time.now;
    const source = sourceOf();
    const waited: number[] = [];
    const { handles } = await collected(source, { wait: true, waiting: (others) => waited.push(others) });
    expect([handles.length, waited[0], time.now - begun >= 59_000]).toEqual([25, 5, true]);
    const first = queue.calls.findIndex(({ action }) => action === 'ReceiveMessage');
    expect(queue.calls.slice(0, first).length).toBeGreaterThan(15);
  });
  test.each([5, 25])('are waited for if %s of 25 are with others, and the queue counts anew only when it is asked for messages', async (count) => {
    queue.isLocal = true;
    for (let taken = 0; taken < count; taken += 5) {
      await takenByOthers(30);
    }
    expect((await collected(sourceOf(), { wait: true })).handles).toHaveLength(25);
    expect(time.now - Date.parse('2025-01-01T12:00:00Z')).toBeLessThan(count === 25 ? 40_000 : 330_000);
  });
  test('are waited for no longer than it has patience', async () => {
    await takenByOthers(600);
    const begun = time.now;
    await expect(collected(sourceOf(), { wait: true, patience: 60_000 })).rejects.toThrow(MessagesInFlight);
    expect(time.now - begun).toBeLessThan(70_000);
  });
  test('are not waited for after a stop', async () => {
    await takenByOthers(600);
    const stop = new AbortController();
    void time.wait(5_000).then(() => stop.abort());
    const begun = time.now;
    expect((await collected(sourceOf(), { wait: true, stop: stop.signal })).handles).toEqual([]);
    expect(time.now - begun).toBeLessThan(6_000);
  });
});

test('several that wait for each other all get their turn: one after the other, and within minutes', async () => {
  const numbers = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
  await fc.assert(fc.asyncProperty(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 80 }), numbers, async (sources, count, random) => {
    const next = () => random.next().value!;
    time = new VirtualTime(next);
    queue = new FakeQueue(time, count, () => 5 + 95 * next());
    const begun = time.now;
    let working = 0;
    const run = async () => {
      const source = sourceOf();
      const handles: string[] = [];
      await source.collect({
        limit: 1000, wait: true, waiting: () => {}, stop: new AbortController().signal, take: ({ handle }) => handles.push(handle),
        discard: async () => source.giveBack(handles.splice(0), 0),
      });
      if (handles.length > 0) {
        working++;
        expect(working).toBe(1);
        // What is not done is given back, and is there for the next.
        await time.wait(10_000);
        await source.remove(handles.slice(0, Math.ceil(count / sources)));
        await source.giveBack(handles.slice(Math.ceil(count / sources)), 0);
        working--;
      }
    };
    const all = Promise.all(Array.from({ length: sources }, run));
    await time.until(all, 2 * HOUR);
    await all;
    expect([time.now - begun < sources * 5 * 60_000, queue.messages.size]).toEqual([true, 0]);
  }), runs(12));
});

describe('how long messages are kept from others', () => {
  const kept = (from: number) => queue.calls.slice(from).filter(({ action }) => action === 'ChangeMessageVisibilityBatch')
    .flatMap(({ input }) => input.Entries.map(({ VisibilityTimeout: seconds }: any) => seconds));
  test('they are renewed at half time, for the same time', async () => {
    const source = sourceOf({ visibility: 900 });
    const { handles } = await collected(source);
    const from = queue.calls.length;
    expect(source.keepEvery).toBe(450_000);
    await time.until(time.wait(450_000));
    const keeping = source.keep(handles);
    await time.until(keeping);
    await keeping;
    expect(kept(from)).toEqual(Array(25).fill(900));
  });
  test('SQS allows 12 hours from the receipt: the last renewal asks for what is left, and then nothing may be begun', async () => {
    const source = sourceOf({ visibility: 30_000 });
    expect(source.keptUntil!()).toBeUndefined();
    const begun = time.now;
    const { handles } = await collected(source);
    const from = queue.calls.length;
    for (let renewals = 1; renewals <= 3; renewals++) {
      await time.until(time.wait(begun + renewals * source.keepEvery! - time.now));
      const keeping = source.keep(handles);
      await time.until(keeping);
      await keeping;
    }
    const asked = [...new Set(kept(from))];
    expect(asked).toHaveLength(2);
    expect(asked[0]).toBeCloseTo(28_200, -1);
    expect(asked[1]).toBeCloseTo(13_200, -1);
    expect(source.keptUntil!()).toBeCloseTo(begun + 12 * HOUR - 60_000, -3);
    expect([...queue.messages.values()].every(({ visibleAt }) => visibleAt <= begun + 12 * HOUR + 1_000)).toBe(true);
  });
  test('what is taken again is kept anew', async () => {
    const source = sourceOf();
    const { handles } = await collected(source);
    await time.until(source.giveBack(handles, 0));
    await time.until(time.wait(HOUR));
    await collected(source);
    expect(source.keptUntil!()).toBeGreaterThan(time.now + 11 * HOUR);
  });
});

test.each<[string, string | undefined]>([
  [URL, 'eu-west-1'],
  ['https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q', 'cn-north-1'],
  ['https://sqs.us-gov-west-1.amazonaws.com/123456789012/q', 'us-gov-west-1'],
  ['https://sqs-fips.us-east-1.amazonaws.com/123456789012/q', 'us-east-1'],
  ['https://sqs.ap-southeast-2.api.aws/123456789012/q', 'ap-southeast-2'],
  ['https://vpce-0123abc-def.sqs.us-west-2.vpce.amazonaws.com/123456789012/q', 'us-west-2'],
  ['https://vpce-0123abc-def-us-west-2a.sqs.us-west-2.vpce.amazonaws.com/123456789012/q', 'us-west-2'],
  ['https://eu-central-1.queue.amazonaws.com/123456789012/q', 'eu-central-1'],
  ['https://queue.amazonaws.com/123456789012/q', 'us-east-1'],
  ['https://sqs.internal.example.com/123456789012/q', undefined],
  ['http://127.0.0.1:4566/000000000000/q', undefined],
  ['http://sqs.localhost:4566/000000000000/q', undefined],
  ['not a URL', undefined],
])('the Region of %s is %s', (url, region) => {
  expect(regionOfQueue(url)).toBe(region);
});

test.each<[string, string, string | undefined]>([
  ['AccessDeniedException', 'no', 'Access denied: AccessDeniedException: no. Needed: sqs:ReceiveMessage on it.'],
  ['CredentialsProviderError', 'none', 'There are no credentials, or they have expired: none. Needed: sqs:ReceiveMessage on it.'],
  ['QueueDoesNotExist', 'gone', 'There is no such queue.'],
  ['Error', 'Region is missing', 'The Region is not known. Give it with --region.'],
  ['TypeError', 'Region is missing', undefined],
  ['Error', 'socket hang up', undefined],
])('%s: %s means to a person: %s', (name, message, refused) => {
  const error = Object.assign(new Error(message), { name });
  const refusal = refusalOf(error, 'sqs:ReceiveMessage on it', [/^QueueDoesNotExist/, 'There is no such queue.']) as Error;

  expect(refusal === error ? undefined : [refusal.name, refusal.message]).toEqual(refused === undefined ? undefined : ['RedriveRefused', refused]);
});
