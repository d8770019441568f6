import { createServer } from 'node:net';
import { LocalRunError } from '../errors';

/**
 * A port of this machine that nothing listens on: the given one, or any.
 *
 * @throws LocalRunError PORT_IN_USE
 */
export function freePort(port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' || error.code === 'EACCES'
        ? portInUse(port, error.code)
        : error);
    });
    server.listen(port, '127.0.0.1', () => {
      const found = (server.address() as { port: number }).port;
      server.close(() => resolve(found));
    });
  });
}

/** Whether nothing listens on a port. */
export async function isFree(port: number): Promise<boolean> {
  return freePort(port).then(() => true, () => false);
}

export function portInUse(port: number, code: string): LocalRunError {
  return new LocalRunError('PORT_IN_USE', `Port ${port} is in use or not allowed (${code}). Choose another one with --port, or omit it to use a free one.`);
}
