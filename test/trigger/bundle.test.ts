import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { aws_lambda_nodejs as nodejs, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as fc from 'fast-check';
import { StreamFunction, type StreamFunctionProps } from '../../lib';
import { BUNDLE_METADATA, readRecipe, writtenRecipe } from '../../lib/assembly/bundle-recipe';
import { bundleWithRuntime } from '../../lib/trigger/function/bundle';
import { BUNDLING, newApp } from '../app';

const ENTRY = join(__dirname, 'handlers', 'on-order.ts');
const ROOT = resolve(__dirname, '..', '..');

/** What a function is deployed with. */
function bundle(entry: string, bundling?: nodejs.BundlingOptions, file = 'index.js'): string {
  const app = newApp({ outdir: newFolder(), context: BUNDLING });
  const stack = new Stack(app, 'Stack');
  new StreamFunction(stack, 'Fn', { entry, bundling: { logLevel: nodejs.LogLevel.WARNING, ...bundling } });
  Template.fromStack(stack);
  const asset = readdirSync(app.outdir).find((name) => name.startsWith('asset.'))!;
  return readFileSync(join(app.outdir, asset, file), 'utf8');
}

function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'bundle-')));
}

test.each([
  ['CJS', nodejs.OutputFormat.CJS, 'index.js', 'commonjs'],
  ['ESM', nodejs.OutputFormat.ESM, 'index.mjs', 'module'],
])('the bundle has this package\'s runtime in it, in %s', (_name, format, file, type) => {
  const code = bundle(ENTRY, { format }, file);

  expect(code).toContain('batchItemFailures');
  expect(code).not.toMatch(/["']dynamo-stream-trigger\/runtime["']/);
  expect(execFileSync(process.execPath, [`--input-type=${type}`, '--check'], { input: code }).toString()).toBe('');
});

test('bundling needs no lock file, and no project around the entry', () => {
  const entry = join(newFolder(), 'on-order.mjs');
  writeFileSync(entry, "import * as runtime from 'dynamo-stream-trigger/runtime';\nexport const handler = () => Object.keys(runtime);\n");

  expect(bundle(entry)).toContain('handler');
});

test('other bundling options stay', () => {
  expect(bundle(ENTRY, { esbuildArgs: { '--banner:js': '// mine' } })).toMatch(/^\/\/ mine/);
});

describe('the lock file', () => {
  /** A monorepo with one lock file for all of its packages, and the entry of one of them. */
  function monorepo(): { readonly root: string; readonly app: string; readonly entry: string } {
    const root = newFolder();
    const app = join(root, 'packages', 'app');
    const entry = join(app, 'src', 'on-order.ts');
    mkdirSync(join(app, 'src'), { recursive: true });
    writeFileSync(entry, '');
    writeFileSync(join(root, 'yarn.lock'), '');
    return { root, app, entry };
  }
  const stack = () => new Stack(newApp(), 'Stack');
  const before = process.cwd();
  afterEach(() => process.chdir(before));

  test('is found above the working directory, as in a monorepo, and its folder is the project', () => {
    const { root, app, entry } = monorepo();
    process.chdir(app);

    expect(bundleWithRuntime(stack(), 'Stack/Fn', { entry })).toMatchObject({ depsLockFilePath: join(root, 'yarn.lock'), projectRoot: root });
  });

  test('is the nearest one', () => {
    const { app, entry } = monorepo();
    writeFileSync(join(app, 'package-lock.json'), '');

    expect(bundleWithRuntime(stack(), 'Stack/Fn', { entry })).toMatchObject({ depsLockFilePath: join(app, 'package-lock.json'), projectRoot: app });
  });

  test('is in the given project', () => {
    const { app, entry } = monorepo();

    expect(bundleWithRuntime(stack(), 'Stack/Fn', { entry, projectRoot: app })).toMatchObject({ depsLockFilePath: entry, projectRoot: app });
  });

  test.each(['pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'bun.lockb', 'package-lock.json'])('may be %s', (name) => {
    const folder = newFolder();
    const [entry, depsLockFilePath] = ['on-order.ts', name].map((file) => join(folder, file));
    writeFileSync(depsLockFilePath, '');

    expect(bundleWithRuntime(stack(), 'Stack/Fn', { entry })).toMatchObject({ depsLockFilePath, projectRoot: folder });
  });
});

test('docker is refused, with the ways out', () => {
  expect(() => bundle(ENTRY, { forceDockerBundling: true })).toThrow(new Error(
    '[Stack/Fn] bundling.forceDockerBundling is true, but a StreamFunction must be bundled on this machine, because docker can\'t reach '
    + 'dynamo-stream-trigger/runtime. Omit it, or use a lambda.Function with code that you bundle yourself.'));
});

describe('where the CDK sees no esbuild, as in an app in Python, Java, .NET or Go', () => {
  const ours = newFolder();
  const modules = join(ours, 'node_modules');

  /** Runs an app in the folder, whose packages are elsewhere, and returns what it prints. */
  function synthIn(folder: string, entry: string): string {
    writeFileSync(join(folder, entry), 'exports.handler = () => 1;\n');
    // Node.js then looks for modules beside the links, and not where the links lead, which is where this repository has esbuild.
    const { stdout, stderr } = spawnSync(process.execPath, ['--preserve-symlinks', '--preserve-symlinks-main', join(ours, 'app.js'), entry], {
      cwd: folder, encoding: 'utf8', env: { PATH: '', TMPDIR: tmpdir() },
    });
    return stdout + stderr;
  }

  function projectWith(...folders: string[]): string {
    const project = newFolder();
    folders.forEach((folder) => mkdirSync(join(project, folder), { recursive: true }));
    return project;
  }

  beforeAll(() => {
    mkdirSync(join(modules, 'dynamo-stream-trigger'), { recursive: true });
    readdirSync(join(ROOT, 'node_modules')).filter((name) => name !== 'esbuild')
      .forEach((name) => symlinkSync(join(ROOT, 'node_modules', name), join(modules, name)));
    ['build', 'package.json'].forEach((name) => symlinkSync(join(ROOT, name), join(modules, 'dynamo-stream-trigger', name)));
    writeFileSync(join(ours, 'app.js'), `
      const { App, Stack } = require('aws-cdk-lib');
      const { StreamFunction } = require('dynamo-stream-trigger');
      new StreamFunction(new Stack(new App(), 'Stack'), 'Fn', { entry: process.argv[2] });
      console.log('bundled');
    `);
  });

  test.each([
    ['in the folder of the app', '.', 'on-order.js'],
    ['beside the entry', 'lambda', join('lambda', 'on-order.js')],
  ])('it is found %s', (_, folder, entry) => {
    const project = projectWith(join(folder, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules', 'esbuild'), join(project, folder, 'node_modules', 'esbuild'));

    expect(synthIn(project, entry)).toMatch(/^bundled$/m);
  });

  test('without one, the error says how to install it', () => {
    expect(synthIn(projectWith(), 'on-order.js')).toContain('Error: [Stack/Fn] esbuild was found neither in the project nor on the PATH, but a StreamFunction '
      + 'is bundled with it. Run `npm install --save-dev esbuild@0` in the folder of the app, whatever language the app is in, or `npm install --global esbuild@0`.');
  });
});

describe('the recipe in the metadata', () => {
  const recipeIn = (bundling?: nodejs.BundlingOptions, entry = ENTRY, props: Partial<StreamFunctionProps> = {}) => {
    const stack = new Stack(newApp(), 'Stack');
    return readRecipe(new StreamFunction(stack, 'Fn', { entry, bundling, ...props }).node.metadata);
  };

  test('has what decides the code, and no place of the machine', () => {
    expect(recipeIn()).toEqual({
      v: 1, root: '.', entry: 'test/trigger/handlers/on-order.ts', outfile: 'index.js', args: ['--target=node24', '--platform=node', '--external:@aws-sdk/*'],
    });
    expect(JSON.stringify(recipeIn({ tsconfig: join(ROOT, 'tsconfig.dev.json'), inject: [ENTRY] }))).not.toContain(ROOT);
  });

  test('makes the same code as the CDK', () => {
    const bundling = {
      format: nodejs.OutputFormat.ESM, define: { 'process.env.STAGE': '"a b"' }, banner: '/* first */', footer: '/* last */', keepNames: true,
      externalModules: ['left-pad'], loader: { '.txt': 'text' }, mainFields: ['module', 'main'], target: 'node20', tsconfig: join(ROOT, 'tsconfig.dev.json'),
      esbuildArgs: { '--legal-comments': 'none', '--drop': 'debugger', '--pure': ['a', 'b'], '--tree-shaking': true },
    };
    const entry = join(__dirname, 'handlers', 'on-plain.ts');
    const { root, args, outfile, entry: recorded } = recipeIn(bundling, entry)!;
    const code = execFileSync(join(ROOT, 'node_modules', '.bin', 'esbuild'), ['--bundle', recorded, ...args], { cwd: resolve(root), encoding: 'utf8' });
    expect(code).toBe(bundle(entry, bundling, outfile));
  });

  test('has the arguments of esbuild as the CDK gives them, but nothing that decides about source maps and output alone', () => {
    expect(recipeIn({
      minify: true, bundleAwsSDK: true, esbuildArgs: {
        '--alias': 'a=b', '--drop': 'debugger', '--pure': ['f', 'g'], '--log-override': 'direct-eval=silent', '--out-extension': '.js=.cjs',
        '--legal-comments': 'none', '--ignore-annotations': true, '--jsx-dev': '', '--preserve-symlinks': false,
        '--sourcemap': true, '--sources-content': false, '--metafile': 'meta.json', '--log-level': 'debug',
      },
    })!.args).toEqual([
      '--target=node24', '--platform=node', '--minify', '--alias:a=b', '--drop:debugger', '--pure:f', '--pure:g', '--log-override:direct-eval=silent',
      '--out-extension:.js=.cjs', '--legal-comments=none', '--ignore-annotations', '--jsx-dev',
    ]);
  });

  test('leaves to Lambda what a feature flag of the app says', () => {
    const app = newApp({ context: { '@aws-cdk/aws-lambda-nodejs:sdkV3ExcludeSmithyPackages': true } });
    expect(readRecipe(new StreamFunction(new Stack(app, 'Stack'), 'Fn', { entry: ENTRY }).node.metadata)!.args)
      .toEqual(expect.arrayContaining(['--external:@aws-sdk/*', '--external:@smithy/*']));
  });

  test.each<[string, nodejs.BundlingOptions]>([
    ['command hooks', { commandHooks: { beforeBundling: () => [], beforeInstall: () => [], afterBundling: () => [] } }],
    ['modules that are installed', { nodeModules: ['fast-check'] }],
    ['variables of its own for esbuild', { environment: { NODE_PATH: 'modules' } }],
    ['a place of this machine', { esbuildArgs: { '--alias': [`left-pad=${ROOT}/pad.js`] } }],
  ])('is not there with %s', (_, bundling) => {
    expect(recipeIn(bundling)).toBeUndefined();
  });

  test('is not there for an entry that is elsewhere on the machine', () => {
    const entry = join(newFolder(), 'on-order.mjs');
    writeFileSync(entry, '');
    expect(recipeIn({}, entry)).toBeUndefined();
  });

  test('is read as it was written, whatever it holds, and others are not read', () => {
    const path = fc.array(fc.stringMatching(/^[a-z@.-]{1,8}$/).filter((name) => !/^\.\.?$/.test(name)), { minLength: 1 }).map((names) => names.join('/'));
    fc.assert(fc.property(fc.record({
      root: fc.oneof(path, fc.constantFrom('.', '..', '../..')), entry: path, outfile: path, args: fc.array(fc.tuple(path, path).map(([a, b]) => `--${a}=${b}`)),
    }), (parts) => {
      const data = JSON.parse(JSON.stringify(writtenRecipe(parts)));
      expect(readRecipe([{ type: 'aws:cdk:warning', data: 1 }, { type: BUNDLE_METADATA, data }])).toEqual({ v: 1, ...parts });
      expect(readRecipe([{ type: BUNDLE_METADATA, data: { ...data, v: 2 } }])).toBeUndefined();
      expect(writtenRecipe({ ...parts, entry: `../${parts.entry}` })).toBeUndefined();
      expect(writtenRecipe({ ...parts, root: `/home/${parts.root}` })).toBeUndefined();
    }));
    expect([undefined, [], [{ type: BUNDLE_METADATA, data: { v: 1, root: '.' } }]].map(readRecipe)).toEqual([undefined, undefined, undefined]);
  });
});
