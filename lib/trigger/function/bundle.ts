import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
    requireEsbuild(path, props.bundling);
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
function requireEsbuild(path: string, bundling?: nodejs.BundlingOptions): void {
  if (bundling?.forceDockerBundling) {
    throw new Error(`[${path}] bundling.forceDockerBundling is true, but a StreamFunction must be bundled on this machine, because docker can't reach `
      + 'dynamo-stream-trigger/runtime. Omit it, or use a lambda.Function with code that you bundle yourself.');
  }
  if (!isEsbuildThere()) {
    throw new Error(`[${path}] esbuild was found neither in the project nor on the PATH, but a StreamFunction is bundled with it. `
      + 'Add it to the project with `npm install --save-dev esbuild@0`, or to the PATH with `npm install --global esbuild@0`.');
  }
}

/** In the places where the CDK looks. */
function isEsbuildThere(): boolean {
  return esbuildPackage() !== undefined || spawnSync('esbuild', ['--version']).status === 0;
}

/** The folder of the esbuild in the app's node_modules. */
function esbuildPackage(): string | undefined {
  try {
    return dirname(require.resolve('esbuild/package.json', { paths: [require.resolve('aws-cdk-lib/package.json')] }));
  } catch {
    return undefined;
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
