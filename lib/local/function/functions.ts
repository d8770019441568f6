import { startFunction, type LocalFunction } from './function';
import type { LambdaFunction } from '../assembly/app';
import type { Endpoints } from '../assembly/resource-names';
import { LocalRunError } from '../errors';
import type { Missing } from '../missing';
import { allStarted } from '../process/all-started';
import type { RunSetup } from '../run-setup';
import { findOptionalPackage } from '../service/optional-package';

/** The functions of an app at work. */
export interface LocalFunctions {
  /** Those whose code does not load. */
  readonly notLoaded: readonly Missing[];
  of(target: LambdaFunction): LocalFunction;
  /** Kills the processes that are running the handler of the function with this name, and returns how many there were. */
  kill(functionName: string): number;
  stop(): Promise<void>;
}

export async function startFunctions(setup: RunSetup, endpoints: Endpoints): Promise<LocalFunctions> {
  const notLoaded: Missing[] = [];
  const started = await allStarted(setup.app.functions.map(async (target): Promise<[LambdaFunction, LocalFunction][]> => {
    try {
      return [[target, await startOne(setup, target, endpoints)]];
    } catch (error) {
      if (!(error instanceof LocalRunError && error.code === 'FUNCTION_NOT_LOADED')) {
        throw error;
      }
      notLoaded.push({ message: error.message, stops: (mapping) => mapping.function === target });
      return [];
    }
  }));
  const functions = new Map(started.flat());
  return {
    of: (target) => functions.get(target)!,
    notLoaded,
    kill: (functionName) => [...functions].reduce((sum, [{ name }, target]) => sum + (name === functionName ? target.kill() : 0), 0),
    stop: async () => {
      await Promise.all([...functions.values()].map((target) => target.stop()));
    },
  };
}

function startOne({ project, node, inspect, children, observer }: RunSetup, target: LambdaFunction, endpoints: Endpoints): Promise<LocalFunction> {
  const { variables, unresolved } = target.environment(endpoints);
  for (const variable of unresolved) {
    observer({ type: 'warning', message: `${target.path}: the environment variable ${variable}. It is not set here.` });
  }
  return startFunction(children, target, {
    variables,
    endpoints,
    // Last, because it may be another version: the SDK that the package of the destinations has installed for itself.
    sdkFolders: [project, __dirname, findOptionalPackage('fauxqs', project)],
    node: node.path,
    inspect,
    onLog: (line, stream, requestId) => observer({ type: 'log', functionName: target.name, requestId, stream, line }),
  });
}
