import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import * as ts from 'typescript';

/**
 * A team that tests its handlers with what this package publishes: the tarball of `npm pack` and vitest, but no CDK, no AWS SDK and no
 * Java. jest is run from this repository.
 */
const root = resolve(__dirname, '../..');
const VITEST = 'vitest@3.2.4';

let consumer: string;
/** What the package has brought along. */
let brought: string[];
/** With nothing on the PATH but Node.js, which is to say no Java. */
const run = (program: string, args: string[], env: NodeJS.ProcessEnv = {}): string =>
  execFileSync(process.execPath, [program, ...args], {
    cwd: consumer, encoding: 'utf8', stdio: 'pipe', env: { PATH: dirname(process.execPath), CI: 'true', HOME: consumer, TMPDIR: tmpdir(), ...env },
  });

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string; readonly failureMessages: readonly string[] }[];
  }[];
}

/** Runs tests, and returns what failed, and how many tests of each file passed. */
function results(program: string, args: string[], env?: NodeJS.ProcessEnv) {
  const failures: string[] = [];
  const passed: Record<string, number> = {};
  try {
    run(program, [...args, '--outputFile=report.json'], env);
  } catch (error) {
    failures.push((error as { stderr: string }).stderr);
  }
  const { testResults } = JSON.parse(readFileSync(join(consumer, 'report.json'), 'utf8')) as Report;
  for (const { name, message, assertionResults } of testResults) {
    const file = relative(realpathSync(consumer), name);
    failures.push(...message ? [`${file}: ${message}`] : []);
    failures.push(...assertionResults.flatMap(({ title, failureMessages }) => failureMessages.map((one) => `${title}: ${one}`)));
    passed[file] = (passed[file] ?? 0) + assertionResults.filter(({ status }) => status === 'passed').length;
  }
  return { failures, passed };
}

const page = readFileSync(join(root, 'docs', 'guide', 'testing.md'), 'utf8');
const samples = [...page.matchAll(/^```tsx\n([\s\S]*?)^```/gm)].map(([, code]) => code);
const sampleTests = samples.join('').match(/^test\(/gm)!.length;

/** Each sample by itself, as jest runs it, in one file: what they load is loaded once. */
const forJest = () => samples.map((code, place) => {
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  return `describe('sample ${place}', () => {\nconst exports = {};\n${outputText}\n});`;
}).join('\n');

/** Each sample by itself, below what they import. As the page says, vitest calls it vi. */
function forVitest(): string {
  const names = new Map<string, Set<string>>();
  const bodies = samples.map((code, place) => {
    const body = code.replace(/^import \{ (.*) \} from '(.*)';\n/gm, (_, imported: string, from: string) => {
      names.set(from, new Set([...names.get(from) ?? [], ...imported.split(', ')]));
      return '';
    });
    return `describe('sample ${place}', () => {\n${body.replaceAll('jest.', 'vi.')}\n});`;
  });
  return [...[...names].map(([from, imported]) => `import { ${[...imported].join(', ')} } from '${from}';`), ...bodies].join('\n');
}

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), 'team-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', consumer], { cwd: root, stdio: 'pipe' });
  cpSync(join(__dirname, 'consumer'), consumer, { recursive: true });
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'team', private: true }));
  // Peers are left out: a test of a handler needs no CDK.
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', '--legacy-peer-deps'];
  execFileSync('npm', ['install', ...options, './dynamo-stream-trigger-0.0.0.tgz', VITEST], { cwd: consumer, stdio: 'pipe' });
  const folder = join(consumer, 'samples');
  mkdirSync(folder);
  writeFileSync(join(folder, 'samples.jest.cjs'), forJest());
  writeFileSync(join(folder, 'samples.vitest.ts'), forVitest());
  brought = ['aws-cdk-lib', 'constructs', '@aws-sdk', '@smithy'].filter((name) => existsSync(join(consumer, 'node_modules', name)));
  // One of them synthesizes a stack. A team that has one has the CDK.
  for (const name of ['aws-cdk-lib', 'constructs']) {
    symlinkSync(join(root, 'node_modules', name), join(consumer, 'node_modules', name));
  }
});

afterAll(() => {
  if (consumer) {
    rmSync(consumer, { recursive: true, force: true });
  }
});

test('neither the CDK nor an AWS SDK comes along', () => {
  expect(brought).toEqual([]);
});

test('vitest runs simulations, in its forks and its threads, and the samples of docs/guide/testing.md', () => {
  expect(results('node_modules/vitest/vitest.mjs', ['run', '--reporter=json'])).toEqual({
    failures: [], passed: { 'orders.vitest.mjs': 2 * 14, 'samples/samples.vitest.ts': sampleTests },
  });
});

test('jest runs simulations that are required or imported, and the samples of docs/guide/testing.md', () => {
  const extensions = ['js', 'cjs', 'mjs', 'json', 'node'].map((extension) => `--moduleFileExtensions=${extension}`);
  const args = ['--rootDir=.', '--testMatch=**/*.jest.{cjs,mjs}', '--transform={}', '--maxWorkers=1', '--testTimeout=60000', ...extensions, '--json'];
  expect(results(join(root, 'node_modules/jest/bin/jest.js'), args, { NODE_OPTIONS: '--experimental-vm-modules' })).toEqual({
    failures: [], passed: { 'required.jest.cjs': 3, 'imported.jest.mjs': 1, 'samples/samples.jest.cjs': sampleTests },
  });
});
