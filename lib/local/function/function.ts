import { randomUUID } from 'node:crypto';
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Debugging } from './debugging';
import { startEnvironment, type ExecutionEnvironment, type ExecutionEnvironmentOptions, type Usage } from './environment';
import { accessVariables, type ServiceAccess } from './service-access';
import type { Outcome } from '../../engine';
import type { LambdaFunction } from '../assembly/app';
import type { Endpoints } from '../assembly/resource-names';
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
  /** Kills every process that is running the handler, as a crash would, and returns how many there were. */
  kill(): number;
  stop(): Promise<void>;
}

interface LocalFunctionOptions {
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
}

/**
 * Starts a function with one environment, so that code that does not load is known before the first record. If it waits for a debugger, the first
 * invocation waits too, and nothing else.
 *
 * @throws LocalRunError FUNCTION_NOT_LOADED
 */
export async function startFunction(children: Children, target: LambdaFunction, options: LocalFunctionOptions): Promise<LocalFunction> {
  const settings = environmentOptions(target, codeFolder(children, target), options);
  /** Each with its number. */
  const all = new Map<ExecutionEnvironment, number>();
  let free: ExecutionEnvironment[] = [];
  let started = 0;
  let busy = 0;

  /** Not yet loaded. */
  let first: Promise<ExecutionEnvironment> | undefined = start();
  if (options.debugging?.waits) {
    // The first invocation gets the error.
    first.catch(() => {});
  } else {
    free.push(await first);
    first = undefined;
  }
  return { invoke, kill, stop };

  async function start(): Promise<ExecutionEnvironment> {
    const environment = await startEnvironment(children, settings);
    all.set(environment, ++started);
    void environment.ended.then(() => {
      all.delete(environment);
      free = free.filter((one) => one !== environment);
    });
    await environment.ready;
    return environment;
  }

  function next(): Promise<ExecutionEnvironment> {
    const environment = first ?? start();
    first = undefined;
    return environment;
  }

  async function invoke(event: unknown, functionArn: string, chosen?: (environment: number) => void): Promise<Outcome> {
    if (busy >= (target.reservedConcurrency ?? Infinity)) {
      return { type: 'throttled' };
    }
    busy++;
    try {
      const environment = free.pop() ?? await next();
      chosen?.(all.get(environment)!);
      const outcome = await environment.invoke(JSON.stringify(event), functionArn);
      if (outcome.type !== 'throttled') {
        options.onUsage(outcome.requestId, environment.usage());
      }
      if (all.has(environment)) {
        free.push(environment);
      }
      return outcome;
    } catch (error) {
      const { name, message } = error as Error;
      return { type: 'error', requestId: randomUUID(), errorType: name, errorMessage: message };
    } finally {
      busy--;
    }
  }

  function kill(): number {
    const running = [...all.keys()].filter((environment) => !free.includes(environment));
    running.forEach((environment) => environment.kill());
    return running.length;
  }

  async function stop(): Promise<void> {
    await Promise.all([...all.keys()].map((environment) => {
      environment.kill();
      return environment.ended;
    }));
  }
}

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

