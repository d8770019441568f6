import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { SpoolPlace, Spool } from './ports';

/** A spool in a file that only its owner can read, because it holds data of items. */
export interface SpoolFile extends Spool {
  /** Removes it. */
  close(): void;
}

const BLOCK = 1024 * 1024;

/** @param folder where the file is made, in a folder of its own */
export function spoolFile(folder: string): SpoolFile {
  const own = mkdtempSync(join(folder, 'redrive-'));
  const file = openSync(join(own, 'spool'), 'wx+', 0o600);
  if (process.platform !== 'win32') {
    // An open file stays until the process ends, however it ends: nothing of it is left where the process is killed.
    rmSync(own, { recursive: true });
  }
  /** What is not yet in the file. */
  let waiting: Buffer[] = [];
  let written = 0;
  let end = 0;

  return { append, read, clear, close };

  function append(text: string): SpoolPlace {
    const block = Buffer.from(text);
    const at = end;
    waiting.push(block);
    end += block.length;
    if (end - written >= BLOCK) {
      flush();
    }
    return { at, bytes: block.length };
  }

  function read({ at, bytes }: SpoolPlace): string {
    if (at + bytes > written) {
      flush();
    }
    const block = Buffer.allocUnsafe(bytes);
    for (let done = 0; done < bytes;) {
      done += readSync(file, block, done, bytes - done, at + done);
    }
    return block.toString();
  }

  function flush(): void {
    const block = Buffer.concat(waiting);
    for (let done = 0; done < block.length;) {
      done += writeSync(file, block, done, block.length - done, written + done);
    }
    waiting = [];
    written = end;
  }

  function clear(): void {
    ftruncateSync(file);
    waiting = [];
    written = 0;
    end = 0;
  }

  function close(): void {
    closeSync(file);
    rmSync(own, { recursive: true, force: true });
  }
}
