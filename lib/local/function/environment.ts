import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { exited, failure, type Outcome, outOfMemory, timedOut } from '../../engine';
import { FunctionLoadError } from '../errors';
import { watchMemory } from './memory';
import { serveRuntimeApi, type Invocation, type ReportedError } from './runtime-api';
import { killGroup, type Children } from '../process/children';
import { compiled } from '../process/compiled';

/** One execution environment of a function: a process that runs its code, one invocation at a time. */
export interface ExecutionEnvironment {
  /** Resolves when the code is loaded; rejects with a FunctionLoadError if it can't be. */
  readonly ready: Promise<void>;
  /** Settles when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Runs the handler once. To be called when the environment is ready and the last invocation has ended. */
  invoke(event: string, functionArn: string): Promise<Outcome>;
  /** Kills the process, as a crash would. */
  kill(): void;
}

/** What runs in an environment. */
export interface ExecutionEnvironmentOptions {
  readonly functionName: string;
  /** The folder of the code. */
  readonly taskRoot: string;
  /** Folders in which the AWS SDK may be found. */
  readonly sdkFolders: readonly string[];
  /** The program that runs it: Node.js. */
  readonly node: string;
  /** Lets a debugger in: the process neither times out nor freezes then. */
  readonly inspect: boolean;
  /** Seconds. */
  readonly timeout: number;
  /** MB. */
  readonly memorySize: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly onLog: (line: string, stream: 'stdout' | 'stderr', requestId?: string) => void;
}

/** How long Lambda lets a function load, in seconds, before it starts over within the first invocation. Source: Lambda's guide on the environment lifecycle. */
const INIT_LIMIT = 10;

/** Lambda's own heap limit lies this far below the memory of the function: the rest is for what is not on the heap. */
const HEAP_SHARE = 0.9;

/** A debugger may hold an invocation up for this long, in seconds. */
const INSPECTED_TIMEOUT = 24 * 60 * 60;

/** Starts an environment. It is frozen whenever it has nothing to do, as on Lambda: timers and sockets stand still. */
export async function startEnvironment(children: Children, options: ExecutionEnvironmentOptions): Promise<ExecutionEnvironment> {
  const timeout = options.inspect ? INSPECTED_TIMEOUT : options.timeout;
  let deliver: ((invocation: Invocation) => void) | undefined;
  let running: { requestId: string; answer?: Outcome; end(outcome: Outcome): void } | undefined;
  let initError: ReportedError | undefined;
  let tookTooMuch = false;
  let endWatch: () => void;
  let markReady!: () => void;

  const api = await serveRuntimeApi({
    onNext: (give) => {
      if (initError) {
        return;
      }
      deliver = give;
      freeze();
      afterNextPoll(() => {
        const last = running;
        running = undefined;
        last?.end(last.answer ?? failure(last.requestId, 'Runtime.Unknown', 'The runtime asked for the next invocation before it answered.'));
        markReady();
      });
    },
    onResponse: (requestId, body) => answer(requestId, responded(requestId, body)),
    onError: (requestId, error) => answer(requestId, failure(requestId, error.errorType, error.errorMessage)),
    onInitError: (error) => initError = error,
  });

  const child = children.spawn(options.node, (mark) => [
    `--max-old-space-size=${Math.floor(options.memorySize * HEAP_SHARE)}`,
    ...(options.inspect ? ['--inspect=127.0.0.1:0'] : []), compiled('function/runtime-client'), mark, ...options.sdkFolders,
  ], { cwd: options.taskRoot, env: { ...options.variables, AWS_LAMBDA_RUNTIME_API: api.address }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream]!, crlfDelay: Infinity }).on('line', (line) => options.onLog(line, stream, running?.requestId));
  }
  watch();

  let initTimer: NodeJS.Timeout | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (what: string) => reject(new FunctionLoadError(`The function ${options.functionName} does not load: ${what}`));
    markReady = resolve;
    initTimer = setTimeout(() => {
      fail(`it was still loading after ${INIT_LIMIT + timeout} seconds (Lambda's ${INIT_LIMIT} and its own timeout)`);
      killGroup(child.pid);
    }, (INIT_LIMIT + timeout) * 1000);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(initError
      ? `${initError.errorType}: ${initError.errorMessage}`
      : tookTooMuch ? `it needs more than its ${options.memorySize} MB of memory to load`
        : `its process ended while loading (${signal ?? `exit code ${code}`})`));
  });
  ready.catch(() => {}).finally(() => clearTimeout(initTimer));

  const ended = new Promise<void>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      api.close();
      endWatch();
      const { requestId, answer: given, end: endInvocation } = running ?? {};
      running = undefined;
      endInvocation?.(given ?? (tookTooMuch ? outOfMemory(requestId!) : exited(requestId!, signal ? { signal } : { code: code ?? 1 })));
      resolve();
    };
    child.once('error', () => end(1, null));
    child.once('close', end);
  });

  return {
    ready,
    ended,
    invoke: (event, functionArn) => {
      const requestId = randomUUID();
      return new Promise<Outcome>((resolve) => {
        const timer = setTimeout(() => {
          answer(requestId, timedOut(requestId, timeout * 1000));
          killGroup(child.pid);
        }, timeout * 1000);
        running = {
          requestId,
          end: (outcome) => {
            clearTimeout(timer);
            resolve(outcome);
          },
        };
        thaw();
        deliver!({ requestId, functionArn, deadline: Date.now() + timeout * 1000, event });
      });
    },
    kill: () => killGroup(child.pid),
  };

  function watch(): void {
    endWatch = child.pid === undefined ? () => {} : watchMemory(child.pid, options.memorySize, () => {
      tookTooMuch = true;
      killGroup(child.pid);
    });
  }

  function freeze(): void {
    endWatch();
    // Windows can't stop a process; there it goes on beside its next invocation.
    if (process.platform !== 'win32' && !options.inspect) {
      child.kill('SIGSTOP');
    }
  }

  function thaw(): void {
    if (process.platform !== 'win32') {
      child.kill('SIGCONT');
    }
    watch();
  }

  /** The first answer counts; the invocation ends when the process asks for the next one, or ends. */
  function answer(requestId: string, outcome: Outcome): void {
    if (running?.requestId === requestId) {
      running.answer ??= outcome;
    }
  }
}

/** By then everything is read that the process had printed before it asked for its next invocation. */
function afterNextPoll(then: () => void): void {
  setImmediate(() => setImmediate(then));
}

function responded(requestId: string, body: string): Outcome {
  try {
    return { type: 'response', requestId, response: body === '' ? undefined : JSON.parse(body) };
  } catch (error) {
    return failure(requestId, 'Runtime.InvalidResponse', `The response is not JSON: ${(error as Error).message}`);
  }
}
