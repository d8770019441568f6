import { at, logged, reported } from './host';
import { batchOf, record } from './records';
import { VirtualLambda } from './virtual-lambda';
import { PoisonRecordError, streamHandler } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';

const lines = logged();

/** Its methods by themselves. */
const bound = (lambda: VirtualLambda) => ({ invoke: lambda.invoke.bind(lambda) as VirtualLambda['invoke'], sleep: lambda.sleep, now: lambda.now });

/** By a clock of its own: a second takes no time. */
const lambda = () => new VirtualLambda({ park: async () => undefined });
const never = async () => new Promise<never>(() => undefined);

test('before the timeout nothing new is started, and the first not done is reported', async () => {
  const { invoke, sleep } = bound(lambda());
  const done: number[] = [];
  const handler = streamHandler({
    concurrency: 1, onRecord: async (change) => {
      await sleep(20); done.push(at(change));
    },
  });
  // A twentieth of the time is kept for the answer, and as much as a call takes.
  expect(reported(await invoke(handler, batchOf(...Array(200).keys()), 3_000))).toEqual([done.length]);
  expect(done).toHaveLength(Math.ceil((3_000 - 150 - 20) / 20));
});

test('no call is started that would not fit as far as is known, and slow ones are forgotten again', async () => {
  const { invoke, sleep } = bound(lambda());
  let calls = 0;
  let aborted = 0;
  let takes = 500;
  const handler = streamHandler({
    concurrency: 1,
    onRecord: async (_, { signal }) => {
      calls++; await sleep(takes); aborted += signal.aborted ? 1 : 0;
    },
  });
  await invoke(handler, batchOf(...Array(20).keys()), 3_000);
  expect([calls, aborted]).toEqual([5, 0]);
  takes = 10;
  await invoke(handler, batchOf(...Array(400).keys()), 3_000);
  expect(calls).toBeGreaterThan(250);
});

test('the first record is started, however slow the last ones were, and however short the time is', async () => {
  const { invoke, sleep } = bound(lambda());
  let calls = 0;
  const handler = streamHandler(async () => {
    calls++; await sleep(2_000);
  });
  for (const [before, timeout] of [2_500, 2_500, 100, 10].entries()) {
    await invoke(handler, { Records: [record(before)] }, timeout);
    expect(calls).toBe(before + 1);
  }
});

test('without a timeout, outside Lambda, there is all the time that a timer can wait for', async () => {
  const waits: number[] = [];
  const timer = (_: () => void, milliseconds: number) => {
    waits.push(milliseconds); return () => undefined;
  };
  await streamHandler(() => undefined)(batchOf('a'), { [HOST]: { timer } } as any);
  expect(waits).toHaveLength(1);
  expect(waits[0]).toBeGreaterThan(24 * 60 * 60 * 1_000);
  expect(waits[0]).toBeLessThan(2 ** 31);
});

test('the signal aborts before the timeout, and the answer does not wait for what goes on', async () => {
  const { invoke, now } = bound(lambda());
  const start = now();
  let aborted = 0;
  const handler = streamHandler(async (_, { signal }) => {
    signal.addEventListener('abort', () => {
      aborted = now() - start;
    }); await never();
  });
  expect(reported(await invoke(handler, batchOf('a'), 60_000))).toEqual([0]);
  expect([aborted, now() - start]).toEqual([59_000, 59_500]);
});

test('a call that heeds the signal ends, and its record is neither poison nor done', async () => {
  const parked: unknown[] = [];
  const { invoke } = bound(new VirtualLambda({
    park: async (poisoned) => {
      parked.push(poisoned);
    },
  }));
  const handler = streamHandler({
    retry: { maxAttempts: 1 },
    onRecord: async (_, { signal }) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  });
  expect(reported(await invoke(handler, batchOf('a'), 300))).toEqual([0]);
  expect(parked).toEqual([]);
});

test.each<[string, Error, object, number[]]>([
  ['an error', new Error('real bug'), { message: 'dynamo-stream-trigger: records failed', outcome: 'out of time', errors: { Error: 1 } }, [0]],
  ['poison', new PoisonRecordError('real bug'), { outcome: 'parked', error: 'PoisonRecordError' }, []],
])('%s between the signal and the timeout is told', async (_, error, line, checkpoint) => {
  const { invoke } = bound(lambda());
  const failed: string[] = [];
  const handler = streamHandler({
    onRecord: async (__, { signal }) => new Promise((___, reject) => signal.addEventListener('abort', () => reject(error))),
    observer: ({ type }) => {
      failed.push(type);
    },
  });
  expect(reported(await invoke(handler, batchOf('a'), 300))).toEqual(checkpoint);
  expect(lines).toEqual([expect.objectContaining(line)]);
  expect(failed).toContain(checkpoint.length > 0 ? 'recordFailed' : 'recordParked');
});

test('a record whose schema took too long to check is not begun', async () => {
  const { invoke, sleep } = bound(lambda());
  const called: number[] = [];
  const validate = async (value: any) => {
    await sleep(280); return { value };
  };
  const handler = streamHandler({
    schema: { '~standard': { version: 1, vendor: 'test', validate } },
    onRecord: async (change) => {
      called.push(at(change)); await sleep(100);
    },
  });
  expect(reported(await invoke(handler, { Records: [record(0, 'a', { newImage: { total: 1 } })] }, 300))).toEqual([0]);
  // In this time the check of the first ends.
  expect(reported(await invoke(handler, { Records: [record(1, 'b')] }, 1_000))).toEqual([]);
  expect(called).toEqual([1]);
});

test('a call that goes on regardless is waited for, and its result is taken over', async () => {
  const { invoke, sleep } = bound(lambda());
  const calls: number[] = [];
  const handler = streamHandler(async (change) => {
    calls.push(at(change));
    if (calls.length === 1) {
      await sleep(1_000);
    }
  });
  expect(reported(await invoke(handler, batchOf('a', 'a', 'b'), 300))).toEqual([0]);
  expect(reported(await invoke(handler, batchOf('a', 'a', 'b'), 300))).toEqual([0]);
  expect(calls).toEqual([0, 2]);
  expect(reported(await invoke(handler, batchOf('a', 'a', 'b'), 5_000))).toEqual([]);
  expect(calls).toEqual([0, 2, 1]);
});

test('an item of another stream with the same key does not wait for it', async () => {
  const { invoke } = bound(lambda());
  let calls = 0;
  const handler = streamHandler(async () => {
    if (++calls === 1) {
      await never();
    }
  });
  await invoke(handler, batchOf('a'), 300);
  const elsewhere = batchOf('a').Records.map((one) => ({ ...one, eventSourceARN: 'arn:other' }));
  expect(reported(await invoke(handler, { Records: elsewhere }, 300))).toEqual([]);
  expect(calls).toBe(2);
});

test('an abandoned call that fails in the end is tried anew', async () => {
  const { invoke, sleep } = bound(lambda());
  let calls = 0;
  const handler = streamHandler(async () => {
    if (++calls === 1) {
      await sleep(400); throw new Error('aborted');
    }
  });
  await invoke(handler, batchOf('a'), 300);
  expect(reported(await invoke(handler, batchOf('a'), 5_000))).toEqual([]);
  expect(calls).toBe(2);
});

test('after the answer no timer of the budget is pending', async () => {
  const pending = new Set<unknown>();
  const timer = (callback: () => void) => {
    pending.add(callback);
    return () => pending.delete(callback);
  };
  const aborted: AbortSignal[] = [];
  const context = { getRemainingTimeInMillis: () => 60_000, [HOST]: { timer } } as any;
  await streamHandler((_, { signal }) => {
    aborted.push(signal);
    expect(pending.size).toBe(1);
  })(batchOf('a'), context);
  expect(pending.size).toBe(0);
  expect(aborted.map((signal) => signal.aborted)).toEqual([false]);
});

test('of many records that fail at the abort one line is logged', async () => {
  const { invoke } = bound(new VirtualLambda());
  const handler = streamHandler({
    concurrency: 1_000,
    onRecord: async (_, { signal }) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(Object.assign(new Error('x'), { name: 'AbortError' })))),
  });
  expect(reported(await invoke(handler, batchOf(...Array(1_000).keys()), 3_000))).toEqual([0]);
  const aborted = lines.filter(({ errors }) => errors.AbortError);
  expect(aborted).toEqual([expect.objectContaining({ outcome: 'out of time', errors: { AbortError: 1_000 } })]);
});
