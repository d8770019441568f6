import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';

/**
 * Listens on a socket file, which shows others that this process lives. The system ends it with the process, however that ends, and it answers
 * across containers. A process id does neither: it is given away again, and means another process in another container.
 *
 * @returns the server, which emits `listening` or `error`. It does not keep the process running, and leaves the file where it is.
 */
export function serveLife(file: string): Server {
  const server = createServer((socket) => socket.destroy());
  at(file, (path) => server.listen(path));
  return server.unref();
}

/** `alive`: a process serves it; `dead`: the process that did has ended; `unknown`: there is no such file, or it can't be reached. */
export type Life = 'alive' | 'dead' | 'unknown';

export function lifeAt(file: string): Promise<Life> {
  return new Promise((resolve) => {
    const socket = at(file, connect);
    socket.once('connect', () => {
      socket.destroy();
      resolve('alive');
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === REFUSED ? 'dead' : 'unknown'));
  });
}

const onWindows = process.platform === 'win32';

/** On Windows a pipe goes with its process. Elsewhere the file stays. */
const REFUSED = onWindows ? 'ENOENT' : 'ECONNREFUSED';

/** In bytes. macOS takes the fewest. */
const LONGEST_PATH = 103;

/** Hands the path of a socket to a call that uses it at once: sockets can't have long paths. */
function at<T>(file: string, use: (path: string) => T): T {
  if (onWindows) {
    return use(`\\\\.\\pipe\\dynamo-stream-trigger-${createHash('sha256').update(file).digest('hex')}`);
  }
  if (Buffer.byteLength(file) <= LONGEST_PATH || process.platform !== 'linux') {
    return use(file);
  }
  const folder = openSync(dirname(file), 'r');
  try {
    return use(`/proc/self/fd/${folder}/${basename(file)}`);
  } finally {
    closeSync(folder);
  }
}
