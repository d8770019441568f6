import { batchOf, position, record, STREAM_ARN } from './records';
import { VirtualLambda } from './virtual-lambda';
import { type BatchResponse, type RuntimeEvent, type StreamHandlerOptions, PoisonRecordError, streamHandler } from '../../lib/runtime';
import { type Host, HOST } from '../../lib/stream/boundary';
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
      park: async (poison: ParkedRecord) => {
        parked.push(poison);
      },
      now: () => 1_700_000_000_000,
      sleep: async (milliseconds: number) => {
        waits.push(milliseconds);
      },
      random: () => 1,
      ...overrides,
    },
  };
  return { parked, waits, context };
}

/** Its methods by themselves. */
const bound = (lambda: VirtualLambda) => ({ invoke: lambda.invoke.bind(lambda) as VirtualLambda['invoke'], sleep: lambda.sleep, now: lambda.now });

let lines: any[];
beforeEach(() => {
  lines = [];
  jest.spyOn(console, 'error').mockImplementation((line) => {
    lines.push(JSON.parse(line));
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('retry in place', () => {
  test('a record is tried three times, with growing waits', async () => {
    const { waits, context } = host();
    const attempts: number[] = [];
    const handler = streamHandler((_, { attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) {
        throw new Error('not yet');
      }
    });
    expect(reported(await handler(batchOf('a'), context))).toEqual([]);
    expect(attempts).toEqual([1, 2, 3]);
    expect(waits).toEqual([100, 200]);
  });

  test('the wait is a random part of a bounded one', async () => {
    const { waits, context } = host({ random: () => 0.5 });
    const handler = streamHandler({
      onRecord: () => {
        throw new Error('no');
      }, retry: { maxAttempts: 5, baseDelay: 400, maxDelay: 1_000 },
    });
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
    await streamHandler({
      ...options, onRecord: () => {
        calls++; throw error;
      },
    })(batchOf('a'), context);
    expect(calls).toBe(1);
    expect(parked).toHaveLength(1);
  });

  test('an isRetryable that throws is taken for yes, and costs no order', async () => {
    const { parked, context } = host();
    const calls: number[] = [];
    const handler = streamHandler({
      isRetryable: (error) => (error as Error).message === 'temporary',
      onRecord: (change) => {
        calls.push(at(change)); if (at(change) === 0) {
          throw undefined;
        }
      },
    });
    expect(reported(await handler(batchOf('a', 'a'), context))).toEqual([]);
    expect(calls).toEqual([0, 0, 0, 1]);
    expect(parked).toHaveLength(1);
  });

  test('what failed last, and when, is what is parked', async () => {
    const parked: ParkedRecord[] = [];
    const { invoke, sleep, now } = bound(new VirtualLambda({
      park: async (poison) => {
        parked.push(poison);
      },
    }));
    const start = now();
    const handler = streamHandler(async (_, { attempt }) => {
      await sleep(1_000); throw new Error(`try ${attempt}`);
    });
    await invoke(handler, batchOf('a'), 60_000);
    expect(parked).toMatchObject([{ error: { message: 'try 3' }, tries: 3 }]);
    // Three calls of a second, with waits of 100 and 200 ms.
    expect([parked[0].firstTriedAt, parked[0].lastTriedAt].map((time) => Date.parse(time) - start)).toEqual([1_000, 3_300]);
  });

  test('a wait that would outlast the time is not begun', async () => {
    const { invoke, now } = bound(new VirtualLambda());
    const start = now();
    const handler = streamHandler({
      retry: { baseDelay: 5_000, maxDelay: 5_000 }, onRecord: () => {
        throw new Error('no');
      },
    });
    expect(reported(await invoke(handler, batchOf('a'), 3_000))).toEqual([0]);
    expect(now()).toBe(start);
  });

  test('a wait that outlasts the time is followed by no try', async () => {
    let left = 10_000;
    const { context } = host({
      sleep: async () => {
        left = 0;
      },
    });
    let calls = 0;
    const handler = streamHandler(() => {
      calls++; throw new Error('no');
    });
    expect(reported(await handler(batchOf('a'), { ...context, getRemainingTimeInMillis: () => left }))).toEqual([0]);
    expect(calls).toBe(1);
    expect(lines).toEqual([expect.objectContaining({ outcome: 'out of time' })]);
  });
});

describe('parking', () => {
  const poison = (message = 'secret in the message') => streamHandler({
    onRecord: () => {
      throw new TypeError(message);
    },
  });

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

  test.each<[string, unknown]>([
    ['an error without a stack', { name: 'Rpc', message: 'm', stack: null }],
    ['an error that can\'t be read', {
      get name() {
        throw new Error('in the getter');
      },
    }],
    ['an error that can\'t be printed', { message: { toString: null, valueOf: null } }],
    ['an error whose issues are a circle', new PoisonRecordError('bad', {
      issues: [((circle: any) => {
        circle.self = circle; return circle;
      })({})],
    })],
    ['nothing', undefined],
  ])('%s is parked like any other', async (_, thrown) => {
    const { parked, context } = host();
    expect(reported(await streamHandler(() => {
      throw thrown;
    })(batchOf('a'), context))).toEqual([]);
    expect(() => JSON.stringify(parked)).not.toThrow();
    expect(lines).toEqual([expect.objectContaining({ outcome: 'parked' })]);
  });

  test('the text of an error does not make a record too large to be parked', async () => {
    const { parked, context } = host();
    const issues = Array.from({ length: 1_000 }, (_, line) => ({ message: 'x'.repeat(1_000), path: [BigInt(line)] }));
    const handler = streamHandler(() => {
      throw new PoisonRecordError('y'.repeat(1_000_000), { issues });
    });
    await handler(batchOf('a'), context);
    expect(JSON.stringify(parked[0]).length).toBeLessThan(30_000);
    expect(parked[0].error.issues![1]).toEqual({ message: 'x'.repeat(1_000), path: ['1'] });
  });

  test.each<[string, unknown]>([
    ['that is an image', { name: 'secret', stack: 'at secret' }],
    ['whose message was changed', Object.assign(new Error('look at secret'), { message: 'changed' })],
    ['whose message looks like a stack', new Error('no\n    at secret (of the item)')],
    ['with data for a name', Object.assign(new Error('no'), { name: 'secret of the item' })],
  ])('of an error %s nothing is printed', async (_, thrown) => {
    const { context } = host();
    await streamHandler(() => {
      throw thrown;
    })(batchOf('a'), context);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('of a destination that refuses, the error\'s name and code are printed', async () => {
    const refusal = Object.assign(new Error('Invalid body: secret'), { name: 'InvalidMessageContents', code: 'E400' });
    const { context } = host({
      park: async () => {
        throw refusal;
      },
    });
    await poison()(batchOf('a'), context);
    expect(lines).toEqual([expect.objectContaining({ outcome: 'not parked: InvalidMessageContents E400' })]);
  });

  test('of a destination that refuses with data for a code, nothing of it is printed', async () => {
    const { context } = host({
      park: async () => {
        throw Object.assign(new Error('secret'), { name: 'no secret name', code: 'a secret code' });
      },
    });
    await poison()(batchOf('a'), context);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('the rest of its lane goes on', async () => {
    const { context } = host();
    const done: number[] = [];
    const handler = streamHandler((change) => {
      if (at(change) === 0) {
        throw new Error('no');
      } done.push(at(change));
    });
    expect(reported(await handler(batchOf('a', 'a', 'b'), context))).toEqual([]);
    expect(done.sort()).toEqual([1, 2]);
  });

  test.each<[string, object, object]>([
    ['nothing takes parked records', {}, { park: undefined }],
    ['parking is off', { park: false }, {}],
    ['the destination refuses', {}, {
      park: async () => {
        throw new Error('AccessDenied');
      },
    }],
  ])('where %s it is the checkpoint', async (_, options, overrides) => {
    const { context } = host(overrides);
    const handler = streamHandler({
      ...options, onRecord: (change) => {
        if (at(change) === 1) {
          throw new Error('no');
        }
      },
    });
    expect(reported(await handler(batchOf('a', 'b', 'c'), context))).toEqual([1]);
    expect(lines).toHaveLength(1);
  });

  test('an outage parks at most ten records, loses none, and ends when one record is done', async () => {
    const { parked, context } = host();
    let outage = true;
    const done: number[] = [];
    const handler = streamHandler((change) => {
      if (outage) {
        throw new Error('down');
      } done.push(at(change));
    });
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

  test('one record that is done makes place for as many parked ones again', async () => {
    const { parked, context } = host();
    const handler = streamHandler({
      concurrency: 1, maxParkedInARow: 2, onRecord: (change) => {
        if (at(change) % 3 < 2) {
          throw new PoisonRecordError('bad');
        }
      },
    });
    expect(reported(await handler(batchOf(...Array(9).keys()), context))).toEqual([]);
    expect(parked).toHaveLength(6);
  });

  test('records that a destination refused take no place', async () => {
    let refuses = true;
    const parked: string[] = [];
    const { context } = host({
      park: async ({ record: { eventID } }) => {
        if (refuses) {
          throw new Error('AccessDenied');
        } parked.push(eventID!);
      },
    });
    const handler = streamHandler({
      maxParkedInARow: 1, onRecord: () => {
        throw new PoisonRecordError('bad');
      },
    });
    for (let delivery = 1; delivery <= 3; delivery++) {
      expect(reported(await handler(batchOf('a'), context))).toEqual([0]);
    }
    refuses = false;
    expect(reported(await handler(batchOf('a'), context))).toEqual([]);
    expect(parked).toEqual(['event-0']);
  });

  test('changes that nobody handles don\'t make an outage look over', async () => {
    const { parked, context } = host();
    const handler = streamHandler({
      concurrency: 1, onInsert: () => {
        throw new PoisonRecordError('down');
      },
    });
    const Records = Array.from({ length: 100 }, (_, index) => record(index, index, { eventName: index % 2 ? 'MODIFY' : 'INSERT' }));
    expect(reported(await handler({ Records }, context))).toEqual([20]);
    expect(parked).toHaveLength(10);
  });

  test('records on their way to be parked count, also when one is done before they get there', async () => {
    const parked: string[] = [];
    const { context } = host({
      park: async (poisoned) => {
        await new Promise((resolve) => setTimeout(resolve, 10)); parked.push(poisoned.record.eventID!);
      },
    });
    const handler = streamHandler({
      maxParkedInARow: 2,
      concurrency: 3,
      onRecord: async (change) => {
        if (at(change) !== 2) {
          throw new PoisonRecordError('down');
        }
        await Promise.resolve();
      },
    });
    expect(reported(await handler(batchOf('a', 'b', 'c', 'd', 'e'), context))).toEqual([3]);
    expect(parked.sort()).toEqual(['event-0', 'event-1']);
  });

  test('a record whose parking outlasts its invocation is skipped, and does not end an outage', async () => {
    let accept!: () => void;
    const parked: string[] = [];
    const lambda = new VirtualLambda({
      park: async (poisoned) => {
        parked.push(poisoned.record.eventID!);
        if (parked.length === 1) {
          await new Promise<void>((resolve) => {
            accept = resolve;
          });
        }
      },
    });
    const skipped: string[] = [];
    const handler = streamHandler({
      maxParkedInARow: 1,
      onRecord: () => {
        throw new PoisonRecordError('down');
      },
      observer: (event) => {
        if (event.type === 'recordSkipped') {
          skipped.push(event.record.eventID!);
        }
      },
    });
    expect(reported(await lambda.invoke(handler, batchOf('a'), 300))).toEqual([0]);
    const again = lambda.invoke(handler, batchOf('a', 'a'), 300);
    accept();
    expect(reported(await again)).toEqual([1]);
    expect(skipped).toEqual(['event-0']);
    expect(parked).toEqual(['event-0']);
  });
});

describe('the time budget', () => {
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
    ['an error', new Error('real bug'), { outcome: 'out of time', error: 'Error' }, [0]],
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
});

describe('memory', () => {
  const failingOnce = (failAt: number) => {
    const calls: number[] = [];
    const handler = streamHandler({
      retry: { maxAttempts: 1 },
      park: false,
      onRecord: (change) => {
        calls.push(at(change)); if (at(change) === failAt && calls.filter((one) => one === failAt).length === 1) {
          throw new Error('no');
        }
      },
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

  test('what is done of redriven records is not remembered', async () => {
    const { calls, handler } = failingOnce(0);
    await handler({ ...batchOf('a', 'b'), redriven: true } as any);
    await handler(batchOf('a', 'b'));
    expect(calls).toEqual([0, 1, 0, 1]);
  });

  test('a redriven record is done again', async () => {
    const { calls, handler } = failingOnce(1);
    await handler(batchOf('a', 'b', 'c'));
    await handler({ Records: [record(2, 'c')], redriven: true } as any);
    expect(calls).toEqual([0, 1, 2, 2]);
  });

  test('another eventID, number or stream is another record', async () => {
    const { calls, handler } = failingOnce(1);
    await handler(batchOf('a', 'b', 'c'));
    await handler({ Records: [{ ...record(3, 'c'), eventID: 'event-2' }] });
    await handler({ Records: [{ ...record(2, 'c'), eventSourceARN: 'arn:other' }] });
    await handler({ Records: [{ ...record(2, 'c'), eventID: 'event-9' }] });
    expect(calls).toEqual([0, 1, 2, 3, 2, 2]);
  });
});

test('an observer sees the course of a batch, and can do no harm', async () => {
  const { context } = host();
  const events: RuntimeEvent[] = [];
  jest.spyOn(console, 'error').mockImplementation();
  const handler = streamHandler({
    onRecord: (change) => {
      if (at(change) === 0) {
        throw new Error('no');
      }
    },
    retry: { maxAttempts: 2 },
    observer: (event) => {
      events.push(event); throw new Error('in the observer');
    },
  });
  expect(reported(await handler(batchOf('a', 'b'), context))).toEqual([]);
  expect(events.map(({ type }) => type).sort()).toEqual(['batchStarted', 'checkpoint', 'recordDone', 'recordParked', 'recordRetried']);
});

test('an observer whose promise rejects can do no harm either', async () => {
  const printed: unknown[] = [];
  jest.spyOn(console, 'error').mockImplementation((error) => {
    printed.push(error);
  });
  const handler = streamHandler({
    onRecord: () => undefined, observer: async () => {
      throw new Error('in the observer');
    },
  });
  expect(reported(await handler(batchOf('a')))).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(printed).toContainEqual(expect.objectContaining({ message: 'in the observer' }));
});
