import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as ts from 'typescript';

/**
 * A team that tests its handlers with what this package publishes: the tarball of `npm pack` and vitest, but no CDK, no AWS SDK and no
 * Java. jest is run from this repository.
 */
const root = resolve(__dirname, '../..');
const VITEST = 'vitest@3.2.4';

let consumer: string;
/** With nothing on the PATH but Node.js, which is to say no Java. */
const run = (program: string, args: string[], env: NodeJS.ProcessEnv = {}): string =>
  execFileSync(process.execPath, [program, ...args], {
    cwd: consumer, encoding: 'utf8', stdio: 'pipe', env: { PATH: dirname(process.execPath), CI: 'true', HOME: consumer, TMPDIR: tmpdir(), ...env },
  });

const report = () => JSON.parse(readFileSync(join(consumer, 'report.json'), 'utf8'));

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), 'team-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', consumer], { cwd: root, stdio: 'pipe' });
  cpSync(join(__dirname, 'consumer'), consumer, { recursive: true });
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'team', private: true }));
  // Peers are left out: a test of a handler needs no CDK.
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', '--legacy-peer-deps'];
  execFileSync('npm', ['install', ...options, './dynamo-stream-trigger-0.0.0.tgz', VITEST], { cwd: consumer, stdio: 'pipe' });
});

afterAll(() => {
  if (consumer) {
    rmSync(consumer, { recursive: true, force: true });
  }
});

test('neither the CDK nor an AWS SDK comes along', () => {
  const brought = ['aws-cdk-lib', 'constructs', '@aws-sdk', '@smithy'].filter((name) => existsSync(join(consumer, 'node_modules', name)));
  expect(brought).toEqual([]);
});

test.each(['forks', 'threads'])('vitest runs simulations, in its %s', (pool) => {
  run('node_modules/vitest/vitest.mjs', ['run', `--pool=${pool}`, '--reporter=json', '--outputFile=report.json']);
  expect(report()).toMatchObject({ success: true, numPassedTests: 12 });
});

test.each([
  ['required', 'required.jest.cjs', 3, {}],
  ['imported', 'imported.jest.mjs', 1, { NODE_OPTIONS: '--experimental-vm-modules' }],
])('jest runs simulations that are %s', (_, file, count, env) => {
  const extensions = ['js', 'cjs', 'mjs'].map((extension) => `--moduleFileExtensions=${extension}`);
  run(join(root, 'node_modules/jest/bin/jest.js'), ['--rootDir=.', `--testMatch=**/${file}`, '--transform={}', ...extensions,
    '--json', '--outputFile=report.json'], env);
  expect(report()).toMatchObject({ success: true, numPassedTests: count });
});

describe('the samples of docs/testing.md', () => {
  const page = readFileSync(join(root, 'docs', 'testing.md'), 'utf8');
  const samples = [...page.matchAll(/^```tsx\n([\s\S]*?)^```/gm)].map(([, code]) => code);
  const tests = samples.join('').match(/^test\(/gm)!.length;

  beforeAll(() => {
    const folder = join(consumer, 'samples');
    mkdirSync(folder);
    for (const [place, code] of samples.entries()) {
      const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
      writeFileSync(join(folder, `sample-${place}.jest.cjs`), outputText);
      // As the page says: vitest calls it vi.
      writeFileSync(join(folder, `sample-${place}.vitest.ts`), code.replaceAll('jest.', 'vi.'));
    }
    // One of them synthesizes a stack. A team that has one has the CDK.
    for (const name of ['aws-cdk-lib', 'constructs']) {
      symlinkSync(join(root, 'node_modules', name), join(consumer, 'node_modules', name));
    }
  });

  test('run in jest', () => {
    run(join(root, 'node_modules/jest/bin/jest.js'), ['--rootDir=samples', '--testMatch=**/*.jest.cjs', '--transform={}', '--maxWorkers=1',
      ...['js', 'cjs', 'json', 'node'].map((extension) => `--moduleFileExtensions=${extension}`), '--json', '--outputFile=report.json']);
    expect(report()).toMatchObject({ success: true, numPassedTests: tests });
  });

  test('run in vitest', () => {
    run('node_modules/vitest/vitest.mjs', ['run', '--config=samples.config.mjs', '--reporter=json', '--outputFile=report.json']);
    expect(report()).toMatchObject({ success: true, numPassedTests: tests });
  });
});
