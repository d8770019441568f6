import type { Effect, Input, Machine } from '../../lib/engine';
import { drive, type DriverParts } from '../../lib/local/driver';
import { StreamReadError } from '../../lib/reader/stream-reader';

/** A machine that replies as the test wants, and records its inputs. */
function machineOf(reply: (input: Input) => Effect[], options: { idle?: () => boolean; deadline?: () => number | undefined } = {}) {
  const inputs: Input[] = [];
  const machine: Machine = {
    handle: (_now, input) => {
      inputs.push(input);
      return reply(input);
    },
    deadline: options.deadline ?? (() => undefined),
    idle: options.idle ?? (() => true),
  };
  return { machine, inputs };
}

const parts = (changes: Partial<DriverParts> = {}): DriverParts => ({
  shards: async () => [{ shardId: 'shard' }],
  read: async () => ({ records: [], end: false }),
  invoke: async () => ({ type: 'response', requestId: 'r', response: null }),
  deliver: async () => {},
  onNotice: () => {},
  onCheckpoint: () => {},
  ...changes,
});
const DESCRIBE: Effect = { type: 'describe' };
const READ: Effect = { type: 'read', shardId: 'shard', from: { type: 'TRIM_HORIZON' }, limit: 1000 };
const never = (error: unknown) => {
  throw error;
};
const OVER = new Error('over');
/** Resolves when the machine has had this many inputs. */
async function heard(inputs: Input[], number: number): Promise<void> {
  while (inputs.length < number) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test('the driver does what the machine asks for, and hands it the results', async () => {
  const { machine, inputs } = machineOf((input) => {
    switch (input.type) {
      case 'tick': return [DESCRIBE];
      case 'described': return [READ];
      case 'read': return [{ type: 'invoke', invocation: 7, shardId: 'shard', event: { Records: [] } }];
      case 'returned': return [{ type: 'deliver', delivery: 8, message: {} as never, records: [] }];
      case 'delivered': return [
        { type: 'checkpoint', shardId: 'shard', sequenceNumber: '17' }, { type: 'notice', notice: { type: 'trimmed', shardId: 'shard' } },
      ];
      default: return [];
    }
  });
  const done: string[] = [];
  const driver = drive(machine, parts({
    onCheckpoint: (shardId, sequenceNumber) => done.push(`${shardId} ${sequenceNumber}`),
    onNotice: ({ type }) => done.push(type),
  }), never);
  await heard(inputs, 5);
  driver.stop(OVER);
  expect(done).toEqual(['shard 17', 'trimmed']);
  expect(inputs).toEqual([
    { type: 'tick' },
    { type: 'described', shards: [{ shardId: 'shard' }] },
    { type: 'read', shardId: 'shard', records: [], end: false },
    { type: 'returned', invocation: 7, outcome: { type: 'response', requestId: 'r', response: null } },
    { type: 'delivered', delivery: 8, accepted: true },
  ]);
});

test.each([
  ['a throttled read', { read: () => Promise.reject(new StreamReadError('throttled', 'arn', new Error())) }, READ,
    { type: 'readFailed', shardId: 'shard', reason: 'throttled' }],
  ['a read that fails for another reason', { read: () => Promise.reject(new Error()) }, READ,
    { type: 'readFailed', shardId: 'shard', reason: 'unavailable' }],
  ['a destination that refuses', { deliver: () => Promise.reject(new Error()) }, { type: 'deliver', delivery: 8, message: {}, records: [] },
    { type: 'delivered', delivery: 8, accepted: false }],
  ['shards that can\'t be listed', { shards: () => Promise.reject(new Error()) }, DESCRIBE, { type: 'describeFailed' }],
])('the machine is handed %s', async (_, changes, effect, input) => {
  const { machine, inputs } = machineOf(({ type }) => type === 'tick' ? [effect as Effect] : []);
  const driver = drive(machine, parts(changes), never);
  await heard(inputs, 2);
  driver.stop(OVER);
  expect(inputs[1]).toEqual(input);
});

test.each([
  ['read a stream', { read: () => Promise.reject(new StreamReadError('denied', 'arn', new Error())) }, READ],
  ['list its shards', { shards: () => Promise.reject(new StreamReadError('gone', 'arn', new Error())) }, DESCRIBE],
])('a driver that can never again %s ends with the error', async (_, changes, effect) => {
  const { machine, inputs } = machineOf(({ type }) => type === 'tick' ? [effect as Effect] : []);
  const error = await new Promise<Error>((resolve) => drive(machine, parts(changes), resolve));
  expect(error.name).toBe('StreamReadError');
  expect(inputs).toEqual([{ type: 'tick' }]);
});

test('the machine is called at its deadline, and not before, even if the timer fires early', async () => {
  const start = Date.now();
  const due = start + 40;
  const clock = jest.spyOn(Date, 'now');
  const { machine, inputs } = machineOf(() => [], { deadline: () => inputs.length < 2 ? due : undefined });
  try {
    // Slower than the timers.
    clock.mockImplementation(() => start + Math.floor((performance.now() - began) / 2));
    const began = performance.now();
    const driver = drive(machine, parts(), never);
    const ticked = new Promise<number>((resolve) => {
      const look = () => inputs.length === 2 ? resolve(Date.now()) : setTimeout(look, 1);
      look();
    });
    expect(await ticked).toBeGreaterThanOrEqual(due);
    driver.stop(OVER);
    expect(inputs).toEqual([{ type: 'tick' }, { type: 'tick' }]);
  } finally {
    clock.mockRestore();
  }
});

test('a stream is drained when a read that began afterwards brings nothing and the machine has nothing in hand', async () => {
  let idle = false;
  let reads = 0;
  const { machine } = machineOf(({ type }) => {
    switch (type) {
      case 'tick': return [DESCRIBE];
      case 'described': return [READ];
      case 'read': return reads < 20 ? [READ] : [];
      default: return [];
    }
  }, { idle: () => idle });
  const driver = drive(machine, parts({
    read: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      idle = ++reads === 20;
      return { records: reads < 15 ? [{}] : [], end: false };
    },
  }), never);
  await driver.polling;
  expect(reads).toBe(1);
  await driver.drained();
  expect(reads).toBe(20);
  driver.stop(OVER);
});

test('the stream is read where and as far as the machine says', async () => {
  const reads: unknown[][] = [];
  const { machine, inputs } = machineOf(({ type }) => type === 'tick' ? [READ] : []);
  const driver = drive(machine, parts({
    read: async (...read) => {
      reads.push(read);
      return { records: [], end: false };
    },
  }), never);
  await heard(inputs, 2);
  driver.stop(OVER);
  expect(reads).toEqual([['shard', { type: 'TRIM_HORIZON' }, 1000]]);
});

test('a closed shard is drained once it was read to its end', async () => {
  const { machine, inputs } = machineOf(({ type }) => type === 'tick' ? [DESCRIBE, READ] : []);
  const driver = drive(machine, parts({ read: async () => ({ records: [{}], end: true }) }), never);
  await heard(inputs, 3);
  await driver.drained();
  driver.stop(OVER);
});

test('a pause ends when everything that is under way has ended, and the machine goes on with the options that it is given', async () => {
  const ends: (() => void)[] = [];
  const { machine, inputs } = machineOf(({ type }) => type === 'tick' ? [
    { type: 'invoke', invocation: 7, shardId: 'shard', event: { Records: [] } }, { type: 'deliver', delivery: 8, message: {} as never, records: [] },
  ] : []);
  const driver = drive(machine, parts({
    invoke: () => new Promise((resolve) => ends.push(() => resolve({ type: 'response', requestId: 'r', response: null }))),
    deliver: () => new Promise((resolve) => ends.push(resolve)),
  }), never);
  await heard(inputs, 1);
  expect(driver.invocations).toBe(1);
  let isPaused = false;
  const paused = driver.pause().then(() => isPaused = true);
  for (const [at, end] of ends.entries()) {
    expect([isPaused, ends.length]).toEqual([false, 2]);
    end();
    await heard(inputs, 3 + at);
  }
  await paused;
  driver.goOn();
  driver.goOn({ mappingId: 'next' } as never);
  driver.stop(OVER);
  expect(inputs.filter(({ type }) => type === 'enabled' || type === 'changed')).toEqual([
    { type: 'enabled', enabled: false }, { type: 'enabled', enabled: true }, { type: 'changed', options: { mappingId: 'next' } }, { type: 'enabled', enabled: true },
  ]);
  await expect(driver.pause()).rejects.toBe(OVER);
});

test('a driver that was stopped has no timer, and gets no further input', async () => {
  const { machine, inputs } = machineOf(() => [], { deadline: () => Date.now() + 20 });
  const driver = drive(machine, parts(), never);
  await heard(inputs, 2);
  const before = inputs.length;
  driver.stop(OVER);
  driver.goOn();
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(inputs).toHaveLength(before);
  await expect(driver.polling).rejects.toBe(OVER);
});

test('a machine that fails is no longer driven, and everything that waits for it rejects', async () => {
  const { machine, inputs } = machineOf(() => {
    throw new Error('a bug');
  });
  let ends: Promise<void>[] = [];
  const failure = await new Promise((resolve) => {
    const driver = drive(machine, parts(), resolve);
    ends = [driver.polling, driver.drained()];
  });
  expect(failure).toEqual(new Error('a bug'));
  for (const end of ends) {
    await expect(end).rejects.toThrow('a bug');
  }
  expect(inputs).toHaveLength(1);
});

test('waiting for a stream to be drained rejects when the driver is stopped', async () => {
  const { machine } = machineOf(() => [], { idle: () => false });
  const driver = drive(machine, parts(), never);
  const drained = driver.drained();
  driver.stop(OVER);
  await expect(drained).rejects.toBe(OVER);
  await expect(driver.drained()).rejects.toBe(OVER);
});
