import { batchOf, position, record, STREAM_ARN } from './records';
import type { BatchResponse, RuntimeEvent, StreamHandlerOptions } from '../../lib/runtime';
import { PoisonRecordError, streamHandler } from '../../lib/runtime';
import type { Host } from '../../lib/stream/boundary';
import { HOST } from '../../lib/stream/boundary';
import type { ParkedRecord } from '../../lib/stream/parked-record';

const reported = (response: BatchResponse) => response.batchItemFailures.map(({ itemIdentifier }) => position(itemIdentifier));
const at = (change: { sequenceNumber: string }) => position(change.sequenceNumber);

/** A host with a park, and a clock that only moves when the runtime waits. */
function host(overrides: Partial<Host> = {}) {
  const parked: ParkedRecord[] = [];
  const waits: number[] = [];
  const context = {
    awsRequestId: 'request-1',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f',
    [HOST]: {
      park: async (poison: ParkedRecord) => { parked.push(poison); },
      now: () => 1_700_000_000_000,
      sleep: async (milliseconds: number) => { waits.push(milliseconds); },
      random: () => 1,
      ...overrides,
    },
  };
  return { parked, waits, context };
}

let lines: any[];
beforeEach(() => {
  lines = [];
  jest.spyOn(console, 'error').mockImplementation((line) => { lines.push(JSON.parse(line)); });
});
afterEach(() => { jest.restoreAllMocks(); });

describe('retry in place', () => {
  test('a record is tried three times, with growing waits', async () => {
    const { waits, context } = host();
    const attempts: number[] = [];
    const handler = streamHandler((_, { attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('not yet');
    });
    expect(reported(await handler(batchOf('a'), context))).toEqual([]);
    expect(attempts).toEqual([1, 2, 3]);
    expect(waits).toEqual([100, 200]);
  });

  test('the wait is a random part of a bounded one', async () => {
    const { waits, context } = host({ random: () => 0.5 });
    const handler = streamHandler({ onRecord: () => { throw new Error('no'); }, retry: { maxAttempts: 5, baseDelay: 400, maxDelay: 1_000 } });
    await handler(batchOf('a'), context);
    expect(waits).toEqual([200, 400, 500, 500]);
  });

  test.each<[string, Partial<StreamHandlerOptions>, unknown]>([
    ['a PoisonRecordError', {}, new PoisonRecordError('bad')],
    ['one of another copy of the package', {}, Object.assign(new Error('bad'), { [Symbol.for('dynamo-stream-trigger/poison')]: true })],
    ['what isRetryable refuses', { isRetryable: () => false }, new Error('bad')],
  ])('%s is not tried again', async (_, options, error) => {
    const { parked, context } = host();
    let calls = 0;
    await streamHandler({ ...options, onRecord: () => { calls++; throw error; } })(batchOf('a'), context);
    expect(calls).toBe(1);
    expect(parked).toHaveLength(1);
  });
});

describe('parking', () => {
  const poison = (message = 'secret in the message') => streamHandler({ onRecord: () => { throw new TypeError(message); } });

  test('a poison record is parked whole, and then done', async () => {
    const { parked, context } = host();
    const raw = record(0, 'a', { newImage: { name: 'secret of the item' } });
    expect(reported(await poison()({ Records: [raw] }, context))).toEqual([]);
    expect(parked).toEqual([{
      kind: 'dynamo-stream-trigger/parked-record',
      version: '1.0',
      record: raw,
      streamArn: STREAM_ARN,
      functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f',
      requestId: 'request-1',
      error: { name: 'TypeError', message: 'secret in the message', stack: expect.stringContaining('recovery.test') },
      tries: 3,
      firstTriedAt: '2023-11-14T22:13:20.000Z',
      lastTriedAt: '2023-11-14T22:13:20.000Z',
    }]);
  });

  test('the line printed for it holds nothing of the item', async () => {
    const { context } = host();
    await poison()({ Records: [record(0, 'key-secret', { newImage: { name: 'image-secret' } })] }, context);
    expect(lines).toEqual([expect.objectContaining({ outcome: 'parked', eventId: 'event-0', tries: 3, error: 'TypeError' })]);
    expect(lines[0].at[0]).toContain('recovery.test');
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('the rest of its lane goes on', async () => {
    const { context } = host();
    const done: number[] = [];
    const handler = streamHandler((change) => { if (at(change) === 0) throw new Error('no'); done.push(at(change)); });
    expect(reported(await handler(batchOf('a', 'a', 'b'), context))).toEqual([]);
    expect(done.sort()).toEqual([1, 2]);
  });

  test.each<[string, object, object]>([
    ['nothing takes parked records', {}, { park: undefined }],
    ['parking is off', { park: false }, {}],
    ['the destination refuses', {}, { park: async () => { throw new Error('AccessDenied'); } }],
  ])('where %s it is the checkpoint', async (_, options, overrides) => {
    const { context } = host(overrides);
    const handler = streamHandler({ ...options, onRecord: (change) => { if (at(change) === 1) throw new Error('no'); } });
    expect(reported(await handler(batchOf('a', 'b', 'c'), context))).toEqual([1]);
    expect(lines).toHaveLength(1);
  });

  test('an outage parks at most ten records, loses none, and ends when one record is done', async () => {
    const { parked, context } = host();
    let outage = true;
    const done: number[] = [];
    const handler = streamHandler((change) => { if (outage) throw new Error('down'); done.push(at(change)); });
    const keys = Array.from({ length: 100 }, (_, index) => index % 20);
    const { Records } = batchOf(...keys);
    let rest = Records;
    for (let i = 0; i < 5; i++) {
      const [checkpoint] = reported(await handler({ Records: rest }, context));
      rest = Records.slice(checkpoint);
    }
    expect(parked).toHaveLength(10);
    outage = false;
    expect(reported(await handler({ Records: rest }, context))).toEqual([]);
    const parkedAt = parked.map((one) => position(one.record.dynamodb!.SequenceNumber!));
    expect([...parkedAt, ...done].sort((a, b) => a - b)).toEqual(Records.map((_, index) => index));
  });
});

describe('the time budget', () => {
  /** A context whose time runs by the real clock. */
  const within = (milliseconds: number, { context } = host()) => {
    const end = Date.now() + milliseconds;
    return { ...context, getRemainingTimeInMillis: () => end - Date.now() };
  };
  const wait = async (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  test('before the timeout nothing new is started, and the first not done is reported', async () => {
    const done: number[] = [];
    const handler = streamHandler({ concurrency: 1, onRecord: async (change) => { await wait(20); done.push(at(change)); } });
    const context = within(500);
    const response = await handler(batchOf(...Array(100).keys()), context);
    expect(context.getRemainingTimeInMillis()).toBeGreaterThan(0);
    expect(done.length).toBeGreaterThan(5);
    expect(reported(response)).toEqual([done.length]);
  });

  test('a call that heeds the signal ends, and its record is neither poison nor done', async () => {
    const { parked, context } = host();
    const handler = streamHandler({
      retry: { maxAttempts: 1 },
      onRecord: async (_, { signal }) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    expect(reported(await handler(batchOf('a'), within(300, { context } as any)))).toEqual([0]);
    expect(parked).toEqual([]);
  });

  test('a call that goes on regardless is waited for, and its result is taken over', async () => {
    let finish!: () => void;
    const calls: number[] = [];
    const handler = streamHandler(async (change) => {
      calls.push(at(change));
      if (calls.length === 1) await new Promise<void>((resolve) => { finish = resolve; });
    });
    expect(reported(await handler(batchOf('a', 'a', 'b'), within(300)))).toEqual([0]);
    const retry = handler(batchOf('a', 'a', 'b'), within(5_000));
    await wait(30);
    expect(calls).toEqual([0, 2]);
    finish();
    expect(reported(await retry)).toEqual([]);
    expect(calls).toEqual([0, 2, 1]);
  });

  test('an abandoned call that fails in the end is tried anew', async () => {
    let fail!: (error: Error) => void;
    let calls = 0;
    const handler = streamHandler(async () => { if (++calls === 1) await new Promise((_, reject) => { fail = reject; }); });
    await handler(batchOf('a'), within(300));
    fail(new Error('aborted'));
    expect(reported(await handler(batchOf('a'), within(5_000)))).toEqual([]);
    expect(calls).toBe(2);
  });
});

describe('memory', () => {
  const failingOnce = (failAt: number) => {
    const calls: number[] = [];
    const handler = streamHandler({
      retry: { maxAttempts: 1 },
      park: false,
      onRecord: (change) => { calls.push(at(change)); if (at(change) === failAt && calls.filter((one) => one === failAt).length === 1) throw new Error('no'); },
    });
    return { calls, handler };
  };

  test('what was done beyond the checkpoint is not done again', async () => {
    const { calls, handler } = failingOnce(1);
    const { Records } = batchOf('a', 'b', 'c', 'b');
    expect(reported(await handler({ Records }))).toEqual([1]);
    expect(reported(await handler({ Records: Records.slice(1) }))).toEqual([]);
    expect(calls).toEqual([0, 1, 2, 1, 3]);
  });

  test('where a failure throws, nothing of the batch is done again', async () => {
    const { calls, handler } = failingOnce(1);
    const context = { [HOST]: { triggers: [{ report: false }] } } as any;
    await expect(handler(batchOf('a', 'b', 'c'), context)).rejects.toThrow('is not done');
    await handler(batchOf('a', 'b', 'c'), context);
    expect(calls).toEqual([0, 1, 2, 1]);
  });

  test('once the checkpoint has passed, a record that comes again is done again', async () => {
    const { calls, handler } = failingOnce(1);
    await handler(batchOf('a', 'b', 'c'));
    await handler({ Records: batchOf('a', 'b', 'c').Records.slice(1) });
    await handler(batchOf('a', 'b', 'c'));
    expect(calls).toEqual([0, 1, 2, 1, 0, 1, 2]);
  });

  test('a redriven record is done again', async () => {
    const { calls, handler } = failingOnce(1);
    await handler(batchOf('a', 'b', 'c'));
    await handler({ Records: [record(2, 'c')], redriven: true } as any);
    expect(calls).toEqual([0, 1, 2, 2]);
  });

  test('after 15 minutes nothing is remembered', async () => {
    const { calls, handler } = failingOnce(1);
    let now = 0;
    const context = { [HOST]: { now: () => now } } as any;
    await handler(batchOf('a', 'b', 'c'), context);
    now = 15 * 60 * 1_000;
    await handler({ Records: [record(1, 'b'), record(2, 'c')] }, context);
    expect(calls).toEqual([0, 1, 2, 1, 2]);
  });

  test('the same eventID with another number, or of another stream, is another record', async () => {
    const { calls, handler } = failingOnce(1);
    await handler(batchOf('a', 'b', 'c'));
    await handler({ Records: [{ ...record(3, 'c'), eventID: 'event-2' }] });
    await handler({ Records: [{ ...record(2, 'c'), eventSourceARN: 'arn:other' }] });
    expect(calls).toEqual([0, 1, 2, 3, 2]);
  });
});

test('an observer sees the course of a batch, and can do no harm', async () => {
  const { context } = host();
  const events: RuntimeEvent[] = [];
  jest.spyOn(console, 'error').mockImplementation();
  const handler = streamHandler({
    onRecord: (change) => { if (at(change) === 0) throw new Error('no'); },
    retry: { maxAttempts: 2 },
    observer: (event) => { events.push(event); throw new Error('in the observer'); },
  });
  expect(reported(await handler(batchOf('a', 'b'), context))).toEqual([]);
  expect(events.map(({ type }) => type).sort()).toEqual(['batchStarted', 'checkpoint', 'recordDone', 'recordParked', 'recordRetried']);
});
