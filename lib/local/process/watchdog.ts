import { spawn } from 'node:child_process';
import { processVariables } from './process-variables';

/** A process that outlives this one, to end what it leaves. */
export interface Watchdog {
  /** These processes, each with those that it started, are killed if this one ends without an `end`. The last call counts. */
  watch(pids: readonly number[]): void;
  /** There is nothing left to end. */
  end(): void;
}

/**
 * Reads process groups until its input ends, which it does when this process does, and kills the last ones it has read. An id in the list is
 * not given away again meanwhile: the runner takes out each process that has ended as soon as the system could.
 *
 * It is a shell, because one takes a megabyte of memory, and Node.js forty.
 */
const SCRIPT = `
while read -r line; do groups=$line; done
for group in $groups; do kill -9 "-$group"; done
rm -rf "$0" || { sleep 1; rm -rf "$0"; }
`;

/**
 * Starts one. It also removes this folder. On Windows there is none.
 */
export function startWatchdog(folder: string): Watchdog {
  if (process.platform === 'win32') {
    return { watch: () => {}, end: () => {} };
  }
  // In a session of its own: what ends all processes of a terminal does not end it.
  const child = spawn('/bin/sh', ['-c', SCRIPT, folder], { env: processVariables(), stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Without a shell there is none, and if it is killed, its input is closed.
  child.once('error', () => {});
  child.stdin.once('error', () => {});
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    watch: (pids) => void child.stdin.write(`${pids.join(' ')}\n`),
    end: () => void child.kill('SIGKILL'),
  };
}
