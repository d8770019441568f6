import type { Context, DynamoDBStreamHandler } from 'aws-lambda';
import * as fc from 'fast-check';
import { reported } from './host';
import { batchOf, position, record } from './records';
import { type ChangeRecord, streamHandler } from '../../lib/runtime';
import type { AttributeMap } from '../../lib/stream/record';
import { runs } from '../runs';

/** Without retries in place. */
const once = { retry: { maxAttempts: 1 } };

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

test('fits the handler type that users of @types/aws-lambda know', async () => {
  const handler: DynamoDBStreamHandler = streamHandler(async () => undefined);
  await expect(handler({ Records: [] }, {} as Context, () => {})).resolves.toEqual({ batchItemFailures: [] });
});

test('a batch that succeeds reports nothing', async () => {
  const handler = streamHandler(async () => undefined);
  expect(await handler(batchOf('a', 'b'))).toEqual({ batchItemFailures: [] });
  expect(await handler({ Records: [] })).toEqual({ batchItemFailures: [] });
});

test('exactly the lowest record not done is reported', async () => {
  const failing = new Set([2, 4]);
  const handler = streamHandler({
    ...once,
    onRecord: async ({ sequenceNumber }) => {
      if (failing.has(position(sequenceNumber))) {
        throw new Error('no');
      }
    },
  });
  expect(reported(await handler(batchOf('a', 'b', 'c', 'd', 'e')))).toEqual([2]);
});

test('a failure that is not an error, or not asynchronous, is a failure', async () => {
  for (const thrown of [undefined, null, 'text']) {
    expect(reported(await streamHandler({
      ...once, onRecord: () => {
        throw thrown;
      },
    })(batchOf('a')))).toEqual([0]);
    expect(reported(await streamHandler({ ...once, onRecord: async () => Promise.reject(thrown) })(batchOf('a')))).toEqual([0]);
  }
});

test('each kind of change goes to its function, and is done without one', async () => {
  const calls: string[] = [];
  const handler = streamHandler({
    onInsert: (change) => {
      calls.push(`insert ${change.eventName}`);
    },
    onRemove: (change) => {
      calls.push(`remove ${change.eventName}`);
    },
  });
  const Records = [
    record(0, 'a', { eventName: 'INSERT' }), record(1, 'b', { eventName: 'MODIFY' }), record(2, 'c', { eventName: 'REMOVE' }),
  ];
  expect(await handler({ Records })).toEqual({ batchItemFailures: [] });
  expect(calls).toEqual(['insert INSERT', 'remove REMOVE']);
});

test('an item is known by its full key, in whatever order its attributes come, and whatever their types', async () => {
  const keys: Record<string, AttributeMap> = {
    'order 1': { pk: { S: 'order' }, sk: { N: '1' } },
    'order 1, the other way round': { sk: { N: '1' }, pk: { S: 'order' } },
    'order "1"': { pk: { S: 'order' }, sk: { S: '1' } },
    'order of bytes': { pk: { S: 'order' }, sk: { B: 'MQ==' } },
    'order 2': { pk: { S: 'order' }, sk: { N: '2' } },
    'another 1': { pk: { S: 'other' }, sk: { N: '1' } },
  };
  const started: string[] = [];
  let finish!: () => void;
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const handler = streamHandler(async ({ sequenceNumber }) => {
    started.push(Object.keys(keys)[position(sequenceNumber)]); await held;
  });
  const Records = Object.values(keys).map((Keys, at) => ({ ...record(at), dynamodb: { ...record(at).dynamodb, Keys } }));
  const response = handler({ Records });
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toEqual(Object.keys(keys).filter((name) => name !== 'order 1, the other way round'));
  finish();
  expect(await response).toEqual({ batchItemFailures: [] });
  expect(started).toHaveLength(6);
});

test('of ten thousand records, no more are in work than concurrency says', async () => {
  let running = 0;
  let most = 0;
  const handler = streamHandler({
    concurrency: 7,
    onRecord: async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    },
  });
  await handler(batchOf(...Array(10_000).keys()));
  expect(most).toBe(7);
});

test('ten records are in work at once, unless an option sets another number', async () => {
  let started = 0;
  const response = streamHandler(async () => {
    started++; await new Promise((resolve) => setImmediate(resolve));
  })(batchOf(...Array(12).keys()));
  await Promise.resolve();
  expect(started).toBe(10);
  await response;
});

test('a record without an eventID has an empty one', async () => {
  let seen: string | undefined;
  const { eventID: _, ...anonymous } = record(0);
  await streamHandler((change) => {
    seen = change.eventId;
  })({ Records: [anonymous] });
  expect(seen).toBe('');
});

test('records out of order are put in order', async () => {
  const seen: number[] = [];
  const handler = streamHandler((change) => {
    seen.push(position(change.sequenceNumber));
  });
  await handler({ Records: [record(2, 'a'), record(0, 'a'), record(1, 'a')] });
  expect(seen).toEqual([0, 1, 2]);
});

test('the record has what the contract names, its images unmarshalled', async () => {
  let seen: ChangeRecord | undefined;
  const raw = record(7, 'a', { eventName: 'INSERT', newImage: { total: 12, tags: new Set(['x']) } });
  await streamHandler((change) => {
    seen = change;
  })({ Records: [raw] });
  expect(seen).toMatchObject({
    eventName: 'INSERT',
    keys: { pk: 'order', sk: 'a' },
    newImage: { total: 12, tags: new Set(['x']) },
    sequenceNumber: raw.dynamodb!.SequenceNumber,
    eventId: 'event-7',
    expired: false,
  });
  expect(seen!.oldImage).toBeUndefined();
  expect(seen!.raw).toBe(raw);
  expect(seen!.newImage).toBe(seen!.newImage);
});

test('a removal because of time to live differs from one by a user', async () => {
  const expired: boolean[] = [];
  const removal = record(0, 'a', { eventName: 'REMOVE' });
  const byTimeToLive = { ...record(1, 'a', { eventName: 'REMOVE' }), userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } };
  const byAnotherService = { ...byTimeToLive, userIdentity: { type: 'Service', principalId: 'other.amazonaws.com' } };
  const replaced = { ...byTimeToLive, eventName: 'MODIFY' as const };
  await streamHandler((change) => {
    expired.push(change.expired);
  })({ Records: [removal, byTimeToLive, byAnotherService, replaced] });
  expect(expired).toEqual([false, true, false, false]);
});

describe('whether failures are reported or thrown', () => {
  const failing = () => {
    throw new Error('no');
  };
  const variable = (facts: unknown) => {
    process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify(facts);
  };

  afterEach(() => {
    delete process.env.DYNAMO_STREAM_TRIGGER;
    delete process.env.AWS_LAMBDA_RUNTIME_API;
  });

  test('a mapping that does not report makes a failure throw, with the cause', async () => {
    variable({ v: 1, triggers: [{ report: false }] });
    await expect(streamHandler({ ...once, onRecord: failing })(batchOf('a'))).rejects.toMatchObject({ name: 'BatchNotDoneError', cause: { message: 'no' } });
    expect(await streamHandler(() => undefined)(batchOf('a'))).toEqual({ batchItemFailures: [] });
  });

  test('on Lambda nothing is taken for granted', async () => {
    process.env.AWS_LAMBDA_RUNTIME_API = '127.0.0.1:9001';
    await expect(streamHandler({ ...once, onRecord: failing })(batchOf('a'))).rejects.toMatchObject({
      message: 'Record 100000000000000000000 is not done, and the mapping does not report it. Set reportBatchItemFailures on the mapping',
    });
    expect(reported(await streamHandler({ ...once, onRecord: failing, reportBatchItemFailures: true })(batchOf('a')))).toEqual([0]);
  });

  test('what the host says goes before what the construct says', async () => {
    variable({ v: 1, triggers: [{ report: false }] });
    const context = { [Symbol.for('dynamo-stream-trigger/host')]: { triggers: [{ report: true }] } };
    expect(reported(await streamHandler({ ...once, onRecord: failing })(batchOf('a'), context as any))).toEqual([0]);
  });
});

test('for any keys, latencies and failures: the lowest not done is named, and no lane runs out of order', async () => {
  const plan = fc.array(fc.record({ key: fc.nat(4), ticks: fc.nat(4), fails: fc.boolean() }), { minLength: 1, maxLength: 30 });
  await fc.assert(fc.asyncProperty(plan, fc.integer({ min: 1, max: 8 }), async (steps, concurrency) => {
    const done = new Set<number>();
    const outOfOrder: number[] = [];
    const handler = streamHandler({
      ...once,
      concurrency,
      onRecord: async (change): Promise<void> => {
        const at = position(change.sequenceNumber);
        if (steps.some(({ key }, before) => before < at && key === steps[at].key && !done.has(before))) {
          outOfOrder.push(at);
        }
        for (let i = 0; i < steps[at].ticks; i++) {
          await Promise.resolve();
        }
        if (steps[at].fails) {
          throw new Error('no');
        }
        done.add(at);
      },
    });
    const response = await handler(batchOf(...steps.map(({ key }) => key)));
    const lowest = steps.findIndex((_, at) => !done.has(at));
    expect(outOfOrder).toEqual([]);
    expect(lowest).toBe(steps.findIndex(({ fails }) => fails));
    expect(reported(response)).toEqual(lowest < 0 ? [] : [lowest]);
  }), runs(100));
});

test.each<[unknown]>([
  [undefined], [{}], [{ onRecord: () => 0, onInsert: () => 0 }], [{ onRecord: 'text' }], [{ onRecord: () => 0, concurrency: 0 }], [{ onRecord: () => 0, concurrency: 1.5 }],
  [{ onRecord: () => 0, concurency: 5 }], [{ onRecord: () => 0, retry: { baseDelay: -1 } }], [{ onRecord: () => 0, retry: { maxDelay: NaN } }],
])('the options %p are refused', (options) => {
  expect(() => streamHandler(options as any)).toThrowErrorMatchingSnapshot();
});
