import { isDeepStrictEqual } from 'node:util';
import { bundlesOf, type Bundles, type BundlesOptions } from './bundles';
import { startFunction, type LocalFunction, type LocalFunctionOptions } from './function';
import { type FunctionTraits, functionTraits } from './function-traits';
import type { LambdaFunction, UnknownVariable } from '../assembly/app';
import type { Endpoints } from '../assembly/resource-names';
import { LocalRunError } from '../errors';
import type { Missing } from '../missing';
import { allStarted } from '../process/all-started';
import type { RunSetup } from '../run-setup';
import { findOptionalPackage } from '../service/optional-package';

/** The functions of a run at work. They take one version of the app after another. */
export interface LocalFunctions {
  /**
   * Starts those that are new, and gives those that have changed new processes. One that does not load goes on as it was, and a note says so.
   *
   * @returns those that do not load and did not run before
   */
  take(targets: readonly LambdaFunction[]): Promise<readonly Missing[]>;
  /** Ends all others, each with its last invocation. */
  keep(targets: readonly LambdaFunction[]): void;
  /** What a function that runs is like. */
  traitsOf(target: LambdaFunction): FunctionTraits;
  of(target: LambdaFunction): LocalFunction;
  /** Kills the processes that are running the handler of the function with this name, and returns how many there were. */
  kill(functionName: string): number;
  stop(): Promise<void>;
}

/** A function at work, and what it is like. */
interface RunningFunction {
  /** With the folder of the code that runs. */
  readonly target: LambdaFunction;
  readonly traits: FunctionTraits;
  readonly at: LocalFunction;
}

/** @param onChange called when a source of a function has changed, if the run watches them. `take` goes on with it */
export function localFunctions(setup: RunSetup, endpoints: Endpoints, onChange: (target: LambdaFunction) => void): LocalFunctions {
  /** By ARN. */
  const running = new Map<string, RunningFunction>();
  /** Those too that are about to end. */
  const all = new Set<LocalFunction>();
  let isStopped = false;
  const of = (target: LambdaFunction) => running.get(target.arn)!;
  const bundles = bundlesFor(setup, { isUsed: (folder) => [...running.values()].some(({ target }) => target.codeDirectory === folder), onChange });
  return {
    take: async (targets) => {
      await setup.debugging?.reserve(targets.map(({ name }) => name));
      return (await allStarted(targets.map(takeOne))).flat();
    },
    keep: (targets) => {
      for (const [arn, { at }] of running) {
        if (!targets.some((target) => target.arn === arn)) {
          running.delete(arn);
          at.retire();
        }
      }
    },
    traitsOf: (target) => of(target).traits,
    of: (target) => of(target).at,
    kill: (functionName) => [...running.values()].reduce((sum, { target, at }) => sum + (target.name === functionName ? at.kill() : 0), 0),
    stop: async () => {
      isStopped = true;
      bundles.stop();
      await Promise.all([...all].map((one) => one.stop()));
    },
  };

  async function takeOne(given: LambdaFunction): Promise<Missing[]> {
    const code = await bundles.codeOf(given);
    const target = code === undefined ? given : { ...given, codeDirectory: code };
    const variables = variablesOf(setup, target, endpoints);
    const traits = functionTraits(target, variables);
    const before = running.get(target.arn);
    if (isDeepStrictEqual(before?.traits, traits)) {
      return [];
    }
    try {
      const options = optionsOf(setup, target, variables, endpoints);
      await before?.at.replace(target, options);
      const at = before?.at ?? await startFunction(setup.children, target, options);
      all.add(at);
      running.set(target.arn, { target, traits, at });
      return [];
    } catch (error) {
      if (!(error instanceof LocalRunError && error.code === 'FUNCTION_NOT_LOADED') || isStopped) {
        throw error;
      }
      if (before === undefined) {
        return [{ message: error.message, stops: (mapping) => mapping.function === given }];
      }
      setup.observer({ type: 'warning', message: `${error.message} It goes on with the code and settings that it had.` });
      return [];
    }
  }
}

/** The code from the sources, where it can be bundled here. Without a watch it is that of the assembly, which runs otherwise. */
function bundlesFor({ project, children, watch, observer }: RunSetup, { isUsed, onChange }: Pick<BundlesOptions, 'isUsed' | 'onChange'>): Bundles {
  return bundlesOf({
    project,
    children,
    isUsed,
    ...watch && { onChange },
    onError: ({ path }, { message }) => {
      if (watch) {
        observer({ type: 'warning', message: `${path}: esbuild refuses its sources. The function goes on with the code that it had.\n${message}` });
      }
    },
  });
}

/** The template's, resolved, and those that the user gives. */
function variablesOf({ world, note }: RunSetup, target: LambdaFunction, endpoints: Endpoints): Record<string, string> {
  const { variables, unknown } = target.environment(endpoints);
  const given = world.variables.of(target);
  for (const what of unknownVariables(unknown.filter(({ name }) => !(name in given)))) {
    note(`${target.path}: ${what} --env-file can set it.`);
  }
  return { ...variables, ...given };
}

function optionsOf(
  { project, node, debugging, observer, note, world }: RunSetup, target: LambdaFunction, variables: Record<string, string>, endpoints: Endpoints,
): LocalFunctionOptions {
  if (target.layers.missing.length > 0) {
    const layers = target.layers.missing.join(', ');
    note(`${target.path}: the layer ${layers} is not a folder of this app. Its modules are taken from the project, where they are installed.`);
  }
  return {
    variables,
    access: world.access,
    endpoints,
    // Last, because it may be another version: the SDK that the package of the destinations has installed for itself.
    sdkFolders: [project, __dirname, findOptionalPackage('fauxqs', project)],
    node: node.path,
    debugging,
    onLog: (line, stream, requestId) => observer({ type: 'log', functionName: target.name, requestId, stream, line }),
    onDebuggerPort: (port) => observer({ type: 'debugger', functionName: target.name, port, waits: debugging!.waits }),
    onUsage: (requestId, usage) => observer({ type: 'used', functionName: target.name, requestId, memorySize: target.memorySize, ...usage }),
    onCodeGone: (folder) => note(`${target.path}: the folder of its code, ${folder}, is gone. It is invoked again when the folder is back, or new code is taken over.`),
  };
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
