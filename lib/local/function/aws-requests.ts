import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { awsHost } from './aws-services';
import { hasProfile, notRunHere, requestTarget } from './request-target';

/**
 * Loaded before a function's code: sends its signed requests to AWS where they can be answered. Those to services that run here go to the
 * local endpoints, also from clients that do not know the environment variables with these endpoints. Those to other services go to AWS only
 * with a profile of the user's, and fail at once otherwise. What is not signed goes its way.
 *
 * No credentials of a profile reach the local endpoints.
 */
function main(): void {
  const requests = { 'http:': http.request, 'https:': https.request };
  const direct = (protocol: 'http:' | 'https:') => (...args: unknown[]): ClientRequest => {
    const { options, callback } = normalized(protocol, args);
    const target = requestTarget(options);
    if (target === undefined) {
      return (requests[protocol] as (...given: unknown[]) => ClientRequest)(...args);
    }
    return 'refusal' in target
      ? requests['http:']({ ...options, protocol: 'http:', agent: undefined, createConnection: () => refusing(target.refusal) }, callback)
      : requests[target.options.protocol as 'http:' | 'https:'](target.options, callback);
  };
  for (const [protocol, module] of [['http:', http], ['https:', https]] as const) {
    const request = direct(protocol);
    Object.assign(module, {
      request,
      get: (...args: unknown[]) => {
        const sending = request(...args);
        sending.end();
        return sending;
      },
    });
  }
  const fetching = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const target = requestTarget({ ...urlToHttpOptions(url), method: request.method, headers: Object.fromEntries(request.headers) });
    if (target === undefined) {
      return fetching(input, init);
    }
    if ('refusal' in target) {
      throw new Error(target.refusal);
    }
    const { protocol, hostname, port, path, headers } = target.options;
    // fetch sets the host itself.
    const { host: _, ...others } = headers as Record<string, string>;
    const body = request.body === null ? undefined : await request.arrayBuffer();
    return fetching(`${protocol}//${hostname}:${port}${path}`, { method: request.method, headers: others, body, signal: request.signal });
  };
  const connect = http2.connect;
  Object.assign(http2, {
    connect: (authority: string | URL, ...others: unknown[]) => {
      const host = awsHost(new URL(authority).hostname);
      return host === undefined || hasProfile()
        ? (connect as (...given: unknown[]) => http2.ClientHttp2Session)(authority, ...others)
        : connect('http://127.0.0.1', { createConnection: () => refusing(notRunHere(host.service)) });
    },
  });
  syncBuiltinESMExports();
}

/** A connection that fails at once. */
function refusing(reason: string): Socket {
  const socket = new Socket();
  process.nextTick(() => socket.destroy(new Error(reason)));
  return socket;
}

function normalized(protocol: string, args: readonly unknown[]): { options: RequestOptions; callback?: (response: IncomingMessage) => void } {
  const [first, second] = args;
  const isUrl = typeof first === 'string' || first instanceof URL;
  const options = isUrl ? { ...urlToHttpOptions(new URL(first)), ...typeof second === 'object' ? second as RequestOptions : {} } : first as RequestOptions;
  const callback = args.find((arg) => typeof arg === 'function') as ((response: IncomingMessage) => void) | undefined;
  return { options: { protocol, ...options }, callback };
}

main();
