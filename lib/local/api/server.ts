import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FOREIGN_REQUEST, isForeignRequest } from '../foreign-request';

/** A request to an AWS API. */
export interface ApiRequest {
  readonly method: string;
  /** Decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** JSON text, as bytes or not. */
  readonly body?: string | Uint8Array;
}

/** An error as an API answers it. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly type: string, message: string, readonly details: object = {}) {
    super(message);
  }
}

/** Answers requests; undefined: not one of its own. Rejects with an ApiError. */
export type Api = (request: ApiRequest) => Promise<ApiAnswer> | undefined;

/** An endpoint for AWS's tools and SDKs. */
export interface ApiServer {
  readonly endpoint: string;
  /** Until then every request is answered with 503, which SDKs try again. */
  serve(apis: readonly Api[]): void;
  close(): void;
}

/**
 * Listens on a free port of this machine.
 *
 * Pages in a browser are not served, so that none of them can invoke functions: neither what comes from a page, nor what asks for
 * another host, nor what is not signed, as the requests of every AWS tool are.
 */
export async function startApiServer(): Promise<ApiServer> {
  let served: readonly Api[] | undefined;
  const server = createServer((request, response) => {
    answer(request, served).catch(errorAnswer).then((result) => send(response, result)).catch(() => response.destroy());
  });
  // An invocation may take as long as the function's timeout.
  server.requestTimeout = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (apis) => served = apis,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(request: IncomingMessage, apis: readonly Api[] | undefined): Promise<ApiAnswer> {
  const { pathname, searchParams } = new URL(request.url!, 'http://127.0.0.1');
  if (isForeignRequest(request.headers)) {
    throw new ApiError(403, 'AccessDeniedException', FOREIGN_REQUEST);
  }
  if (!request.headers.authorization?.startsWith('AWS4-')) {
    throw new ApiError(403, 'MissingAuthenticationTokenException', 'The request is not signed. Any credentials will do.');
  }
  if (apis === undefined) {
    throw new ApiError(503, 'ServiceUnavailableException', 'The run is still starting.');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const apiRequest: ApiRequest = {
    method: request.method!,
    path: pathname.split('/').filter((part) => part !== '').map(decodeURIComponent),
    query: searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
  for (const api of apis) {
    const answering = api(apiRequest);
    if (answering) {
      return answering;
    }
  }
  const asked = request.headers['x-amz-target'] ?? `${request.method} ${pathname}`;
  throw new ApiError(501, 'NotImplementedException', `${asked} is not served here. docs/guide/local.md lists what is.`);
}

function errorAnswer(error: unknown): ApiAnswer {
  const { status, type, message, details } = error instanceof ApiError ? error : new ApiError(500, 'InternalFailure', String(error));
  return {
    status,
    headers: { 'x-amzn-ErrorType': type },
    // Services spell the message in both ways.
    body: JSON.stringify({ __type: type, message, Message: message, ...details }),
  };
}

function send(response: ServerResponse, { status, headers, body }: ApiAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-RequestId': randomUUID(), ...headers });
  response.end(body);
}
