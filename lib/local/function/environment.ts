import { randomUUID } from 'node:crypto';
import { sep } from 'node:path';
import { startProcess, type FunctionExit, type FunctionProcess, type FunctionProcessOptions } from './function-process';
import { serveRuntimeApi, type NextInvocation, type ReportedError, type RuntimeListener } from './runtime-api';
import { errorOutcome, exited, outOfMemory, timedOut, type Outcome } from '../../engine';
import { LocalRunError } from '../errors';
import type { Children } from '../process/children';

/** One execution environment of a function: a process that runs its code, one invocation at a time. */
export interface ExecutionEnvironment {
  /** Resolves when the code is loaded; rejects with a LocalRunError FUNCTION_NOT_LOADED if that fails. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Runs the handler once. Call it only when the environment is ready and the last invocation has ended. */
  invoke(event: string, functionArn: string): Promise<Outcome>;
  /** What Lambda reports of the last invocation beside its time. */
  usage(): Usage;
  /** Kills the process, as a crash would. */
  kill(): void;
}

/** What an invocation took. */
export interface Usage {
  /** The most that its process has held so far, in MB, where the system shows it. */
  readonly memoryUsed?: number;
  /** Milliseconds that the code took to load, in the first invocation of an environment. */
  readonly loadMs?: number;
}

/** What runs in an environment. */
export interface ExecutionEnvironmentOptions extends FunctionProcessOptions {
  readonly functionName: string;
  /** Seconds. */
  readonly timeout: number;
  readonly onLog: (line: string, stream: 'stdout' | 'stderr', requestId?: string) => void;
  /** Called with the port at which a debugger can attach to the process. */
  readonly onDebuggerPort: (port: number) => void;
}

/** How long Lambda lets a function load, in seconds, before it starts over within the first invocation. Source: Lambda's guide, "environment lifecycle". */
const INIT_LIMIT = 10;

/** A debugger may hold up an invocation, or the code while it loads, for this long, in seconds. */
const DEBUGGED_TIMEOUT = 24 * 60 * 60;

/** Starts an environment. It is frozen whenever it has nothing to do, as on Lambda. */
export async function startEnvironment(children: Children, options: ExecutionEnvironmentOptions): Promise<ExecutionEnvironment> {
  // Called once the process runs, and so once there is an environment.
  const api = await serveRuntimeApi({
    onNext: (deliver) => environment.onNext(deliver),
    onResponse: (requestId, body) => environment.onResponse(requestId, body),
    onError: (requestId, error) => environment.onError(requestId, error),
    onInitError: (error) => environment.onInitError(error),
  });
  let debuggerPort: number | undefined;
  const close = () => {
    api.close();
    if (debuggerPort !== undefined) {
      options.debugging!.release(debuggerPort);
    }
  };
  let process: FunctionProcess;
  try {
    debuggerPort = await options.debugging?.take(options.functionName);
    process = startProcess(children, options, { api: api.address, debuggerPort }, (line, stream) => {
      options.onLog(line, stream, environment.requestId);
    });
  } catch (error) {
    close();
    throw error;
  }
  const environment = new ProcessEnvironment(process, options);
  void environment.ended.then(close);
  if (debuggerPort !== undefined) {
    options.onDebuggerPort(debuggerPort);
  }
  return environment;
}

/** What an environment is doing. */
type State =
  /** `error`: why the code does not load, as the runtime has reported it. The process is about to end then. */
  | { readonly at: 'loading'; error?: string }
  /** Frozen, until `deliver` hands over an invocation. */
  | { readonly at: 'idle'; readonly deliver: (invocation: NextInvocation) => void }
  /** `answer`: the first one, which counts. The invocation ends when the process asks for the next one, or ends. */
  | { readonly at: 'running'; readonly requestId: string; readonly end: (outcome: Outcome) => void; answer?: Outcome }
  | { readonly at: 'ended' };

class ProcessEnvironment implements ExecutionEnvironment, RuntimeListener {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  private readonly timeout: number;
  private readonly started = performance.now();
  private state: State = { at: 'loading' };
  /** Until it was reported. */
  private loadMs?: number;
  private loaded!: () => void;
  private failLoading!: (reason: string) => void;

  constructor(private readonly process: FunctionProcess, private readonly options: ExecutionEnvironmentOptions) {
    this.timeout = options.debugging ? DEBUGGED_TIMEOUT : options.timeout;
    this.ready = new Promise((resolve, reject) => {
      this.loaded = resolve;
      this.failLoading = (reason) =>
        reject(new LocalRunError('FUNCTION_NOT_LOADED', `The function ${options.functionName} does not load: ${reason}.`));
    });
    const limit = INIT_LIMIT + this.timeout;
    const timer = setTimeout(() => {
      this.failLoading(`it was still loading after ${limit} seconds (Lambda's ${INIT_LIMIT} and its own timeout)`);
      process.kill();
    }, limit * 1000);
    // Whoever waits for it gets the error; not everybody waits.
    this.ready.catch(() => {}).finally(() => clearTimeout(timer));
    this.ended = process.ended.then((exit) => this.onExit(exit));
  }

  /** Of the invocation under way. */
  get requestId(): string | undefined {
    return this.state.at === 'running' ? this.state.requestId : undefined;
  }

  invoke(event: string, functionArn: string): Promise<Outcome> {
    if (this.state.at !== 'idle') {
      throw new Error(`The environment of ${this.options.functionName} is ${this.state.at}.`);
    }
    const { deliver } = this.state;
    const requestId = randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.timeOut(requestId), this.timeout * 1000);
      const end = (outcome: Outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      this.state = { at: 'running', requestId, end };
      this.process.thaw();
      deliver({ requestId, functionArn, deadline: Date.now() + this.timeout * 1000, event });
    });
  }

  usage(): Usage {
    const { loadMs } = this;
    this.loadMs = undefined;
    return { memoryUsed: this.process.mostMemory(), loadMs };
  }

  kill(): void {
    this.process.kill();
  }

  onNext(deliver: (invocation: NextInvocation) => void): void {
    if (this.state.at === 'loading' && this.state.error !== undefined) {
      return;
    }
    this.process.freeze();
    afterNextPoll(() => this.rest(deliver));
  }

  onResponse(requestId: string, body: string): void {
    this.answer(requestId, responded(requestId, body));
  }

  onError(requestId: string, { errorType, errorMessage }: ReportedError): void {
    this.answer(requestId, errorOutcome(requestId, errorType, errorMessage));
  }

  onInitError({ errorType, errorMessage, trace = [] }: ReportedError): void {
    if (this.state.at === 'loading') {
      const [first, ...rest] = errorMessage.split('\n');
      const place = placeIn(this.options.taskRoot, [...rest, ...trace]);
      this.state.error = `${errorType}: ${first.replace(/\.$/, '')}${place ? ` (${place})` : ''}`;
    }
  }

  private timeOut(requestId: string): void {
    this.answer(requestId, timedOut(requestId, this.timeout * 1000));
    this.process.kill();
  }

  private answer(requestId: string, outcome: Outcome): void {
    if (this.state.at === 'running' && this.state.requestId === requestId) {
      this.state.answer ??= outcome;
    }
  }

  private rest(deliver: (invocation: NextInvocation) => void): void {
    const last = this.state;
    if (last.at === 'ended') {
      return;
    }
    if (last.at === 'loading') {
      this.loadMs = performance.now() - this.started;
    }
    this.state = { at: 'idle', deliver };
    if (last.at === 'running') {
      last.end(last.answer ?? errorOutcome(last.requestId, 'Runtime.Unknown', 'The runtime asked for the next invocation before it answered.'));
    }
    this.loaded();
  }

  private onExit(exit: FunctionExit): void {
    const last = this.state;
    this.state = { at: 'ended' };
    if (last.at === 'loading') {
      this.failLoading(last.error ?? loadFailure(exit, this.options.memorySize));
    } else if (last.at === 'running') {
      last.end(last.answer ?? exitOutcome(last.requestId, exit));
    }
  }
}

/** The first line of the function's own code in a trace, such as `index.js:7:13`, or `src/on-order.ts:3:5` where a source map leads there. */
function placeIn(taskRoot: string, trace: readonly string[]): string | undefined {
  return [taskRoot, process.cwd()].flatMap((root) => {
    const own = trace.find((line) => line.includes(root + sep) && !line.includes(`${sep}node_modules${sep}`));
    return own === undefined ? [] : [/[^(]*?:\d+(:\d+)?/.exec(own.slice(own.indexOf(root) + root.length + 1))?.[0]];
  })[0];
}

/** By then everything is read that the process printed before it asked for its next invocation. */
function afterNextPoll(then: () => void): void {
  setImmediate(() => setImmediate(then));
}

function responded(requestId: string, body: string): Outcome {
  try {
    return { type: 'response', requestId, response: body === '' ? undefined : JSON.parse(body) };
  } catch (error) {
    return errorOutcome(requestId, 'Runtime.InvalidResponse', `The response is not JSON: ${(error as Error).message}`);
  }
}

function loadFailure({ code, signal, tookTooMuch, error }: FunctionExit, memorySize: number): string {
  return error
    ?? (tookTooMuch ? `it needs more than its ${memorySize} MB of memory to load` : `its process ended while loading (${signal ?? `exit code ${code}`})`);
}

function exitOutcome(requestId: string, { code, signal, tookTooMuch }: FunctionExit): Outcome {
  return tookTooMuch ? outOfMemory(requestId) : exited(requestId, signal ? { signal } : { code: code ?? 1 });
}
