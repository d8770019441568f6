import { createServer } from 'node:net';
import { PortInUseError } from '../errors';

/**
 * A port of this machine that nothing listens on: the given one, or any.
 *
 * @throws PortInUseError
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

export function portInUse(port: number, code: string): PortInUseError {
  return new PortInUseError(`Port ${port} is taken or not allowed (${code}). Choose another with --port, or leave it out for a free one.`);
}
