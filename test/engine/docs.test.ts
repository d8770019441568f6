import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

const text = (path: string) => readFileSync(path, 'utf8');

/** The names of tests that run: first arguments of `test(…)` and of what `test.each(…)` returns. */
const tests = ['engine', 'testing', 'reader'].flatMap((folder) => {
  const path = join(__dirname, '..', folder);
  return readdirSync(path).filter((name) => name.endsWith('.test.ts')).flatMap((name) => namesIn(text(join(path, name))));
});

function namesIn(source: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^test(\.each\b|$)/.test(node.expression.getText()) && ts.isStringLiteral(node.arguments[0])) {
      names.push(node.arguments[0].text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest, true));
  return names;
}

const rows = text(join(__dirname, '../../docs/reference/engine.md')).split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 5 && !/^(behaviour|file|\*\*.*|-*|`.*)$/.test(cells[1]))
  .map(([, behaviour, source, name]) => ({ behaviour, source, name }));

test('the table of behaviours is there', () => {
  expect(rows.length).toBeGreaterThan(60);
});

test.each(rows)('$behaviour: the table names its source and its one test', ({ source, name }) => {
  expect(source).toMatch(/^(recorded|documented|chosen)/);
  expect(tests.filter((candidate) => candidate === name)).toHaveLength(1);
});

test('a test that is skipped, to do or in a comment does not count', () => {
  expect(namesIn("test('runs', f); test.each(list)('each', f); test.skip('no', f); xtest('no', f); test.todo('no'); // test('no', f)"))
    .toEqual(['runs', 'each']);
});
