import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type aws_lambda_nodejs as nodejs, DockerImage, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** The props of a function that decide how it is bundled. */
interface Bundled {
  readonly entry: string;
  readonly bundling?: nodejs.BundlingOptions;
  readonly projectRoot?: string;
  readonly depsLockFilePath?: string;
}

/** Options that bundle the entry with the runtime of this package, so that construct and runtime are always of the same version. */
export function bundleWithRuntime(scope: Construct, path: string, props: Bundled) {
  if (Stack.of(scope).bundlingRequired) {
    requireEsbuild(path, props);
  }
  const lockFile = props.depsLockFilePath ?? nearestLockFile(props);
  return {
    depsLockFilePath: lockFile ?? props.entry,
    projectRoot: props.projectRoot ?? dirname(lockFile ?? props.entry),
    bundling: {
      // Without an image, the CDK builds one if it finds no esbuild, even if nothing is to be bundled.
      dockerImage: DockerImage.fromRegistry('unused'),
      ...props.bundling,
      esbuildArgs: { ...props.bundling?.esbuildArgs, [`--alias:${RUNTIME_MODULE}`]: runtimePath() },
      environment: { ...lockFile === undefined && findableEsbuild(), ...props.bundling?.environment },
    },
  };
}

const RUNTIME_MODULE = 'dynamo-stream-trigger/runtime';

/** The ESM build: esbuild drops unused parts of it, and can write CJS and ESM from it. In this package's own tests, its source. */
function runtimePath(): string {
  return require.resolve('../../runtime').replace(/\.js$/, '.mjs');
}

/** The names that the CDK looks for. */
const LOCK_FILES = ['pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'bun.lockb', 'package-lock.json'];

/** The nearest one above the entry, which may be above the working directory, as in a monorepo. Apps in other languages have none. */
function nearestLockFile({ entry, projectRoot = '/' }: Bundled): string | undefined {
  const root = resolve(projectRoot);
  for (let folder = dirname(resolve(entry)); ; folder = dirname(folder)) {
    const found = LOCK_FILES.map((name) => join(folder, name)).find(existsSync);
    if (found !== undefined || folder === root || folder === dirname(folder)) {
      return found;
    }
  }
}

/** Without esbuild, the CDK would bundle in docker, where it can't reach this package's runtime. */
function requireEsbuild(path: string, { entry, bundling }: Bundled): void {
  if (bundling?.forceDockerBundling) {
    throw new Error(`[${path}] bundling.forceDockerBundling is true, but a StreamFunction must be bundled on this machine, because docker can't reach `
      + 'dynamo-stream-trigger/runtime. Omit it, or use a lambda.Function with code that you bundle yourself.');
  }
  if (!isEsbuildThere(entry)) {
    throw new Error(`[${path}] esbuild was found neither in the project nor on the PATH, but a StreamFunction is bundled with it. `
      + 'Run `npm install --save-dev esbuild@0` in the folder of the app, whatever language the app is in, or `npm install --global esbuild@0`.');
  }
}

function isEsbuildThere(entry: string): boolean {
  if (esbuildPackage() === undefined) {
    putOnPath(esbuildOfProject(entry));
  }
  return esbuildPackage() !== undefined || spawnSync('esbuild', ['--version']).status === 0;
}

/** The folder of the esbuild that the CDK finds: in the node_modules where the CDK is. */
function esbuildPackage(): string | undefined {
  return esbuildFrom(require.resolve('aws-cdk-lib/package.json'));
}

/**
 * The folder of the esbuild in the node_modules of the app or the entry. An app in Python, Java, .NET or Go runs the CDK from a temporary
 * folder, from where the CDK does not see it.
 */
function esbuildOfProject(entry: string): string | undefined {
  return esbuildFrom(process.cwd(), dirname(resolve(entry)));
}

function esbuildFrom(...paths: string[]): string | undefined {
  try {
    return dirname(require.resolve('esbuild/package.json', { paths }));
  } catch {
    return undefined;
  }
}

/** The CDK looks for the program on the PATH of this process. */
function putOnPath(esbuild: string | undefined): void {
  if (esbuild !== undefined) {
    const folder = process.platform === 'win32'
      ? dirname(require.resolve(`@esbuild/win32-${process.arch}/esbuild.exe`, { paths: [esbuild] }))
      : join(esbuild, 'bin');
    process.env.PATH = [folder, ...process.env.PATH?.split(delimiter).filter((other) => other !== folder) ?? []].join(delimiter);
  }
}

/**
 * If the app's node_modules have esbuild, the CDK runs `npx esbuild` in the project of the entry. An entry outside of any project has
 * no node_modules above it: npx then looks into the folder of global packages, for which this environment names the app's esbuild.
 */
function findableEsbuild(): { [name: string]: string } {
  const folder = esbuildPackage();
  return folder === undefined ? {} : { npm_config_prefix: folder };
}
