import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as ts from 'typescript';

/**
 * Every sample of the README and of docs/ compiles against the compiled package. Samples of CDK code are fenced `ts` (those that
 * start without imports stand in rosetta's fixture); samples that run in a function or in a test are fenced `tsx`.
 */
const root = resolve(__dirname, '..');
const pages = ['README.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md')).map((name) => join('docs', name))];
const fixture = readFileSync(join(root, 'rosetta', 'default.ts-fixture'), 'utf8');

const samples = new Map<string, string>();
for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8');
  for (const { 1: language, 2: code, index } of text.matchAll(/^```(tsx?)(?: nofixture)?\n([\s\S]*?)^```/gm)) {
    const line = text.slice(0, index).split('\n').length;
    const standsAlone = language === 'tsx' || /^import /m.test(code);
    // The folder is what makes the package known to the sample by its name; the file exists in memory only.
    samples.set(join(root, `${page.replace(/\W/g, '-')}-line-${line}.ts`), standsAlone ? code : fixture.replace('/// here', code));
  }
}

const problems = compile(samples);

test.each([...samples.keys()].map((file) => [file.slice(root.length + 1), file]))('%s compiles', (_, file) => {
  expect(problems.get(file) ?? []).toEqual([]);
});

function compile(files: ReadonlyMap<string, string>): Map<string, string[]> {
  const { options } = ts.convertCompilerOptionsFromJson(
    { strict: true, noEmit: true, module: 'node16', target: 'es2022', lib: ['es2022'], types: ['node', 'jest'], skipLibCheck: true },
    root,
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) =>
    files.has(name) ? ts.createSourceFile(name, files.get(name)!, rest[0]) : getSourceFile(name, ...rest);
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);

  const found = new Map<string, string[]>();
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host))) {
    const name = file?.fileName ?? 'the program';
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    found.set(name, [...(found.get(name) ?? []), `${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`]);
  }
  return found;
}

const links = pages.flatMap((page) => [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
  .map(({ 1: target }) => [page, target] as const));

test.each(links)('%s links to %s, which is there', (page, target) => {
  expect(existsSync(resolve(root, dirname(page), target))).toBe(true);
});
