import * as fc from 'fast-check';
import { at, host, logged, reported } from './host';
import { batchOf, record, sequenceNumber } from './records';
import { VirtualLambda } from './virtual-lambda';
import { withoutStack } from './without-stack';
import { type ChangeRecord, InvalidEventError, PoisonRecordError, type StreamHandlerOptions, streamHandler, TransientError } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';
import { simulateTrigger, streamRecord } from '../../lib/testing';
import { runs } from '../runs';

logged();

type Bulk = Partial<Omit<StreamHandlerOptions, 'onRecord'>>;

/** A handler that writes down its calls, by the positions of their records. */
function recording(onRecords: (records: readonly ChangeRecord[]) => any, options: Bulk = {}) {
  const calls: number[][] = [];
  const handler = streamHandler({
    ...options,
    onRecords: async (records) => {
      calls.push(records.map(at));
      return onRecords(records);
    },
  });
  return { handler, calls };
}

const named = (records: readonly ChangeRecord[], position: number) => records.filter((change) => at(change) === position);

test('records come in chunks, no two of an item in one', async () => {
  const { handler, calls } = recording(() => undefined, { chunkSize: 3 });
  expect(reported(await handler(batchOf('a', 'b', 'a', 'c', 'd', 'a', 'e')))).toEqual([]);
  expect(calls).toEqual([[0, 1, 3], [4, 6, 2], [5]]);
});

test('records of one chunk are a call, of which several are made at once', async () => {
  let running = 0;
  let most = 0;
  const { handler, calls } = recording(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
  }, { chunkSize: 10, concurrency: 2 });
  await handler(batchOf(...Array(100).keys()));
  expect([most, calls.length]).toEqual([2, 10]);
});

test('those that it returns failed, and only they are tried again', async () => {
  const { context } = host();
  let left = 2;
  const { handler, calls } = recording((records) => left-- > 0 ? named(records, 1).map((change) => ({ record: change, error: new Error('refused') })) : undefined);
  expect(reported(await handler(batchOf('a', 'b', 'c', 'b'), context))).toEqual([]);
  expect(calls).toEqual([[0, 1, 2], [1], [1], [3]]);
});

test.each<[string, (change: ChangeRecord) => unknown]>([
  ['the record', (change) => change],
  ['its copy', (change) => ({ ...change.toObject() })],
  ['an object with its sequence number', ({ sequenceNumber: number }) => ({ sequenceNumber: number })],
])('it names a failed record by %s', async (_, nameOf) => {
  const { parked, context } = host();
  const { handler } = recording((records) => named(records, 1).map((change) => ({ record: nameOf(change), error: new PoisonRecordError('bad') })));
  expect(reported(await handler(batchOf('a', 'b', 'c'), context))).toEqual([]);
  expect(parked.map((poison) => poison.record.eventID)).toEqual(['event-1']);
});

test('a chunk that throws is halved until the record is alone, before anything is judged', async () => {
  const { parked, context } = host();
  const { handler, calls } = recording((records) => {
    if (named(records, 5).length > 0) {
      throw new PoisonRecordError('bad');
    }
  });
  expect(reported(await handler(batchOf(...Array(8).keys()), context))).toEqual([]);
  expect(calls).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [4, 5, 6, 7], [4, 5], [4], [5], [6, 7]]);
  expect(parked.map((poison) => poison.record.eventID)).toEqual(['event-5']);
});

test.each([[undefined], [{ '~standard': { version: 1, vendor: 'v', validate: (value: any) => ({ value }) } } as any]])(
  'what a call changed in its records, the calls of the halves do not see (schema: %j)', async (schema) => {
    const { context } = host();
    const sent: unknown[] = [];
    const handler = streamHandler<{ total: number }>({
      schema, onRecords: (records) => {
        records.forEach(({ newImage }) => {
          newImage!.total *= 100;
        });
        if (records.length > 1) {
          throw new RangeError('too large');
        }
        sent.push(records[0].newImage!.total);
      },
    });
    const Records = [1, 2, 3, 4].map((n) => record(n, n, { newImage: { total: n } }));
    expect(reported(await handler({ Records }, context))).toEqual([]);
    expect(sent).toEqual([100, 200, 300, 400]);
  },
);

test('after a transient error all of the chunk has failed: halves would fail too', async () => {
  const { parked, context } = host();
  const { handler, calls } = recording(() => {
    throw new TransientError('closed');
  }, { retry: { maxAttempts: 2 } });
  expect(reported(await handler(batchOf('a', 'b', 'c'), context))).toEqual([0]);
  expect([calls, parked]).toEqual([[[0, 1, 2], [0, 1, 2]], []]);
});

test('an unknown failure of one record among others is parked by the evidence', async () => {
  const { parked, context } = host();
  const { handler } = recording((records) => {
    if (named(records, 3).length > 0) {
      throw new TypeError('no name');
    }
  });
  expect(reported(await handler(batchOf(...Array(50).keys()), context))).toEqual([]);
  expect(parked.map((poison) => poison.record.eventID)).toEqual(['event-3']);
});

test.each<[string, unknown]>([
  ['what an SDK answers', { FailedPutCount: 1 }], ['a list of records', [{ sequenceNumber: sequenceNumber(0) }]], ['a text', 'no'], ['a list of nothing', [null]],
  ['a record that it did not get', [{ record: { sequenceNumber: '7' }, error: new Error() }]],
])('where it returns %s, no record counts as done, and the error says what it must return', async (_, answer) => {
  const { context } = host();
  const errors: any[] = [];
  const { handler, calls } = recording(() => answer, {
    retry: { maxAttempts: 1 }, observer: (event) => {
      errors.push(...event.type === 'recordFailed' ? [event.error] : []);
    },
  });
  expect(reported(await handler(batchOf('a', 'b'), context))).toEqual([0]);
  expect(calls).toEqual([[0, 1]]);
  expect(errors[0].message).toMatch(/^What onRecords returns is .+ but must be nothing, or a list of \{ record, error \} of records that it got$/);
});

test('what does not fit the schema is parked without a call, and the others come as the schema makes them', async () => {
  const { parked, context } = host();
  const schema: any = { '~standard': { version: 1, vendor: 'v', validate: async (value: any) => value.bad ? { issues: [{ message: 'bad' }] } : { value: { nice: value } } } };
  const images: unknown[] = [];
  const handler = streamHandler({
    schema, onRecords: (records) => {
      images.push(records.map(({ newImage }) => newImage));
    },
  });
  const Records = [1, 2, 3].map((n) => record(n, n, { newImage: { n, ...n === 2 && { bad: true } } }));
  expect(reported(await handler({ Records }, context))).toEqual([]);
  expect(images).toEqual([[{ nice: { n: 1 } }, { nice: { n: 3 } }]]);
  expect(parked.map((poison) => poison.record.eventID)).toEqual(['event-2']);
});

test('its context counts the tries of the record that was tried most', async () => {
  const attempts: number[] = [];
  const handler = streamHandler({
    onRecords: (records, { attempt }) => {
      attempts.push(attempt);
      return attempt < 3 ? named(records, 0).map((change) => ({ record: change, error: new Error() })) : undefined;
    },
  });
  await handler(batchOf('a', 'b'), host().context);
  expect(attempts).toEqual([1, 2, 3]);
});

test('a call that ignores the signal is abandoned; what it did is taken over when its records come again', async () => {
  const lambda = new VirtualLambda();
  let calls = 0;
  const handler = streamHandler({
    chunkSize: 2,
    concurrency: 1,
    onRecords: async () => {
      calls++;
      await lambda.sleep(calls === 1 ? 3_000 : 10);
    },
  });
  expect(reported(await lambda.invoke(handler, batchOf('a', 'b', 'c'), 2_000))).toEqual([0]);
  expect(calls).toBe(1);
  expect(reported(await lambda.invoke(handler, batchOf('a', 'b', 'c'), 2_000))).toEqual([]);
  expect(calls).toBe(2);
});

test('one call with many records that takes longer than the timeout does not end the process; two that never settle do', async () => {
  let exits = 0;
  const lambda = new VirtualLambda({ exit: () => exits++ });
  const slow = streamHandler({ onRecords: async () => lambda.sleep(3_000) });
  await lambda.invoke(slow, batchOf('a', 'b', 'c'), 2_000);
  expect(reported(await lambda.invoke(slow, batchOf('a', 'b', 'c'), 2_000))).toEqual([]);
  expect(exits).toBe(0);
  const stuck = streamHandler({ chunkSize: 1, onRecords: async () => new Promise<void>(() => undefined) });
  void lambda.invoke(stuck, batchOf('a', 'b', 'c'), 2_000).catch(() => undefined);
  while (exits === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(exits).toBe(1);
});

describe('in the order of the shard', () => {
  test('records run one after another, and the first failure stops the batch', async () => {
    const done: number[] = [];
    const handler = streamHandler({
      order: 'shard', park: false, retry: { maxAttempts: 1 }, onRecord: (change) => {
        if (at(change) === 2) {
          throw new Error('no');
        }
        done.push(at(change));
      },
    });
    expect(reported(await handler(batchOf('a', 'b', 'c', 'd', 'a'), host().context))).toEqual([2]);
    expect(done).toEqual([0, 1]);
  });

  test('a chunk is a run of records, also of one item', async () => {
    const { handler, calls } = recording(() => undefined, { order: 'shard', chunkSize: 3 });
    await handler(batchOf('a', 'a', 'b', 'a', 'c', 'c', 'c'));
    expect(calls).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  test('what is behind the first that failed is not done, and comes again after it', async () => {
    let left = 1;
    const { handler, calls } = recording((records) => left-- > 0 ? named(records, 2).map((change) => ({ record: change, error: new Error('no') })) : undefined, {
      order: 'shard', chunkSize: 4,
    });
    expect(reported(await handler(batchOf(...Array(6).keys()), host().context))).toEqual([]);
    expect(calls).toEqual([[0, 1, 2, 3], [2], [3, 4, 5]]);
  });

  test('a poison record is parked, and the others go on behind it', async () => {
    const { parked, context } = host();
    const { handler, calls } = recording((records) => {
      if (named(records, 2).length > 0) {
        throw new PoisonRecordError('no');
      }
    }, { order: 'shard', chunkSize: 4 });
    expect(reported(await handler(batchOf(...Array(6).keys()), context))).toEqual([]);
    expect(calls).toEqual([[0, 1, 2, 3], [0, 1], [2, 3], [2], [3, 4, 5]]);
    expect(parked.map((poison) => poison.record.eventID)).toEqual(['event-2']);
  });

  test('what a call did counts, also where it leaves no time for another', async () => {
    const lambda = new VirtualLambda();
    const { handler } = recording(async () => lambda.sleep(1_500), { order: 'shard', chunkSize: 4 });
    expect(reported(await lambda.invoke(handler, batchOf(...Array(6).keys()), 2_000))).toEqual([4]);
  });
});

describe('in the order of partition keys', () => {
  const withKeys = (keys: object[]) => ({
    Records: keys.map((Keys, position) => {
      const raw = record(position);
      return { ...raw, dynamodb: { ...raw.dynamodb, Keys: Object.fromEntries(Object.entries(Keys).map(([name, S]) => [name, { S }])) } };
    }),
  });
  const failingFirst = async (options: object, keys: object[]) => {
    const done: number[] = [];
    const handler = streamHandler({
      order: 'partitionKey', park: false, retry: { maxAttempts: 1 }, ...options, onRecord: (change) => {
        if (at(change) === 0) {
          throw new Error('no');
        }
        done.push(at(change));
      },
    });
    await handler(withKeys(keys), host().context);
    return done.sort();
  };
  const keys = [{ pk: '1', sk: 'a' }, { pk: '1', sk: 'b' }, { pk: '2', sk: 'a' }, { pk: '2', sk: 'c' }, { pk: '3', sk: 'd' }, { sk: 'c', pk: '4' }];

  test('records of one wait for each other', async () => {
    expect(await failingFirst({ partitionKey: 'pk' }, keys)).toEqual([2, 3, 4, 5]);
    expect(await failingFirst({ partitionKey: 'sk' }, keys)).toEqual([1, 3, 4, 5]);
  });

  test('where it is not named, so do those that share either key, directly or by others', async () => {
    expect(await failingFirst({}, keys)).toEqual([4]);
    expect(await failingFirst({}, [{ pk: '1' }, { pk: '2' }, { pk: '1' }])).toEqual([1]);
    expect(await failingFirst({}, [{ pk: 'a', sk: 'b' }, { pk: 'b', sk: 'a' }])).toEqual([1]);
  });

  test('a name that no key has is refused, with the names that they have', async () => {
    await expect(failingFirst({ partitionKey: 'id' }, keys)).rejects.toThrow(new InvalidEventError('partitionKey is id, but the keys of the table are pk, sk: name one of them'));
  });

  test('10,000 records of one lane take no longer than others', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => ({ pk: `${Math.floor(n / 2)}`, sk: `${Math.ceil(n / 2)}` }));
    const from = process.cpuUsage();
    await streamHandler({ order: 'partitionKey', onRecord: () => undefined })(withKeys(many));
    // Microseconds of this process, in which a busy machine makes no difference.
    expect(process.cpuUsage(from).user).toBeLessThan(10_000_000);
  });
});

test.each([[{ order: 'items' }], [{ chunkSize: 0 }], [{ onRecord: () => undefined }]])('the options %j are refused', (options: any) => {
  expect(() => streamHandler({ onRecords: () => undefined, ...options })).toThrowErrorMatchingSnapshot();
});

test.each<[object, string]>([
  [{ chunkSize: 5 }, 'chunkSize is 5, but only onRecords uses it: omit it'],
  [{ partitionKey: 'pk' }, 'partitionKey is "pk", but only order: \'partitionKey\' uses it: omit it'],
  [{ partitionKey: 'pk', order: 'shard' }, 'partitionKey is "pk", but only order: \'partitionKey\' uses it: omit it'],
])('the options %j, of which one would have no effect, are refused by its name', (options, message) => {
  expect(() => streamHandler({ onRecord: () => undefined, ...options })).toThrow(new TypeError(message));
});

test('a chunk may be as large as the batch', async () => {
  const { handler, calls } = recording((records) => records.slice(0, 1_000).map((change) => ({ record: change, error: withoutStack(() => new PoisonRecordError('bad')) })), { chunkSize: 10_000 });
  const { parked, context } = host();
  expect(reported(await handler(batchOf(...Array(10_000).keys()), context))).toEqual([]);
  expect([calls.length, parked.length]).toEqual([1, 1_000]);
});

test('in the order of the shard, a poison record of an unknown error is parked within ten minutes, and nothing is given up', async () => {
  const handler = streamHandler({
    order: 'shard',
    onRecords: (records) => {
      records.forEach(({ newImage }) => (newImage as any).name.trim());
    },
  });
  const records = Array.from({ length: 100 }, (_, n) => streamRecord({ newImage: { id: `${n}`, name: n === 30 ? 7 : 'x' }, createdAt: 1_735_689_600 }));
  const run = await simulateTrigger({ handler, shards: [{ records }] });
  expect([run.parked.length, run.failed, run.lost]).toEqual([1, [], []]);
  expect(run.invocations.at(-1)!.at / 1_000 - 1_735_689_600).toBeLessThan(600);
});

test('an outage of an hour parks nothing, and everything is done soon after it', async () => {
  const START = 1_735_689_600;
  let calls = 0;
  const handler = streamHandler({
    onRecords: (_, context) => {
      calls++;
      if ((context as any)[HOST].now() < (START + 3_600) * 1_000) {
        throw withoutStack(() => new Error('down'));
      }
    },
  });
  const records = Array.from({ length: 50 }, (_, n) => streamRecord({ keys: { id: `item-${n}` }, createdAt: START }));
  const run = await simulateTrigger({ handler, shards: [{ records }] });
  expect([run.parked, run.failed, run.lost]).toEqual([[], [], []]);
  expect(run.invocations.at(-1)!.at).toBeLessThan((START + 3_600 + 120) * 1_000);
  expect(calls).toBeGreaterThan(100);
});

test('one poison record in 1,000, which makes its chunk throw, costs few calls', async () => {
  let calls = 0;
  const handler = streamHandler({
    onRecords: (records) => {
      calls++;
      if (records.some(({ keys }) => keys.id === 'item-500')) {
        throw new TypeError('no name');
      }
    },
  });
  const records = Array.from({ length: 1_000 }, (_, n) => streamRecord({ keys: { id: `item-${n}` }, createdAt: 1_735_689_600 }));
  const run = await simulateTrigger({ handler, shards: [{ records }], mapping: { batchSize: 1_000 } });
  expect([run.parked.length, run.failed, run.lost]).toEqual([1, [], []]);
  expect(calls).toBeLessThan(40);
});

/** How a record fares in a call, until it has failed so often. */
const fates = fc.constantFrom('ok', 'ok', 'ok', 'ok', 'refused', 'throws', 'transient', 'poison', 'poison throws');

test('whatever fails, nothing is lost, the order is kept, and each record is done or parked', async () => {
  const seen = new Set<string>();
  await fc.assert(fc.asyncProperty(fc.record({
    changes: fc.array(fc.record({
      item: fc.nat(12), fate: fates, failures: fc.integer({ min: 1, max: 3 }), latency: fc.constantFrom(0, 5, 50, 900),
    }), { minLength: 1, maxLength: 40 }),
    order: fc.constantFrom<any>('item', 'item', 'partitionKey', 'shard'),
    chunkSize: fc.integer({ min: 1, max: 12 }),
    concurrency: fc.integer({ min: 1, max: 3 }),
    batchSize: fc.integer({ min: 1, max: 40 }),
    parallelizationFactor: fc.constantFrom(1, 1, 2),
    environments: fc.integer({ min: 1, max: 2 }),
    crashes: fc.array(fc.constantFrom(false, false, false, true, 300), { maxLength: 6 }),
    throttle: fc.constantFrom(0, 0.3),
    seed: fc.nat(),
  }), async ({ changes, order, chunkSize, concurrency, batchSize, parallelizationFactor, environments, crashes, throttle, seed }) => {
    // Lambda gives concurrent batches by the item.
    const factor = order === 'item' ? parallelizationFactor : 1;
    const left = changes.map(({ failures }) => failures);
    const settled: number[] = [];
    const problems: string[] = [];
    const laneOf = (position: number) => order === 'shard' ? '' : order === 'partitionKey' ? changes[position].item % 3 : changes[position].item;
    const load = () => {
      let running = 0;
      return streamHandler({
        order, partitionKey: order === 'partitionKey' ? 'pk' : undefined, chunkSize, concurrency,
        onRecords: async (records, { signal }) => {
          const positions = records.map(at);
          const lanes = positions.map(laneOf);
          if (signal.aborted || records.length > chunkSize || ++running > concurrency) {
            problems.push(`a call with ${records.length} records, ${running} at once`);
          }
          if (order !== 'shard' && new Set(lanes).size < lanes.length) {
            problems.push('two records of a lane in a call');
          }
          if (order === 'shard' && positions.some((position, index) => position !== positions[0] + index)) {
            problems.push('a call with a gap');
          }
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          const failing = positions.filter((position) => {
            const { fate } = changes[position];
            return fate !== 'ok' && (fate.startsWith('poison') || left[position] > 0);
          });
          const throwing = failing.filter((position) => changes[position].fate !== 'refused' && changes[position].fate !== 'poison');
          failing.forEach((position) => seen.add(changes[position].fate));
          const first = throwing[0];
          if (first !== undefined) {
            left[first]--;
            const { fate } = changes[first];
            throw withoutStack(() => fate === 'transient' ? new TransientError('later') : fate === 'throws' ? new Error('no') : new PoisonRecordError('bad'));
          }
          failing.forEach((position) => left[position]--);
          const end = order === 'shard' ? positions.indexOf(failing[0]) : -1;
          (end < 0 ? positions : positions.slice(0, end)).forEach((position) => failing.includes(position) || settled.push(position));
          return records.filter((change) => failing.includes(at(change)))
            .map((change) => ({ record: change, error: withoutStack(() => changes[at(change)].fate === 'poison' ? new PoisonRecordError('bad') : new Error('refused')) }));
        },
      });
    };
    const records = changes.map(({ item }, position) => streamRecord({
      sequenceNumber: sequenceNumber(position), createdAt: 1_735_689_600, keys: { pk: `p${item % 3}`, sk: `s${item}` },
    }));
    let invocation = 0;
    const run = await simulateTrigger({
      mapping: { batchSize, parallelizationFactor: factor, retryAttempts: -1 },
      handler: { load },
      shards: [{ records }],
      timeout: 20,
      environments,
      seed,
      faults: {
        throttle,
        latency: ({ dynamodb }) => changes[at({ sequenceNumber: dynamodb!.SequenceNumber! })].latency,
        crash: () => crashes[invocation++] ?? false,
      },
    });
    expect([problems, run.lost, run.failed]).toEqual([[], [], []]);
    const parked = run.parked.map((poison) => at({ sequenceNumber: poison.record.dynamodb!.SequenceNumber! }));
    const poison = changes.flatMap(({ fate }, position) => fate.startsWith('poison') ? [position] : []);
    expect([...new Set(parked)].sort((a, b) => a - b)).toEqual(poison);
    expect([...new Set(settled)].sort((a, b) => a - b)).toEqual([...changes.keys()].filter((position) => !poison.includes(position)));
    const latest = new Map<unknown, number>();
    for (const position of new Set(settled)) {
      expect(latest.get(laneOf(position)) ?? -1).toBeLessThan(position);
      latest.set(laneOf(position), position);
    }
  }), runs(40, 1));
  expect([...seen].sort()).toEqual(['poison', 'poison throws', 'refused', 'throws', 'transient']);
});
