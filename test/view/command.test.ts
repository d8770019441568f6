import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { viewCommand } from '../../lib/cli/view';
import * as room from '../../lib/view';
import { folderWith } from '../folder';

const started = { type: 'invocationStarted', at: Date.UTC(2026, 2, 1, 12), trigger: 'Demo/Orders', invocation: 1, functionName: 'F', shardId: 's', records: 2 };
const ended = { ...started, type: 'invocationEnded', at: started.at + 200, outcome: { type: 'response' } };
const linesOf = (...lines: unknown[]) => lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
const good = linesOf({ type: 'starting' }, started, ended, { type: 'summary' });

const HOW = 'Record one with: dynamo-stream-trigger local --json > run.jsonl';

let folder: string;
beforeEach(() => folder = folderWith({}));
afterEach(() => {
  process.exitCode = undefined;
  jest.restoreAllMocks();
});

/** Runs the command on a file, and gives its exit code, what it printed, and the page beside the file. */
async function view(name: string, content?: string, ...args: string[]) {
  const file = join(folder, name);
  if (content !== undefined) {
    writeFileSync(file, content);
  }
  const printed: string[] = [];
  jest.spyOn(console, 'log').mockImplementation((text) => void printed.push(text));
  jest.spyOn(console, 'error').mockImplementation((text) => void printed.push(text));
  await viewCommand(async () => room).parseAsync([file, ...args], { from: 'user' });
  return { code: process.exitCode, text: printed.join('\n').replaceAll(`${folder}/`, ''), page: () => readFileSync(file.replace(/\.jsonl$/, '.html'), 'utf8') };
}

test('a recording becomes a page beside it, named by its triggers and its time; a page that exists is replaced', async () => {
  writeFileSync(join(folder, 'run.html'), 'old');
  const { code, text, page } = await view('run.jsonl', good);

  expect([code, text]).toEqual([0, 'run.html: 1 invocation, 1 shard, iterator age 0 ms at most, in 200 ms.']);
  expect(page()).toContain('<h1>Local run of Demo/Orders, 2026-03-01 12:00 UTC</h1>');
});

test('lines that are not understood are skipped and counted', async () => {
  const { code, text } = await view('more.jsonl', linesOf('Listening', started, ended, { type: 'later', at: 1 }, '{"type":"invocationSt'));

  expect([code, text.split('\n')[1]]).toEqual([0, '3 lines of more.jsonl could not be understood, and were skipped.']);
  expect((await view('one.jsonl', linesOf('Listening', started, ended))).text).toMatch(/\n1 line of one\.jsonl could not be understood, and was skipped\.$/);
});

test.each([
  ['a file that does not exist', undefined, 'run.jsonl can\'t be read: ENOENT: no such file or directory, open \'run.jsonl\'. Name a file that `dynamo-stream-trigger local --json` wrote.'],
  ['an empty file', '\n\n', `run.jsonl is empty. ${HOW}`],
  ['text', 'Listening on port 80\n', `run.jsonl is not a recording: no line of it is one of \`local --json\`. ${HOW}`],
  ['binary data', '\u0000\u0001\ufffd\n', `run.jsonl is not a recording: no line of it is one of \`local --json\`. ${HOW}`],
  ['JSON of something else', '{"a":1}\n[]\nnull\n', `run.jsonl is not a recording: no line of it is one of \`local --json\`. ${HOW}`],
  [
    'a recording without times', linesOf({ ...started, at: undefined }),
    `run.jsonl holds nothing that can be drawn: no trigger had started, or a version wrote it that did not print times. ${HOW}`,
  ],
  [
    'a recording without an invocation', linesOf({ type: 'shards', at: 1, lineage: [{ shardId: 's' }] }),
    'run.jsonl is a recording in which no function was invoked. Write to a table while it runs.',
  ],
])('%s is refused with what to do, and no page is written', async (_, content, message) => {
  const { code, text, page } = await view('run.jsonl', content);

  expect([code, text]).toEqual([2, message]);
  expect(page).toThrow('ENOENT');
});

test('a folder is refused, and so is a page that can\'t be written, or would replace the recording', async () => {
  mkdirSync(join(folder, 'folder'));

  expect(await view('folder')).toMatchObject({ code: 2, text: 'folder can\'t be read: EISDIR: illegal operation on a directory, read. Name a file that `dynamo-stream-trigger local --json` wrote.' });
  expect(await view('run2.jsonl', good, '--out', join(folder, 'folder'))).toMatchObject({ code: 2, text: 'The page can\'t be written to folder: EISDIR: illegal operation on a directory, open \'folder\'. Name another file with --out.' });
  expect(await view('run3.jsonl', good, '--out', join(folder, 'no', 'page.html'))).toMatchObject({ code: 2, text: expect.stringContaining('ENOENT') });
  expect(await view('run4.jsonl', good, '--out', join(folder, 'run4.jsonl'))).toMatchObject({ code: 2, text: '--out names the recording itself, run4.jsonl. Name another file.' });
  symlinkSync(join(folder, 'run4.jsonl'), join(folder, 'link.jsonl'));
  expect(await view('link.jsonl', undefined, '--out', join(folder, 'run4.jsonl'))).toMatchObject({ code: 2, text: '--out names the recording itself, link.jsonl. Name another file.' });
  expect(readFileSync(join(folder, 'run4.jsonl'), 'utf8')).toBe(good);
});
