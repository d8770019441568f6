import * as fc from 'fast-check';
import { z } from 'zod';
import { never } from './hanging';
import { batchOf, position, record, sequenceNumber, STREAM_ARN } from './records';
import { VirtualLambda } from './virtual-lambda';
import { withoutStack } from './without-stack';
import { PoisonRecordError, windowHandler } from '../../lib/runtime';
import { checkPayload, isTooLarge } from '../../lib/runtime/window-state';
import { HOST } from '../../lib/stream/boundary';
import type { WindowEvent } from '../../lib/stream/record';
import { simulateTrigger, streamRecord } from '../../lib/testing';
import { runs } from '../runs';

const windowOf = (keys: string[], overrides: Partial<WindowEvent> = {}): WindowEvent => ({
  ...batchOf(...keys),
  window: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' },
  state: {},
  shardId: 'shardId-1',
  eventSourceARN: STREAM_ARN,
  isFinalInvokeForWindow: false,
  isWindowTerminatedEarly: false,
  ...overrides,
});

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

const counting = (failAt = -1) => windowHandler<{ seen: number[] }>({
  initialState: () => ({ seen: [] }),
  onRecord: (state, change) => {
    // Changes the state in place before it fails, as a careless function would.
    state.seen.push(position(change.sequenceNumber));
    if (position(change.sequenceNumber) === failAt) {
      throw new Error('no');
    }
    return state;
  },
});

test('a window begins with the initial state, and goes on with what was answered', async () => {
  expect(await counting()(windowOf(['a', 'b']))).toEqual({ state: { seen: [0, 1] }, batchItemFailures: [] });
  expect(await counting()(windowOf(['a'], { state: { seen: [7] } }))).toEqual({ state: { seen: [7, 0] }, batchItemFailures: [] });
});

test('it stops at the first failure, with the state before it', async () => {
  expect(await counting(1)(windowOf(['a', 'b', 'c']))).toEqual({
    state: { seen: [0] },
    batchItemFailures: [{ itemIdentifier: sequenceNumber(1) }],
  });
});

test.each([{ isFinalInvokeForWindow: true }, { isWindowTerminatedEarly: true }])('%j, without records, ends the window', async (flags) => {
  const ends: unknown[] = [];
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: (state) => state + 1,
    onWindowEnd: (state, window) => {
      ends.push([state, window]);
    },
  });
  expect(await handler(windowOf([], { state: 5, ...flags }))).toEqual({ state: 5, batchItemFailures: [] });
  expect(ends).toEqual([[5, {
    start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z', shardId: 'shardId-1', terminatedEarly: 'isWindowTerminatedEarly' in flags,
  }]]);
});

test('a window that ends early ends with its last record, not before', async () => {
  const lambda = new VirtualLambda();
  const ends: number[] = [];
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: async (sum) => {
      await lambda.sleep(1_500); return sum + 1;
    },
    onWindowEnd: (sum) => {
      ends.push(sum);
    },
  });
  const early = { isWindowTerminatedEarly: true };
  expect(await lambda.invoke(handler, windowOf(['a', 'b'], early), 2_000)).toEqual({ state: 1, batchItemFailures: [{ itemIdentifier: sequenceNumber(1) }] });
  expect(ends).toEqual([]);
  await lambda.invoke(handler, windowOf(['b'], { ...early, state: 1 }), 2_000);
  expect(ends).toEqual([2]);
});

test('a window that can\'t be ended throws, so that Lambda ends it again', async () => {
  const handler = windowHandler<number>({
    initialState: () => 0, onRecord: (n) => n, onWindowEnd: () => {
      throw new Error('sink down');
    },
  });
  await expect(handler(windowOf([], { isFinalInvokeForWindow: true }))).rejects.toMatchObject({ message: 'The window is not ended, because onWindowEnd failed' });
});

test.each([[undefined, 'onWindowEnd failed'], [true, 'of jane@example.com']])('where logErrors is %s, what Lambda prints of such a failure has "%s"', async (logErrors, message) => {
  const entries: any[] = [];
  const observed: any[] = [];
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: (n) => n,
    onWindowEnd: () => {
      throw new TypeError('of jane@example.com');
    },
    logErrors,
    logger: { error: (entry) => entries.push(entry) },
    observer: (event) => {
      observed.push(event);
    },
  });
  await expect(handler(windowOf([], { isFinalInvokeForWindow: true }))).rejects.toThrow(message);
  expect(entries).toEqual([expect.objectContaining({ message: 'dynamo-stream-trigger: onWindowEnd failed', error: 'TypeError' })]);
  expect(JSON.stringify(entries)).not.toContain('jane');
  // It has no records, but is of a stream.
  expect(observed).toEqual([{ type: 'batchStarted', streamArn: STREAM_ARN, records: 0 }]);
});

test('a process in which no call settles ends, and the window counts each record once', async () => {
  const ends: number[] = [];
  let processes = 0;
  const load = () => {
    const isSick = processes++ === 0;
    return windowHandler<number>({
      initialState: () => 0,
      onRecord: async (sum) => isSick && sum === 2 ? never() : sum + 1,
      onWindowEnd: (sum) => {
        ends.push(sum);
      },
    });
  };
  const records = Array.from({ length: 5 }, (_, item) => streamRecord({ keys: { id: `item-${item}` } }));
  const run = await simulateTrigger({ timeout: 60, environments: 1, mapping: { tumblingWindow: 300 }, handler: { load }, shards: [{ records }] });
  expect(run.invocations.flatMap(({ error }) => error ? [error.errorType] : [])).toEqual(['Runtime.ExitError']);
  expect([run.failed, run.lost, processes]).toEqual([[], [], 2]);
  expect(ends).toEqual([5]);
});

describe('a state over 1 MB', () => {
  const ends: [string, boolean][] = [];
  const growing = (bytes: number, character = 'x') => windowHandler<string>({
    initialState: () => '',
    onRecord: (state, change) => state + position(change.sequenceNumber) + character.repeat(bytes),
    onWindowEnd: (state, { terminatedEarly }) => {
      ends.push([state.replaceAll(character, ''), terminatedEarly]);
    },
  });
  beforeEach(() => {
    ends.length = 0;
  });

  test('ends its window before the record that makes it so, which is the first of a new state', async () => {
    const response = await growing(400_000)(windowOf(['a', 'b', 'c', 'd', 'e', 'f']));
    expect(response.batchItemFailures).toEqual([]);
    expect(response.state).toMatch(/^4x+5x+$/);
    expect(ends).toEqual([['01', true], ['23', true]]);
  });

  test('is counted in bytes', async () => {
    await growing(300_000, 'é')(windowOf(['a', 'b']));
    expect(ends).toEqual([['0', true]]);
  });

  test('of a single record is left to Lambda, which ends the window early', async () => {
    const response = await growing(1_100_000)(windowOf(['a']));
    expect([response.state.length, response.batchItemFailures, ends]).toEqual([1_100_001, [], []]);
  });

  test('that no answer can hold fails', async () => {
    expect(await growing(6_000_000)(windowOf(['a']))).toEqual({ state: '', batchItemFailures: [{ itemIdentifier: sequenceNumber(0) }] });
  });

  test('whose window can\'t be ended makes the record the checkpoint', async () => {
    const handler = windowHandler<string>({
      initialState: () => '', onRecord: (state) => state + 'x'.repeat(600_000), onWindowEnd: () => {
        throw new Error('sink down');
      },
    });
    const response = await handler(windowOf(['a', 'b', 'c']));
    expect(response.state).toHaveLength(600_000);
    expect(response.batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(1) }]);
  });

  test('holds no shard up: behind a mapping, each record counts once, and in order', async () => {
    await fc.assert(fc.asyncProperty(fc.record({
      sizes: fc.array(fc.constantFrom(10, 300_000, 700_000, 1_200_000), { minLength: 1, maxLength: 12 }),
      batchSize: fc.integer({ min: 1, max: 12 }),
      reportBatchItemFailures: fc.boolean(),
      seed: fc.nat(),
    }), async ({ sizes, seed, ...settings }) => {
      const counted: number[] = [];
      const handler = windowHandler<{ seen: number[]; text: string }>({
        initialState: () => ({ seen: [], text: '' }),
        onRecord: ({ seen, text }, { sequenceNumber: number }) => ({ seen: [...seen, position(number)], text: text + 'x'.repeat(sizes[position(number)]) }),
        onWindowEnd: ({ seen }) => {
          counted.push(...seen);
        },
      });
      const records = sizes.map((_, index) => streamRecord({ sequenceNumber: sequenceNumber(index), createdAt: 1_735_689_600, newImage: { id: 'a' } }));
      const run = await simulateTrigger({ mapping: { tumblingWindow: 60, ...settings }, handler, shards: [{ records }], seed });
      expect([run.lost, run.failed, counted]).toEqual([[], [], sizes.map((_, index) => index)]);
      expect(run.invocations.filter(({ error }) => error)).toEqual([]);
    }), runs(5, 1));
  });
});

test('a function that returns no state fails', async () => {
  const handler = windowHandler<number>({ initialState: () => 0, onRecord: () => undefined as any });
  expect((await handler(windowOf(['a']))).batchItemFailures).toHaveLength(1);
});

test('it stops before the timeout, and leaves out what finishes too late', async () => {
  const lambda = new VirtualLambda();
  const calls: number[] = [];
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: async (sum, { sequenceNumber: number }) => {
      calls.push(position(number));
      await lambda.sleep(position(number) === 3 ? 2_000 : 10);
      return sum + 1;
    },
  });
  const response = await lambda.invoke(handler, windowOf(Array(5).fill('a')), 2_000);
  expect(response).toEqual({ state: 3, batchItemFailures: [{ itemIdentifier: sequenceNumber(3) }] });
  expect(calls).toEqual([0, 1, 2, 3]);
});

test('nothing is started after the signal, and what heeds it late does not count', async () => {
  const lambda = new VirtualLambda();
  const calls: number[] = [];
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: async (sum, { sequenceNumber: number }, { signal }) => {
      calls.push(position(number));
      if (position(number) === 1) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
      return sum + 1;
    },
  });
  const response = await lambda.invoke(handler, windowOf(['a', 'b', 'c']), 2_000);
  expect(response).toEqual({ state: 1, batchItemFailures: [{ itemIdentifier: sequenceNumber(1) }] });
  expect(calls).toEqual([0, 1]);
});

test('where no trigger says so, the handler says that its mapping reports', async () => {
  process.env.AWS_LAMBDA_RUNTIME_API = '127.0.0.1:9001';
  try {
    const options = {
      initialState: () => 0, onRecord: () => {
        throw new Error('no');
      },
    };
    await expect(windowHandler<number>(options)(windowOf(['a']))).rejects.toMatchObject({
      message: `Record ${sequenceNumber(0)} is not done, and the mapping does not report it. Set reportBatchItemFailures on the mapping`,
    });
    expect((await windowHandler<number>({ ...options, reportBatchItemFailures: true })(windowOf(['a']))).batchItemFailures).toHaveLength(1);
  } finally {
    delete process.env.AWS_LAMBDA_RUNTIME_API;
  }
});

test('images are checked by the schema, and a record that does not fit fails where it stands', async () => {
  const schema = z.object({ amount: z.number() });
  const handler = windowHandler<number, { amount: number }>({
    initialState: () => 0, schema, onRecord: (sum, { newImage }) => sum + newImage!.amount,
  });
  const Records = [record(0, 'a', { newImage: { amount: 3 } }), record(1, 'a', { newImage: { amount: 'secret' } }), record(2, 'b')];
  expect(await handler({ ...windowOf([]), Records })).toEqual({ state: 3, batchItemFailures: [{ itemIdentifier: sequenceNumber(1) }] });
  expect(JSON.stringify((console.error as jest.Mock).mock.calls)).not.toContain('secret');
});

test('a poison record is neither parked nor remembered', async () => {
  const parked: unknown[] = [];
  const calls: number[] = [];
  const context = {
    [HOST]: {
      park: async (record_: unknown) => {
        parked.push(record_);
      },
    },
  } as any;
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: (sum, { sequenceNumber: number }) => {
      calls.push(position(number));
      if (position(number) === 1) {
        throw new PoisonRecordError('bad');
      }
      return sum + 1;
    },
  });
  for (let delivery = 1; delivery <= 2; delivery++) {
    expect(await handler(windowOf(['a', 'b', 'c']), context)).toEqual({ state: 1, batchItemFailures: [{ itemIdentifier: sequenceNumber(1) }] });
  }
  expect([parked, calls]).toEqual([[], [0, 1, 0, 1]]);
});

test('behind a mapping, whatever fails, every record counts once in its window, in order', async () => {
  const plans = fc.record({
    changes: fc.array(
      fc.record({ gap: fc.constantFrom(0, 0, 1, 7, 40), failures: fc.constantFrom(0, 0, 0, 0, 1, 3) }), { minLength: 1, maxLength: 30 },
    ),
    tumblingWindow: fc.constantFrom(10, 30),
    batchSize: fc.integer({ min: 1, max: 10 }),
    bisectBatchOnError: fc.boolean(),
    reportBatchItemFailures: fc.boolean(),
    /** Of the final invocation, how often it fails before it succeeds. */
    endFailures: fc.nat(2),
    /** Without reports a batch that takes longer than the timeout never gets anywhere. */
    latency: fc.constantFrom(0, 90, 900),
    environments: fc.integer({ min: 1, max: 2 }),
    crashes: fc.array(fc.constantFrom(false, false, false, true, 400), { maxLength: 10 }),
    throttle: fc.constantFrom(0, 0, 0.3),
    seed: fc.nat(),
  });
  const possible = plans.filter(({ latency, reportBatchItemFailures }) => latency < 900 || reportBatchItemFailures);
  await fc.assert(fc.asyncProperty(possible, async ({ changes, endFailures, latency, environments, crashes, throttle, seed, ...settings }) => {
    let createdAt = 1_735_689_600;
    const failures = new Map<string, number>();
    const records = changes.map((change, at) => {
      createdAt += change.gap;
      failures.set(sequenceNumber(at), change.failures);
      return streamRecord({ sequenceNumber: sequenceNumber(at), createdAt, newImage: { id: 'a' } });
    });
    const windows = new Map<string, number[]>();
    let endings = endFailures;
    const load = () => {
      let sleep: (milliseconds: number) => Promise<void>;
      const handler = windowHandler<number[]>({
        initialState: () => [],
        onRecord: async (seen, { sequenceNumber: number }) => {
          seen.push(position(number));
          await sleep(latency);
          const left = failures.get(number)!;
          failures.set(number, left - 1);
          if (left > 0) {
            throw withoutStack(() => new Error('no'));
          }
          return seen;
        },
        onWindowEnd: (seen, { start }) => {
          if (endings-- > 0) {
            throw withoutStack(() => new Error('sink down'));
          }
          windows.set(start, seen);
        },
      });
      return async (event: WindowEvent, context: any) => {
        sleep = context[HOST].sleep;
        return handler(event, context);
      };
    };
    let invocation = 0;
    const run = await simulateTrigger({
      mapping: { ...settings, retryAttempts: -1, maxRecordAge: -1 },
      handler: { load },
      shards: [{ records }],
      timeout: 3,
      environments,
      seed,
      faults: { throttle, crash: () => crashes[invocation++] ?? false },
    });
    expect(run.lost).toEqual([]);
    expect([...windows].sort().flatMap(([, seen]) => seen)).toEqual(records.map((_, at) => at));
    for (const [start, seen] of windows) {
      const from = Date.parse(start) / 1_000;
      const inWindow = seen.every((at) => {
        const time = records[at].dynamodb!.ApproximateCreationDateTime!;
        return from <= time && time < from + settings.tumblingWindow;
      });
      expect(inWindow).toBe(true);
    }
  }), runs(50, 1));
});

test('an event without a window is refused by name', async () => {
  await expect(counting()(batchOf('a') as any)).rejects.toThrow(new Error(
    'The event has no window: use streamHandler, or set tumblingWindow on the mapping'));
});

test.each([[{}], [{ initialState: () => 0 }], [{ onRecord: () => 0 }], [{ initialState: 1 }], [{ onFinal: 1 }]])('the options %p are refused', (options) => {
  expect(() => windowHandler(options as any)).toThrowErrorMatchingSnapshot();
});

test.each<[string, unknown, string]>([
  ['Infinity', { min: Infinity }, 'Infinity at state.min'],
  ['NaN in a list', { all: [1, NaN] }, 'NaN at state.all[1]'],
  ['a Map', { byId: new Map() }, 'a Map at state.byId'],
  ['a Set', new Set(), 'a Set at state'],
  ['a Date', { deep: { last: new Date() } }, 'a Date at state.deep.last'],
  ['a bigint', { sum: 1n }, 'a bigint at state.sum'],
  ['a function', { run: () => 1 }, 'a function at state.run'],
  ['a hole in a list', [undefined], 'a undefined at state[0]'],
  ['nothing', undefined, 'a undefined at state'],
])('a state with %s, which JSON would change, fails at the record that makes it', async (_, bad, where) => {
  const events: any[] = [];
  const handler = windowHandler<unknown>({
    initialState: () => 0,
    onRecord: (state, change) => position(change.sequenceNumber) === 1 ? bad : state,
    observer: (event) => {
      events.push(event);
    },
  });
  expect(await handler(windowOf(['a', 'b', 'c']))).toEqual({ state: 0, batchItemFailures: [{ itemIdentifier: sequenceNumber(1) }] });
  expect(events.map(({ type }) => type)).toEqual(['batchStarted', 'recordFailed', 'checkpoint']);
  expect(events[1].error.message).toBe(`The state of the window has ${where}, which JSON can't hold, so the next record would get something else. `
    + 'Keep strings, finite numbers, booleans, null, arrays and plain objects in it');
});

test('a state ends its window above 1 MB, and is refused where no answer can hold it', () => {
  const bytes = (count: number) => 'x'.repeat(count - 2) + 'ü';
  expect([isTooLarge(bytes(1_048_576)), isTooLarge(bytes(1_048_577))]).toEqual([false, true]);
  expect(() => checkPayload(bytes(5_767_168))).not.toThrow();
  expect(() => checkPayload(bytes(5_767_169))).toThrow(new RangeError(
    'One record makes the state of the window 5767169 bytes of JSON, but an answer holds at most 5767168: keep less in it'));
});

test('a state whose properties are undefined loses nothing that counts', async () => {
  const handler = windowHandler<{ a?: number; b: number }>({ initialState: () => ({ b: 1 }), onRecord: ({ b }) => ({ a: undefined, b }) });
  expect(await handler(windowOf(['a']))).toEqual({ state: { b: 1 }, batchItemFailures: [] });
});

test.each([null, undefined])('a final event whose Records are %s ends the window', async (Records) => {
  expect(await counting()(windowOf([], { state: { seen: [7] }, isFinalInvokeForWindow: true, Records } as any))).toEqual({
    state: { seen: [7] }, batchItemFailures: [],
  });
});

test('a logger gets the record that blocks a window', async () => {
  const entries: any[] = [];
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: () => {
      throw new TypeError('no');
    },
    logger: { error: (entry) => entries.push(entry) },
  });
  await handler(windowOf(['a']));
  expect(entries).toEqual([expect.objectContaining({ outcome: 'window', error: 'TypeError', sequenceNumber: sequenceNumber(0) })]);
});

test('the sum of the docs is right for every number of DynamoDB, as far as a double is', async () => {
  const amounts = ['10', '3.333333333333333333333333333', '9007199254740993', '-0.5', '1E+30'];
  const handler = windowHandler<{ total: number }, { amount: number }>({
    numbers: 'number',
    initialState: () => ({ total: 0 }),
    onRecord: ({ total }, { newImage }) => ({ total: total + (newImage?.amount ?? 0) }),
  });
  const event = windowOf([]);
  event.Records = amounts.map((N, at) => ({ ...record(at), dynamodb: { ...record(at).dynamodb, NewImage: { amount: { N } } } }));
  expect((await handler(event)).state).toEqual({ total: amounts.map(Number).reduce((sum, amount) => sum + amount, 0) });
});
