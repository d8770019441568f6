import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** How often the memory of a process is measured, in milliseconds. Less often where measuring takes a program. */
const INTERVAL = process.platform === 'linux' ? 50 : 500;

/**
 * Calls back once when a process holds more memory than `limit` (MB), be it heap, buffers or native code. On Windows it never does:
 * measuring takes too long there.
 *
 * @returns a function that ends the watch
 */
export function watchMemory(pid: number, limit: number, onExceeded: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let watching = process.platform !== 'win32';
  const look = async () => {
    const held = await residentMemory(pid);
    if (watching && held > limit) {
      watching = false;
      onExceeded();
    } else if (watching) {
      timer = setTimeout(() => void look(), INTERVAL);
    }
  };
  if (watching) {
    void look();
  }
  return () => {
    watching = false;
    clearTimeout(timer);
  };
}

/** The most that a process has held so far, in MB. Undefined where it has ended, and on systems that don't show it at once. */
export function mostMemory(pid: number): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Math.ceil(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}

/** In MB; 0 if the process has ended. */
async function residentMemory(pid: number): Promise<number> {
  try {
    const kilobytes = process.platform === 'linux'
      ? /^VmRSS:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
      : (await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])).stdout;
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}
