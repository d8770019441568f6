import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = (path: string) => readFileSync(path, 'utf8');
const sources = ['engine', 'testing'].flatMap((folder) => {
  const path = join(__dirname, '..', folder);
  return readdirSync(path).filter((name) => name.endsWith('.test.ts')).map((name) => text(join(path, name)));
}).join('\n');

const rows = text(join(__dirname, '../../docs/engine.md')).split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 5 && /^(recorded|documented|chosen)/.test(cells[2]));

test('the table of behaviours is there', () => {
  expect(rows.length).toBeGreaterThan(50);
});

test.each(rows.map(([, behaviour, source, name]) => ({ behaviour, source, name })))('$behaviour: its test exists', ({ name }) => {
  expect(sources).toContain(`'${name}'`);
});
