import * as fc from 'fast-check';
import { PoisonRecordError, streamHandler } from '../../lib/runtime';
import { type SimulationOptions, simulateTrigger, streamRecord } from '../../lib/testing';
import { runs } from '../runs';

const recordsOf = (count: number) => Array.from({ length: count }, (_, n) => streamRecord({ newImage: { id: `order-${n}` } }));
const run = (options: Partial<SimulationOptions>) => simulateTrigger({ handler: () => null, shards: [{ records: recordsOf(1) }], ...options });

describe('a share above 0', () => {
  test.each(['throttle', 'crash', 'timeout', 'redeliver'] as const)('of %s strikes at least once, also if there is one invocation', async (fault) => {
    for (const share of [1e-9, 0.01, 0.5]) {
      const { faults, metrics, invocations, lost } = await run({ faults: { [fault]: share } });
      expect(faults).toEqual({ throttle: 0, crash: 0, timeout: 0, redeliver: 0, refuse: 0, [fault]: faults[fault] });
      expect(faults[fault]).toBeGreaterThanOrEqual(1);
      expect(metrics.InvokedEventCount + faults.redeliver).toBeGreaterThan(1);
      expect([invocations.length > (fault === 'throttle' ? 0 : 1), lost]).toEqual([true, []]);
    }
  });

  test('of refuse strikes a failed batch, and what the runtime parks', async () => {
    const fails = await run({
      faults: { refuse: 1e-9 }, mapping: { retryAttempts: 0 }, handler: () => {
        throw new Error('no');
      },
    });
    expect([fails.faults.refuse, fails.failed, fails.lost.length]).toEqual([1, [], 1]);
    const parks = await run({
      faults: { refuse: 1e-9 }, handler: streamHandler(() => {
        throw new PoisonRecordError('no');
      }),
    });
    expect([parks.faults.refuse, parks.parked.length, parks.lost]).toEqual([1, 1, []]);
  });

  test('of 0 never strikes, and 1 always does', async () => {
    const shards = [{ records: recordsOf(50) }];
    const never = await run({ shards, mapping: { batchSize: 1 }, faults: { throttle: 0, crash: 0, timeout: 0, redeliver: 0 } });
    expect(never.faults).toEqual({ throttle: 0, crash: 0, timeout: 0, redeliver: 0, refuse: 0 });
    const always = await run({ shards, mapping: { batchSize: 1 }, faults: { redeliver: 1 } });
    expect([always.faults.redeliver, always.invocations.length]).toEqual([50, 100]);
  });

  test('strikes about as often as it says, if there are many occasions', async () => {
    const { faults } = await run({ shards: [{ records: recordsOf(2000) }], mapping: { batchSize: 1 }, faults: { redeliver: 0.2 } });
    expect(faults.redeliver / 2000).toBeGreaterThan(0.17);
    expect(faults.redeliver / 2000).toBeLessThan(0.23);
  });

  test('each fault that is reported as struck is in the invocations', async () => {
    const share = fc.constantFrom(0, 1e-9, 0.4);
    const anyFaults = fc.record({ throttle: share, crash: share, timeout: share, redeliver: share });
    await fc.assert(fc.asyncProperty(anyFaults, fc.integer({ min: 1, max: 12 }), fc.nat({ max: 1000 }), async (given, count, seed) => {
      const { faults, invocations, metrics } = await run({
        shards: [{ records: recordsOf(count) }],
        mapping: { batchSize: 2, retryAttempts: 5, bisectBatchOnError: false },
        faults: given, seed, timeout: 3,
      });
      const errors = invocations.map(({ error }) => error?.errorType);
      expect(faults.crash).toBe(errors.filter((type) => type === 'Runtime.ExitError').length);
      expect(faults.timeout).toBe(errors.filter((type) => type === 'Sandbox.Timedout').length);
      const seen = invocations.reduce((sum, { event }) => sum + event.Records.length, 0);
      expect(faults.throttle > 0).toBe(given.throttle > 0);
      expect(faults.redeliver > 0 || seen <= metrics.InvokedEventCount).toBe(true);
      expect(faults.redeliver > 0).toBe(given.redeliver > 0 && errors.includes(undefined));
    }), runs(20));
  });

  test('a crash that comes too late for an invocation has not struck', async () => {
    const { faults } = await run({ faults: { crash: () => 5000 } });
    expect(faults.crash).toBe(0);
  });
});

describe('a handler that remembers in its process what it has done, and nowhere else', () => {
  /** How often orders are done that were done before. */
  const doneTwice = async (options: Partial<SimulationOptions>, fail: (id: unknown) => boolean = () => false) => {
    const done: unknown[] = [];
    const load = () => {
      const seen = new Set<unknown>();
      return streamHandler({
        park: false,
        retry: { maxAttempts: 1 },
        onRecord: ({ keys: { id } }) => {
          if (fail(id)) {
            throw new Error('not yet');
          }
          if (!seen.has(id)) {
            seen.add(id);
            done.push(id);
          }
        },
      });
    };
    const { lost } = await run({ handler: { load }, shards: [{ records: recordsOf(5) }], ...options });
    expect([new Set(done).size, lost]).toEqual([5, []]);
    return done.length - 5;
  };

  test.each(Array.from({ length: 20 }, (_, seed) => seed))('is found out by one redelivery, with seed %i', async (seed) => {
    expect(await doneTwice({ faults: { redeliver: 1e-9 }, seed })).toBe(5);
    expect(await doneTwice({ faults: { crash: 1e-9 }, seed })).toBe(5);
  });

  test.each(Array.from({ length: 20 }, (_, seed) => seed))('is found out by one failure beside it, without any fault, with seed %i', async (seed) => {
    let fails = 1;
    expect(await doneTwice({ seed, mapping: { bisectBatchOnError: false } }, (id) => id === 'order-0' && fails-- > 0)).toBeGreaterThan(0);
  });

  test('is not found out where one environment serves all', async () => {
    expect(await doneTwice({ faults: { redeliver: 0.5 }, environments: 1 })).toBe(0);
  });
});

describe('a function that decides', () => {
  const failing = () => {
    throw new Error('no');
  };
  const cases = ['throttle', 'crash', 'timeout', 'redeliver', 'refuse'] as const;
  const decided = (fault: typeof cases[number], decide: () => unknown) => run({
    faults: { [fault]: decide }, mapping: { retryAttempts: 0 }, ...(fault === 'refuse' && { handler: failing }),
  } as Partial<SimulationOptions>);

  describe.each(cases)('on %s', (fault) => {
    test.each<[string, () => unknown, string]>([
      ['nothing', () => undefined, 'undefined'],
      ['null', () => null, 'null'],
      ['text', () => 'yes', '"yes"'],
      ['a promise', async () => false, 'a promise'],
      ...(fault === 'crash' ? [] : [['a number', () => 1, '1'] as [string, () => unknown, string]]),
    ])('must not return %s', async (_, decide, given) => {
      const error = await decided(fault, decide).catch((caught) => caught);
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`faults.${fault} returned ${given} but must return true, false`);
    });

    test('counts only what struck', async () => {
      expect((await decided(fault, () => false)).faults[fault]).toBe(0);
    });

    test('fails the simulation when it throws', async () => {
      await expect(decided(fault, () => {
        throw new Error('of the test');
      })).rejects.toThrow('of the test');
    });
  });

  test('fails the simulation also when it throws where the runtime parks, and after an error that nothing caught', async () => {
    const refuse = () => {
      throw new Error('of the test');
    };
    await expect(run({
      faults: { refuse }, handler: streamHandler(() => {
        throw new PoisonRecordError('no');
      }),
    })).rejects.toThrow('of the test');
    await expect(run({
      faults: { refuse }, mapping: { retryAttempts: 0 }, handler: async () => {
        void Promise.reject(new Error('forgotten'));
        await new Promise(() => undefined);
      },
    })).rejects.toThrow('of the test');
  });
});
