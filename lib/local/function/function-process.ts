import { createInterface } from 'node:readline';
import type { Debugging } from './debugging';
import { mostMemory, watchMemory } from './memory-watch';
import type { ModuleSources } from './module-resolution';
import { killGroup, type Children } from '../process/children';
import { compiled } from '../process/compiled';

/** The process that runs a function's code. */
export interface FunctionProcess {
  /** Resolves when it has ended. */
  readonly ended: Promise<FunctionExit>;
  /** Stops it where it is, as Lambda does between invocations: timers and sockets stand still. */
  freeze(): void;
  thaw(): void;
  kill(): void;
  /** The most that it has held so far, in MB, where the system shows it. */
  mostMemory(): number | undefined;
}

/** How the process of a function ended. */
export interface FunctionExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It was killed because it held more than its memory. */
  readonly tookTooMuch: boolean;
  /** It could not be started. */
  readonly error?: string;
}

/** What a process runs, and with what. */
export interface FunctionProcessOptions {
  /** The folder of the code. */
  readonly taskRoot: string;
  /** Where it finds modules besides its own. */
  readonly modules: Omit<ModuleSources, 'taskRoot'>;
  /** The program that runs it: Node.js. */
  readonly node: string;
  /** Lets a debugger attach: the process neither times out nor freezes then. */
  readonly debugging?: Debugging;
  /** MB. */
  readonly memorySize: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** Lambda's own heap limit is this share of the function's memory: the rest is for what is not on the heap. */
const HEAP_SHARE = 0.9;

/** Windows can't stop a process: there it goes on between invocations. */
const CAN_FREEZE = process.platform !== 'win32';

/** Where a process takes its invocations from, and debuggers attach to it. */
export interface ProcessAddresses {
  /** Of the Runtime API. */
  readonly api: string;
  readonly debuggerPort?: number;
}

/**
 * Starts a process that takes invocations from the Runtime API.
 *
 * @param onLine called for each line that it prints
 */
export function startProcess(
  children: Children, options: FunctionProcessOptions, { api, debuggerPort }: ProcessAddresses, onLine: (line: string, stream: 'stdout' | 'stderr') => void,
): FunctionProcess {
  const { taskRoot, modules, node, debugging, memorySize, variables } = options;
  const child = children.spawn(node, (mark) => [
    `--max-old-space-size=${Math.floor(memorySize * HEAP_SHARE)}`,
    // Node.js would print its own lines about the port otherwise.
    ...debuggerPort === undefined ? [] : ['--inspect-publish-uid=http'],
    ...debuggerPort === undefined || debugging?.waits ? [] : [`--inspect=127.0.0.1:${debuggerPort}`],
    '--require', compiled('function/aws-requests'), compiled('function/runtime-client'), mark,
    JSON.stringify({ modules, waitsAt: debugging?.waits ? debuggerPort : undefined }),
  ], { cwd: taskRoot, env: { ...variables, AWS_LAMBDA_RUNTIME_API: api }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream]!, crlfDelay: Infinity }).on('line', (line) => onLine(line, stream));
  }

  let tookTooMuch = false;
  let endWatch = () => {};
  watch();
  const ended = new Promise<FunctionExit>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, tookTooMuch, error: error.message }));
    child.once('close', (code, signal) => resolve({ code, signal, tookTooMuch }));
  });
  void ended.then(() => endWatch());

  return {
    freeze: () => {
      endWatch();
      if (CAN_FREEZE && debuggerPort === undefined) {
        child.kill('SIGSTOP');
      }
    },
    thaw: () => {
      if (CAN_FREEZE) {
        child.kill('SIGCONT');
      }
      watch();
    },
    kill: () => killGroup(child.pid),
    mostMemory: () => child.pid === undefined ? undefined : mostMemory(child.pid),
    ended,
  };

  function watch(): void {
    if (child.pid !== undefined) {
      endWatch = watchMemory(child.pid, memorySize, () => {
        tookTooMuch = true;
        killGroup(child.pid);
      });
    }
  }
}
