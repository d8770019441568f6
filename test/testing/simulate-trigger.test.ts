import { PoisonRecordError, streamHandler, windowHandler } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';
import { simulateTrigger, type SimulationOptions, type StreamEvent, streamRecord } from '../../lib/testing';
import { START } from '../records';

const order = (id: string, seconds = 0) => streamRecord({ newImage: { id }, createdAt: START + seconds });
const orders = (count: number) => Array.from({ length: count }, (_, index) => order(`order-${index}`));
const idOf = (record: { dynamodb?: { Keys?: any } }) => record.dynamodb!.Keys.id.S;
const run = (options: Partial<SimulationOptions>) => simulateTrigger({ handler: () => null, shards: [{ records: orders(3) }], ...options });

describe('defaults', () => {
  test('settings that are not given are the defaults of the construct, a failure destination included', async () => {
    const { invocations, failed, lost } = await run({
      handler: () => {
        throw new Error('always');
      }, shards: [{ records: orders(1) }],
    });
    expect(invocations).toHaveLength(101);
    expect(failed).toMatchObject([{ requestContext: { approximateInvokeCount: 101 } }]);
    expect(lost).toEqual([]);
  });

  test('batches have up to 100 records', async () => {
    const { invocations } = await run({ shards: [{ records: orders(250) }] });
    expect(invocations.map(({ event }) => event.Records.length)).toEqual([100, 100, 50]);
  });

  test('a shard without records is a run without invocations, but no shard at all is refused', async () => {
    expect(await run({ shards: [{ records: [] }] })).toMatchObject({ invocations: [], lost: [] });
    await expect(run({ shards: [] })).rejects.toThrow(new TypeError('shards is an empty list but must have at least one shard, '
      + 'or the test tests nothing. Give its records: shards: [{ records: [streamRecord(…)] }].'));
  });

  test.each<[string, any, string]>([
    ['nothing', () => undefined, 'undefined'], ['a module', async () => ({ handler: () => null }), 'an object'], ['text', () => 'index.handler', '"index.handler"'],
  ])('a load that returns %s is refused', async (_, load, given) => {
    const error = await run({ handler: { load } }).catch((caught) => caught);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`The handler's load() returned ${given} but must return the handler, a function, or a promise of it: `
      + 'load: () => handler, or load: async () => (await import(\'../src/on-order\')).handler.');
  });
});

describe('time', () => {
  test('the clock starts at the earliest record, and a record is readable when it was created', async () => {
    const { invocations, startedAt } = await run({ shards: [{ records: [order('a'), order('b', 3600)] }, { records: [order('c', 60)] }] });
    expect(startedAt).toBe(START * 1000);
    expect(invocations.map(({ at, event }) => [at / 1000 - START, event.Records.map(idOf)])).toEqual([[0, ['a']], [60, ['c']], [3600, ['b']]]);
  });

  test('real waiting inside a handler does not move the clock', async () => {
    const { invocations } = await run({ handler: () => new Promise((resolve) => setTimeout(resolve, 20)) });
    expect(invocations).toMatchObject([{ durationMs: 0 }]);
  });

  test('simulations that are started together do not disturb each other', async () => {
    const waiting = (wait: (context: any) => Promise<unknown>) =>
      run({ handler: (_: unknown, context: unknown) => wait(context), timeout: 3, mapping: { retryAttempts: 0, bisectBatchOnError: false } });
    const runs = await Promise.all([
      waiting(() => new Promise(() => undefined)),
      waiting((context) => context[HOST].sleep(2000)),
      waiting(() => new Promise((resolve) => setTimeout(resolve, 10))),
      waiting(() => new Promise((resolve) => setTimeout(resolve, 50))),
      waiting((context) => context[HOST].sleep(1000)),
    ]);
    expect(runs.map(({ invocations }) => invocations[0].durationMs)).toEqual([3000, 2000, 0, 0, 1000]);
  });

  test('a simulation that fails holds up none after it', async () => {
    const failing = run({ faults: { latency: NaN } });
    const next = run({});
    await expect(failing).rejects.toThrow(/faults.latency/);
    expect((await next).invocations).toHaveLength(1);
  });

  test('latency is what an invocation takes, by invocation or by record', async () => {
    const all = await run({ faults: { latency: 300 } });
    expect(all.invocations[0].durationMs).toBe(300);
    const each = await run({ faults: { latency: (record) => (idOf(record) === 'order-1' ? 500 : 10) } });
    expect(each.invocations[0].durationMs).toBe(520);
  });

  test('a handler that sleeps by the clock of its host takes that time', async () => {
    const handler = (_: unknown, context: any) => context[HOST].sleep(1234);
    expect((await run({ handler })).invocations[0].durationMs).toBe(1234);
  });

  test('a handler that never answers times out, in virtual time', async () => {
    const { invocations } = await run({
      handler: () => new Promise(() => undefined), timeout: 3, mapping: { retryAttempts: 0, bisectBatchOnError: false },
    });
    expect(invocations).toMatchObject([{
      durationMs: 3000, error: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/Task timed out after 3.00 seconds/) },
    }]);
  });

  test('what is left of the timeout follows the virtual clock', async () => {
    const left: number[] = [];
    await run({
      timeout: 10,
      handler: async (_: unknown, context: any) => {
        left.push(context.getRemainingTimeInMillis());
        await context[HOST].sleep(4000);
        left.push(context.getRemainingTimeInMillis());
      },
    });
    expect(left).toEqual([10_000, 6000]);
  });

  test('hours of retries take no time', async () => {
    const { invocations, failed } = await run({
      mapping: { retryAttempts: -1 }, handler: () => {
        throw new Error('down');
      },
    });
    expect(failed.every(({ requestContext }) => requestContext.condition === 'RecordAgeExceeded')).toBe(true);
    expect(invocations.at(-1)!.at / 1000 - START).toBeGreaterThan(21 * 3600);
  });
});

describe('what the handler gets', () => {
  test('a copy of its own: what it does to it stays with it', async () => {
    const records = orders(1);
    const before = JSON.stringify(records);
    const { invocations } = await run({
      shards: [{ records }],
      mapping: { retryAttempts: 1 },
      handler: (event: StreamEvent) => {
        expect(JSON.stringify(event.Records)).toBe(before);
        delete event.Records[0].dynamodb;
        throw new Error('again');
      },
    });
    expect(invocations).toHaveLength(2);
    expect(JSON.stringify(invocations[0].event.Records)).toBe(before);
    expect(invocations[0].event).not.toBe(invocations[0].event);
    expect(JSON.stringify(records)).toBe(before);
  });

  test('all of an invocation can be compared, copied and written down', async () => {
    const records = orders(2);
    const { invocations } = await run({ shards: [{ records }], handler: () => 'done' });
    const all = {
      at: START * 1000, shardId: 'shardId-00000000000000000000', event: { Records: records }, response: 'done', durationMs: 0, environment: 1, iteratorAgeMs: 0,
    };
    expect(invocations).toEqual([all]);
    expect(JSON.parse(JSON.stringify(invocations))).toEqual([all]);
    const failing = await run({
      shards: [{ records }], handler: () => {
        throw new Error('no');
      }, mapping: { retryAttempts: 0 },
    });
    expect(failing.invocations[0]).not.toHaveProperty('response');
  });

  test('a context like that of Lambda', async () => {
    const contexts: any[] = [];
    await run({ handler: (_: unknown, context: unknown) => void contexts.push(context) });
    expect(contexts[0]).toMatchObject({
      functionVersion: '$LATEST',
      invokedFunctionArn: expect.stringMatching(/^arn:aws:lambda:us-east-1:123456789012:function:/),
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('a callback, if that is how it answers', async () => {
    const answering = (_event: unknown, _context: unknown, callback: any) => void setTimeout(() => callback(null, 'done'), 1);
    const failing = (_event: unknown, _context: unknown, callback: any) => callback(new Error('no'));
    expect((await run({ handler: answering })).invocations).toMatchObject([{ response: 'done' }]);
    expect((await run({ handler: failing, mapping: { retryAttempts: 0 } })).invocations[0]).toMatchObject({ error: { errorMessage: 'no' } });
  });

  test.each<[string, (callback: any) => unknown, unknown]>([
    ['a promise counts', async () => 'done', 'done'],
    ['anything else does not', () => 'returned', null],
    ['anything else does not, before the callback is called', (callback) => setTimeout(() => callback(null, 'done'), 1), 'done'],
    ['nothing is null when nothing is left to run', () => undefined, null],
  ])('what it returns beside a callback: %s', async (_, answer, response) => {
    const { invocations } = await run({ handler: (_event: unknown, _context: unknown, callback: any) => answer(callback) });
    expect(invocations).toMatchObject([{ durationMs: 0, response }]);
  });

  test.each([[undefined, 'undefined'], ['text', 'text'], [null, 'null']])('throwing %p is a failure like any other', async (thrown, errorMessage) => {
    const { invocations } = await run({
      handler: () => {
        throw thrown;
      }, mapping: { retryAttempts: 0, bisectBatchOnError: false },
    });
    expect(invocations).toMatchObject([{ error: { errorMessage } }]);
  });

  test('an answer that JSON can not hold is a failure', async () => {
    const { invocations } = await run({ handler: () => ({ n: 1n }), mapping: { retryAttempts: 0, bisectBatchOnError: false } });
    expect(invocations[0].error).toEqual({
      errorType: 'Runtime.JSONStringifyError', errorMessage: 'Unable to stringify response body: Do not know how to serialize a BigInt',
    });
  });

  test('an answer has at most 6 MB and 100 bytes', async () => {
    const answering = (bytes: number) => run({
      // Of a string, two bytes are quotes; ä takes two.
      handler: () => 'ä'.repeat(bytes / 2 - 1), mapping: { retryAttempts: 0, bisectBatchOnError: false }, shards: [{ records: orders(1) }],
    });
    const limit = 6 * 1024 * 1024 + 100;
    const [within, beyond] = [await answering(limit), await answering(limit + 2)];
    expect(within.failed).toEqual([]);
    expect(beyond.failed).toMatchObject([{ responseContext: { functionError: 'Unhandled' } }]);
    expect(beyond.invocations).toMatchObject([{ error: { errorType: 'Function.ResponseSizeTooLarge' } }]);
  });
});

describe('environments', () => {
  const overlaps = async (environments: number) => {
    let running = 0;
    let most = 0;
    await run({
      environments,
      shards: [{ records: orders(3) }, { records: orders(3) }, { records: orders(3) }],
      handler: async (_: unknown, context: any) => {
        most = Math.max(most, ++running);
        await context[HOST].sleep(100);
        running--;
      },
    });
    return most;
  };

  test('one environment serves one invocation at a time', async () => expect(await overlaps(1)).toBe(1));
  test('several serve as many', async () => expect(await overlaps(2)).toBe(2));

  test('of several free ones each serves its share', async () => {
    const served: number[] = [];
    let loaded = 0;
    const load = () => {
      const environment = ++loaded;
      return () => void served.push(environment);
    };
    await run({ environments: 3, handler: { load }, mapping: { batchSize: 1 }, shards: [{ records: orders(30) }] });
    expect(loaded).toBe(3);
    expect([1, 2, 3].filter((environment) => served.filter((one) => one === environment).length > 3)).toEqual([1, 2, 3]);
  });

  describe('that load their handler', () => {
    /** Answers with the number of the environment, and of its invocation in there. */
    const counting = () => {
      let environments = 0;
      return {
        load: async () => {
          const environment = ++environments;
          let invocations = 0;
          return () => [environment, ++invocations];
        },
      };
    };
    const one = { mapping: { batchSize: 1 }, environments: 1, shards: [{ records: orders(4) }] };
    const answers = async (options: Partial<SimulationOptions>) =>
      (await run({ ...one, handler: counting(), ...options })).invocations.map(({ response, error }) => response ?? error?.errorType);
    const second = () => {
      let count = 0;
      return () => ++count === 2;
    };

    test('keep their memory from one invocation to the next', async () => {
      expect(await answers({})).toEqual([[1, 1], [1, 2], [1, 3], [1, 4]]);
    });

    test('lose it in a crash', async () => {
      expect(await answers({ faults: { crash: second() } })).toEqual([[1, 1], 'Runtime.ExitError', [2, 1], [2, 2], [2, 3]]);
    });

    test('lose it in a timeout', async () => {
      expect(await answers({ faults: { timeout: second() } })).toEqual([[1, 1], 'Sandbox.Timedout', [2, 1], [2, 2], [2, 3]]);
    });

    test('fail the invocation if they can\'t', async () => {
      let loads = 0;
      const load = () => {
        if (++loads === 1) {
          throw new Error('no TABLE');
        }
        return () => null;
      };
      const { invocations } = await run({ handler: { load } });
      expect(invocations.map(({ error }) => error?.errorMessage)).toEqual(['no TABLE', undefined, undefined]);
    });

    /** What is left undone by the first invocation: a wait of 100 ms, and the answers of all. */
    const leavingWork = async (options: Partial<SimulationOptions>) => {
      const log: string[] = [];
      const load = () => {
        let first = true;
        return async (_: unknown, context: any) => {
          log.push('start');
          if (first) {
            first = false;
            void context[HOST].sleep(100).then(() => log.push('left over'));
          }
          await context[HOST].sleep(50);
          log.push('end');
        };
      };
      const { invocations } = await run({ handler: { load }, mapping: { batchSize: 1 }, environments: 1, ...options });
      return { log, invocations };
    };

    test('stand still between their invocations', async () => {
      const records = [order('a'), order('b', 60)];
      expect((await leavingWork({ shards: [{ records }] })).log).toEqual(['start', 'end', 'start', 'left over', 'end']);
    });

    test('end with all that goes on in them, in the middle of their work if a fault says so', async () => {
      const records = [order('a'), order('b', 60)];
      let invocation = 0;
      // The second is over after 50 ms, and spared.
      const { log, invocations } = await leavingWork({ shards: [{ records }], faults: { crash: () => ++invocation === 1 ? 20 : 70 } });
      expect(log).toEqual(['start', 'start', 'end', 'start', 'left over', 'end']);
      expect(invocations.map(({ durationMs, error }) => [durationMs, error?.errorType])).toEqual([
        [20, 'Runtime.ExitError'], [50, undefined], [50, undefined],
      ]);
    });
  });
});

describe('faults', () => {
  const once = () => {
    let struck = false;
    return () => !struck && (struck = true);
  };

  test('a throttled invocation never ran, and uses no retry', async () => {
    const { invocations, failed, metrics } = await run({ mapping: { retryAttempts: 0 }, faults: { throttle: once() } });
    expect([invocations.length, failed.length]).toEqual([1, 0]);
    expect(metrics.FailedInvokeEventCount).toBe(3);
  });

  test('after a crash the work is done, but nobody knows', async () => {
    const done: string[] = [];
    const { invocations } = await run({
      mapping: { bisectBatchOnError: false }, faults: { crash: once() }, handler: (event: StreamEvent) => void done.push(...event.Records.map(idOf)),
    });
    expect(invocations.map(({ error }) => error?.errorType)).toEqual(['Runtime.ExitError', undefined]);
    expect(done).toHaveLength(6);
  });

  test('a timeout comes when the time is up', async () => {
    const { invocations } = await run({ mapping: { bisectBatchOnError: false }, faults: { timeout: once() } });
    expect(invocations.map(({ durationMs }) => durationMs)).toEqual([60_000, 0]);
  });

  test('latency beyond the timeout is a timeout', async () => {
    const { invocations } = await run({ timeout: 1, mapping: { retryAttempts: 0, bisectBatchOnError: false }, faults: { latency: 1500 } });
    expect(invocations).toMatchObject([{ durationMs: 1000, error: { errorType: 'Sandbox.Timedout' } }]);
  });

  test('what the destination refuses is lost', async () => {
    const records = orders(2);
    const { lost, failed, metrics } = await run({
      shards: [{ records }], mapping: { retryAttempts: 0 }, handler: () => {
        throw new Error('no');
      }, faults: { refuse: once() },
    });
    expect(lost).toEqual([records[0]]);
    expect(failed).toHaveLength(1);
    expect(metrics.DroppedEventCount).toBe(1);
  });

  test('a shard that is split goes on in two, each item in one of them, after the first', async () => {
    const records = Array.from({ length: 40 }, (_, index) => order(`order-${index % 4}`, index));
    const seen: string[] = [];
    const { invocations, lost } = await run({
      shards: [{ records, shardId: 'a' }], faults: { reshards: [{ at: 20 }] }, handler: (event: StreamEvent) => void seen.push(...event.Records.map(idOf)),
    });
    expect(new Set(invocations.map(({ shardId }) => shardId))).toEqual(new Set(['a', 'a-0', 'a-1']));
    const later = invocations.slice(20);
    const side = (item: string) => new Set(later.filter(({ event }) => event.Records.map(idOf).includes(item)).map(({ shardId }) => shardId));
    expect(['order-0', 'order-1', 'order-2', 'order-3'].map((item) => side(item).size)).toEqual([1, 1, 1, 1]);
    expect([seen.length, lost.length]).toEqual([40, 0]);
  });
});

describe('losses', () => {
  test('without a destination, what is given up is lost', async () => {
    const records = orders(3);
    const { lost } = await run({
      shards: [{ records }], mapping: { onFailure: 'none', retryAttempts: 0 }, handler: () => {
        throw new Error('no');
      },
    });
    expect(lost).toEqual(records);
  });

  test('a report that the mapping ignores loses what it names', async () => {
    const records = orders(3);
    const { lost } = await run({
      shards: [{ records }],
      mapping: { reportBatchItemFailures: false },
      handler: () => ({ batchItemFailures: [{ itemIdentifier: records[1].dynamodb!.SequenceNumber }] }),
    });
    expect(lost).toEqual([records[1]]);
  });

  test('LATEST misses what is there when the mapping starts', async () => {
    const records = [order('a'), order('b', 10)];
    const { invocations, lost } = await run({ shards: [{ records }], mapping: { startingPosition: 'LATEST' } });
    expect(invocations.map(({ event }) => event.Records.map(idOf))).toEqual([['b']]);
    expect(lost).toEqual([records[0]]);
  });

  test('a mapping that stays switched off loses everything', async () => {
    expect((await run({ mapping: { enabled: false } })).lost).toHaveLength(3);
  });

  test('a mapping that is switched on too late loses what the stream forgot', async () => {
    const records = [order('a'), order('b', 7200)];
    const { invocations, lost } = await run({
      shards: [{ records }], mapping: { enabled: false, maxRecordAge: 604_800 }, switches: [{ at: 25 * 3600, enabled: true }],
    });
    expect(invocations.map(({ event }) => event.Records.map(idOf))).toEqual([['b']]);
    expect(lost).toEqual([records[0]]);
  });

  test('filtered records are not lost', async () => {
    const { invocations, lost } = await run({ mapping: { filters: [{ dynamodb: { Keys: { id: { S: ['order-1'] } } } }] } });
    expect(invocations.map(({ event }) => event.Records.map(idOf))).toEqual([['order-1']]);
    expect(lost).toEqual([]);
  });
});

describe('with the runtime', () => {
  test('a failed record is tried again after waits that are virtual, a poison one is parked, and nothing else is touched', async () => {
    const calls: string[] = [];
    const handler = streamHandler(async (record) => {
      calls.push((record.keys as any).id);
      if ((record.keys as any).id === 'order-1') {
        throw calls.length < 4 ? new Error('not yet') : new PoisonRecordError('poison');
      }
    });
    const started = Date.now();
    const { invocations, parked, failed, lost } = await run({ handler });
    expect(parked).toMatchObject([{ error: { message: 'poison' }, record: { dynamodb: { Keys: { id: { S: 'order-1' } } } } }]);
    expect([invocations.length, failed.length, lost.length, calls.filter((id) => id !== 'order-1').length]).toEqual([1, 0, 0, 2]);
    expect(invocations[0].durationMs).toBeGreaterThan(0);
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test('a call that hangs ends at the time budget, by the virtual clock', async () => {
    let calls = 0;
    const handler = streamHandler(async () => {
      if (++calls === 1) {
        await new Promise(() => undefined);
      }
    });
    const { invocations, lost } = await run({ handler, shards: [{ records: orders(1) }], timeout: 20 });
    expect(invocations[0].durationMs).toBeGreaterThan(18_000);
    expect(invocations[0].durationMs).toBeLessThan(20_000);
    expect(invocations[0].response).toMatchObject({ batchItemFailures: [{}] });
    expect(lost).toEqual([]);
  });

  test('a destination that refuses parked records makes the record the checkpoint', async () => {
    const handler = streamHandler(() => {
      throw new PoisonRecordError('poison');
    });
    const { parked, failed, logs } = await run({
      handler, shards: [{ records: orders(1) }], mapping: { retryAttempts: 1 }, faults: { refuse: ({ message }) => 'kind' in message },
    });
    expect(parked).toEqual([]);
    expect(failed).toHaveLength(1);
    expect(JSON.parse(logs[0])).toMatchObject({ outcome: 'not parked: RefusedByFaults', item: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  test('windows are aggregated to their final invocation', async () => {
    const totals: unknown[] = [];
    const handler = windowHandler({
      initialState: () => ({ count: 0 }),
      onRecord: (state: { count: number }) => ({ count: state.count + 1 }),
      onWindowEnd: (state: { count: number }) => void totals.push(state),
    } as any);
    await run({ handler, mapping: { tumblingWindow: 60, batchSize: 2 } });
    expect(totals).toEqual([{ count: 3 }]);
  });
});

test('items stand for their insertion', async () => {
  const { invocations } = await run({ shards: [{ records: [{ id: 'a', total: 5 }, { id: 'b', total: 7 }] }] });
  expect(invocations[0].event.Records.map(({ eventName, dynamodb }) => [eventName, dynamodb!.Keys, dynamodb!.NewImage])).toEqual([
    ['INSERT', { id: { S: 'a' } }, { id: { S: 'a' }, total: { N: '5' } }],
    ['INSERT', { id: { S: 'b' } }, { id: { S: 'b' }, total: { N: '7' } }],
  ]);
});

test('an iterator age is the age of the last record when the invocation starts', async () => {
  const { invocations } = await run({ mapping: { maxBatchingWindow: 30 }, shards: [{ records: [order('a'), order('b', 10)] }] });
  expect(invocations.map(({ iteratorAgeMs }) => iteratorAgeMs)).toEqual([20_000]);
});

test('at an S3 destination the object key comes with the delivery', async () => {
  const { deliveries } = await run({
    mapping: { onFailure: 's3', retryAttempts: 0, bisectBatchOnError: false }, handler: () => {
      throw new Error('no');
    },
  });
  expect(deliveries[0].objectKey).toMatch(/^aws\/lambda\/[0-9a-f-]{36}\/shardId-0{20}\/2025\/01\/01\/2025-01-01T00\.00\.00-[0-9a-f-]{36}$/);
});
