/** Something real that a handler started: a timer of Node.js, a connection, an HTTP request, a file operation. */
export interface Resource {
  readonly kind: ResourceKind;
  /** Its type, as async_hooks has it. */
  readonly type: string;
  /** The object behind it, of Node.js. */
  readonly resource: any;
  /** Who shares what it is a part of; undefined: anybody may wait for it. */
  owner?: object;
  /** The invocation that made it. */
  readonly context?: object;
  /** Of a timer: when it would be due if it took virtual time. Others: when it was made. */
  readonly dueAt: number;
  /** Of a connection: how many bytes it has brought. */
  read: number;
  /** Of a connection: how many bytes had been written to it when it last brought some. -1: it has brought none. */
  answered: number;
  /** Of a connection: when its last two answers began. */
  answersBegan: readonly [number, number];
  /** Of a connection that was there before: how many bytes had been written to it then. */
  readonly written?: number;
  /** When it was made, or last showed a sign of life. */
  changedAt: number;
  /** Of a timer: a wait for virtual time beside it is due before. It holds up no such wait. */
  overtaken: boolean;
  /** It was waited for in vain. Until it shows a sign of life, nobody seems to wait for it. */
  givenUp: boolean;
}

export type ResourceKind = 'timer' | 'immediate' | 'request' | 'exchange' | 'connection' | 'process' | 'handle' | 'compression';

/**
 * - `busy`: it ends or answers by itself: whatever the handler waits for, it may be this;
 * - `open`: it may stay as it is for ever, as a kept connection and an interval do;
 * - `weak`: it does not keep a process alive, but may end;
 * - `idle`: nothing goes on in it now;
 * - `over`: it has ended.
 */
export type ResourceState = 'busy' | 'open' | 'weak' | 'idle' | 'over';

/** What is known of a type of async resources; undefined: it says nothing about what a handler waits for. */
export function kindOf(type: string): ResourceKind | undefined {
  return KINDS.has(type) ? KINDS.get(type) : REQUEST.test(type) ? 'request' : undefined;
}

const typesOf = (kind: ResourceKind, ...types: string[]) => types.map((type): [string, ResourceKind] => [type, kind]);

const KINDS = new Map<string, ResourceKind | undefined>([
  ['PROMISE', undefined],
  ['TickObject', undefined],
  // Its response may be kept without being read. HTTP requests are known better as exchanges.
  ['HTTPCLIENTREQUEST', undefined],
  ['Timeout', 'timer'],
  ['Immediate', 'immediate'],
  ['ZLIB', 'compression'],
  ...typesOf('connection', 'TCPWRAP', 'TLSWRAP', 'PIPEWRAP'),
  ...typesOf('process', 'PROCESSWRAP', 'WORKER'),
  ...typesOf('handle', 'FSEVENTWRAP', 'MESSAGEPORT', 'PIPESERVERWRAP', 'STATWATCHER', 'TCPSERVERWRAP', 'UDPWRAP'),
]);

const REQUEST = /REQUEST$|REQ(CALLBACK|PROMISE|WRAP)$|^(FILEHANDLECLOSEREQ|HTTP2STREAM|PIPECONNECTWRAP|QUERYWRAP|SHUTDOWNWRAP|TCPCONNECTWRAP|UDPSENDWRAP|WRITEWRAP)$/;

/** For this many milliseconds after it brought something, a connection may bring the rest. */
const REST = 25;

/** Connections that carry an encrypted one. What goes on in that one counts. */
const carriers = new WeakSet<object>();

/** @param limit a timer that takes more milliseconds than this watches over something else, as that of an idle connection does */
export function stateOf(one: Resource, now: number, limit: number): ResourceState {
  const { resource } = one;
  switch (one.kind) {
    case 'request':
      return 'busy';
    case 'exchange':
      return resource.completed || resource.aborted || resource.destroyed || resource.res?.complete ? 'over' : 'busy';
    case 'immediate':
      return resource.hasRef() ? 'busy' : 'over';
    case 'timer':
      return stateOfTimer(resource, limit);
    case 'compression':
      return resource.buffer ? 'busy' : 'idle';
    case 'process':
      return resource.hasRef?.() ? 'busy' : 'idle';
    case 'handle':
      return resource.hasRef?.() ? 'open' : 'idle';
    case 'connection':
      return stateOfConnection(one, now);
  }
}

function stateOfTimer(timer: any, limit: number): ResourceState {
  if (timer._destroyed) {
    return 'over';
  }
  if (timer._repeat) {
    return timer.hasRef() ? 'open' : 'idle';
  }
  return !timer.hasRef() ? 'weak' : timer._idleTimeout <= limit ? 'busy' : 'open';
}

/** What was written last waits for an answer, however long that takes. */
function stateOfConnection(one: Resource, now: number): ResourceState {
  const { resource } = one;
  const carrier = resource._parent;
  if (carrier) {
    carriers.add(carrier);
  }
  if (carriers.has(resource) || !(carrier ?? resource).hasRef?.()) {
    return 'idle';
  }
  hear(one, now);
  return resource.bytesWritten > one.answered || now - one.changedAt < REST ? 'busy' : 'open';
}

/**
 * Notes what a connection has brought. Called as soon as something comes, before anybody can react to it: what is written afterwards
 * waits for an answer of its own.
 */
export function hear(one: Resource, now: number): void {
  const { bytesRead, bytesWritten } = one.resource;
  if (bytesRead !== one.read) {
    if (bytesWritten > one.answered) {
      one.answersBegan = [one.answersBegan[1], now];
    }
    Object.assign(one, { read: bytesRead, answered: bytesWritten, changedAt: now, givenUp: false });
  }
}

/** An operation of Node.js that is under way, in words. */
export function describeRequest(request: object): string {
  return describeResource({ kind: 'request', type: request.constructor.name.toUpperCase(), resource: request } as Resource);
}

/** In words, for an error. */
export function describeResource({ kind, type, resource }: Resource): string {
  if (kind === 'exchange') {
    return `an HTTP request to ${resource.origin ?? resource.host ?? 'a server'}`;
  }
  switch (type) {
    case 'Timeout':
      return resource._repeat ? `an interval of ${resource._repeat} ms` : `a timer of ${resource._idleTimeout} ms`;
    case 'Immediate':
      return 'an immediate';
    case 'TLSWRAP':
    case 'TCPWRAP': {
      const peer: { address?: string; port?: number } = {};
      resource.getpeername?.(peer);
      return peer.port === undefined ? 'a connection' : `a connection to ${peer.address}, port ${peer.port}`;
    }
    case 'TCPSERVERWRAP':
      return 'a server';
    case 'PROCESSWRAP':
      return 'a child process';
    case 'WORKER':
    case 'MESSAGEPORT':
      return 'a worker';
    default:
      return /^(FS|FILE)/.test(type) ? 'a file operation' : /ADDRINFO|QUERY/.test(type) ? 'a DNS lookup' : /CONNECT/.test(type) ? 'a connection that opens' : `something that Node.js calls ${type}`;
  }
}
