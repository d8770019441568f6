import { streamHandler } from '../../lib/runtime';
import { type Host, HOST } from '../../lib/stream/boundary';
import { elapsed, simulateTrigger, simulateTriggers, type SimulationOptions, sleep, streamRecord } from '../../lib/testing';
import { realGlobal } from '../../lib/testing/real-global';
import { START } from '../records';

const changes = (count: number, shard = 0) => Array.from({ length: count }, (_, n) => streamRecord({ newImage: { id: `${shard}-${n}` } }));
const shardsOf = (count: number, records = 1) => Array.from({ length: count }, (_, shard) => ({ records: changes(records, shard) }));
const run = (options: Partial<SimulationOptions>) => simulateTrigger({ handler: () => null, shards: shardsOf(1, 3), ...options });
const errors = ({ invocations }: Awaited<ReturnType<typeof run>>) => invocations.map(({ error }) => error?.errorType);

/** How many invocations run at once at most. */
const most = async (options: Partial<SimulationOptions>) => {
  let [running, max] = [0, 0];
  const result = await run({
    ...options, handler: async () => {
      max = Math.max(max, ++running);
      await sleep(5000);
      running--;
    },
  });
  return { max, age: Math.max(...result.invocations.map(({ iteratorAgeMs }) => iteratorAgeMs!)), result };
};

describe('how many there are', () => {
  test('as many as the shards can keep busy', async () => {
    expect(await most({ shards: shardsOf(8) })).toMatchObject({ max: 8, age: 0 });
  });

  test('and as parallelizationFactor says', async () => {
    expect((await most({ shards: shardsOf(2, 20), mapping: { parallelizationFactor: 3, batchSize: 1 } })).max).toBe(6);
  });

  test('more when shards are split', async () => {
    const shards = [{ records: Array.from({ length: 40 }, (_, n) => streamRecord({ newImage: { id: `${n % 8}` }, createdAt: START + n })) }];
    expect((await most({ shards, mapping: { batchSize: 1 }, faults: { reshards: [{ at: 5 }, { at: 10 }] } })).max).toBe(4);
  });

  test('a fixed number, for which invocations wait', async () => {
    expect(await most({ shards: shardsOf(3), environments: 1 })).toMatchObject({ max: 1, age: 10_000 });
  });

  test('with reserved concurrency, Lambda throttles and uses no retry', async () => {
    const { max, result } = await most({ shards: shardsOf(4), reservedConcurrency: 2, mapping: { retryAttempts: 0 } });
    expect([max, result.invocations.length, result.failed, result.lost]).toEqual([2, 4, [], []]);
    expect(result.metrics.InvokedEventCount).toBeGreaterThan(4);
  });

  test('two triggers share the reserved concurrency of their function', async () => {
    const handler = () => sleep(5000);
    const streams = ['A', 'B'].map((name) => `arn:aws:dynamodb:us-east-1:123456789012:table/${name}/stream/2025-01-01T00:00:00.000`);
    const runs = await simulateTriggers(streams.map((streamArn) => ({
      handler, reservedConcurrency: 1, shards: [{ records: [streamRecord({ streamArn })] }],
    })));
    const [[first], [second]] = runs.map(({ invocations }) => invocations);
    expect(second.at).toBeGreaterThanOrEqual(first.at + 5000);
  });
});

describe('memory', () => {
  /** One of 50 records fails four deliveries; how often the others are done. */
  const doneByOthers = async (options: Partial<SimulationOptions>, handler?: SimulationOptions['handler']) => {
    let fails = 12;
    const done: unknown[] = [];
    const ofEnvironment = () => streamHandler({
      park: false, onRecord: ({ keys }) => {
        if (keys.id === '0-0' && fails-- > 0) {
          throw new Error('not yet');
        }
        done.push(keys.id);
      },
    });
    const { lost } = await run({
      handler: handler ?? ofEnvironment(), shards: shardsOf(1, 50), mapping: { bisectBatchOnError: false }, ...options,
    });
    expect(lost).toEqual([]);
    return done.length;
  };

  test('what is delivered again is seen again, because it may come to another environment', async () => {
    expect(await doneByOthers({})).toBeGreaterThan(50);
  });

  test('in one environment, the runtime remembers what was done', async () => {
    expect(await doneByOthers({ environments: 1 })).toBe(50);
  });

  test('the runtime forgets in a crash, although the test\'s own memory stays', async () => {
    let invocation = 0;
    expect(await doneByOthers({ environments: 1, faults: { crash: () => ++invocation === 2 } })).toBe(99);
  });

  test('an idle environment is recycled after some hours', async () => {
    const loads: number[] = [];
    const load = () => {
      loads.push(elapsed());
      return () => null;
    };
    const records = [0, 1, 3, 5].map((hours) => streamRecord({ createdAt: START + hours * 3600 }));
    await run({ handler: { load }, environments: 1, shards: [{ records }] });
    expect(loads).toEqual([0, 5 * 3600]);
    loads.length = 0;
    await run({ handler: { load }, environments: 1, recycleAfter: 60, shards: [{ records }] });
    expect(loads).toEqual([0, 3600, 3 * 3600, 5 * 3600]);
  });

  test('what waits in an environment dies with it', async () => {
    const log: string[] = [];
    const records = [0, 120].map((seconds) => streamRecord({ createdAt: START + seconds }));
    await run({
      environments: 1, recycleAfter: 60, shards: [{ records }], handler: () => {
        log.push(`invoked at ${elapsed()}`);
        void sleep(1000).then(() => log.push('left over'));
      },
    });
    expect(log).toEqual(['invoked at 0', 'invoked at 120']);
  });
});

test('invocations side by side may wait for each other in a queue of the handler\'s module', async () => {
  const queue: (() => void)[] = [];
  let busy = false;
  /** Whoever is done calls the next one. */
  const inTurn = (work: () => Promise<void>) => new Promise<void>((resolve) => {
    const start = () => {
      busy = true;
      void work().then(resolve).finally(() => {
        busy = false;
        queue.shift()?.();
      });
    };
    if (busy) {
      queue.push(start);
    } else {
      start();
    }
  });
  const { invocations } = await run({ handler: () => inTurn(() => sleep(1000)), shards: shardsOf(3) });
  expect(invocations.map(({ durationMs }) => durationMs)).toEqual([1000, 2000, 3000]);
});

test('a module has the memory of one environment if its cache is emptied before', async () => {
  jest.doMock('on-order', () => {
    let count = 0;
    return { handler: () => ++count };
  }, { virtual: true });
  const counts = async (empty: () => void) => {
    const load = async () => {
      empty();
      return jest.requireMock('on-order').handler;
    };
    const { invocations } = await run({ handler: { load }, mapping: { batchSize: 1 }, faults: { redeliver: 1 } });
    return invocations.map(({ response }) => response);
  };
  expect(await counts(() => jest.resetModules())).toEqual([1, 1, 2, 2, 3, 3]);
  jest.resetModules();
  expect(await counts(() => undefined)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('what they load may wait for virtual time, which is part of the invocation', async () => {
  const load = async () => {
    await sleep(2000);
    return () => sleep(1000);
  };
  const { invocations } = await run({ handler: { load }, shards: shardsOf(2), invocationsPerEnvironment: 2, environments: 1 });
  expect(invocations.map(({ durationMs }) => durationMs)).toEqual([3000, 3000]);
});

describe('the end of a process', () => {
  const twice = { mapping: { retryAttempts: 1, bisectBatchOnError: false } };

  test('a rejection that nobody handles ends it', async () => {
    const result = await run({
      ...twice, handler: async () => {
        void Promise.reject(new Error('forgotten'));
        await sleep(1000);
      },
    });
    expect(errors(result)).toEqual(['Runtime.UnhandledPromiseRejection', 'Runtime.UnhandledPromiseRejection']);
    expect(result.invocations[0]).toMatchObject({ durationMs: 0, error: { errorMessage: 'Error: forgotten' } });
    expect(new Set(result.invocations.map(({ environment }) => environment)).size).toBe(2);
  });

  test.each<[string, (thrown: object) => unknown, string]>([
    ['a rejection that nobody handles', (thrown) => {
      void Promise.reject(thrown);
      return sleep(1000);
    }, 'Runtime.UnhandledPromiseRejection'],
    ['an error', (thrown) => Promise.reject(thrown), 'handled'],
  ])('%s that can\'t be made text fails an invocation, not the test', async (_, handler, errorType) => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    for (const thrown of [Object.create(null), revoked.proxy]) {
      const { invocations } = await run({ handler: () => handler(thrown), mapping: { retryAttempts: 0 } });
      expect(invocations[0].error).toMatchObject({
        errorType, errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      });
    }
  });

  test('one that comes late ends the invocation under way by then', async () => {
    let first = true;
    const result = await run({
      environments: 1, shards: [{ records: [0, 60].map((seconds) => streamRecord({ createdAt: START + seconds })) }], handler: async () => {
        if (first) {
          first = false;
          void sleep(1).then(() => Promise.reject(new RangeError('late')));
        }
      },
    });
    expect(errors(result)).toEqual([undefined, 'Runtime.UnhandledPromiseRejection', undefined]);
    expect(result.invocations[1].error?.errorMessage).toBe('RangeError: late');
    expect(result.lost).toEqual([]);
  });

  test.each<[string, (exit: () => never) => SimulationOptions['handler']]>([
    ['a plain handler', (exit) => async () => exit()],
    ['streamHandler', (exit) => streamHandler(async () => exit())],
    ['a timer', (exit) => async () => {
      setTimeout(exit, 5);
      await new Promise(() => undefined);
    }],
  ])('so does process.exit in %s, and not that of the test', async (_, handlerWith) => {
    for (const [code, text] of [[3, 'Runtime exited with error: exit status 3'], [0, 'Runtime exited without providing a reason']] as const) {
      const said: string[] = [];
      const result = await run({
        ...twice, handler: handlerWith(() => {
          try {
            process.exit(code);
          } catch (error) {
            said.push((error as Error).message);
            throw error;
          }
        }),
      });
      expect(new Set(said)).toEqual(new Set(['The process of the handler has ended: it called process.exit().']));
      expect(errors(result)).toEqual(['Runtime.ExitError', 'Runtime.ExitError']);
      expect(result.invocations[0].error?.errorMessage).toContain(text);
    }
  });

  test('so does an error in a timer', async () => {
    const result = await run({
      ...twice, handler: async () => {
        setTimeout(() => {
          throw new TypeError('late');
        }, 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      },
    });
    expect(result.invocations[0].error).toEqual({ errorType: 'TypeError', errorMessage: 'late' });
    expect(result.failed).toHaveLength(1);
  });

  test('so does the runtime through its host, and nothing more comes of it', async () => {
    const parked: unknown[] = [];
    const result = await run({
      ...twice, handler: async (_: unknown, context: { [HOST]: Required<Host> }) => {
        context[HOST].exit();
        void context[HOST].park({} as never).then(() => parked.push('parked'));
        await sleep(1000);
        parked.push('went on');
      },
    });
    expect(errors(result)).toEqual(['Runtime.ExitError', 'Runtime.ExitError']);
    expect(result.invocations[0].durationMs).toBe(0);
    expect([parked, result.parked]).toEqual([[], []]);
  });

  test('an error of the test\'s own goes to who listens, and one that listens once hears it once', async () => {
    const { process: real } = realGlobal;
    const before = real.rawListeners('unhandledRejection') as any[];
    real.removeAllListeners('unhandledRejection');
    const heard: unknown[] = [];
    real.once('unhandledRejection', (reason) => heard.push(`once ${reason}`)).on('unhandledRejection', (reason) => heard.push(reason));
    const handler = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    await run({
      handler, faults: {
        throttle: () => {
          void Promise.reject('first');
          void Promise.reject('second');
          return false;
        },
      },
    });
    void Promise.reject('afterwards');
    await handler();
    real.removeAllListeners('unhandledRejection');
    before.forEach((other) => real.on('unhandledRejection', other));
    expect(heard).toEqual(['once first', 'first', 'second', 'afterwards']);
  });

  test('many listeners of others cause no warning', async () => {
    const { process: real } = realGlobal;
    const listeners = Array.from({ length: real.getMaxListeners() + 1 }, () => () => undefined);
    const [allowed, warn] = [real.getMaxListeners(), jest.spyOn(real, 'emitWarning').mockImplementation()];
    listeners.forEach((listener) => real.on('unhandledRejection', listener));
    warn.mockClear();
    await run({});
    expect([warn.mock.calls, real.getMaxListeners()]).toEqual([[], allowed]);
    warn.mockRestore();
    listeners.forEach((listener) => real.removeListener('unhandledRejection', listener));
  });

  test('listeners of others are as they were', async () => {
    const once = () => undefined;
    realGlobal.process.once('unhandledRejection', once);
    const before = realGlobal.process.rawListeners('unhandledRejection');
    await run({ handler: async () => void Promise.reject(new Error('forgotten')), mapping: { retryAttempts: 0 } });
    expect(realGlobal.process.rawListeners('unhandledRejection')).toEqual(before);
    realGlobal.process.removeListener('unhandledRejection', once);
  });
});

describe('several invocations in one environment', () => {
  test('run side by side in its memory', async () => {
    let loads = 0;
    const load = () => {
      loads++;
      return () => sleep(1000);
    };
    const { invocations } = await run({ handler: { load }, shards: shardsOf(4), invocationsPerEnvironment: 4, environments: 1 });
    expect(invocations.map(({ at, environment }) => [at / 1000 - START, environment])).toEqual(Array(4).fill([0, 1]));
    expect(loads).toBe(1);
  });

  test('share the concurrency of streamHandler, as on Lambda Managed Instances', async () => {
    const { startedAt, endedAt } = await run({
      handler: streamHandler({ concurrency: 2, onRecord: () => sleep(1000) }), shards: shardsOf(4, 5), invocationsPerEnvironment: 4, environments: 1,
    });
    expect(endedAt - startedAt).toBe(10_000);
  });

  test('a timeout fails one of them, and its code goes on', async () => {
    const log: number[] = [];
    let slow = true;
    const result = await run({
      shards: [...shardsOf(2), { records: [streamRecord({ createdAt: START + 60 })] }],
      invocationsPerEnvironment: 2, environments: 1, timeout: 3, mapping: { retryAttempts: 1 },
      handler: async () => {
        const milliseconds = slow ? 5000 : 100;
        slow = false;
        await sleep(milliseconds);
        log.push(elapsed());
      },
    });
    expect(errors(result).sort()).toEqual(['Sandbox.Timedout', undefined, undefined, undefined]);
    expect(log).toEqual([0.1, 3.35, 5, 60.1]);
  });

  test('a process that ends takes all of them along, so that the runtime can\'t end it', async () => {
    let first = true;
    const result = await run({
      shards: shardsOf(2), invocationsPerEnvironment: 2, environments: 1,
      handler: async (_: unknown, context: { [HOST]: Host }) => {
        expect(context[HOST].exit).toBeUndefined();
        const wasFirst = first;
        first = false;
        await sleep(100);
        if (wasFirst) {
          void Promise.reject(new Error('forgotten'));
        }
        await sleep(100);
      },
    });
    expect(errors(result).sort()).toEqual(['Runtime.ExitError', 'Runtime.UnhandledPromiseRejection', undefined, undefined]);
  });
});

test('a batch may be delivered again without a cause', async () => {
  const { invocations, calls, failed, lost } = await run({ mapping: { retryAttempts: 0 }, faults: { redeliver: 1 } });
  expect(invocations.map(({ event, error }) => [event.Records.length, error])).toEqual([[3, undefined], [3, undefined]]);
  expect([calls.length, failed, lost]).toEqual([6, [], []]);
});
