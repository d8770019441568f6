import { drive, failed, type Invoke, record, records, type Story } from './drive';
import type { WindowEvent } from '../../lib/stream/record';

const settings = { tumblingWindow: 60, batchSize: 2, bisectBatchOnError: false, retryAttempts: 2 };
const counting = ({ event }: Invoke) => {
  const { state, isFinalInvokeForWindow } = event as WindowEvent;
  return { state: isFinalInvokeForWindow ? {} : { count: ((state as { count?: number }).count ?? 0) + event.Records.length } };
};
const run = (list: ReturnType<typeof records>, story: Partial<Story> = {}) =>
  drive({ settings, shards: [{ shardId: 'shard', records: list }], respond: counting, ...story });
const windows = (invokes: readonly Invoke[]) => invokes.map(({ at, numbers, event }) => {
  const { window, state, isFinalInvokeForWindow: final } = event as WindowEvent;
  return [at, window.start.slice(14, 19), numbers, state, final];
});

test('the state goes from batch to batch, and to the final invocation at the end of the window', () => {
  expect(windows(run([record(1), record(2), record(3, 10)]).invokes)).toEqual([
    [0, '00:00', [1, 2], {}, false],
    [10_000, '00:00', [3], { count: 2 }, false],
    [60_000, '00:00', [], { count: 3 }, true],
  ]);
});

test('the final invocation waits for a read after the end of the window', () => {
  const failing = (at: number) => ({ at, input: { type: 'readFailed', shardId: 'shard', reason: 'unavailable' } as const });
  const { invokes } = run([record(1), record(2, 59)], { inputs: Array.from({ length: 8 }, (_, n) => failing(50_000 + n)) });
  expect(windows(invokes)).toEqual([
    [0, '00:00', [1], {}, false],
    [82_007, '00:00', [2], { count: 1 }, false],
    [82_007, '00:00', [], { count: 2 }, true],
  ]);
});

test('an event of a window has the fields that Lambda documents', () => {
  expect(run(records(1)).invokes[0].event).toEqual({
    Records: records(1),
    window: { start: '2025-01-01T00:00:00Z', end: '2025-01-01T00:01:00Z' },
    state: {},
    shardId: 'shard',
    eventSourceARN: 'arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/2025-01-01T00:00:00.000',
    isFinalInvokeForWindow: false,
    isWindowTerminatedEarly: false,
  });
});

test('a batch has records of one window; the next window starts with a fresh state', () => {
  const list = [record(1), record(2, 70)];
  const { invokes } = run(list, { settings: { ...settings, maxBatchingWindow: 300 } });
  expect(windows(invokes)).toEqual([
    [60_000, '00:00', [1], {}, false],
    [60_000, '00:00', [], { count: 1 }, true],
    [120_000, '01:00', [2], {}, false],
    [120_000, '01:00', [], { count: 1 }, true],
  ]);
});

test('an answer without a state is a failed invocation', () => {
  const { batches } = run(records(1), { respond: (invoke, nth) => (nth === 1 ? { batchItemFailures: [] } : counting(invoke)) });
  expect(batches).toEqual([[1], [1], []]);
});

test('a failed invocation leaves the state as it was', () => {
  const { invokes } = run(records(2), { respond: (invoke, nth) => (nth === 1 ? new Error('no') : counting(invoke)) });
  expect((invokes[1].event as WindowEvent).state).toEqual({});
});

test('the state of a partial response goes to the next invocation', () => {
  const { invokes } = run(records(2), { respond: (invoke, nth) => (nth === 1 ? { state: { count: 1 }, ...failed(2) } : counting(invoke)) });
  expect(invokes.slice(0, 2).map(({ numbers, event }) => [numbers, (event as WindowEvent).state])).toEqual([[[1, 2], {}], [[2], { count: 1 }]]);
});

test('the state of a partial response that names the first record is ignored', () => {
  const { invokes } = run(records(2), { respond: (invoke, nth) => (nth === 1 ? { state: { count: 9 }, ...failed(1) } : counting(invoke)) });
  expect((invokes[1].event as WindowEvent).state).toEqual({});
});

test('a state of more than 1 MB terminates the window early; later records open it again', () => {
  const { invokes } = run([record(1), record(2), record(3, 5)], {
    respond: (invoke, nth) => (nth === 1 ? { state: { text: 'x'.repeat(1024 * 1024) } } : counting(invoke)),
  });
  expect(invokes.map(({ numbers, event }) => {
    const { isFinalInvokeForWindow, isWindowTerminatedEarly } = event as WindowEvent;
    return [numbers, isFinalInvokeForWindow, isWindowTerminatedEarly];
  })).toEqual([[[1, 2], false, false], [[], true, true], [[3], false, false], [[], true, false]]);
  expect((invokes[2].event as WindowEvent).state).toEqual({});
});

test('the final invocation is retried until it succeeds, and holds up the shard', () => {
  const { invokes } = run([record(1), record(2, 61)], {
    respond: (invoke, nth) => (nth > 1 && nth < 10 ? new Error('no') : counting(invoke)),
  });
  expect(invokes.map(({ numbers }) => numbers.length)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
});

test('a final invocation that never succeeds is given up when its newest record is too old', () => {
  const { invokes, notices } = run([record(1), record(2, 30)], {
    settings: { ...settings, maxRecordAge: 600 },
    respond: (invoke, nth) => (nth > 2 ? new Error('no') : counting(invoke)),
  });
  expect(invokes.at(-1)!.at).toBe(603_750);
  expect(notices).toContainEqual({ type: 'dropped', shardId: 'shard', records: [], reason: 'RecordAgeExceeded: the final invocation of a tumbling window' });
});

test('the end of the shard closes the window, and its child starts with a fresh state', () => {
  const { invokes } = run([], {
    shards: [
      { shardId: 'parent', records: records(1), closed: true }, { shardId: 'child', parentShardId: 'parent', records: records(1) },
    ],
  });
  expect(invokes.map(({ at, shardId, numbers, event }) => [at, shardId, numbers.length, (event as WindowEvent).state])).toEqual([
    [0, 'parent', 1, {}], [0, 'parent', 0, { count: 1 }], [0, 'child', 1, {}], [60_000, 'child', 0, { count: 1 }],
  ]);
});

test('a late record, whose window is closed, goes into the open window', () => {
  const late = [record(1), record(2, 61), record(3, 59), record(4, 62)];
  const { invokes } = run(late, { settings: { ...settings, batchSize: 10 } });
  expect(invokes.filter(({ event }) => (event as WindowEvent).isFinalInvokeForWindow)).toHaveLength(2);
});
