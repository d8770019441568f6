import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeProcessEnds } from './process-end';

/**
 * The processes of one local run. They are recorded on disk as long as they live, because not all of them notice when the
 * runner is killed: DynamoDB Local watches no parent, and a frozen function watches nothing.
 */
export interface Children {
  /**
   * Starts a process in a group of its own, so that Ctrl-C on the terminal reaches the runner alone, which then ends all others.
   * `mark` becomes one of the arguments, by which the process is known again.
   */
  spawn(command: string, args: (mark: string) => string[], options: SpawnOptions): ChildProcess;
  /** A new folder that is removed with the processes. */
  temporaryFolder(): string;
  /** Has this file or folder removed with the processes. */
  removeAtEnd(path: string): void;
  /** Kills what is still running, at once; so does the end of this process. */
  killAll(): void;
}

/** The records of this process's own runs: another process may have had its id before. */
const ownRecords = new Set<string>();

/** Starts the record of a new run. */
export function recordChildren(directory = recordDirectory()): Children {
  const run = randomUUID();
  const mark = `dynamo-stream-trigger-run=${run}`;
  const file = join(directory, `${process.pid}-${run}.json`);
  const running = new Set<ChildProcess>();
  const removed: string[] = [];
  const callOff = beforeProcessEnds(killAll);
  ownRecords.add(file);

  return {
    spawn: (command, args, options) => {
      const child = spawn(command, args(mark), { ...options, detached: true });
      running.add(child);
      record();
      child.once('exit', () => forget(child));
      child.once('error', () => forget(child));
      return child;
    },
    temporaryFolder: () => {
      const folder = mkdtempSync(join(realpathSync(tmpdir()), 'dynamo-stream-trigger-'));
      removed.push(folder);
      return folder;
    },
    removeAtEnd: (path) => void removed.push(path),
    killAll,
  };

  function forget(child: ChildProcess): void {
    running.delete(child);
    record();
  }

  function killAll(): void {
    for (const child of running) {
      killGroup(child.pid);
    }
    running.clear();
    record();
    ownRecords.delete(file);
    removed.forEach((path) => rmSync(path, { recursive: true, force: true }));
    callOff();
  }

  function record(): void {
    const pids = [...running].map((child) => child.pid).filter((pid) => pid !== undefined);
    if (pids.length === 0) {
      rmSync(file, { force: true });
    } else {
      writeFileSync(file, JSON.stringify({ mark, pids, paths: removed } satisfies Leftover));
    }
  }
}

/**
 * Ends what killed runners left behind, and says which processes these were; their temporary files are removed. A process is known by its id and by the run's mark
 * among its arguments, because the system gives ids away again.
 */
export function endLeftovers(directory = recordDirectory()): number[] {
  const ended: number[] = [];
  for (const name of readdirSync(directory)) {
    const file = join(directory, name);
    const runner = Number.parseInt(name);
    if (ownRecords.has(file) || (runner !== process.pid && isAlive(runner))) {
      continue;
    }
    const { mark, pids, paths } = readLeftover(file);
    for (const pid of pids) {
      if (commandLineOf(pid).includes(mark)) {
        killGroup(pid);
        ended.push(pid);
      }
    }
    [...paths, file].forEach((path) => rmSync(path, { recursive: true, force: true }));
  }
  return ended;
}

/** Kills a process and those that it started. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

interface Leftover {
  readonly mark: string;
  readonly pids: readonly number[];
  /** What is removed with the processes. */
  readonly paths: readonly string[];
}

/** A folder of this user's own: what stands in it names processes to end. */
function recordDirectory(): string {
  const directory = join(tmpdir(), `dynamo-stream-trigger-${userInfo().username}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (process.getuid && lstatSync(directory).uid !== process.getuid()) {
    throw new Error(`${directory} belongs to another user, so what it says of processes to end can't be trusted. Remove it.`);
  }
  return directory;
}

/** A record that was cut off in the middle, or that another runner has just removed, names nothing. */
function readLeftover(file: string): Leftover {
  try {
    return { paths: [], ...JSON.parse(readFileSync(file, 'utf8')) };
  } catch {
    return { mark: '', pids: [], paths: [] };
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Empty where there is no such process. */
function commandLineOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file)
    ? readFileSync(file, 'utf8')
    : spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}
