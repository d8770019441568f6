import * as fc from 'fast-check';
import { PoisonRecordError, streamHandler, windowHandler } from '../../lib/runtime';
import { elapsed, now, simulateTrigger, type SimulationOptions, sleep, type StreamEvent, streamRecord } from '../../lib/testing';
import { runs } from '../runs';

const START = 1_735_689_600_000;
const changes = (count: number, key?: string) =>
  Array.from({ length: count }, (_, n) => streamRecord({ newImage: { id: key ?? `item-${n}`, n } }));
const run = (options: Partial<SimulationOptions>) => simulateTrigger({ handler: () => null, shards: [{ records: changes(3) }], ...options });
const shape = ({ invocations }: Awaited<ReturnType<typeof run>>) =>
  invocations.map(({ durationMs, event, response }) => [durationMs, event.Records.length, (response as any).batchItemFailures.length]);

describe('the time of a call', () => {
  test('100 records of 2 seconds at concurrency 10 take one invocation of 20 seconds', async () => {
    const result = await run({ handler: streamHandler(async () => {}), shards: [{ records: changes(100) }], faults: { latency: () => 2000 } });
    expect(shape(result)).toEqual([[20_000, 100, 0]]);
    expect(result.calls).toHaveLength(100);
  });

  test('a hot item of 100 changes of 1 second takes two invocations, and nothing fails', async () => {
    const result = await run({
      handler: streamHandler(async () => {}),
      shards: [{ records: changes(100, 'hot') }],
      mapping: { bisectBatchOnError: false, retryAttempts: 3 },
      faults: { latency: () => 1000 },
    });
    const [[first, ofFirst, reported], [second, ofSecond, none]] = shape(result);
    expect([ofFirst, reported, none, result.invocations.length]).toEqual([100, 1, 0, 2]);
    // The call that was under way at the deadline is taken over.
    expect([first, second]).toEqual([58_000, 1000 * ofSecond]);
    expect([result.calls.length, result.failed, result.lost]).toEqual([100, [], []]);
  });

  test('a handler that sleeps takes the same time as one whose calls are slow', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 5 }), fc.boolean(),
      async (times, concurrency, oneItem) => {
        const records = times.map((_, n) => streamRecord({ newImage: { id: oneItem ? 'hot' : `${n}`, n } }));
        const time = (record: { dynamodb?: any }) => times[Number(record.dynamodb.NewImage.n.N)];
        const options = { shards: [{ records }], environments: 1, timeout: 10 };
        const slow = await run({ ...options, handler: streamHandler({ concurrency, onRecord: async () => {} }), faults: { latency: time } });
        const sleeping = await run({ ...options, handler: streamHandler({ concurrency, onRecord: async ({ raw }) => sleep(time(raw)) }) });
        expect(shape(slow)).toEqual(shape(sleeping));
        expect(slow.calls.map(({ at }) => at)).toEqual(sleeping.calls.map(({ at }) => at));
      }), runs(15, 1));
  });

  test('the time budget sees it: calls that don\'t fit are aborted through the signal', async () => {
    const aborted: string[] = [];
    const { invocations } = await run({
      timeout: 10,
      mapping: { retryAttempts: 0, bisectBatchOnError: false },
      handler: streamHandler({
        park: false, onRecord: async ({ keys }, { signal }) => {
          await sleep(20_000, { signal }).catch((error) => aborted.push(`${keys.id}: ${error.name} at ${elapsed()}`));
        },
      }),
    });
    expect(aborted).toEqual(['item-0: AbortError at 9.5', 'item-1: AbortError at 9.5', 'item-2: AbortError at 9.5']);
    expect(invocations[0].durationMs).toBeLessThan(10_000);
  });

  test('the calls of a window come one after another', async () => {
    const handler = windowHandler({ initialState: () => ({ n: 0 }), onRecord: ({ n }) => ({ n: n + 1 }) });
    const { invocations, calls } = await run({ handler, mapping: { tumblingWindow: 60 }, faults: { latency: () => 1000 } });
    expect(invocations[0].durationMs).toBe(3000);
    expect(calls.map(({ at }) => at - START)).toEqual([0, 1000, 2000]);
  });

  test('for a plain handler it is the sum over the records', async () => {
    const { invocations } = await run({ faults: { latency: () => 700 } });
    expect(invocations[0].durationMs).toBe(2100);
  });

  test('a call that fails takes its time too', async () => {
    const { invocations, parked } = await run({
      handler: streamHandler(() => {
        throw new PoisonRecordError('no');
      }),
      shards: [{ records: changes(1) }],
      faults: { latency: () => 1000 },
    });
    expect([invocations[0].durationMs, parked.length]).toEqual([1000, 1]);
  });

  test('a function that comes to nothing ends the simulation, not the record', async () => {
    await expect(run({ handler: streamHandler(async () => {}), faults: { latency: () => NaN } })).rejects.toThrow(/faults.latency returned NaN/);
    await expect(run({
      handler: streamHandler(async () => {}), faults: {
        latency: () => {
          throw new Error('my mistake');
        },
      },
    })).rejects.toThrow('my mistake');
  });
});

describe('virtual time in a handler', () => {
  test('sleep() waits, now() and elapsed() show the time', async () => {
    const told: number[] = [];
    const { invocations } = await run({
      handler: async () => {
        await sleep(1500);
        told.push(now() - START, elapsed());
      },
    });
    expect(invocations[0].durationMs).toBe(1500);
    expect(told).toEqual([1500, 1.5]);
  });

  test('it follows the handler through real timers and I/O', async () => {
    const { invocations } = await run({
      handler: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await sleep(1000);
        await new Promise((resolve) => setImmediate(resolve));
        await sleep(1000);
      },
    });
    expect(invocations[0].durationMs).toBe(2000);
  });

  test('an outage from one time to another is one line', async () => {
    const sent: unknown[] = [];
    const { failed, lost, parked, calls, endedAt } = await run({
      handler: streamHandler({
        park: false,
        onRecord: async ({ keys }) => {
          if (elapsed() < 600) {
            throw new Error('The warehouse is down');
          }
          sent.push(keys.id);
        },
      }),
    });
    expect([failed, lost, parked]).toEqual([[], [], []]);
    expect(sent.sort()).toEqual(['item-0', 'item-1', 'item-2']);
    expect(calls.length).toBeGreaterThan(10);
    expect(endedAt - START).toBeGreaterThan(600_000);
  });

  test('a wait ends with its signal', async () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    const { invocations } = await run({
      handler: async () => {
        await Promise.all([
          sleep(5000, { signal: controller.signal }).catch((reason) => reasons.push(reason)),
          sleep(1000).then(() => controller.abort('enough')),
        ]);
        await sleep(5000, { signal: controller.signal }).catch((reason) => reasons.push(reason));
      },
    });
    expect(invocations[0].durationMs).toBe(1000);
    expect(reasons).toEqual(['enough', 'enough']);
  });

  test('functions of the options read it too', async () => {
    const at: number[] = [];
    await run({ handler: () => sleep(1000), mapping: { batchSize: 1 }, faults: { throttle: () => at.push(elapsed()) < 0 } });
    expect(at).toEqual([0, 1, 2]);
  });

  test.each<[string, any]>([
    ['undefined', undefined], ['NaN', NaN], ['"2000"', '2000'], ['-1', -1], ['Infinity', Infinity], ['null', null], ['a list', [5]],
  ])('sleep() does not wait for %s', async (words, given) => {
    const { invocations } = await run({ handler: () => sleep(given), mapping: { retryAttempts: 0, bisectBatchOnError: false } });
    expect(invocations).toMatchObject([
      { durationMs: 0, error: { errorType: 'RangeError', errorMessage: `sleep() was given ${words} but takes a number of milliseconds, 0 or more.` } },
    ]);
  });

  test.each([['now', now], ['elapsed', elapsed], ['sleep', () => sleep(1)]])('outside of a simulation, %s() says where to call it', async (name, call) => {
    await expect((async () => call())()).rejects.toThrow(new Error(
      `${name}() was called outside of a simulation. Call it in a handler that simulateTrigger runs, or in a function of its options.`));
  });

  test('what one environment waits for stands still while it is frozen, and goes on in the next invocation', async () => {
    const log: string[] = [];
    let invocations = 0;
    await run({
      environments: 1,
      shards: [{ records: [streamRecord({ createdAt: START / 1000 }), streamRecord({ createdAt: START / 1000 + 60 })] }],
      handler: async () => {
        if (++invocations === 1) {
          void sleep(1000).then(() => log.push(`left over at ${elapsed()}`));
        }
        await sleep(100);
        log.push(`answered at ${elapsed()}`);
      },
    });
    expect(log).toEqual(['answered at 0.1', 'left over at 60', 'answered at 60.1']);
  });
});

test('who was called, how often, and in which order', async () => {
  let fails = 2;
  const { calls } = await run({
    handler: streamHandler({
      concurrency: 1, retry: { baseDelay: 1 }, onRecord: ({ keys }) => {
        if (keys.id === 'item-1' && fails-- > 0) {
          throw new Error('not yet');
        }
      },
    }),
  });
  expect(calls.map(({ keys }) => keys.id)).toEqual(['item-0', 'item-1', 'item-2', 'item-1', 'item-1']);
  expect(calls[0]).toMatchObject({ at: START, environment: 1, shardId: 'shardId-00000000000000000000', record: { eventName: 'INSERT' } });
});

test('of a plain handler, every record of an invocation was called', async () => {
  let invocations = 0;
  const { calls } = await run({
    mapping: { bisectBatchOnError: false }, handler: (event: StreamEvent) => {
      if (++invocations === 1) {
        throw new Error(`not yet, ${event.Records.length}`);
      }
    },
  });
  expect(calls.map(({ keys }) => keys.id)).toEqual(['item-0', 'item-1', 'item-2', 'item-0', 'item-1', 'item-2']);
});

test('calls of plain handlers are in the order in which they began, however long they take', async () => {
  const shards = ['slow', 'fast'].map((id) => ({ records: [streamRecord({ newImage: { id } })] }));
  const { calls, invocations } = await run({ shards, faults: { latency: ({ dynamodb }) => dynamodb?.Keys?.id.S === 'slow' ? 5000 : 1 } });
  expect(calls.map(({ keys }) => keys.id)).toEqual(['slow', 'fast']);
  expect(calls.map(({ at }) => at)).toEqual(invocations.map(({ at }) => at));
});

test('a handler that did not load was not called', async () => {
  let loads = 0;
  const { calls, invocations, lost } = await run({
    handler: {
      load: () => {
        if (++loads <= 2) {
          throw new Error('no such module');
        }
        return () => null;
      },
    },
  });
  expect(invocations.map(({ error }) => error?.errorMessage)).toEqual(['no such module', 'no such module', undefined, undefined]);
  expect(calls.map(({ keys }) => keys.id)).toEqual(['item-0', 'item-1', 'item-2']);
  expect(lost).toEqual([]);
});

test('what streamHandler would print is collected', async () => {
  const printed = jest.spyOn(console, 'error');
  const { logs } = await run({
    shards: [{ records: changes(1) }], handler: streamHandler(() => {
      throw new PoisonRecordError('no');
    }),
  });
  expect(logs.map((line) => JSON.parse(line))).toMatchObject([{ level: 'ERROR', outcome: 'parked', tries: 1 }]);
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
});

describe('a handler that waits again and again while no time passes', () => {
  const forever: [string, SimulationOptions['handler']][] = [
    ['sleep(0), and a sleep too short to be seen', async () => {
      for (;;) {
        await sleep(0);
        await sleep(1e-6);
      }
    }],
    ['sleep(0) in streamHandler', streamHandler(async () => {
      for (;;) {
        await sleep(0);
      }
    })],
  ];

  test.each(forever)('%s ends with an error, and the next simulation runs', async (_, handler) => {
    const stuck = expect(run({ handler, realTimeLimit: 0.3 })).rejects.toThrow(new Error(
      'The handler has waited for virtual time 100001 times within 1 ms of it, and none of its invocations has ended: it seems to loop, as in for (;;) await '
      + 'sleep(0). Let the loop end, or sleep for 1 ms or more in it, so that the function\'s timeout can strike.'));
    const next = run({ handler: async () => sleep(1) });
    await stuck;
    expect((await next).invocations).toHaveLength(1);
  });

  test('many short waits in one moment are none', async () => {
    const { lost, invocations } = await run({
      handler: streamHandler(async () => {
        for (let n = 0; n < 9; n++) {
          await sleep(0);
        }
      }),
      mapping: { batchSize: 1000 }, shards: [{ records: changes(2000) }],
    });
    expect([lost, invocations.map(({ durationMs }) => durationMs)]).toEqual([[], [0, 0]]);
  });

  test('a loop of 1 ms is ended by the timeout', async () => {
    const { invocations } = await run({
      handler: async () => {
        for (;;) {
          await sleep(1);
        }
      },
      timeout: 3, mapping: { retryAttempts: 0, bisectBatchOnError: false },
    });
    expect(invocations).toMatchObject([{ durationMs: 3000, error: { errorType: 'Sandbox.Timedout' } }]);
  });
});
