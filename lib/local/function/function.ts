import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Debugging } from './debugging';
import { startEnvironment, type ExecutionEnvironment, type ExecutionEnvironmentOptions, type Usage } from './environment';
import { accessVariables, type ServiceAccess } from './service-access';
import type { Outcome } from '../../engine';
import type { LambdaFunction } from '../assembly/app';
import type { Endpoints } from '../assembly/resource-names';
import { LocalRunError } from '../errors';
import type { Children } from '../process/children';
import { processVariables } from '../process/process-variables';
import { sdkVariables } from '../service/sdk-variables';

/** A function of the app at work. It has as many execution environments as there are invocations at a time. */
export interface LocalFunction {
  /**
   * Runs the handler once, in a free environment or, if there is none, in a new one.
   *
   * @param chosen is called with the number of the environment, from 1
   */
  invoke(event: unknown, functionArn: string, chosen?: (environment: number) => void): Promise<Outcome>;
  /**
   * Goes on with other code or settings, in new environments. Invocations that are running end in the old ones, and count.
   *
   * @throws LocalRunError FUNCTION_NOT_LOADED; the function goes on as it was then
   */
  replace(target: LambdaFunction, options: LocalFunctionOptions): Promise<void>;
  /** Begins no further invocation, and ends with the last one. */
  retire(): void;
  /** Kills every process that is running the handler, as a crash would, and returns how many there were. */
  kill(): number;
  stop(): Promise<void>;
}

export interface LocalFunctionOptions {
  /** The template's, resolved, and those that the user gives. */
  readonly variables: Readonly<Record<string, string>>;
  /** What services the function reaches besides those that run here. */
  readonly access: ServiceAccess;
  readonly endpoints: Endpoints;
  readonly sdkFolders: readonly string[];
  readonly node: string;
  /** Undefined if debuggers are not wanted. */
  readonly debugging?: Debugging;
  readonly onLog: ExecutionEnvironmentOptions['onLog'];
  readonly onDebuggerPort: ExecutionEnvironmentOptions['onDebuggerPort'];
  /** Called for each invocation, before its outcome is known. */
  readonly onUsage: (requestId: string, usage: Usage) => void;
  /** Called when an environment can't be started because the folder of the code is gone. The invocation counts as throttled. */
  readonly onCodeGone: (folder: string) => void;
}

/**
 * Starts a function with one environment, so that code that does not load is known before the first record. If it waits for a debugger, the first
 * invocation waits too, and nothing else.
 *
 * @throws LocalRunError FUNCTION_NOT_LOADED
 */
export async function startFunction(children: Children, target: LambdaFunction, options: LocalFunctionOptions): Promise<LocalFunction> {
  const versions = new Set<Version>();
  let environments = 0;
  let busy = 0;
  let { reservedConcurrency } = target;
  let { onUsage, onCodeGone } = options;
  let current = await start(target, options);
  /** An invocation that comes while a debugger's port is handed on waits: it would take the port. */
  let handedOn: Promise<unknown> | undefined;
  return {
    invoke,
    replace: async (next, nextOptions) => {
      const before = current;
      const starting = nextOptions.debugging ? before.rest().then(() => start(next, nextOptions)) : start(next, nextOptions);
      handedOn = nextOptions.debugging && starting.catch(() => {});
      current = await starting;
      ({ reservedConcurrency } = next);
      ({ onUsage, onCodeGone } = nextOptions);
      before.retire();
      versions.forEach((version) => version.isOver() && versions.delete(version));
    },
    retire: () => current.retire(),
    kill: () => [...versions].reduce((sum, version) => sum + version.kill(), 0),
    stop: async () => {
      await Promise.all([...versions].map((version) => version.stop()));
    },
  };

  async function start(wanted: LambdaFunction, given: LocalFunctionOptions): Promise<Version> {
    const version = new Version(children, environmentOptions(wanted, codeFolder(children, wanted), given), () => ++environments);
    versions.add(version);
    await version.begin().catch((error) => {
      versions.delete(version);
      throw error instanceof CodeGone
        ? new LocalRunError('FUNCTION_NOT_LOADED', `The function ${wanted.name} does not load: the folder of its code was removed or replaced meanwhile.`)
        : error;
    });
    return version;
  }

  async function invoke(event: unknown, functionArn: string, chosen?: (environment: number) => void): Promise<Outcome> {
    await handedOn;
    if (busy >= (reservedConcurrency ?? Infinity)) {
      return { type: 'throttled' };
    }
    const version = current;
    busy++;
    try {
      const { outcome, usage } = await version.invoke(JSON.stringify(event), functionArn, chosen);
      if (outcome.type !== 'throttled') {
        onUsage(outcome.requestId, usage);
      }
      return outcome;
    } catch (error) {
      return notInvoked(error as Error, version.settings.taskRoot, onCodeGone);
    } finally {
      busy--;
    }
  }
}

/** No environment could be started for it. */
function notInvoked(error: Error, taskRoot: string, onCodeGone: LocalFunctionOptions['onCodeGone']): Outcome {
  if (!(error instanceof CodeGone)) {
    return { type: 'error', requestId: randomUUID(), errorType: error.name, errorMessage: error.message };
  }
  if (!existsSync(taskRoot)) {
    onCodeGone(taskRoot);
  }
  return { type: 'throttled' };
}

/** One version of a function's code and settings: its environments. */
class Version {
  /** Each with its number. */
  private readonly all = new Map<ExecutionEnvironment, number>();
  private free: ExecutionEnvironment[] = [];
  /** Not yet loaded: it waits for a debugger. */
  private first: Promise<ExecutionEnvironment> | undefined;
  private isRetired = false;

  constructor(private readonly children: Children, readonly settings: ExecutionEnvironmentOptions, private readonly nextNumber: () => number) {}

  /** @throws LocalRunError FUNCTION_NOT_LOADED */
  async begin(): Promise<void> {
    const environment = await this.start();
    const first = this.loaded(environment);
    if (this.settings.debugging?.waits) {
      this.first = first;
      // The first invocation gets the error.
      first.catch(() => {});
    } else {
      this.free.push(await first);
    }
  }

  async invoke(event: string, functionArn: string, chosen?: (environment: number) => void): Promise<{ outcome: Outcome; usage: Usage }> {
    const environment = this.free.pop() ?? await this.next();
    chosen?.(this.all.get(environment)!);
    const outcome = await environment.invoke(event, functionArn);
    const usage = environment.usage();
    if (this.isRetired) {
      environment.kill();
    } else if (this.all.has(environment)) {
      this.free.push(environment);
    }
    return { outcome, usage };
  }

  isOver(): boolean {
    return this.isRetired && this.all.size === 0;
  }

  /** Nothing new is invoked in it. Each environment ends with its invocation. */
  retire(): void {
    this.isRetired = true;
    void this.rest();
  }

  /** Ends environments that run nothing, also one that waits for a debugger. The next invocation starts a new one. */
  async rest(): Promise<void> {
    const idle = this.first ? [...this.all.keys()] : this.free;
    this.free = [];
    this.first = undefined;
    await Promise.all(idle.map((environment) => ended(environment)));
  }

  kill(): number {
    const running = [...this.all.keys()].filter((environment) => !this.free.includes(environment));
    running.forEach((environment) => environment.kill());
    return running.length;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.all.keys()].map(ended));
  }

  private next(): Promise<ExecutionEnvironment> {
    const environment = this.first ?? this.start().then((started) => this.loaded(started));
    this.first = undefined;
    return environment;
  }

  private async start(): Promise<ExecutionEnvironment> {
    const environment = await startEnvironment(this.children, this.settings);
    this.all.set(environment, this.nextNumber());
    void environment.ended.then(() => {
      this.all.delete(environment);
      this.free = this.free.filter((one) => one !== environment);
    });
    return environment;
  }

  private async loaded(environment: ExecutionEnvironment): Promise<ExecutionEnvironment> {
    // Node.js hangs if its folder is removed while it starts.
    const folder = inodeOf(this.settings.taskRoot);
    const isGone = () => folder === undefined || inodeOf(this.settings.taskRoot) !== folder;
    const timer = setInterval(() => isGone() && environment.kill(), GONE_INTERVAL);
    try {
      await environment.ready;
    } catch (error) {
      throw isGone() ? new CodeGone() : error;
    } finally {
      clearInterval(timer);
    }
    return environment;
  }
}

function ended(environment: ExecutionEnvironment): Promise<void> {
  environment.kill();
  return environment.ended;
}

/** The folder of the code was removed, or replaced by another one, while the code was loaded. */
class CodeGone extends Error {}

/** Tells a folder from one that is made in its place. */
function inodeOf(folder: string): number | undefined {
  return statSync(folder, { throwIfNoEntry: false })?.ino;
}

/** Milliseconds between two looks whether the code is still there while it is loaded. */
const GONE_INTERVAL = 200;

function environmentOptions(target: LambdaFunction, taskRoot: string, options: LocalFunctionOptions): ExecutionEnvironmentOptions {
  const { variables, access, endpoints, sdkFolders, node, debugging, onLog, onDebuggerPort } = options;
  const { directories, missing } = target.layers;
  return {
    functionName: target.name,
    taskRoot,
    modules: { sdkFolders, layers: directories.map((folder) => realpathSync(folder)), missingLayers: missing },
    node,
    debugging,
    timeout: target.timeout,
    memorySize: target.memorySize,
    variables: {
      ...processVariables(),
      ...lambdaVariables(target, taskRoot),
      ...accessVariables(access, sdkVariables(endpoints, target.region), endpoints),
      ...variables,
    },
    onLog,
    onDebuggerPort,
  };
}

/** The folder of the code. Links are followed, because Node.js names a module by its real path. */
function codeFolder(children: Children, target: LambdaFunction): string {
  if (target.codeDirectory !== undefined) {
    return realpathSync(target.codeDirectory);
  }
  const folder = children.temporaryFolder();
  writeFileSync(join(folder, 'index.js'), target.inlineCode!);
  return folder;
}

/** Source: Lambda's guide, "Defined runtime environment variables". */
function lambdaVariables(target: LambdaFunction, taskRoot: string): Record<string, string> {
  return {
    _HANDLER: target.handler,
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_EXECUTION_ENV: `AWS_Lambda_${target.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: target.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(target.memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${target.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    TZ: ':UTC',
  };
}

