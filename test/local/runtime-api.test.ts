import http, { request } from 'node:http';
import { debuggingFor } from '../../lib/local/function/debugging';
import { type NextInvocation, serveRuntimeApi } from '../../lib/local/function/runtime-api';
import * as ports from '../../lib/local/service/free-port';

/** A Runtime API, what is heard of its client, and a call of it. */
async function served() {
  const heard: unknown[][] = [];
  let deliver!: (invocation: NextInvocation) => void;
  const api = await serveRuntimeApi({
    onNext: (to) => {
      heard.push(['next']);
      deliver = to;
    },
    onResponse: (...what) => heard.push(['response', ...what]),
    onError: (...what) => heard.push(['error', ...what]),
    onInitError: (...what) => heard.push(['init', ...what]),
  });
  const root = `http://${api.address}/2018-06-01/runtime`;
  const call = (path: string, { method = 'POST', body = '', headers = {}, url = root + path } = {}) => new Promise<any[]>((resolve, reject) => {
    request(url, { method, headers, agent: false }, async (response) => {
      resolve([response.statusCode, Buffer.concat(await response.toArray()).toString(), response.headers]);
    }).on('error', reject).end(body);
  });
  return { heard, call, api, deliver: (invocation: NextInvocation) => deliver(invocation) };
}

const INVOCATION = { requestId: 'r', functionArn: 'arn', deadline: 7, event: '{"a":1}' };
const FOREIGN = 'Only programs on this machine are served, under the name 127.0.0.1 or localhost, and not pages in a browser.';

test('a client gets invocations one after another, and nobody else gets one meanwhile', async () => {
  const { heard, call, deliver, api } = await served();
  for (const _ of ['first', 'second']) {
    let next!: Promise<any[]>;
    const ask = (): void => {
      next = call('/invocation/next', { method: 'GET' });
      // The server may hear a moment later that the last connection is over.
      void next.then(([status]) => status === 409 && ask());
    };
    ask();
    while (heard.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await call('/invocation/next', { method: 'GET' })).slice(0, 2)).toEqual([409, 'Another client waits for the next invocation.']);
    deliver(INVOCATION);
    const [status, body, headers] = await next;
    expect([status, body]).toEqual([200, '{"a":1}']);
    expect(headers).toMatchObject({
      'content-type': 'application/json', 'lambda-runtime-aws-request-id': 'r', 'lambda-runtime-deadline-ms': '7', 'lambda-runtime-invoked-function-arn': 'arn',
    });
    expect(heard).toEqual([['next']]);
    heard.length = 0;
  }
  api.close();
});

test.each<[string, string, string, unknown[]]>([
  ['a response', '/invocation/r/response', '{"b":2}', ['response', 'r', '{"b":2}']],
  ['an error', '/invocation/r/error', '{"errorType":"T","errorMessage":"m","trace":["a",1]}', ['error', 'r', { errorType: 'T', errorMessage: 'm', trace: ['a', '1'] }]],
  ['an error that says little', '/invocation/r/error', '{}', ['error', 'r', { errorType: 'Unknown', errorMessage: '', trace: [] }]],
  ['an error that is not JSON', '/invocation/r/error', 'broken', ['error', 'r', { errorType: 'Unknown', errorMessage: 'broken' }]],
  ['code that does not load', '/init/error', '{"errorType":"T"}', ['init', { errorType: 'T', errorMessage: '', trace: [] }]],
])('%s is heard', async (_, path, body, what) => {
  const { heard, call, api } = await served();
  expect((await call(path, { body })).slice(0, 2)).toEqual([202, '{"status":"OK"}']);
  expect(heard).toEqual([what]);
  api.close();
});

test('a response above 6 MB is an error', async () => {
  const { heard, call, api } = await served();
  expect((await call('/invocation/r/response', { body: 'x'.repeat(6_291_556) }))[0]).toBe(202);
  expect((await call('/invocation/r/response', { body: 'x'.repeat(6_291_557) })).slice(0, 2)).toEqual([413, '']);
  expect(heard.map(([kind, id]) => [kind, id])).toEqual([['response', 'r'], ['error', 'r']]);
  expect(heard[1][2]).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });
  api.close();
});

test.each(['GET /init/error', 'GET /invocation/r/response', 'PUT /invocation/r/error', 'POST /invocation/r/other', 'POST /invocation/next', 'POST /a/invocation/r/response'])(
  '%s is not served', async (call_) => {
    const { heard, call, api } = await served();
    const [method, path] = call_.split(' ');
    expect((await call(path, { method })).slice(0, 2)).toEqual([404, `No such path in the Runtime API: ${method} ${path}`]);
    expect(heard).toEqual([]);
    api.close();
  });

test.each<[string, object]>([
  ['who does not know the secret path', { url: 'http://127.0.0.1:PORT/2018-06-01/runtime/invocation/next' }],
  ['a page of a browser', { headers: { origin: 'http://evil.example' } }],
])('%s is refused', async (_, options) => {
  const { heard, call, api } = await served();
  const given = JSON.parse(JSON.stringify(options).replace('PORT', new URL(`http://${api.address}`).port));
  const [status, body, headers] = await call('/invocation/next', { method: 'GET', ...given });
  expect([status, body, headers.connection, heard]).toEqual([403, FOREIGN, 'close', []]);
  api.close();
  await expect(call('/init/error')).rejects.toThrow('ECONNREFUSED');
});

test('it is reached from this machine only, waits as long as the run lasts, and ends with its connections', async () => {
  const created = jest.spyOn(http, 'createServer');
  const { heard, call, api } = await served();
  const [{ value: { requestTimeout, keepAliveTimeout } }] = created.mock.results;
  created.mockRestore();
  expect([requestTimeout, keepAliveTimeout]).toEqual([0, 0]);
  await expect(call('', { url: `http://${api.address.replace('127.0.0.1', '127.0.0.2')}` })).rejects.toThrow('connect');
  const next = expect(call('/invocation/next', { method: 'GET' })).rejects.toThrow('socket hang up');
  while (heard.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  api.close();
  await next;
});

describe('debuggers', () => {
  let taken: Set<number>;
  beforeEach(() => {
    taken = new Set();
    jest.spyOn(ports, 'isFree').mockImplementation(async (port) => !taken.has(port));
  });
  afterEach(() => jest.restoreAllMocks());

  test.each([
    [{}, undefined],
    [{ inspect: true }, [false, 9229]],
    [{ inspect: 7 }, [false, 7]],
    [{ inspectBrk: true }, [true, 9229]],
    [{ inspect: 7, inspectBrk: 8 }, [true, 8]],
  ])('%j is what the user asks for', async (options, expected) => {
    const debugging = debuggingFor(options);
    expect(debugging && [debugging.waits, await debugging.take('a')]).toEqual(expected);
  });

  test('each process has the next free port, which stays its function\'s', async () => {
    const debugging = debuggingFor({ inspect: 100 })!;
    taken.add(101);
    expect(await Promise.all([debugging.take('a'), debugging.take('b'), debugging.take('a')])).toEqual([100, 102, 103]);
    debugging.release(100);
    expect(await debugging.take('b')).toBe(104);
    expect(await debugging.take('a')).toBe(100);
  });

  test('functions get theirs in order before any is started', async () => {
    const debugging = debuggingFor({ inspect: 100 })!;
    await debugging.reserve(['a', 'b']);
    await debugging.reserve(['b', 'c']);
    expect([await debugging.take('c'), await debugging.take('b'), await debugging.take('a')]).toEqual([102, 101, 100]);
  });

  test('where no port is free, a lower one is asked for, and the next one gets one again', async () => {
    const debugging = debuggingFor({ inspect: 65_535 })!;
    expect(await debugging.take('a')).toBe(65_535);
    await expect(debugging.take('b')).rejects.toMatchObject({
      code: 'PORT_IN_USE', message: 'No port from 65535 to 65535 is free for a debugger of b. Give --inspect a lower one.',
    });
    debugging.release(65_535);
    expect(await debugging.take('a')).toBe(65_535);
  });
});
