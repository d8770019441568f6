import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith } from './fixture-app';
import { endLeftovers, recordChildren } from '../../lib/local/process/children';

const SLEEP = 'setTimeout(() => {}, 60_000)';
const sleeper = (mark: string) => ['-e', SLEEP, mark];

/** The process id of a runner that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid!;
}

test('children are recorded while they live, and forgotten with the last of them', async () => {
  const directory = folderWith({});
  const children = recordChildren(directory);
  const folder = children.temporaryFolder();
  const child = children.spawn(process.execPath, sleeper, {});
  const [file, ...others] = readdirSync(directory);
  expect(others).toEqual([]);
  expect(JSON.parse(readFileSync(join(directory, file), 'utf8'))).toMatchObject({ pids: [child.pid], paths: [folder] });
  children.killAll();
  await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  expect(readdirSync(directory)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

test('a kill reaches what a child started', async () => {
  const children = recordChildren(folderWith({}));
  const child = children.spawn(process.execPath, (mark) => [
    '-e', `require('child_process').spawn(process.execPath, ['-e', '${SLEEP}'], { stdio: 'inherit' }); console.log('started'); ${SLEEP}`, mark,
  ], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout!, 'data');
  children.killAll();
  // Both of them hold the pipe open.
  await once(child, 'close');
});

test('what a dead runner left behind is ended, even if it is frozen, and its temporary files are removed', async () => {
  const directory = folderWith({});
  const code = folderWith({ 'index.js': '' });
  const mark = 'dynamo-stream-trigger-run=left-behind';
  const child = spawn(process.execPath, sleeper(mark), { detached: true });
  child.kill('SIGSTOP');
  writeFileSync(join(directory, `${await deadPid()}-run.json`), JSON.stringify({ mark, pids: [child.pid], paths: [code] }));
  expect(endLeftovers(directory)).toEqual([child.pid]);
  expect(existsSync(code)).toBe(false);
  await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  expect(readdirSync(directory)).toEqual([]);
});

test('a process that only has the same id is left alone', async () => {
  const directory = folderWith({});
  const child = spawn(process.execPath, sleeper('dynamo-stream-trigger-run=another'), { detached: true });
  writeFileSync(join(directory, `${await deadPid()}-run.json`), JSON.stringify({ mark: 'dynamo-stream-trigger-run=mine', pids: [child.pid] }));
  expect(endLeftovers(directory)).toEqual([]);
  expect(() => process.kill(child.pid!, 0)).not.toThrow();
  child.kill('SIGKILL');
});

test('the children of a runner that lives are left alone, this one\'s included', async () => {
  const directory = folderWith({});
  const children = recordChildren(directory);
  const child = children.spawn(process.execPath, sleeper, {});
  writeFileSync(join(directory, `${process.ppid}-run.json`), '{');
  expect(endLeftovers(directory)).toEqual([]);
  expect(readdirSync(directory)).toHaveLength(2);
  children.killAll();
  await once(child, 'exit');
});
