import { locks, never } from './hanging';
import { logged, reported } from './host';
import { batchOf } from './records';
import { VirtualLambda } from './virtual-lambda';
import { streamHandler, type StreamHandler } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';
import { type SimulationRun, simulateTrigger, streamRecord } from '../../lib/testing';
import { START } from '../records';

const lines = logged();

const recordsOf = (count: number, shard = '') => Array.from({ length: count }, (_, item) => streamRecord({ keys: { id: `${shard}item-${item}` }, createdAt: START }));
const minutesOf = ({ invocations }: SimulationRun) =>
  Math.max(...invocations.map(({ at, durationMs }) => at + durationMs)) / 60_000 - START / 60;
const errorsOf = ({ invocations }: SimulationRun) => invocations.flatMap(({ error }) => error ? [error.errorType] : []);
test('one call that never settles costs one process and two timeouts, and no record', async () => {
  const done = new Set<unknown>();
  let calls = 0;
  const load = () => streamHandler(async ({ keys }) => {
    if (keys.id === 'item-7' && calls++ === 0) {
      await never();
    }
    done.add(keys.id);
  });
  const run = await simulateTrigger({ timeout: 60, handler: { load }, environments: 1, shards: [{ records: recordsOf(50) }] });
  expect(done.size).toBe(50);
  expect(errorsOf(run)).toEqual(['Runtime.ExitError']);
  expect([run.parked, run.failed, run.lost]).toEqual([[], [], []]);
  expect(minutesOf(run)).toBeLessThan(2.1);
});

/** Handlers of which no call settles in the first process, and the items that are done. */
function sickAtFirst(): { readonly done: ReadonlySet<unknown>; readonly load: () => StreamHandler } {
  const done = new Set<unknown>();
  let processes = 0;
  const load = () => {
    const isSick = processes++ === 0;
    return streamHandler(async ({ keys }) => {
      if (isSick) {
        await never();
      }
      done.add(keys.id);
    });
  };
  return { done, load };
}

test('a process in which no call settles ends at its first answer', async () => {
  const { done, load } = sickAtFirst();
  const run = await simulateTrigger({ timeout: 60, handler: { load }, shards: [{ records: recordsOf(20) }] });
  expect(done.size).toBe(20);
  expect(errorsOf(run)).toEqual(['Runtime.ExitError']);
  expect(minutesOf(run)).toBeLessThan(1.1);
});

test('of two processes, one of which is sick, the sick one ends at its first answer, and neither shard loses a record', async () => {
  const { done, load } = sickAtFirst();
  const shards = ['a', 'b'].map((shard) => ({ records: recordsOf(20, shard) }));
  const run = await simulateTrigger({ timeout: 60, handler: { load }, environments: 2, shards });
  expect(done.size).toBe(40);
  expect(errorsOf(run)).toEqual(['Runtime.ExitError']);
  expect([run.parked, run.failed, run.lost]).toEqual([[], [], []]);
  expect(minutesOf(run)).toBeLessThan(1.1);
});

test('a lock that is never released ends the process too', async () => {
  const done = new Set<unknown>();
  const lockOf = locks();
  const load = () => {
    const take = lockOf();
    return streamHandler(async ({ keys }) => {
      const release = await take();
      done.add(keys.id);
      release();
    });
  };
  const run = await simulateTrigger({ timeout: 30, handler: { load }, shards: [{ records: recordsOf(10) }] });
  expect(done.size).toBe(10);
  expect(minutesOf(run)).toBeLessThan(0.6);
});

test('a single call that takes longer than the timeout still finishes', async () => {
  let exits = 0;
  let calls = 0;
  const lambda = new VirtualLambda({ exit: () => exits++ });
  const handler = streamHandler(async () => {
    calls++;
    await lambda.sleep(61_000);
  });
  expect(reported(await lambda.invoke(handler, batchOf('a'), 60_000))).toEqual([0]);
  expect(reported(await lambda.invoke(handler, batchOf('a'), 60_000))).toEqual([]);
  expect([calls, exits]).toEqual([1, 0]);
});

test('a process whose calls end only because of the signal ends at the second answer', async () => {
  const done = new Set<unknown>();
  let processes = 0;
  const load = () => {
    const isSick = processes++ === 0;
    return streamHandler(async ({ keys }, { signal }) => {
      if (isSick) {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }
      done.add(keys.id);
    });
  };
  const run = await simulateTrigger({ timeout: 60, handler: { load }, environments: 1, shards: [{ records: recordsOf(20) }] });
  expect(done.size).toBe(20);
  expect(errorsOf(run)).toEqual(['Runtime.ExitError']);
  expect([run.parked, run.failed, run.lost]).toEqual([[], [], []]);
  expect(minutesOf(run)).toBeLessThan(2.2);
});

test('progress between two such invocations, or calls that fail by themselves, keep the process', async () => {
  let exits = 0;
  const lambda = new VirtualLambda({ exit: () => exits++ });
  const handler = streamHandler(async ({ keys }, { signal }) => {
    if (keys.sk === 'heeds') {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    if (keys.sk === 'fails') {
      throw new Error('down');
    }
  });
  for (const key of ['heeds', 'done', 'heeds', 'fails', 'heeds']) {
    await lambda.invoke(handler, batchOf(key), 3_000);
  }
  expect(exits).toBe(0);
  // The process ends, so that it never answers.
  await expect(lambda.invoke(handler, batchOf('heeds'), 3_000)).rejects.toThrow('timeout');
  expect(exits).toBe(1);
});

test('records that wait for abandoned calls leave their places to others', async () => {
  const lambda = new VirtualLambda();
  const done: unknown[] = [];
  const handler = streamHandler({
    concurrency: 2,
    onRecord: async ({ keys: { sk } }) => {
      await (sk === 'a' || sk === 'b' ? never() : undefined);
      done.push(sk);
    },
  });
  await lambda.invoke(handler, batchOf('a', 'b'), 3_000);
  expect(reported(await lambda.invoke(handler, batchOf('a', 'b', 'c', 'd'), 3_000))).toEqual([0]);
  expect(done).toEqual(['c', 'd']);
});

test('before the process ends, the observer has its time', async () => {
  const told: string[] = [];
  let exitedAfter: string[] | undefined;
  const lambda = new VirtualLambda({
    exit: () => {
      exitedAfter ??= [...told];
    },
  });
  const handler = streamHandler({
    onRecord: never,
    observer: async ({ type }) => {
      await lambda.sleep(50);
      told.push(type);
    },
  });
  await expect(lambda.invoke(handler, batchOf('a', 'b'), 60_000)).rejects.toThrow('timeout');
  expect(exitedAfter).toEqual(['batchStarted', 'exit']);
  expect(lines).toContainEqual(expect.objectContaining({ message: 'dynamo-stream-trigger: the process ends, because calls no longer settle', outcome: 'exit' }));
});

test('calls that fail after the answer are logged then, those of a moment in one line', async () => {
  const lambda = new VirtualLambda();
  const handler = streamHandler(async () => {
    await lambda.sleep(4_000);
    throw new RangeError('late');
  });
  await lambda.invoke(handler, batchOf('a', 'b'), 3_000);
  expect(lines).toEqual([]);
  await lambda.invoke(streamHandler(async () => lambda.sleep(2_000)), batchOf('c'), 3_000);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.every(({ outcome, requestId }) => outcome === 'out of time' && requestId === 'request-1')).toBe(true);
  expect(lines.reduce((total, { errors }) => total + errors.RangeError, 0)).toBe(2);
});

describe('without a host', () => {
  let exit: jest.SpyInstance;
  beforeEach(() => {
    exit = jest.spyOn(process, 'exit').mockImplementation();
  });
  afterEach(() => {
    delete process.env.AWS_LAMBDA_RUNTIME_API;
    delete process.env.AWS_LAMBDA_MAX_CONCURRENCY;
  });

  /** Answers whether the handler did, or whether its process ended, with two calls that never settle. */
  async function answers(context: object = {}): Promise<boolean> {
    const exited = new Promise<boolean>((resolve) => exit.mockImplementation(() => resolve(false)));
    const end = Date.now() + 200;
    const response = streamHandler(never)(batchOf('a', 'b'), { getRemainingTimeInMillis: () => end - Date.now(), ...context });
    return Promise.race([response.then(() => true, () => true), exited]);
  }

  test('a process on Lambda ends', async () => {
    process.env.AWS_LAMBDA_RUNTIME_API = '127.0.0.1:9001';
    expect(await answers()).toBe(false);
    expect(exit).toHaveBeenCalledWith(1);
  });

  test('one that other invocations share does not', async () => {
    Object.assign(process.env, { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001', AWS_LAMBDA_MAX_CONCURRENCY: '16' });
    expect(await answers()).toBe(true);
    expect(exit).not.toHaveBeenCalled();
  });

  test('nor one of a host that does not say how', async () => {
    process.env.AWS_LAMBDA_RUNTIME_API = '127.0.0.1:9001';
    expect(await answers({ [HOST]: {} })).toBe(true);
    expect(exit).not.toHaveBeenCalled();
  });

  test('nor does a test', async () => {
    expect(await answers()).toBe(true);
    expect(exit).not.toHaveBeenCalled();
  });
});

test('where a record was done, or heeded the signal, the process goes on', async () => {
  let exits = 0;
  const lambda = new VirtualLambda({ exit: () => exits++ });
  const handler = streamHandler(async ({ keys }, { signal }) => {
    if (keys.sk === 'heeds') {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    await (keys.sk === 'done' ? undefined : never());
  });
  await lambda.invoke(handler, batchOf('done', 'a', 'b'), 3_000);
  await lambda.invoke(handler, batchOf('heeds'), 3_000);
  expect(exits).toBe(0);
});
