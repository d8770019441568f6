import type { ChildProcess } from 'node:child_process';
import { killGroup } from '../process/children';

/** A program that serves the run from a process of its own. */
export interface ChildService<T> {
  /** What it announced when it was ready. */
  readonly value: T;
  /** Resolves when the process ends without being asked to, with its last output. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** How much of its output is kept for a message, in characters. */
const LAST_OUTPUT = 2000;

/**
 * Waits until a child is ready to serve.
 *
 * @param ready resolves when it is; rejects if nobody needs to wait any longer
 * @throws Error with what the child printed last, or with the reason of `ready`. The child has ended then.
 */
export async function startChild<T>(child: ChildProcess, ready: Promise<T>): Promise<ChildService<T>> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => output = (output + text).slice(-LAST_OUTPUT));
  }
  const closed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`${output.trim()}\n(${signal ?? `exit code ${code}`})`.trimStart()));
  });

  const value = await Promise.race([ready, closed.then((reason) => Promise.reject(new Error(reason)))]).catch(async (error) => {
    const endedByItself = child.exitCode !== null || child.signalCode !== null;
    killGroup(child.pid);
    const reason = await closed;
    throw endedByItself ? new Error(reason) : error;
  });

  let stopping = false;
  return {
    value,
    ended: new Promise((resolve) => void closed.then((reason) => stopping || resolve(reason))),
    stop: async () => {
      stopping = true;
      killGroup(child.pid);
      await closed;
    },
  };
}
