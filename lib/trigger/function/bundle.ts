import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type aws_lambda_nodejs as nodejs, DockerImage, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** What of a function decides how it is bundled. */
interface Bundled {
  readonly entry: string;
  readonly bundling?: nodejs.BundlingOptions;
  readonly projectRoot?: string;
  readonly depsLockFilePath?: string;
}

/** Bundles the entry with this package's runtime, so that both halves are of one version wherever the app's modules are. */
export function bundleWithRuntime(scope: Construct, path: string, props: Bundled) {
  if (Stack.of(scope).bundlingRequired) {
    requireEsbuild(path, props.bundling);
  }
  const lockFile = props.depsLockFilePath ?? nearestLockFile(props);
  return {
    depsLockFilePath: lockFile ?? props.entry,
    projectRoot: props.projectRoot ?? dirname(lockFile ?? props.entry),
    bundling: {
      // Without one, the CDK builds its own as soon as it finds no esbuild, even where nothing is bundled.
      dockerImage: DockerImage.fromRegistry('unused'),
      ...props.bundling,
      esbuildArgs: { ...props.bundling?.esbuildArgs, [`--alias:${RUNTIME_MODULE}`]: runtimePath() },
      environment: { ...lockFile === undefined && findableEsbuild(), ...props.bundling?.environment },
    },
  };
}

const RUNTIME_MODULE = 'dynamo-stream-trigger/runtime';

/** The ESM build, which esbuild can shake and turns into either format; from the sources themselves in this package's tests. */
function runtimePath(): string {
  return require.resolve('../../runtime').replace(/\.js$/, '.mjs');
}

/** Those that the CDK knows. */
const LOCK_FILES = ['pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'bun.lockb', 'package-lock.json'];

/** An app in another language has none, and needs none. */
function nearestLockFile({ entry, projectRoot = '/' }: Bundled): string | undefined {
  const root = resolve(projectRoot);
  for (let folder = dirname(resolve(entry)); ; folder = dirname(folder)) {
    const found = LOCK_FILES.map((name) => join(folder, name)).find(existsSync);
    if (found !== undefined || folder === root || folder === dirname(folder)) {
      return found;
    }
  }
}

/** Without esbuild, the CDK would try docker, where this package's runtime is out of reach. */
function requireEsbuild(path: string, bundling?: nodejs.BundlingOptions): void {
  if (bundling?.forceDockerBundling) {
    throw new Error(`[${path}] bundling.forceDockerBundling is on, but a StreamFunction is bundled on this machine, with `
      + 'dynamo-stream-trigger/runtime from this package. Leave it out, or use a lambda.Function with code of your own.');
  }
  if (!isEsbuildThere()) {
    throw new Error(`[${path}] bundling this function needs esbuild, which was found neither in the project nor on the PATH. `
      + 'Add it with `npm install --save-dev esbuild@0`, or put it on the PATH with `npm install --global esbuild@0`.');
  }
}

/** Looks where the CDK looks. */
function isEsbuildThere(): boolean {
  return esbuildPackage() !== undefined || spawnSync('esbuild', ['--version']).status === 0;
}

/** The folder of the esbuild that the app's node_modules hold. */
function esbuildPackage(): string | undefined {
  try {
    return dirname(require.resolve('esbuild/package.json', { paths: [require.resolve('aws-cdk-lib/package.json')] }));
  } catch {
    return undefined;
  }
}

/**
 * Where the app's node_modules hold an esbuild, the CDK runs `npx esbuild` in the project of the entry. An entry outside of any
 * project finds it as if it were installed globally.
 */
function findableEsbuild(): { [name: string]: string } {
  const folder = esbuildPackage();
  return folder === undefined ? {} : { npm_config_prefix: folder };
}
