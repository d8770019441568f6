import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import type { BundleRecipe } from '../../assembly/bundle-recipe';
import { packageRoot } from '../process/compiled';

/** A function's code, bundled from its sources. */
export interface Bundle {
  /** With the code, and a map that leads from it to the sources. */
  readonly folder: string;
  /** The files of the project that it is made of. */
  readonly sources: readonly string[];
}

/** What esbuild does not bundle. The message is what it prints: each error with its file, line and column. */
export class BundleError extends Error {}

/** @throws BundleError */
export async function bundle(recipe: BundleRecipe, { project, into }: { readonly project: string; readonly into: string }): Promise<Bundle> {
  const root = rootOf(recipe, project);
  const folder = join(into, 'code');
  const metafile = join(into, 'bundle.json');
  mkdirSync(folder);
  await run(esbuildOf(root, project), [
    '--bundle', join(root, recipe.entry), ...recipe.args, `--alias:dynamo-stream-trigger/runtime=${join(packageRoot(), 'build', 'runtime', 'index.mjs')}`,
    `--outfile=${join(folder, recipe.outfile)}`, `--metafile=${metafile}`, '--sourcemap', '--log-level=error', '--color=false',
  ], root);
  const { inputs } = JSON.parse(readFileSync(metafile, 'utf8')) as { readonly inputs: object };
  // Others are not files, such as what replaces an import.
  const files = Object.keys(inputs).map((name) => resolve(root, name)).filter((file) => existsSync(file));
  return { folder, sources: files.filter((file) => !file.includes(`${sep}node_modules${sep}`)) };
}

/** It is not there if the assembly is of another project. */
export function entryOf(recipe: BundleRecipe, project: string): string {
  return join(rootOf(recipe, project), recipe.entry);
}

/** Whether two folders have the same code, but for comments between the modules. They name places on the machine, and the source map. */
export function isSameCode(recipe: BundleRecipe, folder: string, other: string): boolean {
  const code = (of: string) => readFileSync(join(of, recipe.outfile), 'utf8').replace(/^\/\/.*\n?/gm, '').trimEnd();
  try {
    return code(folder) === code(other);
  } catch {
    return false;
  }
}

/** Without links, as the files have their names from watching their folders. */
function rootOf(recipe: BundleRecipe, project: string): string {
  const root = resolve(project, recipe.root);
  return existsSync(root) ? realpathSync(root) : root;
}

function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((done, fail) => {
    execFile(program, args, { cwd, maxBuffer: Infinity }, (error, _, stderr) => {
      error ? fail(new BundleError(stderr.trim() || error.message)) : done();
    });
  });
}

/** The program of the project's esbuild, which is not always where the package has its own name for it, or the one on the PATH. */
function esbuildOf(...folders: readonly string[]): string {
  const [name, file] = process.platform === 'win32' ? ['win32', 'esbuild.exe'] : [process.platform, 'bin/esbuild'];
  for (const folder of folders) {
    const esbuild = found(join(folder, 'index.js'), 'esbuild/package.json');
    if (esbuild !== undefined) {
      return found(esbuild, `@esbuild/${name}-${process.arch}/${file}`) ?? join(dirname(esbuild), 'bin', 'esbuild');
    }
  }
  return 'esbuild';
}

function found(from: string, request: string): string | undefined {
  try {
    return createRequire(from).resolve(request);
  } catch {
    return undefined;
  }
}
