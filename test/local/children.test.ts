import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { firstOutputOf } from './fixture-app';
import { endLeftovers, recordChildren } from '../../lib/local/process/children';
import { serveLife } from '../../lib/local/process/life-socket';
import { takeLock } from '../../lib/local/process/lock';
import { folderWith } from '../folder';
import { onLinux } from '../needing';

const SLEEP = 'setTimeout(() => {}, 60_000)';
const sleeper = (mark: string) => ['-e', SLEEP, mark];
const markOf = (run: string) => `dynamo-stream-trigger-run=${run}`;

const newRun = () => randomBytes(8).toString('hex');

/** A socket that no process serves any more. */
async function deadSocket(file: string): Promise<void> {
  const server = serveLife(`${file}-alive`);
  await once(server, 'listening');
  // The server removes only the file that it has made.
  linkSync(`${file}-alive`, file);
  server.close();
  await once(server, 'close');
  rmSync(`${file}-alive`, { force: true });
}

/** The folder of a run that was killed, with these files. */
async function deadRun(directory: string, run: string, files: Record<string, string>): Promise<void> {
  const folder = join(directory, `run-${run}`);
  mkdirSync(folder);
  await deadSocket(join(folder, 'life'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
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
  expect(() => children.spawn(process.execPath, sleeper, {})).toThrow(expect.objectContaining({
    code: 'STOPPED', message: 'The run was stopped while a process of it was about to start.',
  }));
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

test('a folder of runs that another user has made is not used: it names processes to end', () => {
  const getuid = jest.spyOn(process, 'getuid' as never).mockReturnValue(4321 as never);
  const folder = join(tmpdir(), 'dynamo-stream-trigger-4321');
  expect(() => recordChildren()).toThrow(expect.objectContaining({
    code: 'FOLDER_UNUSABLE',
    message: `${folder} belongs to another user, so the processes it lists can't be trusted. Remove it, or set TMPDIR to another folder.`,
  }));
  getuid.mockRestore();
  rmSync(folder, { recursive: true });
});

onLinux('when the runner is killed, its processes end, even a frozen one, and its folder goes', async () => {
  const directory = folderWith({});
  const runner = spawn(process.execPath, ['-e', `
    const { recordChildren } = require(process.argv[1]);
    const children = recordChildren(process.argv[2]);
    children.temporaryFolder();
    const child = children.spawn(process.execPath, (mark) => ['-e', 'console.log("up"); ${SLEEP}', mark], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => {
      child.kill('SIGSTOP');
      console.log('ready');
    });
    children.spawn(process.execPath, (mark) => ['-e', '${SLEEP}', mark], { stdio: 'inherit' });
  `, resolve(__dirname, '..', '..', 'build', 'local', 'process', 'children.js'), directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  await firstOutputOf(runner);
  runner.kill('SIGKILL');
  // The children hold it open.
  await once(runner, 'close');
  while (readdirSync(directory).length > 0) {
    await new Promise((wake) => setTimeout(wake, 20));
  }
});

describe('at the next start', () => {
  test('what a dead runner left is ended, even if it is frozen, and its temporary files are removed', async () => {
    const directory = folderWith({});
    const run = newRun();
    const child = spawn(process.execPath, sleeper(markOf(run)), { detached: true });
    child.kill('SIGSTOP');
    await deadRun(directory, run, { 'processes.json': JSON.stringify([child.pid]), 'temporary-1/index.js': '' });
    expect(await endLeftovers(directory)).toEqual([child.pid]);
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
    await deadRun(directory, newRun(), { 'temporary-1/index.js': '', ...files });
    expect(await endLeftovers(directory)).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('a process that only has the same id is left alone, also with a part of the mark', async () => {
    const directory = folderWith({});
    const run = newRun();
    const child = spawn(process.execPath, sleeper(`${markOf(run)}0`), { detached: true });
    await deadRun(directory, run, { 'processes.json': JSON.stringify([child.pid]) });
    expect(await endLeftovers(directory)).toEqual([]);
    expect(() => process.kill(child.pid!, 0)).not.toThrow();
    child.kill('SIGKILL');
  });

  test('the children of a runner that lives are left alone, and so are those of one that is not known to be dead', async () => {
    const directory = folderWith({});
    const children = recordChildren(directory);
    const child = children.spawn(process.execPath, sleeper, {});
    mkdirSync(join(directory, `run-${newRun()}`));
    expect(await endLeftovers(directory)).toEqual([]);
    expect(readdirSync(directory)).toHaveLength(2);
    children.killAll();
    await once(child, 'exit');
  });

  test('nothing is removed that is not the folder of a run', async () => {
    const outside = folderWith({ 'picture.jpg': '' });
    await deadSocket(join(outside, 'life'));
    const directory = folderWith({
      'photos/2026/cat.jpg': '', 'notes.txt': '', 'run-photos/dog.jpg': '', [`run-${newRun()}.json`]: '{}', [`run-${newRun()}`]: 'a file',
    });
    await deadSocket(join(directory, 'run-photos', 'life'));
    symlinkSync(outside, join(directory, `run-${newRun()}`));
    const before = readdirSync(directory, { recursive: true });
    expect(await endLeftovers(directory)).toEqual([]);
    expect(readdirSync(directory, { recursive: true })).toEqual(before);
    expect(existsSync(join(outside, 'picture.jpg'))).toBe(true);
  });
});

describe('a lock', () => {
  test('is held by one at a time, and is free again when it is given back', async () => {
    const lock = join(folderWith({}), 'run.lock');
    const release = await takeLock(lock);
    expect(await takeLock(lock)).toBeUndefined();
    release!();
    expect(existsSync(lock)).toBe(false);
    const again = await takeLock(lock);
    again!();
  });

  test('goes with its process, whatever is left in its file, and one of several that want it gets it', async () => {
    for (const left of [deadSocket, async (file: string) => writeFileSync(file, ''), async (file: string) => symlinkSync(process.execPath, file)]) {
      const folder = folderWith({});
      const lock = join(folder, 'run.lock');
      await left(lock);
      const taken = await Promise.all([takeLock(lock), takeLock(lock), takeLock(lock)]);
      const releases = taken.filter((release) => release !== undefined);
      expect([releases.length, readdirSync(folder), lstatSync(lock).isSocket()]).toEqual([1, ['run.lock'], true]);
      releases[0]();
    }
  });

  test('can be in a folder whose path is longer than that of a socket may be', async () => {
    const folder = join(folderWith({}), 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(folder, { recursive: true });
    const release = await takeLock(join(folder, 'run.lock'));
    expect(await takeLock(join(folder, 'run.lock'))).toBeUndefined();
    release!();
    expect(readdirSync(folder)).toEqual([]);
  });
});
