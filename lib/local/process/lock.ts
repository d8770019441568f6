import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { lifeAt, serveLife } from './life-socket';

/**
 * Takes a lock that ends with this process. It is a socket in this file.
 *
 * @returns a function that gives it back; undefined if another process has it
 */
export async function takeLock(file: string): Promise<(() => void) | undefined> {
  for (let tried = 1; tried <= TRIES; tried++) {
    const server = serveLife(file);
    try {
      await once(server, 'listening');
      return () => {
        server.close();
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
        throw error;
      }
    }
    await removeIfDead(file);
  }
  return undefined;
}

/** Others may take it, or remove a dead one, at the same time. */
const TRIES = 3;

/** Removes the socket of a dead process. If another process has replaced it meanwhile, its socket is put back. */
async function removeIfDead(file: string): Promise<void> {
  const [found, removed] = [`${file}.${randomUUID()}`, `${file}.${randomUUID()}`];
  try {
    // As long as it has this name, no other file gets its number.
    linkSync(file, found);
    if (await lifeAt(found) === 'dead') {
      renameSync(file, removed);
      if (inodeOf(removed) !== inodeOf(found)) {
        linkSync(removed, file);
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
    // It was removed meanwhile.
  } finally {
    rmSync(found, { force: true });
    rmSync(removed, { force: true });
  }
}

function inodeOf(file: string): number {
  return lstatSync(file).ino;
}
