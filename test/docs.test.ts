import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as ts from 'typescript';
import { PAGES } from './pages';

/**
 * Every sample of every page compiles against the compiled package. Samples of CDK code are fenced `ts` (those that
 * start without imports stand in rosetta's fixture); samples that run in a function or in a test are fenced `tsx`.
 */
const root = resolve(__dirname, '..');
const fixture = readFileSync(join(root, 'rosetta', 'default.ts-fixture'), 'utf8');

const samples = new Map<string, string>();
for (const page of PAGES) {
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
