import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstOutputOf, onLinux } from './fixture-app';
import { endLeftovers, recordChildren } from '../../lib/local/process/children';
import { folderWith } from '../folder';

const SLEEP = 'setTimeout(() => {}, 60_000)';
const sleeper = (mark: string) => ['-e', SLEEP, mark];
const markOf = (run: string) => `dynamo-stream-trigger-run=${run}`;

/** The process id of a runner that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid!;
}

/** The folder of a run of this runner, with these files. */
function runFolder(directory: string, runner: number, run: string, files: Record<string, string>): string {
  const folder = join(directory, `${runner}-${run}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

test('children are recorded while they live, and forgotten with their run', async () => {
  const directory = folderWith({});
  const children = recordChildren(directory);
  const child = children.spawn(process.execPath, sleeper, {});
  const temporary = children.temporaryFolder();
  const [run, ...others] = readdirSync(directory);
  expect(others).toEqual([]);
  expect(temporary.startsWith(join(directory, run))).toBe(true);
  expect(JSON.parse(readFileSync(join(directory, run, 'processes.json'), 'utf8'))).toEqual([child.pid]);
  children.killAll();
  await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  expect(readdirSync(directory)).toEqual([]);
});

test('a child that ends by itself is recorded no more, because its id may be given away again', async () => {
  const directory = folderWith({});
  const children = recordChildren(directory);
  const [run] = readdirSync(directory);
  const recorded = () => JSON.parse(readFileSync(join(directory, run, 'processes.json'), 'utf8'));
  const short = children.spawn(process.execPath, (mark) => ['-e', '', mark], {});
  const long = children.spawn(process.execPath, sleeper, {});
  expect(recorded()).toEqual([short.pid, long.pid]);
  await once(short, 'exit');
  expect(recorded()).toEqual([long.pid]);
  const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
  children.killAll();
  expect(kill.mock.calls.map(([pid]) => Math.abs(pid))).toEqual([long.pid]);
  kill.mockRestore();
  long.kill('SIGKILL');
});

test('a program that can\'t be started is not recorded', async () => {
  const directory = folderWith({});
  const children = recordChildren(directory);
  const child = children.spawn(join(directory, 'nothing'), () => [], {});
  await once(child, 'error');
  const [run] = readdirSync(directory);
  expect(JSON.parse(readFileSync(join(directory, run, 'processes.json'), 'utf8'))).toEqual([]);
  children.killAll();
});

test('a run that is over starts no more processes', () => {
  const children = recordChildren(folderWith({}));
  children.killAll();
  expect(() => children.spawn(process.execPath, sleeper, {})).toThrow(expect.objectContaining({ code: 'STOPPED' }));
});

test('a kill reaches what a child started', async () => {
  const children = recordChildren(folderWith({}));
  const child = children.spawn(process.execPath, (mark) => [
    '-e', `require('child_process').spawn(process.execPath, ['-e', '${SLEEP}'], { stdio: 'inherit' }); console.log('started'); ${SLEEP}`, mark,
  ], { stdio: ['ignore', 'pipe', 'ignore'] });
  await firstOutputOf(child);
  children.killAll();
  // Both of them hold the pipe open.
  await once(child, 'close');
});

onLinux('only this user can read and write the folder of the runs', () => {
  const children = recordChildren();
  const [folder] = readdirSync(tmpdir()).filter((name) => /^dynamo-stream-trigger-(?!tests)/.test(name));
  expect(statSync(join(tmpdir(), folder)).mode & 0o777).toBe(0o700);
  children.killAll();
});

describe('at the next start', () => {
  test('what a dead runner left is ended, even if it is frozen, and its temporary files are removed', async () => {
    const directory = folderWith({});
    const run = randomUUID();
    const child = spawn(process.execPath, sleeper(markOf(run)), { detached: true });
    child.kill('SIGSTOP');
    runFolder(directory, await deadPid(), run, { 'processes.json': JSON.stringify([child.pid]), 'temporary-1/index.js': '' });
    expect(endLeftovers(directory)).toEqual([child.pid]);
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([
    ['nothing yet', {}],
    ['half a record', { 'processes.json': '[12' }],
    ['a record of something else', { 'processes.json': '{"pids":[1]}' }],
  ])('the folder of a dead runner that left %s is removed', async (_, files) => {
    const directory = folderWith({});
    runFolder(directory, await deadPid(), randomUUID(), { 'temporary-1/index.js': '', ...files });
    expect(endLeftovers(directory)).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('a process that only has the same id is left alone', async () => {
    const directory = folderWith({});
    const child = spawn(process.execPath, sleeper(markOf(randomUUID())), { detached: true });
    runFolder(directory, await deadPid(), randomUUID(), { 'processes.json': JSON.stringify([child.pid]) });
    expect(endLeftovers(directory)).toEqual([]);
    expect(() => process.kill(child.pid!, 0)).not.toThrow();
    child.kill('SIGKILL');
  });

  test('the children of a runner that lives are left alone, including those of this process', async () => {
    const directory = folderWith({});
    const children = recordChildren(directory);
    const child = children.spawn(process.execPath, sleeper, {});
    runFolder(directory, process.ppid, randomUUID(), { 'processes.json': '[]' });
    expect(endLeftovers(directory)).toEqual([]);
    expect(readdirSync(directory)).toHaveLength(2);
    children.killAll();
    await once(child, 'exit');
  });

  test('nothing is removed that is not the folder of a run', async () => {
    const outside = folderWith({ 'picture.jpg': '' });
    const dead = await deadPid();
    const directory = folderWith({
      'photos/2026/cat.jpg': '',
      'notes.txt': '',
      [`${dead}-photos/dog.jpg`]: '',
      [`${dead}-${randomUUID()}.json`]: '{}',
      [`${dead}-${randomUUID()}`]: 'a file',
    });
    symlinkSync(outside, join(directory, `${dead}-${randomUUID()}`));
    const before = readdirSync(directory, { recursive: true });
    expect(endLeftovers(directory)).toEqual([]);
    expect(readdirSync(directory, { recursive: true })).toEqual(before);
    expect(existsSync(join(outside, 'picture.jpg'))).toBe(true);
  });
});
