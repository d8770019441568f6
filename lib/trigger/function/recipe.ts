import { isAbsolute, relative, resolve, sep } from 'node:path';
import { type aws_lambda as lambda, aws_lambda_nodejs as nodejs, FeatureFlags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type BundleRecipe, writtenRecipe } from '../../assembly/bundle-recipe';

/** What decides the code of a NodejsFunction. */
interface Bundled {
  readonly entry: string;
  readonly runtime: lambda.Runtime;
  readonly projectRoot: string;
  readonly bundling: nodejs.BundlingOptions;
}

/**
 * The recipe by which the CDK bundles a function. Undefined where the code is more than esbuild's output, such as with command hooks, or depends
 * on the machine.
 */
export function recipeOf(scope: Construct, { entry, runtime, projectRoot, bundling }: Bundled): BundleRecipe | undefined {
  const { commandHooks, nodeModules, preCompilation, forceDockerBundling, environment } = bundling;
  const version = /^nodejs(\d+)/.exec(runtime.name)?.[1];
  if (version === undefined || commandHooks || nodeModules || preCompilation || forceDockerBundling || environment) {
    return undefined;
  }
  const root = resolve(projectRoot);
  const fromRoot = (path: string) => portable(relative(root, resolve(path)));
  return writtenRecipe({
    root: portable(relative(process.cwd(), root)) || '.',
    entry: fromRoot(entry),
    outfile: `index.${bundling.format === nodejs.OutputFormat.ESM ? 'mjs' : 'js'}`,
    args: [
      `--target=${bundling.target ?? `node${version}`}`,
      '--platform=node',
      ...bundling.format ? [`--format=${bundling.format}`] : [],
      ...bundling.minify ? ['--minify'] : [],
      ...externals(scope, runtime, bundling).map((external) => `--external:${external}`),
      ...pairs('--loader', bundling.loader),
      ...pairs('--define', bundling.define),
      ...bundling.keepNames ? ['--keep-names'] : [],
      ...bundling.tsconfig ? [`--tsconfig=${fromRoot(bundling.tsconfig)}`] : [],
      ...bundling.banner ? [`--banner:js=${bundling.banner}`] : [],
      ...bundling.footer ? [`--footer:js=${bundling.footer}`] : [],
      ...bundling.mainFields ? [`--main-fields=${bundling.mainFields.join(',')}`] : [],
      ...(bundling.inject ?? []).map((file) => `--inject:${isAbsolute(file) ? fromRoot(file) : portable(file)}`),
      ...Object.entries(bundling.esbuildArgs ?? {}).flatMap(([name, value]) => givenArguments(name, value)),
    ],
  });
}

/** What Lambda brings, unless the app says so. */
function externals(scope: Construct, runtime: lambda.Runtime, { externalModules, bundleAwsSDK }: nodejs.BundlingOptions): readonly string[] {
  const withSmithy = FeatureFlags.of(scope).isEnabled('@aws-cdk/aws-lambda-nodejs:sdkV3ExcludeSmithyPackages');
  return externalModules ?? (runtime.isVariable || bundleAwsSDK ? [] : ['@aws-sdk/*', ...withSmithy ? ['@smithy/*'] : []]);
}

function pairs(option: string, values: { readonly [name: string]: string } = {}): string[] {
  return Object.entries(values).map(([name, value]) => `${option}:${name}=${value}`);
}

/** As the CDK reads them. Source maps are the business of who bundles again. */
function givenArguments(name: string, value: string | boolean | string[]): string[] {
  if (/^--(sourcemap|sources-content|metafile|log-level)$/.test(name)) {
    return [];
  }
  if (Array.isArray(value)) {
    return value.map((item) => `${name}:${item}`);
  }
  if (value === true || value === '') {
    return [name];
  }
  return value === false ? [] : [`${name}${['--alias', '--drop', '--pure', '--log-override', '--out-extension'].includes(name) ? ':' : '='}${value}`];
}

function portable(path: string): string {
  return path.split(sep).join('/');
}
