import { join } from 'node:path';
import { startEnvironment, type ExecutionEnvironmentOptions } from '../../lib/local/function/environment';
import { startProcess, type FunctionExit } from '../../lib/local/function/function-process';
import { type NextInvocation, type RuntimeListener, serveRuntimeApi } from '../../lib/local/function/runtime-api';
import type { Children } from '../../lib/local/process/children';

jest.mock('../../lib/local/function/function-process', () => ({ startProcess: jest.fn() }));
jest.mock('../../lib/local/function/runtime-api', () => ({ serveRuntimeApi: jest.fn() }));

// Only what comes of a poll is real.
beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] }));
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const TIMEOUT = 3;

/** An environment whose process is played by the test. */
async function environmentOf(options: Partial<ExecutionEnvironmentOptions> = {}) {
  let listener!: RuntimeListener;
  let end!: (exit?: Partial<FunctionExit>) => Promise<void>;
  let print!: (line: string, stream: 'stdout' | 'stderr') => void;
  const ended = new Promise<FunctionExit>((resolve) => end = async (exit) => resolve({ code: null, signal: null, tookTooMuch: false, ...exit }));
  const process = { ended, freeze: jest.fn(), thaw: jest.fn(), kill: jest.fn(), mostMemory: () => 77 };
  const [close, onLog, onDebuggerPort] = [jest.fn(), jest.fn(), jest.fn()];
  jest.mocked(serveRuntimeApi).mockImplementation(async (given) => {
    listener = given;
    return { address: 'api', close };
  });
  jest.mocked(startProcess).mockImplementation((_children, _options, _addresses, onLine) => {
    print = onLine;
    return process;
  });
  const environment = await startEnvironment({} as Children, {
    functionName: 'OnOrder', taskRoot: '/code', timeout: TIMEOUT, memorySize: 128, onLog, onDebuggerPort, ...options,
  } as ExecutionEnvironmentOptions);
  /** The process asks for its next invocation. */
  const next = async () => {
    const deliver = jest.fn<void, [NextInvocation]>();
    listener.onNext(deliver);
    await polled();
    return deliver;
  };
  /** An invocation that is running. */
  const running = async () => {
    const deliver = await next();
    const outcome = environment.invoke('{"a":1}', 'arn');
    const [[{ requestId }]] = deliver.mock.calls;
    return { outcome, requestId, deliver };
  };
  return { environment, process, listener, close, onLog, onDebuggerPort, end, print, next, running };
}

const polled = () => new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));

test('code may load for Lambda\'s 10 seconds and the timeout of its function, and no longer', async () => {
  const { environment, process, end } = await environmentOf();
  await jest.advanceTimersByTimeAsync(12_999);
  expect(process.kill).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  await expect(environment.ready).rejects.toMatchObject({
    code: 'FUNCTION_NOT_LOADED',
    message: 'The function OnOrder does not load: it was still loading after 13 seconds (Lambda\'s 10 and its own timeout).',
  });
  expect(process.kill).toHaveBeenCalledTimes(1);
  await end();
});

test.each<[string, Partial<FunctionExit>, string]>([
  ['by itself', { code: 7 }, 'its process ended while loading (exit code 7)'],
  ['by a signal', { signal: 'SIGSEGV' }, 'its process ended while loading (SIGSEGV)'],
  ['because it holds too much', { signal: 'SIGKILL', tookTooMuch: true }, 'it needs more than its 128 MB of memory to load'],
  ['before it starts', { error: 'spawn node ENOENT' }, 'spawn node ENOENT'],
])('code whose process ends %s does not load', async (_, exit, reason) => {
  const { environment, end } = await environmentOf();
  await end(exit);
  await expect(environment.ready).rejects.toThrow(`The function OnOrder does not load: ${reason}.`);
});

test.each([
  ['a message and a place in the code', 'no TABLE.', ['at other (/elsewhere/x.js:1:1)', 'at load (/code/index.js:7:13)'], 'no TABLE (index.js:7:13)'],
  ['a place in the first lines of the message', 'bad syntax\n/code/src/a.js:3\nlet', [], 'bad syntax (src/a.js:3)'],
  ['a place in the sources of the project', 'no', [`at load (${join(process.cwd(), 'src', 'a.ts')}:3:5)`], 'no (src/a.ts:3:5)'],
  ['a place in a package only', 'no', ['at load (/code/node_modules/x/index.js:7:13)'], 'no'],
  ['nothing else', 'no', undefined, 'no'],
])('code that does not load is told with %s', async (_, errorMessage, trace, reason) => {
  const { environment, listener, process, end } = await environmentOf();
  listener.onInitError({ errorType: 'Error', errorMessage, trace });
  // It may still ask while it ends.
  listener.onNext(() => {});
  expect(process.freeze).not.toHaveBeenCalled();
  await end({ code: 1 });
  await expect(environment.ready).rejects.toThrow(`The function OnOrder does not load: Error: ${reason}.`);
});

test('the process gets an invocation with the time until its timeout, stands still before and afterwards, and its lines belong to it', async () => {
  const { environment, process, listener, onLog, print, next, end } = await environmentOf();
  expect(() => environment.invoke('{}', 'arn')).toThrow('The environment of OnOrder is loading.');
  await jest.advanceTimersByTimeAsync(1500);
  print('loading', 'stdout');
  const deliver = await next();
  await environment.ready;
  expect([process.freeze.mock.calls.length, process.thaw.mock.calls.length]).toEqual([1, 0]);
  const outcome = environment.invoke('{"a":1}', 'arn');
  expect(process.thaw).toHaveBeenCalledTimes(1);
  expect(deliver.mock.calls).toEqual([[{ requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), functionArn: 'arn', deadline: Date.now() + 3000, event: '{"a":1}' }]]);
  const [[{ requestId }]] = deliver.mock.calls;
  expect(() => environment.invoke('{}', 'arn')).toThrow('The environment of OnOrder is running.');
  print('at work', 'stderr');
  listener.onResponse(requestId, '{"b":2}');
  await next();
  expect(await outcome).toEqual({ type: 'response', requestId, response: { b: 2 } });
  expect(process.freeze).toHaveBeenCalledTimes(2);
  expect(onLog.mock.calls).toEqual([['loading', 'stdout', undefined], ['at work', 'stderr', requestId]]);
  expect([environment.usage(), environment.usage()]).toEqual([{ memoryUsed: 77, loadMs: 1500 }, { memoryUsed: 77, loadMs: undefined }]);
  await end();
});

test.each<[string, (listener: RuntimeListener, requestId: string) => void, object]>([
  ['with an empty answer', (listener, id) => listener.onResponse(id, ''), { type: 'response', response: undefined }],
  ['with an answer that is not JSON', (listener, id) => listener.onResponse(id, 'done'), {
    type: 'error', errorType: 'Runtime.InvalidResponse', errorMessage: expect.stringMatching(/^The response is not JSON: Unexpected token/),
  }],
  ['with an error', (listener, id) => listener.onError(id, { errorType: 'TypeError', errorMessage: 'no' }), { type: 'error', errorType: 'TypeError', errorMessage: 'no' }],
  ['without an answer', () => {}, {
    type: 'error', errorType: 'Runtime.Unknown', errorMessage: 'The runtime asked for the next invocation before it answered.',
  }],
  ['with the first of two answers', (listener, id) => ['1', '2'].forEach((body) => listener.onResponse(id, body)), { type: 'response', response: 1 }],
  ['with its own answer only', (listener, id) => ['other', id].forEach((each) => listener.onResponse(each, JSON.stringify(each === id))), { type: 'response', response: true }],
])('an invocation ends %s', async (_, answer, expected) => {
  const { listener, running, next, end } = await environmentOf();
  const { outcome, requestId } = await running();
  answer(listener, requestId);
  await next();
  expect(await outcome).toEqual({ requestId, ...expected });
  await end();
});

test.each<[string, Partial<FunctionExit>, string, string]>([
  ['an exit code', { code: 3 }, 'Runtime.ExitError', 'exit status 3'],
  ['a signal', { signal: 'SIGKILL' }, 'Runtime.ExitError', 'signal: killed'],
  ['neither', {}, 'Runtime.ExitError', 'exit status 1'],
  ['too much memory', { signal: 'SIGKILL', tookTooMuch: true }, 'Runtime.OutOfMemory', 'signal: killed'],
])('an invocation whose process ends with %s fails, and nothing more is invoked in it', async (_, exit, errorType, errorMessage) => {
  const { environment, running, next, close, end } = await environmentOf();
  const { outcome, requestId } = await running();
  await end(exit);
  expect(await outcome).toEqual({ type: 'error', requestId, errorType, errorMessage: expect.stringContaining(errorMessage) });
  expect(close).toHaveBeenCalledTimes(1);
  // It was on its way.
  await next();
  expect(() => environment.invoke('{}', 'arn')).toThrow('The environment of OnOrder is ended.');
});

test('an invocation that has answered counts, although its process ends', async () => {
  const { listener, running, end } = await environmentOf();
  const { outcome, requestId } = await running();
  listener.onResponse(requestId, '1');
  await end({ code: 1 });
  expect(await outcome).toMatchObject({ response: 1 });
});

test('an invocation ends at the timeout of the function, and not before', async () => {
  const { environment, process, running, end } = await environmentOf();
  const { outcome } = await running();
  await jest.advanceTimersByTimeAsync(2999);
  expect(process.kill).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  expect(process.kill).toHaveBeenCalledTimes(1);
  await end({ signal: 'SIGKILL' });
  expect(await outcome).toMatchObject({ errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('3.00 seconds') });
  await environment.ended;
});

describe('with a debugger', () => {
  const debuggingAt = (take: () => Promise<number>) => ({ waits: false, take: jest.fn(take), release: jest.fn(), reserve: async () => {} });

  test('the process has a port until it ends, and a day for each step', async () => {
    const debugging = debuggingAt(async () => 9229);
    const { environment, process, running, end, onDebuggerPort, close } = await environmentOf({ debugging });
    expect(debugging.take.mock.calls).toEqual([['OnOrder']]);
    expect(onDebuggerPort.mock.calls).toEqual([[9229]]);
    expect(jest.mocked(startProcess).mock.calls[0][2]).toEqual({ api: 'api', debuggerPort: 9229 });
    await jest.advanceTimersByTimeAsync(86_400_000);
    const { deliver } = await running();
    expect(deliver.mock.calls[0][0].deadline).toBe(Date.now() + 86_400_000);
    await jest.advanceTimersByTimeAsync(86_399_999);
    expect(process.kill).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(process.kill).toHaveBeenCalledTimes(1);
    expect(debugging.release).not.toHaveBeenCalled();
    await end();
    await environment.ended;
    expect([debugging.release.mock.calls, close.mock.calls.length]).toEqual([[[9229]], 1]);
  });

  test('a port that can\'t be had, and a process that can\'t be started, leave nothing open', async () => {
    const close = jest.fn();
    jest.mocked(serveRuntimeApi).mockResolvedValue({ address: 'api', close });
    jest.mocked(startProcess).mockImplementation(() => {
      throw new Error('stopped');
    });
    const debugging = debuggingAt(async () => 9229);
    const start = (given: object) => startEnvironment({} as Children, given as ExecutionEnvironmentOptions);
    await expect(start({ debugging })).rejects.toThrow('stopped');
    expect([debugging.release.mock.calls, close.mock.calls.length]).toEqual([[[9229]], 1]);
    const none = debuggingAt(() => Promise.reject(new Error('no port')));
    await expect(start({ debugging: none })).rejects.toThrow('no port');
    expect([none.release.mock.calls, close.mock.calls.length]).toEqual([[], 2]);
  });
});
