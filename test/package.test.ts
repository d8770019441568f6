import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { linksOf } from '../projenrc/links';

/**
 * Users get the tarball of `npm pack`. So these tests install it, in an empty app with only the CDK and esbuild beside it.
 */
const root = resolve(__dirname, '..');
const version = (name: string): string =>
  JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;

let consumer: string;
let tarball: string;
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: consumer, encoding: 'utf8', stdio: 'pipe' });

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), 'consumer-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', consumer], { cwd: root, stdio: 'pipe' });
  cpSync(join(__dirname, 'consumer'), consumer, { recursive: true });
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  tarball = `dynamo-stream-trigger-${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}.tgz`;
  const others = ['aws-cdk-lib', 'constructs', 'esbuild'].map((name) => `${name}@${version(name)}`);
  run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', `./${tarball}`, ...others);
});

afterAll(() => {
  if (consumer) {
    rmSync(consumer, { recursive: true, force: true });
  }
});

test('an app synthesizes with the trigger and its bundled function', () => {
  run('node', 'app.js');
  const template = JSON.parse(readFileSync(join(consumer, 'cdk.out', 'Orders.template.json'), 'utf8'));
  const types = Object.values<{ Type: string }>(template.Resources).map((resource) => resource.Type);
  expect(types).toEqual(expect.arrayContaining(['AWS::Lambda::EventSourceMapping', 'AWS::Lambda::Function', 'AWS::SQS::Queue']));
});

test('the function that looks up a stream comes with the package, and loads', () => {
  const bundle = './node_modules/dynamo-stream-trigger/build/trigger/table/stream-lookup.lambda.bundle/index.js';
  expect(run('node', '-p', `typeof require('${bundle}').handler`)).toContain('function');
});

test.each([
  ['runtime', ['streamHandler', 'windowHandler', 'PoisonRecordError']],
  ['local', ['startLocal', 'LocalRunError']],
  ['testing', ['simulateTrigger', 'matchesFilter', 'compileFilter', 'streamRecord', 'streamEvent']],
])('./%s loads by require and by import', (subpath, names) => {
  const print = `console.log(${JSON.stringify(names)}.every((name) => typeof m[name] === 'function'))`;
  expect(run('node', '-e', `const m = require('dynamo-stream-trigger/${subpath}'); ${print}`)).toContain('true');
  expect(run('node', '--input-type=module', '-e', `import * as m from 'dynamo-stream-trigger/${subpath}'; ${print}`)).toContain('true');
});

test('the tarball holds what users need, and no path of the machine that made it', () => {
  const installed = join(consumer, 'node_modules', 'dynamo-stream-trigger');
  const files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
  const expected = [
    /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|\.jsii)$/,
    /^docs\/(?!adr|contribute|reference\/api)[\w/-]+\.(md|svg)$/,
    /^(llms\.txt|skills\/[\w-]+\/SKILL\.md)$/,
    /^build\/index\.(js|d\.ts)$/,
    /^build\/(engine|event-pattern|rules|runtime|stream|testing|trigger)\/.+\.(js|mjs|d\.ts|d\.mts)$/,
    /^build\/assembly\/(bundle-recipe\.js|[a-z-]+\.d\.ts)$/,
    /^build\/local\/.+\.d\.ts$/,
    /^build\/local\/(foreign-request|service\/destination-server|function\/(aws-requests|aws-services|first-line|module-resolution|request-target|runtime-client))\.js$/,
    /^build\/redrive\/function\.lambda\.bundle\/index\.js$/,
    /^build\/view\/(index\.js|[a-z-]+\.d\.ts)$/,
    /^build\/bin\/(dynamo-stream-trigger\.js|local\.(js|mjs|d\.ts|d\.mts)|THIRD-PARTY-LICENSES\.txt|bom\.cdx\.json)$/,
  ];
  expect(files.filter((file) => !expected.some((pattern) => pattern.test(file)))).toEqual([]);
  const texts = files.map((file) => [file, readFileSync(join(installed, file), 'utf8')] as const);
  expect(texts.filter(([, text]) => text.includes(root)).map(([file]) => file)).toEqual([]);
  // They were a third of it.
  expect(texts.filter(([, text]) => text.includes('sourceMappingURL=data:')).map(([file]) => file)).toEqual([]);
});

test('whatever a file of the tarball requires is there', () => {
  const installed = join(consumer, 'node_modules', 'dynamo-stream-trigger');
  const files = readdirSync(join(installed, 'build'), { recursive: true, encoding: 'utf8' }).filter((file) => /\.m?js$/.test(file));
  const missing = files.flatMap((file) => {
    const path = join(installed, 'build', file);
    return [...readFileSync(path, 'utf8').matchAll(/(?:require\(|from |import\()"(\.[^"]+)"/g)].map(([, required]) => required)
      .filter((required) => !['', '.js', '/index.js'].some((end) => existsSync(join(dirname(path), required + end)) && statSync(join(dirname(path), required + end)).isFile()))
      .map((required) => `${file} requires ${required}`);
  });

  expect(files).toContain('local/service/destination-server.js');
  expect(missing).toEqual([]);
});

test('the tarball does not grow unseen: it has 870 kB', () => {
  expect(statSync(join(consumer, tarball)).size).toBeLessThan(900_000);
});

test('the pages of the tarball link to what is in it, or to the web', () => {
  const installed = join(consumer, 'node_modules', 'dynamo-stream-trigger');
  const pages = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  const dead = pages.flatMap((page) => linksOf(page, readFileSync(join(installed, page), 'utf8'))
    .filter(({ target, path }) => !target.startsWith('https://') && path !== undefined && !existsSync(join(installed, path)))
    .map(({ target }) => `${page}: ${target}`));

  expect(pages).toContain('docs/guide/languages.md');
  expect(dead).toEqual([]);
});

test('registries and tools find nothing wrong with it', () => {
  const findings = JSON.parse(execFileSync(process.execPath, ['test/package-findings.mjs', join(consumer, 'node_modules', 'dynamo-stream-trigger'), join(consumer, tarball)], {
    cwd: root, encoding: 'utf8',
  }));

  expect(findings).toEqual([]);
});

test('the bill of materials lists what the command line bundles', () => {
  const bin = join(consumer, 'node_modules', 'dynamo-stream-trigger', 'build', 'bin');
  const { components } = JSON.parse(readFileSync(join(bin, 'bom.cdx.json'), 'utf8'));
  const listed = components.map(({ purl }: { purl: string }) => decodeURIComponent(purl));

  expect(listed).toEqual(expect.arrayContaining(['commander', '@aws-sdk/client-sqs', '@smithy/core'].map((name) => `pkg:npm/${name}@${version(name)}`)));
  const licences = readFileSync(join(bin, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  expect(listed.filter((purl: string) => !licences.includes(`\n${purl.slice('pkg:npm/'.length).replace(/@(?=[^@]*$)/, ' ')} (`))).toEqual([]);
});

test('the licence of every package that the command line bundles is with it', () => {
  const bin = join(consumer, 'node_modules', 'dynamo-stream-trigger', 'build', 'bin');
  const licences = readFileSync(join(bin, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['commander', '@aws-sdk/client-dynamodb-streams', '@aws-sdk/client-sqs', '@smithy/core', 'bowser']) {
    expect(licences).toContain(`\n${name} ${version(name)} (`);
  }
  // What MIT and Apache-2.0 ask for: the copyright notice, and the text.
  expect(licences).toContain('Copyright (c) 2011 TJ Holowaychuk');
  expect(licences).toContain('Permission is hereby granted, free of charge');
  expect(licences).toContain('TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION');
});

test('a strict consumer compiles against the published types, each way that TypeScript finds them', () => {
  const ways = [['commonjs', 'node16', 'node16'], ['module', 'node16', 'node16'], ['module', 'es2022', 'bundler'], ['commonjs', 'commonjs', 'node10']];
  const folders = ways.map(([type, , resolution]) => {
    const folder = join(consumer, `${type}-${resolution}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
    ['on-order.ts', 'order-test.ts'].forEach((name) => cpSync(join(consumer, name), join(folder, name)));
    return folder;
  });

  const results: { checked: string[]; found: string[] }[] = JSON.parse(execFileSync(process.execPath, [
    'test/package-types.mjs', consumer, ...ways.map(([, ...options], index) => [folders[index], ...options].join()),
  ], { cwd: root, encoding: 'utf8' }));

  expect(results.flatMap(({ found }) => found)).toEqual([]);
  const types = 'node_modules/dynamo-stream-trigger/build';
  results.forEach(({ checked }, index) => expect(checked).toEqual(expect.arrayContaining([
    `${basename(folders[index])}/on-order.ts`, `${basename(folders[index])}/order-test.ts`, `${types}/runtime/index.d.ts`, `${types}/testing/index.d.ts`,
  ])));
});

test('the command line explains itself', () => {
  expect(run('npx', '--no-install', 'dynamo-stream-trigger', '--help')).toContain('local');
});
