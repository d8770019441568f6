import { once } from 'node:events';
import http, { createServer, type ClientRequest, type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

/** What its program puts others in place of. */
const before = { env: process.env, fetch: globalThis.fetch };
const modules = [http, https, http2].map((module): [object, object] => {
  const { request, get, connect } = module as Partial<typeof http & typeof http2>;
  return [module, module === http2 ? { connect } : { request, get }];
});
const heard: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string }[] = [];
const server = createServer(async (one, response) => {
  heard.push({ method: one.method, url: one.url, headers: one.headers, body: Buffer.concat(await one.toArray()).toString() });
  response.end('answered');
});
let address: string;
let port: number;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
  address = `http://127.0.0.1:${port}`;
  process.env = { AWS_ENDPOINT_URL_DYNAMODB: address, AWS_ENDPOINT_URL_S3: `${address}/files/` };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- It puts others in place of them when it is loaded.
  require('../../lib/local/function/aws-requests');
});
beforeEach(() => heard.length = 0);
afterAll(() => {
  process.env = before.env;
  globalThis.fetch = before.fetch;
  modules.forEach(([module, own]) => Object.assign(module, own));
  server.close();
  server.closeAllConnections();
});

const SIGNED = { 'authorization': 'AWS4-HMAC-SHA256 Credential=AKIAREAL/x', 'x-amz-target': 'a' };
const DYNAMODB = 'dynamodb.us-east-1.amazonaws.com';
const EVENTS = 'events.us-east-1.amazonaws.com';
const REFUSED = 'EventBridge is not run here. Give it an endpoint with --endpoint eventbridge=URL, or real credentials with --profile NAME.';

/** Rejects with what a connection fails with. */
async function failureOf(session: http2.ClientHttp2Session): Promise<never> {
  const [error] = await once(session, 'error');
  throw error;
}

/** The answer to a request that is sent so. */
async function answerTo(sending: ClientRequest, body?: string): Promise<string> {
  if (body !== undefined) {
    sending.end(body);
  }
  const [response] = await once(sending, 'response');
  return Buffer.concat(await response.toArray()).toString();
}

test.each<[string, () => ClientRequest, string | undefined]>([
  ['https.request with options', () => https.request({ hostname: DYNAMODB, method: 'POST', path: '/', headers: SIGNED }), 'body'],
  ['https.request with a URL', () => https.request(new URL(`https://${DYNAMODB}/`), { method: 'POST', headers: SIGNED }), 'body'],
  ['http.request with a text', () => http.request(`http://${DYNAMODB}/`, { method: 'POST', headers: SIGNED }), 'body'],
  ['https.get', () => https.get({ hostname: DYNAMODB, path: '/', headers: SIGNED }), undefined],
  ['http.get', () => http.get(`http://${DYNAMODB}/`, { headers: SIGNED }), undefined],
])('a signed request to what runs here goes there, without its credentials: %s', async (_, send, body) => {
  expect(await answerTo(send(), body)).toBe('answered');
  expect(heard).toEqual([{
    method: body === undefined ? 'GET' : 'POST', url: '/', body: body ?? '',
    headers: expect.objectContaining({ 'host': `127.0.0.1:${port}`, 'authorization': SIGNED.authorization.replace('AKIAREAL', 'local'), 'x-amz-target': 'a' }),
  }]);
});

test.each(['https', 'http'] as const)('the callback of %s gets the answer', async (protocol) => {
  const { request } = { http, https }[protocol];
  const status = await new Promise((resolve) => request({ hostname: DYNAMODB, headers: SIGNED }, (response) => resolve(response.statusCode)).end());
  const withUrl = await new Promise((resolve) => request(`${protocol}://${DYNAMODB}`, { headers: SIGNED }, (response) => resolve(response.statusCode)).end());
  expect([status, withUrl]).toEqual([200, 200]);
});

test('one by fetch goes there, too, with its body, below the path of the endpoint', async () => {
  const response = await fetch('https://bucket.s3.us-east-1.amazonaws.com/a/b?c', { method: 'PUT', body: 'body', headers: SIGNED });
  expect([await response.text(), heard]).toEqual(['answered', [{
    method: 'PUT', url: '/files/bucket/a/b?c', body: 'body',
    headers: expect.objectContaining({ 'host': `127.0.0.1:${port}`, 'authorization': SIGNED.authorization.replace('AKIAREAL', 'local'), 'x-amz-target': 'a' }),
  }]]);
  await fetch(new Request(`https://${DYNAMODB}/`, { headers: SIGNED }));
  expect(heard[1]).toMatchObject({ method: 'GET', url: '/', body: '' });
  const aborted = fetch(`https://${DYNAMODB}/`, { headers: SIGNED, signal: AbortSignal.abort(new Error('enough')) });
  await expect(aborted).rejects.toThrow('enough');
});

test.each<[string, () => Promise<unknown>]>([
  ['https.request', () => answerTo(https.request({ hostname: EVENTS, headers: SIGNED, agent: new https.Agent() }), '')],
  ['http.get', () => answerTo(http.get({ hostname: EVENTS, headers: SIGNED }))],
  ['fetch', () => fetch(`https://${EVENTS}/`, { headers: SIGNED })],
  ['http2.connect', () => failureOf(http2.connect(`https://${EVENTS}`))],
  ['http2.connect with a URL', () => failureOf(http2.connect(new URL(`https://${EVENTS}`)))],
])('one to what does not run here fails at once, with the way out: %s', async (_, send) => {
  await expect(send()).rejects.toThrow(REFUSED);
  expect(heard).toEqual([]);
});

test.each<[string, () => Promise<string>]>([
  ['http.request', () => answerTo(http.request(`${address}/own?a`, { headers: { authorization: 'Bearer x' } }), '')],
  ['http.get', () => answerTo(http.get({ host: '127.0.0.1', port, path: '/own?a', headers: { authorization: 'Bearer x' } }))],
  ['fetch', async () => (await fetch(`${address}/own?a`, { headers: { authorization: 'Bearer x' } })).text()],
])('what is not signed for AWS goes its way: %s', async (_, send) => {
  expect(await send()).toBe('answered');
  expect(heard).toMatchObject([{ url: '/own?a', headers: { authorization: 'Bearer x' } }]);
});

test('connections of HTTP/2 to others, and to AWS with a profile, are made', async () => {
  const opened: unknown[] = [];
  const createConnection = (authority: URL) => {
    opened.push(authority.host);
    throw new Error('opened');
  };
  const open = (authority: string) => () => http2.connect(authority, { createConnection: createConnection as never });
  expect(open('https://example.org')).toThrow('opened');
  process.env.AWS_PROFILE = 'dev';
  expect(open(`https://${EVENTS}`)).toThrow('opened');
  delete process.env.AWS_PROFILE;
  expect(opened).toEqual(['example.org', EVENTS]);
});
