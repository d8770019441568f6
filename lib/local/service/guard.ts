import { Agent, createServer, request as send } from 'node:http';
import { portInUse } from './free-port';
import { FOREIGN_REQUEST, isForeignRequest } from '../foreign-request';

/** A server in front of another one. */
export interface Guard {
  readonly endpoint: string;
  close(): void;
}

/** Where the other server listens on this machine. */
export interface Guarded {
  readonly port: number;
  /** The address of this machine that it accepts connections from; undefined for any. */
  readonly localAddress?: string;
}

/** How long an unused connection is kept, in milliseconds: for less time than the 30 seconds after which DynamoDB Local closes it. */
const KEPT = 20_000;

/**
 * Stands in front of a server that can't tell a program from a page in a browser, and passes on the requests of programs only.
 *
 * @param port to listen on; 0 for a free one
 * @throws LocalRunError PORT_IN_USE
 */
export function startGuard(port: number, guarded: Guarded): Promise<Guard> {
  const agent = new Agent({ keepAlive: true, timeout: KEPT, localAddress: guarded.localAddress });
  const server = createServer((request, response) => {
    if (isForeignRequest(request.headers)) {
      response.writeHead(403, { 'content-type': 'application/x-amz-json-1.0', 'connection': 'close' })
        .end(JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', message: FOREIGN_REQUEST }));
      return;
    }
    const { method, url: path, headers } = request;
    const passedOn = send({ host: '127.0.0.1', port: guarded.port, method, path, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    passedOn.on('error', () => response.destroy());
    response.on('close', () => passedOn.destroy());
    request.pipe(passedOn);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? portInUse(port, error.code) : error));
    server.listen(port, '127.0.0.1', () => resolve({
      endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
      close: () => {
        server.close();
        server.closeAllConnections();
        agent.destroy();
      },
    }));
  });
}
