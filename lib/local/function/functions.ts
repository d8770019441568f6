import { bundlesOf } from './bundles';
import { startFunction, type LocalFunction } from './function';
import type { LambdaFunction, UnknownVariable } from '../assembly/app';
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
  // Without it, the code of the assembly runs.
  const bundles = bundlesOf({ project: setup.project, children: setup.children, onError: () => {} });
  await setup.debugging?.reserve(setup.app.functions.map(({ name }) => name));
  const started = await allStarted(setup.app.functions.map(async (target): Promise<[LambdaFunction, LocalFunction][]> => {
    try {
      return [[target, await startOne(setup, target, endpoints, await bundles.codeOf(target))]];
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

function startOne(
  { project, node, debugging, children, observer, world }: RunSetup, target: LambdaFunction, endpoints: Endpoints, code?: string,
): Promise<LocalFunction> {
  const { variables, unknown } = target.environment(endpoints);
  const given = world.variables.of(target);
  for (const what of unknownVariables(unknown.filter(({ name }) => !(name in given)))) {
    observer({ type: 'warning', message: `${target.path}: ${what} --env-file can set it.` });
  }
  if (target.layers.missing.length > 0) {
    const layers = target.layers.missing.join(', ');
    observer({ type: 'warning', message: `${target.path}: the layer ${layers} is not a folder of this app. Its modules are taken from the project, where they are installed.` });
  }
  return startFunction(children, code === undefined ? target : { ...target, codeDirectory: code }, {
    variables: { ...variables, ...given },
    access: world.access,
    endpoints,
    // Last, because it may be another version: the SDK that the package of the destinations has installed for itself.
    sdkFolders: [project, __dirname, findOptionalPackage('fauxqs', project)],
    node: node.path,
    debugging,
    onLog: (line, stream, requestId) => observer({ type: 'log', functionName: target.name, requestId, stream, line }),
    onDebuggerPort: (port) => observer({ type: 'debugger', functionName: target.name, port, waits: debugging!.waits }),
    onUsage: (requestId, usage) => observer({ type: 'used', functionName: target.name, requestId, memorySize: target.memorySize, ...usage }),
  });
}

/** A sentence for each reason, with all of its variables. */
function unknownVariables(unknown: readonly UnknownVariable[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, reasons, isSet } of unknown) {
    const reason = [...new Set(reasons)].join(', and ');
    byReason.set(reason, [...byReason.get(reason) ?? [], isSet ? `${name} has a placeholder` : `${name} is not set`]);
  }
  return [...byReason].map(([reason, variables]) => `${variables.join(', ')}: ${reason}.`);
}
