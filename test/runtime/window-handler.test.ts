import { batchOf, position, sequenceNumber, STREAM_ARN } from './records';
import { windowHandler } from '../../lib/runtime';
import type { WindowEvent } from '../../lib/stream/record';

const windowOf = (keys: string[], overrides: Partial<WindowEvent> = {}): WindowEvent => ({
  ...batchOf(...keys),
  window: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' },
  state: {},
  shardId: 'shardId-1',
  eventSourceARN: STREAM_ARN,
  isFinalInvokeForWindow: false,
  isWindowTerminatedEarly: false,
  ...overrides,
});

beforeEach(() => { jest.spyOn(console, 'error').mockImplementation(); });
afterEach(() => { jest.restoreAllMocks(); });

const counting = (failAt = -1) => windowHandler<{ seen: number[] }>({
  initialState: () => ({ seen: [] }),
  onRecord: (state, record) => {
    // Changes the state in place before it fails, as a careless function would.
    state.seen.push(position(record.sequenceNumber));
    if (position(record.sequenceNumber) === failAt) throw new Error('no');
    return state;
  },
});

test('a window begins with the initial state, and goes on with what was answered', async () => {
  expect(await counting()(windowOf(['a', 'b']))).toEqual({ state: { seen: [0, 1] }, batchItemFailures: [] });
  expect(await counting()(windowOf(['a'], { state: { seen: [7] } }))).toEqual({ state: { seen: [7, 0] }, batchItemFailures: [] });
});

test('it stops at the first failure, with the state before it', async () => {
  expect(await counting(1)(windowOf(['a', 'b', 'c']))).toEqual({
    state: { seen: [0] },
    batchItemFailures: [{ itemIdentifier: sequenceNumber(1) }],
  });
});

test.each([{ isFinalInvokeForWindow: true }, { isWindowTerminatedEarly: true }])('%j, without records, ends the window', async (flags) => {
  const ends: unknown[] = [];
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: (state) => state + 1,
    onWindowEnd: (state, window) => { ends.push([state, window]); },
  });
  expect(await handler(windowOf([], { state: 5, ...flags }))).toEqual({ state: 5, batchItemFailures: [] });
  expect(ends).toEqual([[5, {
    start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z', shardId: 'shardId-1', terminatedEarly: 'isWindowTerminatedEarly' in flags,
  }]]);
});

test('a window that can\'t be ended throws, so that Lambda ends it again', async () => {
  const handler = windowHandler<number>({ initialState: () => 0, onRecord: (n) => n, onWindowEnd: () => { throw new Error('sink down'); } });
  await expect(handler(windowOf([], { isFinalInvokeForWindow: true }))).rejects.toThrow('sink down');
});

test('a state over 1 MB fails at the record that makes it so, before Lambda refuses it', async () => {
  const handler = windowHandler<string>({ initialState: () => '', onRecord: (state) => state + 'x'.repeat(600_000) });
  const response = await handler(windowOf(['a', 'b']));
  expect(response.state).toHaveLength(600_000);
  expect(response.batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(1) }]);
});

test('a function that returns no state fails', async () => {
  const handler = windowHandler<number>({ initialState: () => 0, onRecord: () => undefined as any });
  expect((await handler(windowOf(['a']))).batchItemFailures).toHaveLength(1);
});

test('it stops before the timeout, and leaves out what finishes too late', async () => {
  const end = Date.now() + 300;
  const handler = windowHandler<number>({
    initialState: () => 0,
    onRecord: async (state) => { await new Promise((resolve) => setTimeout(resolve, 40)); return state + 1; },
  });
  const response = await handler(windowOf(Array(50).fill('a')), { getRemainingTimeInMillis: () => end - Date.now() });
  expect(Date.now()).toBeLessThan(end);
  expect(response.state).toBeGreaterThan(0);
  expect(response.batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(response.state) }]);
});

test('where no trigger says so, the handler says that its mapping reports', async () => {
  process.env.AWS_LAMBDA_RUNTIME_API = '127.0.0.1:9001';
  try {
    const options = { initialState: () => 0, onRecord: () => { throw new Error('no'); } };
    await expect(windowHandler<number>(options)(windowOf(['a']))).rejects.toThrow('Set reportBatchItemFailures');
    expect((await windowHandler<number>({ ...options, reportBatchItemFailures: true })(windowOf(['a']))).batchItemFailures).toHaveLength(1);
  } finally {
    delete process.env.AWS_LAMBDA_RUNTIME_API;
  }
});

test('an event without a window is refused by name', async () => {
  await expect(counting()(batchOf('a') as any)).rejects.toThrow('use streamHandler');
});

test.each([[{}, 'needs initialState'], [{ initialState: 1 }, 'initialState of windowHandler is 1'], [{ onFinal: 1 }, 'no option onFinal']])(
  'the options %j are refused', (options, message) => {
    expect(() => windowHandler(options as any)).toThrow(message);
  });
