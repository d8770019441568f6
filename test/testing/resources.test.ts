import { describeRequest, describeResource, hear, kindOf, type Resource, type ResourceKind, type ResourceState, stateOf } from '../../lib/testing/resources';

test.each<[ResourceKind | 'unknown', string[]]>([
  ['unknown', ['PROMISE', 'TickObject', 'HTTPCLIENTREQUEST', 'Microtask', 'HTTPINCOMINGMESSAGE']],
  ['timer', ['Timeout']],
  ['immediate', ['Immediate']],
  ['compression', ['ZLIB']],
  ['connection', ['TCPWRAP', 'TLSWRAP', 'PIPEWRAP']],
  ['process', ['PROCESSWRAP', 'WORKER']],
  ['handle', ['FSEVENTWRAP', 'MESSAGEPORT', 'PIPESERVERWRAP', 'STATWATCHER', 'TCPSERVERWRAP', 'UDPWRAP']],
  ['request', [
    'RANDOMBYTESREQUEST', 'FSREQCALLBACK', 'FSREQPROMISE', 'GETADDRINFOREQWRAP', 'FILEHANDLECLOSEREQ', 'HTTP2STREAM', 'PIPECONNECTWRAP', 'QUERYWRAP', 'SHUTDOWNWRAP',
    'TCPCONNECTWRAP', 'UDPSENDWRAP', 'WRITEWRAP',
  ]],
])('of the kind %s are %j', (kind, types) => {
  expect(types.map((type) => kindOf(type) ?? 'unknown')).toEqual(types.map(() => kind));
});

const ref = { hasRef: () => true };
const unref = { hasRef: () => false };
const resourceOf = (kind: ResourceKind, resource: object, more: Partial<Resource> = {}) => ({
  kind, resource, type: '', dueAt: 0, read: 0, answered: 0, answersBegan: [0, 0], changedAt: 0, overtaken: false, givenUp: true, ...more,
}) as Resource;

test.each<[ResourceState, ResourceKind, object]>([
  ['busy', 'request', {}],
  ['busy', 'exchange', {}],
  ['over', 'exchange', { completed: true }],
  ['over', 'exchange', { aborted: true }],
  ['over', 'exchange', { destroyed: true }],
  ['busy', 'exchange', { res: { complete: false } }],
  ['over', 'exchange', { res: { complete: true } }],
  ['busy', 'immediate', ref],
  ['over', 'immediate', unref],
  ['busy', 'timer', { ...ref, _idleTimeout: 100 }],
  ['open', 'timer', { ...ref, _idleTimeout: 101 }],
  ['weak', 'timer', { ...unref, _idleTimeout: 100 }],
  ['over', 'timer', { ...ref, _idleTimeout: 100, _destroyed: true }],
  ['open', 'timer', { ...ref, _idleTimeout: 100, _repeat: 100 }],
  ['idle', 'timer', { ...unref, _idleTimeout: 100, _repeat: 100 }],
  ['busy', 'compression', { buffer: {} }],
  ['idle', 'compression', {}],
  ['busy', 'process', ref],
  ['idle', 'process', {}],
  ['open', 'handle', ref],
  ['idle', 'handle', unref],
  ['open', 'connection', { ...ref, bytesRead: 0, bytesWritten: 0 }],
  ['busy', 'connection', { ...ref, bytesRead: 0, bytesWritten: 1 }],
  ['idle', 'connection', { ...unref, bytesRead: 0, bytesWritten: 1 }],
  ['busy', 'connection', { ...unref, _parent: ref, bytesRead: 0, bytesWritten: 1 }],
  ['idle', 'connection', { ...ref, _parent: unref, bytesRead: 0, bytesWritten: 1 }],
])('%s: a resource of the kind %s with %j', (state, kind, resource) => {
  expect(stateOf(resourceOf(kind, resource), 1000, 100)).toBe(state);
});

test('a connection that brings something may bring the rest, and then waits for nothing', () => {
  const resource = { ...ref, bytesRead: 0, bytesWritten: 10 };
  const one = resourceOf('connection', resource);
  expect(stateOf(one, 100, 0)).toBe('busy');
  resource.bytesRead = 5;
  expect([stateOf(one, 200, 0), stateOf(one, 224, 0), stateOf(one, 225, 0)]).toEqual(['busy', 'busy', 'open']);
  expect(one).toMatchObject({ read: 5, answered: 10, answersBegan: [0, 200], changedAt: 200, givenUp: false });
  // More of the same answer.
  resource.bytesRead = 6;
  hear(one, 300);
  expect(one).toMatchObject({ answersBegan: [0, 200], changedAt: 300 });
  Object.assign(resource, { bytesRead: 7, bytesWritten: 11 });
  hear(one, 400);
  expect(one).toMatchObject({ answersBegan: [200, 400], answered: 11 });
  one.givenUp = true;
  hear(one, 500);
  expect(one).toMatchObject({ changedAt: 400, givenUp: true });
});

test('a connection that carries an encrypted one waits for nothing itself', () => {
  const carrier = { ...ref, bytesRead: 0, bytesWritten: 1 };
  expect(stateOf(resourceOf('connection', carrier), 1000, 0)).toBe('busy');
  stateOf(resourceOf('connection', { ...ref, _parent: carrier, bytesRead: 0, bytesWritten: 0 }), 1000, 0);
  expect(stateOf(resourceOf('connection', carrier), 1000, 0)).toBe('idle');
});

test.each<[string, string, object]>([
  ['an interval of 50 ms', 'Timeout', { _repeat: 50, _idleTimeout: 50 }],
  ['a timer of 70 ms', 'Timeout', { _idleTimeout: 70 }],
  ['an immediate', 'Immediate', {}],
  ['a connection', 'TCPWRAP', {}],
  ['a connection', 'TLSWRAP', { getpeername: () => -1 }],
  ['a connection to 127.0.0.1, port 7', 'TCPWRAP', { getpeername: (peer: object) => Object.assign(peer, { address: '127.0.0.1', port: 7 }) }],
  ['a server', 'TCPSERVERWRAP', {}],
  ['a child process', 'PROCESSWRAP', {}],
  ['a worker', 'WORKER', {}],
  ['a worker', 'MESSAGEPORT', {}],
  ['a file operation', 'FSREQCALLBACK', {}],
  ['a file operation', 'FILEHANDLECLOSEREQ', {}],
  ['a DNS lookup', 'GETADDRINFOREQWRAP', {}],
  ['a DNS lookup', 'QUERYWRAP', {}],
  ['a connection that opens', 'TCPCONNECTWRAP', {}],
  ['something that Node.js calls WRITEWRAP', 'WRITEWRAP', {}],
])('%s is what %s with %j is called', (words, type, resource) => {
  expect(describeResource({ ...resourceOf('request', resource), type })).toBe(words);
});

test('a request is called by where it goes', () => {
  expect([{ origin: 'http://a' }, { host: 'b' }, {}].map((resource) => describeResource(resourceOf('exchange', resource)))).toEqual([
    'an HTTP request to http://a', 'an HTTP request to b', 'an HTTP request to a server',
  ]);
  class FSReqCallback {}
  expect(describeRequest(new FSReqCallback())).toBe('a file operation');
});
