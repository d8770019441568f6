import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startApiServer } from '../../lib/local/api/server';
import { checkpointsIn } from '../../lib/local/checkpoints';
import { takeDataFolder } from '../../lib/local/data-folder';
import { isForeignRequest } from '../../lib/local/foreign-request';
import { serveRuntimeApi, type NextInvocation } from '../../lib/local/function/runtime-api';
import type { Children } from '../../lib/local/process/children';
import { javaVariables, processVariables } from '../../lib/local/process/process-variables';
import { startGuard } from '../../lib/local/service/guard';
import { loopbackPolicy } from '../../lib/local/service/loopback-policy';
import { folderWith } from '../folder';
import { onLinux } from '../needing';

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** With the headers as they are given: `fetch` sets some itself. */
function send(address: string, path: string, options: RequestOptions = {}, body = ''): Promise<Answer> {
  const [host, port] = address.replace('http://', '').split(':');
  return new Promise((resolve, reject) => {
    const sending = request({ host, port, path, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => text += part).on('end', () => resolve({ status: response.statusCode!, body: text }));
    });
    sending.on('error', reject).end(body);
  });
}

/** Requests as browsers send them for a page of another site. */
const OF_A_PAGE: [string, RequestOptions['headers']][] = [
  ['a form or a script', { 'host': '127.0.0.1:8000', 'origin': 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['a script without a site of its own', { host: '127.0.0.1:8000', origin: 'null' }],
  ['an image', { 'host': 'localhost:8000', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ['a page on another port of this machine', { 'host': 'localhost:8000', 'sec-fetch-site': 'same-site' }],
  ['a page whose name was made to lead here', { host: 'evil.example:8000' }],
  ['a page whose name only begins like this machine\'s', { host: '127.0.0.1.evil.example' }],
];

describe('the headers show what a page may have sent', () => {
  test.each(OF_A_PAGE)('%s', (_, headers) => {
    expect(isForeignRequest(headers as IncomingMessage['headers'])).toBe(true);
  });

  test('no name at all is none of this machine', () => {
    expect([isForeignRequest({}), isForeignRequest({ host: '' })]).toEqual([true, true]);
  });

  test.each(['127.0.0.1', '127.0.0.1:8000', 'localhost:8000', 'LOCALHOST', '[::1]:8000'])('a program asks for %s', (host) => {
    expect(isForeignRequest({ 'host': host, 'user-agent': 'aws-sdk-js/3', 'sec-fetch-mode': 'cors' })).toBe(false);
  });
});

describe('the Runtime API', () => {
  const heard: string[] = [];
  let deliver: ((invocation: NextInvocation) => void) | undefined;
  let api: Awaited<ReturnType<typeof serveRuntimeApi>>;
  let address: string;
  let root: string;
  beforeAll(async () => {
    api = await serveRuntimeApi({
      onNext: (then) => {
        heard.push('next');
        deliver = then;
      },
      onResponse: (requestId, body) => heard.push(`response ${requestId} ${body}`),
      onError: (requestId, { errorMessage }) => heard.push(`error ${requestId} ${errorMessage}`),
      onInitError: ({ errorMessage }) => heard.push(`init ${errorMessage}`),
    });
    const [host, secret] = api.address.split('/');
    address = host;
    root = `/${secret}/2018-06-01/runtime`;
  });
  beforeEach(() => heard.length = 0);
  afterAll(() => api.close());

  test.each(OF_A_PAGE)('does nothing for %s, even with its address', async (_, headers) => {
    expect((await send(address, `${root}/invocation/next`, { headers })).status).toBe(403);
    expect((await send(address, `${root}/invocation/1/response`, { method: 'POST', headers }, '{}')).status).toBe(403);
    expect(heard).toEqual([]);
  });

  test.each([
    ['none', ''], ['another one', '/0'], ['the beginning of it', 'cut'],
  ])('needs its secret in the path: with %s it does nothing', async (_, given) => {
    const path = given === 'cut' ? root.slice(0, 20) : `${given}/2018-06-01/runtime`;
    expect((await send(address, `${path}/invocation/next`)).status).toBe(403);
    expect((await send(address, `${path}/init/error`, { method: 'POST' }, '{}')).status).toBe(403);
    expect(heard).toEqual([]);
  });

  test('gives an invocation to the client that waits for it, and to no other', async () => {
    const first = send(address, `${root}/invocation/next`);
    while (heard.length === 0) {
      await new Promise((wake) => setImmediate(wake));
    }
    expect((await send(address, `${root}/invocation/next`)).status).toBe(409);
    deliver!({ requestId: '1', functionArn: 'arn', deadline: 0, event: '{"of":"the first"}' });
    expect(await first).toEqual({ status: 200, body: '{"of":"the first"}' });
    expect(await send(address, `${root}/invocation/1/response`, { method: 'POST' }, '{}')).toMatchObject({ status: 202 });
    expect(heard).toEqual(['next', 'response 1 {}']);
  });

  test('lets a client wait again when the one before has gone', async () => {
    const gone = request({ port: address.split(':')[1], path: `${root}/invocation/next` }).on('error', () => {});
    gone.end();
    while (heard.length === 0) {
      await new Promise((wake) => setImmediate(wake));
    }
    gone.destroy();
    let status = 409;
    while (status === 409) {
      const next = send(address, `${root}/invocation/next`);
      const waits = new Promise<{ status: number }>((resolve) => {
        const look = () => heard.length > 1 ? resolve({ status: 200 }) : setImmediate(look);
        look();
      });
      ({ status } = await Promise.race([next, waits]));
      next.catch(() => {});
    }
    expect(heard).toEqual(['next', 'next']);
  });
});

test.each(OF_A_PAGE)('Lambda\'s API does nothing for %s', async (_, headers) => {
  const server = await startApiServer();
  server.serve([() => {
    throw new Error('It was served.');
  }]);
  expect((await send(server.endpoint, '/2015-03-31/functions/f/invocations', { method: 'POST', headers }, '{}')).status).toBe(403);
  server.close();
});

describe('the server in front of DynamoDB Local', () => {
  const seen: string[] = [];
  const upstream = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text) => body += text).on('end', () => {
      seen.push(`${incoming.method} ${incoming.url} ${incoming.headers['x-amz-target']} ${body} from ${incoming.socket.remoteAddress}`);
      response.writeHead(400, { 'x-amzn-requestid': 'r' }).end('{"__type":"refused"}');
    });
  });
  let guard: Awaited<ReturnType<typeof startGuard>>;
  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    guard = await startGuard(0, { port: (upstream.address() as AddressInfo).port });
  });
  beforeEach(() => seen.length = 0);
  afterAll(() => {
    guard.close();
    upstream.close();
  });

  const putItem = { 'x-amz-target': 'DynamoDB_20120810.PutItem', 'content-type': 'application/x-amz-json-1.0' };
  test.each(OF_A_PAGE)('passes nothing on of %s', async (_, headers) => {
    expect(await send(guard.endpoint, '/', { method: 'POST', headers: { ...putItem, ...headers } }, '{}')).toEqual({
      status: 403, body: expect.stringContaining('AccessDeniedException'),
    });
    expect(seen).toEqual([]);
  });

  test('passes a program\'s request on as it is, and the answer back', async () => {
    expect(await send(guard.endpoint, '/', { method: 'POST', headers: putItem }, '{"n":1}')).toEqual({ status: 400, body: '{"__type":"refused"}' });
    expect(seen).toEqual(['POST / DynamoDB_20120810.PutItem {"n":1} from 127.0.0.1']);
  });

  test('breaks the connection when there is nothing behind it, which clients try again', async () => {
    const lost = await startGuard(0, { port: 1 });
    await expect(send(lost.endpoint, '/')).rejects.toThrow('socket hang up');
    lost.close();
  });
});

test('Java may do everything but accept connections from elsewhere', () => {
  const policy = loopbackPolicy('127.1.2.3');
  expect(policy.match(/SocketPermission.*/g)).toEqual([
    'SocketPermission "*:0-", "listen,resolve,connect";', 'SocketPermission "127.1.2.3:0-", "accept";',
  ]);
  expect(policy).not.toContain('AllPermission');
});

test('the programs that a run starts get nothing of the user\'s environment that may be a credential', () => {
  const before = process.env;
  process.env = { PATH: '/bin', JAVA_HOME: '/java', LANG: 'C', AWS_SECRET_ACCESS_KEY: 'x', AWS_PROFILE: 'x', GITHUB_TOKEN: 'x', NODE_OPTIONS: 'x' };
  expect([processVariables(), javaVariables()]).toEqual([{ PATH: '/bin' }, { PATH: '/bin', JAVA_HOME: '/java', LANG: 'C' }]);
  process.env = before;
});

describe('the folder of --data', () => {
  const cleanUps: (() => void)[] = [];
  const children = { atEnd: (cleanUp: () => void) => cleanUps.push(cleanUp) } as unknown as Children;
  const warnings: string[] = [];
  const take = (folder: string) => takeDataFolder(children, folder, (message) => warnings.push(message));
  afterAll(() => cleanUps.forEach((cleanUp) => cleanUp()));

  onLinux('is made for its user alone, and what is in it is, too', async () => {
    const folder = join(folderWith({}), 'nested', 'data');
    await take(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    checkpointsIn(folder).restart({ path: 'Shop/OrderEvents' } as never, 'stream');
    expect(statSync(join(folder, 'checkpoints.json')).mode & 0o777).toBe(0o600);
    expect(warnings).toEqual([]);
  });

  onLinux('is named in a warning if others have access', async () => {
    const folder = folderWith({});
    chmodSync(folder, 0o755);
    await take(folder);
    expect(warnings.splice(0)).toEqual([`Other users of this machine have access to ${folder}, which holds the tables. Take it from them with: chmod 700 ${folder}`]);
  });

  test('is refused if it belongs to another user', async () => {
    const getuid = jest.spyOn(process, 'getuid' as never).mockReturnValue(4321 as never);
    await expect(take(folderWith({}))).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE', message: expect.stringContaining('It belongs to another user.') });
    getuid.mockRestore();
  });

  test.each(['shared-local-instance.db', 'checkpoints.json', 'expired.json'])('is refused if %s in it is a link, which would be followed', async (name) => {
    const folder = folderWith({});
    symlinkSync('elsewhere', join(folder, name));
    await expect(take(folder)).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE', message: expect.stringContaining(`${name} in it is a link.`) });
  });

  test('is written by way of a new file: what a link leads to stays as it is', () => {
    const folder = join(folderWith({}), 'data');
    mkdirSync(folder);
    const elsewhere = join(folderWith({ victim: 'mine' }), 'victim');
    const checkpoints = checkpointsIn(folder);
    symlinkSync(elsewhere, join(folder, 'checkpoints.json.new'));
    checkpoints.restart({ path: 'Shop/OrderEvents' } as never, 'stream');
    expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
    expect(JSON.parse(readFileSync(join(folder, 'checkpoints.json'), 'utf8'))).toEqual({ 'Shop/OrderEvents': { stream: 'stream', shards: {} } });
  });
});
