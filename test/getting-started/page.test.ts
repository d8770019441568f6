import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPrinted, type Step, stepsOf } from './page';

const stepsOfPage = (name: string) => stepsOf(readFileSync(join(__dirname, '..', '..', 'docs', name), 'utf8'));
const commandsOf = (steps: readonly Step[]) => steps.flatMap((step) => step.kind === 'command' ? [step.line] : []);
const filesOf = (steps: readonly Step[]) => new Map(steps.flatMap((step) => step.kind === 'file' ? [[step.path, step.content]] : []));

/** `npm run getting-started` does what the pages say. Here only their form is checked, and that they don't drift apart. */
describe.each(['getting-started.md', 'getting-started-python.md'])('%s', (name) => {
  const steps = stepsOfPage(name);

  test('starts with an empty app, and ends with Ctrl-C', () => {
    expect(commandsOf(steps)[0]).toBe('mkdir shop');
    expect(steps.at(-1)).toMatchObject({ kind: 'output', lines: expect.arrayContaining(['^C']) });
  });

  test('runs the app, and uses every script that it shows', () => {
    const commands = commandsOf(steps).join('\n');

    expect(commands).toMatch(/^(npx )?dynamo-stream-trigger local$/m);
    for (const script of [...filesOf(steps).keys()].filter((path) => !path.includes('/'))) {
      expect(commands).toContain(` ${script}`);
    }
  });

  test('says what is printed when a record is parked, found and skipped', () => {
    const printed = steps.flatMap((step) => step.kind === 'output' ? step.lines : []).join('\n');

    for (const line of ['Parked 1 record on ', 'order-3 has no total', 'Superseded     1: ', 'Messages       1 deleted, 0 given back']) {
      expect(printed).toContain(line);
    }
  });
});

test('the pages show the same function', () => {
  const [typescript, python] = ['getting-started.md', 'getting-started-python.md'].map((name) => filesOf(stepsOfPage(name)).get('src/on-order.ts'));

  expect(typescript).toContain('streamHandler<Order>');
  expect(python).toBe(typescript);
});

describe('the steps of a page', () => {
  const page = [
    '# Page', '```sh', 'not a step', '```',
    '## 1. One', 'Type', '```sh', 'first', 'second', '```', 'Exit code 3.', '```text', 'printed', '…', '```',
    '## 2. Two', '```js', '// a.mjs', 'run();', '```', '```sh', 'node a.mjs', '```',
    '## Deploy', '```sh', 'not a step either', '```', '',
  ].join('\n');

  test('are those of its numbered sections', () => {
    expect(stepsOf(page)).toEqual([
      { kind: 'command', line: 'first', exitCode: 0 },
      { kind: 'command', line: 'second', exitCode: 3 },
      { kind: 'output', lines: ['printed', '…'] },
      { kind: 'file', path: 'a.mjs', content: '// a.mjs\nrun();\n' },
      { kind: 'command', line: 'node a.mjs', exitCode: 0 },
    ]);
  });

  test('name each file', () => {
    expect(() => stepsOf('## 1. One\n```js\nrun();\n```\n')).toThrow('No file is named on the first line of this sample');
  });
});

describe('what a page says is printed', () => {
  test.each<[string[], boolean]>([
    [['one', 'three'], true],
    [['three', 'one'], false],
    [['one', '…', 'port 4…', 'three'], true],
    [['port 5…'], false],
    [['port'], false],
  ])('%j: %s', (lines, expected) => {
    expect(isPrinted(lines, 'one\nport 4711, open\nthree\n')).toBe(expected);
  });
});
