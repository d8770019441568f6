import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ts from 'typescript';
import { type CommandLine, LANGUAGES, ROOT, wheelIn, writeApp } from './languages';
import { runLocally } from './local-run';
import { codeIn, sampleIn } from './samples';

/**
 * `npm run languages -- [python] [java] [go] [dotnet]`: builds the package for other languages and runs apps with it, which must synthesize
 * what the same app in TypeScript does. A language whose tools are missing is generated, and said to be skipped.
 */
const targets = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(LANGUAGES);
const unknown = targets.find((target) => !(target in LANGUAGES));
if (unknown !== undefined) {
  throw new Error(`${unknown} is not a language of the package. Give some of ${Object.keys(LANGUAGES).join(', ')}, or none for all.`);
}

const work = mkdtempSync(join(tmpdir(), 'languages-'));
const packages = join(work, 'packages');
const HANDLER = sampleIn('README.md', 'tsx', /on-order/);
let failures = 0;

void main().finally(() => rmSync(work, { recursive: true, force: true }));

async function main(): Promise<void> {
  const expected = typescriptApps();
  for (const target of targets) {
    const { name, needs } = LANGUAGES[target];
    const isThere = needs.every(([command, ...args]) => spawnSync(command, args).status === 0);
    const started = Date.now();
    run(ROOT, [join('node_modules', '.bin', 'jsii-pacmak'), '--target', target, '--outdir', packages, ...isThere ? [] : ['--code-only']]);
    console.log(`${name}: ${isThere ? 'built' : 'generated'} in ${Math.round((Date.now() - started) / 1000)} s`);
    if (isThere) {
      await check(target, expected);
    } else {
      console.log(`  skipped  the apps in ${name}: ${needs.map(([command]) => command).join(' or ')} is missing here`);
    }
  }
  console.log(failures === 0 ? 'All as in TypeScript.' : `${failures} failed.`);
  process.exitCode = failures === 0 ? 0 : 1;
}

interface Synthesized {
  readonly template: unknown;
  /** The messages of what was refused. */
  readonly refused: readonly string[];
}
type Apps = { readonly sample: Synthesized; readonly app: Synthesized };

/** The sample of the README and the larger app, as they are in TypeScript. */
function typescriptApps(): Apps {
  const folder = appFolder('typescript');
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(ROOT, join(folder, 'node_modules', 'dynamo-stream-trigger'));
  ['aws-cdk-lib', 'constructs'].forEach((name) => symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name)));
  const sources = {
    sample: `${sampleIn('README.md', 'ts', /new App\(/)}\napp.synth();`,
    app: readFileSync(join(ROOT, 'test', 'languages', 'apps', 'typescript', 'app.ts'), 'utf8'),
  };
  const synthesized = (name: 'sample' | 'app', stack: string) => {
    writeFileSync(join(folder, `${name}.js`), ts.transpile(sources[name], { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }));
    return synth(folder, [process.execPath, `${name}.js`], stack);
  };
  return { sample: synthesized('sample', 'Orders'), app: synthesized('app', 'Shop') };
}

async function check(target: string, expected: Apps): Promise<void> {
  const { name, install, run: runs, hasApp } = LANGUAGES[target];
  const folder = appFolder(target);
  const isInstalled = await attempt('the package and esbuild are installed', () => {
    writeApp(target, folder, packages);
    run(folder, ['npm', 'install', '--save-dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', 'esbuild@0']);
    install(packages).forEach((command) => run(folder, command));
  });
  if (!isInstalled) {
    return;
  }
  await attempt('the sample of docs/guide/languages.md', () => same(synth(folder, runs('sample'), 'Orders'), expected.sample));
  if (hasApp) {
    await attempt('filters, a FailureStore, an alarm, a table by name, and two errors', () => same(synth(folder, runs('app'), 'Shop'), expected.app));
  }
  if (target === 'python') {
    const readme = run(folder, ['unzip', '-p', join(packages, 'python', wheelIn(packages)), '*/METADATA']);
    writeFileSync(join(folder, 'readme.py'), `${codeIn(readme, 'python', /App\(\)/, 'The README of the wheel')}\napp.synth()\n`);
    await attempt('the sample of the README, as it is translated in the wheel', () => same(synth(folder, ['venv/bin/python', 'readme.py'], 'Orders'), expected.sample));
    await attempt('`dynamo-stream-trigger local` of the wheel, and its end by SIGTERM', () => runLocally(folder));
  }

  async function attempt(what: string, action: () => void | Promise<void>): Promise<boolean> {
    try {
      await action();
      console.log(`  ok       ${name}: ${what}`);
      return true;
    } catch (error) {
      failures += 1;
      console.log(`  FAILED   ${name}: ${what}\n${(error as Error).message}`);
      return false;
    }
  }
}

function appFolder(target: string): string {
  const folder = join(work, target);
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'src', 'on-order.ts'), HANDLER);
  return folder;
}

function synth(folder: string, command: CommandLine, stack: string): Synthesized {
  const output = run(folder, command, { CDK_OUTDIR: join(folder, 'cdk.out') });
  return {
    // The hash of a bundle covers the paths in its comments.
    template: JSON.parse(readFileSync(join(folder, 'cdk.out', `${stack}.template.json`), 'utf8').replace(/[0-9a-f]{64}/g, 'asset')),
    // Maven may write a colour before the first line.
    refused: [...output.matchAll(/refused: (".*")$/gm)].map(([, message]) => JSON.parse(message)),
  };
}

function same(actual: Synthesized, expected: Synthesized): void {
  const [left, right] = [actual, expected].map(({ template }) => JSON.stringify(template, null, 1));
  if (left !== right) {
    const at = left.split('\n').findIndex((line, n) => line !== right.split('\n')[n]);
    throw new Error(`The template is another one than in TypeScript. From line ${at}:\n${left.split('\n').slice(at, at + 10).join('\n')}\n---\n`
      + right.split('\n').slice(at, at + 10).join('\n'));
  }
  // The language's exception may say more, such as the stack of the Node.js process.
  if (actual.refused.length !== expected.refused.length || !expected.refused.every((message, n) => actual.refused[n].includes(message))) {
    throw new Error(`Refused was:\n${actual.refused.join('\n')}\n--- In TypeScript:\n${expected.refused.join('\n')}`);
  }
}

function run(cwd: string, [command, ...args]: CommandLine, env: NodeJS.ProcessEnv = {}): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd, encoding: 'utf8', maxBuffer: 2 ** 28, env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20', ...env },
  });
  if (status !== 0) {
    throw new Error(`${[command, ...args].join(' ')} ended with ${status}: ${error ?? ''}\n${stdout}\n${stderr}`);
  }
  return stdout;
}
