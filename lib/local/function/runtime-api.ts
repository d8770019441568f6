import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RESPONSE_BYTES, tooLarge } from '../../engine';
import { FOREIGN_REQUEST, isForeignRequest } from '../foreign-request';

/** An invocation as the API hands it to a runtime. */
export interface NextInvocation {
  readonly requestId: string;
  readonly functionArn: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** JSON. */
  readonly event: string;
}

/** An error as a runtime reports it. */
export interface ReportedError {
  readonly errorType: string;
  readonly errorMessage: string;
  /** Where it was thrown, a line for each call. */
  readonly trace?: readonly string[];
}

/** Hears what a runtime sends to the API. */
export interface RuntimeListener {
  /** It asks for an invocation, and is idle until `deliver` hands one over. */
  onNext(deliver: (invocation: NextInvocation) => void): void;
  onResponse(requestId: string, body: string): void;
  onError(requestId: string, error: ReportedError): void;
  /** The code did not load. */
  onInitError(error: ReportedError): void;
}

interface RuntimeApi {
  /** Host, port and a secret path, as AWS_LAMBDA_RUNTIME_API takes them: clients put it before each path. */
  readonly address: string;
  close(): void;
}

/**
 * The Lambda Runtime API (version 2018-06-01) for one execution environment, on a free port of this machine.
 * Any runtime interface client can talk to it.
 *
 * Who takes an invocation or answers one decides what happens to the records in it. So only the process that was given the address is
 * served, and a client that waits for an invocation is never replaced by another one.
 */
export async function serveRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  const secret = randomUUID();
  const root = `/${secret}${VERSION}`;
  /** Of the client that waits for an invocation. */
  let waiting: ServerResponse | undefined;
  const server = createServer((request, response) => {
    if (isForeignRequest(request.headers) || !request.url?.startsWith(`${root}/`)) {
      refuse(response, 403, FOREIGN_REQUEST);
    } else if (request.method === 'GET' && request.url === `${root}/invocation/next`) {
      if (waiting !== undefined) {
        refuse(response, 409, 'Another client waits for the next invocation.');
        return;
      }
      waiting = response;
      response.once('close', () => waiting = undefined);
      listener.onNext((invocation) => sendInvocation(response, invocation));
    } else {
      void answer(listener, request.url.slice(root.length), request, response).catch(() => response.destroy());
    }
  });
  // A function that is not needed waits for its next invocation as long as the run lasts.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const VERSION = '/2018-06-01/runtime';

/** The body is not read, so the connection ends. */
function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { connection: 'close' }).end(reason);
}

/** @param path below that of the API */
async function answer(listener: RuntimeListener, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const [, requestId, kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
  if (request.method === 'POST' && path === '/init/error') {
    listener.onInitError(errorIn(body));
  } else if (request.method === 'POST' && kind === 'response') {
    if (Buffer.byteLength(body) > RESPONSE_BYTES) {
      listener.onError(requestId, tooLarge(requestId));
      response.writeHead(413).end();
      return;
    }
    listener.onResponse(requestId, body);
  } else if (request.method === 'POST' && kind === 'error') {
    listener.onError(requestId, errorIn(body));
  } else {
    response.writeHead(404).end(`No such path in the Runtime API: ${request.method} ${path}`);
    return;
  }
  response.writeHead(202).end('{"status":"OK"}');
}

function sendInvocation(response: ServerResponse, { requestId, functionArn, deadline, event }: NextInvocation): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': requestId,
    'lambda-runtime-deadline-ms': deadline,
    'lambda-runtime-invoked-function-arn': functionArn,
  }).end(event);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function errorIn(body: string): ReportedError {
  try {
    const { errorType, errorMessage, trace } = JSON.parse(body);
    return { errorType: errorType ?? 'Unknown', errorMessage: errorMessage ?? '', trace: Array.isArray(trace) ? trace.map(String) : [] };
  } catch {
    return { errorType: 'Unknown', errorMessage: body };
  }
}
