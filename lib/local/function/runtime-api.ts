import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RESPONSE_BYTES, tooLarge } from '../../engine';

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
  /** Host and port, as AWS_LAMBDA_RUNTIME_API takes them. */
  readonly address: string;
  close(): void;
}

/**
 * The Lambda Runtime API (version 2018-06-01) for one execution environment, on a free port of this machine.
 * Any runtime interface client can talk to it.
 */
export function serveRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  const server = createServer((request, response) => {
    void answer(listener, request, response).catch(() => response.destroy());
  });
  // A function that is not needed waits for its next invocation as long as the run lasts.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve({
      address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    }));
  });
}

const VERSION = '/2018-06-01/runtime';

async function answer(listener: RuntimeListener, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  if (request.method === 'GET' && path === `${VERSION}/invocation/next`) {
    listener.onNext((invocation) => sendInvocation(response, invocation));
    return;
  }
  const body = await bodyOf(request);
  const [, requestId, kind] = new RegExp(`^${VERSION}/invocation/([^/]+)/(response|error)$`).exec(path) ?? [];
  if (request.method === 'POST' && path === `${VERSION}/init/error`) {
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
