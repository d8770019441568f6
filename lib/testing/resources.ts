/** Something real that a handler started: a timer of Node.js, a socket, a file operation. */
export interface Resource {
  readonly kind: Kind;
  /** Its type, as async_hooks has it. */
  readonly type: string;
  /** The object behind it, of Node.js. */
  readonly resource: any;
  /** Who may wait for it. */
  readonly owner: object;
  /** What was last seen of a socket: bytes, and when they changed. */
  read: number;
  written: number;
  changedAt: number;
  /** For how long it counts as busy after that, in milliseconds. */
  patience: number;
}

export type Kind = 'timer' | 'immediate' | 'request' | 'handle' | 'compression';

/**
 * - `busy`: it ends by itself, and soon: whatever the handler waits for, it may be this;
 * - `open`: it may stay as it is for ever, as a kept connection and an interval do;
 * - `weak`: it does not keep a process alive, but may end;
 * - `idle`: nothing goes on in it now;
 * - `over`: it has ended.
 */
export type State = 'busy' | 'open' | 'weak' | 'idle' | 'over';

/** What is known of a type of async resources; undefined: it says nothing about what a handler waits for. */
export function kindOf(type: string): Kind | undefined {
  return KINDS.has(type) ? KINDS.get(type) : REQUEST.test(type) ? 'request' : undefined;
}

const HANDLES = [
  'FSEVENTWRAP', 'MESSAGEPORT', 'PIPESERVERWRAP', 'PIPEWRAP', 'PROCESSWRAP', 'STATWATCHER', 'TCPSERVERWRAP', 'TCPWRAP', 'UDPWRAP', 'WORKER',
];

const KINDS = new Map<string, Kind | undefined>([
  ['PROMISE', undefined],
  ['TickObject', undefined],
  ['HTTPCLIENTREQUEST', undefined],
  ['Timeout', 'timer'],
  ['Immediate', 'immediate'],
  ['ZLIB', 'compression'],
  ...HANDLES.map((type): [string, Kind] => [type, 'handle']),
]);

const REQUEST = /REQUEST$|REQ(CALLBACK|PROMISE|WRAP)$|^(FILEHANDLECLOSEREQ|PIPECONNECTWRAP|QUERYWRAP|SHUTDOWNWRAP|TCPCONNECTWRAP|UDPSENDWRAP|WRITEWRAP)$/;

/** A timer that is due within so many milliseconds is waited for. Longer ones watch over something else, as the timer of an idle connection does. */
const SOON = 1000;

/** For so many milliseconds after it was written to, a connection may bring an answer; after it brought something, or was made, more. */
const ANSWER = 1000;
export const REST = 25;

export function stateOf(one: Resource, now: number): State {
  const { resource } = one;
  switch (one.kind) {
    case 'request':
      return 'busy';
    case 'immediate':
      return resource.hasRef() ? 'busy' : 'over';
    case 'timer':
      return stateOfTimer(resource);
    case 'compression':
      return resource.buffer ? 'busy' : 'idle';
    case 'handle':
      return resource.hasRef?.() ? stateOfHandle(one, now) : 'idle';
  }
}

function stateOfTimer(timer: any): State {
  if (timer._destroyed) {
    return 'over';
  }
  if (timer._repeat) {
    return timer.hasRef() ? 'open' : 'idle';
  }
  return !timer.hasRef() ? 'weak' : timer._idleTimeout <= SOON ? 'busy' : 'open';
}

/** Of a connection, what comes and goes tells whether somebody waits for an answer. */
function stateOfHandle(one: Resource, now: number): State {
  const { bytesRead = 0, bytesWritten = 0 } = one.resource;
  const wasRead = bytesRead !== one.read;
  if (wasRead || bytesWritten !== one.written) {
    [one.read, one.written, one.changedAt] = [bytesRead, bytesWritten, now];
    one.patience = wasRead ? REST : ANSWER;
  }
  return now - one.changedAt < one.patience ? 'busy' : 'open';
}

/** In words, for an error. */
export function describe({ type, resource }: Resource): string {
  switch (type) {
    case 'Timeout':
      return resource._repeat ? `an interval of ${resource._repeat} ms` : `a timer of ${resource._idleTimeout} ms`;
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
      return /^(FS|FILE)/.test(type) ? 'a file operation' : /ADDRINFO|QUERY/.test(type) ? 'a DNS lookup' : `something that Node.js calls ${type}`;
  }
}
