import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LocalRunError } from '../local';

/** How an app is synthesized, as its cdk.json says. */
export interface CdkProject {
  /** The folder of cdk.json. */
  readonly folder: string;
  /** The command that runs the app. */
  readonly app: string;
  /** A command to run before it. */
  readonly build?: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** Patterns of the files that the app is made of, relative to the folder. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** @throws LocalRunError NO_APP if there is no cdk.json with a command, or it can't be read */
export function cdkProject(folder: string): CdkProject {
  const file = join(folder, 'cdk.json');
  const { app, build, context, watch } = json(file);
  if (typeof app !== 'string' || app === '') {
    throw new LocalRunError('NO_APP', `--watch runs the command "app" of cdk.json, and ${existsSync(file) ? `${file} has none` : `there is no ${file}`}.`
      + '\nRun it in the folder of the CDK app, or without --watch after `cdk synth`.');
  }
  return {
    folder,
    app,
    build: typeof build === 'string' && build !== '' ? build : undefined,
    // The last one counts, as for `cdk synth`.
    context: { ...contextOf(json(join(homedir(), '.cdk.json'))), ...json(join(folder, 'cdk.context.json')), ...contextOf({ context }) },
    include: patterns((watch as Watch | undefined)?.include, ['**']),
    exclude: patterns((watch as Watch | undefined)?.exclude, []),
  };
}

interface Watch {
  readonly include?: unknown;
  readonly exclude?: unknown;
}

function contextOf({ context }: Record<string, unknown>): object {
  return typeof context === 'object' && context !== null ? context : {};
}

function patterns(given: unknown, otherwise: readonly string[]): readonly string[] {
  const list = [given].flat().filter((pattern) => typeof pattern === 'string');
  return list.length === 0 ? otherwise : list;
}

/** Empty if there is no such file. */
function json(file: string): Record<string, unknown> {
  if (!existsSync(file)) {
    return {};
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new LocalRunError('NO_APP', `${file} is not JSON: ${(error as Error).message}`);
  }
}
