import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeProcessEnds } from './process-end';
import { LocalRunError } from '../errors';

/**
 * The processes and temporary files of one local run. Not every process notices when the runner is killed: DynamoDB Local watches
 * no parent, and a frozen function watches nothing. So their ids are on disk as long as they live, and the next run ends them.
 */
export interface Children {
  /**
   * Starts a process in a group of its own, so that Ctrl-C on the terminal reaches only the runner, which then ends all others.
   * `mark` must be one of the arguments: it identifies the process later.
   */
  spawn(command: string, args: (mark: string) => string[], options: SpawnOptions): ChildProcess;
  /** Makes a folder that is removed with the processes, also if the runner is killed. */
  temporaryFolder(): string;
  /** Has this file removed with the processes. */
  removeAtEnd(file: string): void;
  /** Ends the run: kills what is still running, at once, and removes its files. The end of this process does the same. */
  killAll(): void;
}

/** The runs of this process. Their folders may carry a process id that a runner had before and that was given away again. */
const ownRuns = new Set<string>();

/**
 * Starts the record of a new run: a folder `<process id>-<uuid>` with the ids of its processes and with its temporary folders.
 *
 * @param directory where runs have their folders
 */
export function recordChildren(directory = runsDirectory()): Children {
  const run = randomUUID();
  const folder = join(realpathSync(directory), `${process.pid}-${run}`);
  const running = new Set<ChildProcess>();
  const files: string[] = [];
  let isOver = false;
  const callOff = beforeProcessEnds(killAll);
  ownRuns.add(folder);
  mkdirSync(folder, { mode: 0o700 });

  return {
    spawn: (command, args, options) => {
      if (isOver) {
        throw new LocalRunError('STOPPED', 'The run was stopped while a process of it was about to start.');
      }
      const child = spawn(command, args(markOf(run)), { ...options, detached: true });
      running.add(child);
      record();
      child.once('exit', () => forget(child));
      child.once('error', () => forget(child));
      return child;
    },
    temporaryFolder: () => mkdtempSync(join(folder, 'temporary-')),
    removeAtEnd: (file) => void files.push(file),
    killAll,
  };

  function forget(child: ChildProcess): void {
    if (running.delete(child)) {
      record();
    }
  }

  function killAll(): void {
    isOver = true;
    for (const child of running) {
      killGroup(child.pid);
    }
    running.clear();
    ownRuns.delete(folder);
    files.forEach((file) => rmSync(file, { force: true }));
    rmSync(folder, REMOVED);
    callOff();
  }

  function record(): void {
    writeFileSync(join(folder, PROCESSES), JSON.stringify([...running].flatMap(({ pid }) => pid ?? [])));
  }
}

/**
 * Ends the processes of killed runners and removes their temporary files.
 *
 * The system gives process ids away again: a process is one of theirs only if the mark of the run is among its arguments.
 *
 * @returns the ids of the processes that were ended
 */
export function endLeftovers(directory = runsDirectory()): number[] {
  const root = realpathSync(directory);
  const leftovers = readdirSync(root).flatMap((name) => {
    const [, runner, run] = RUN_FOLDER.exec(name) ?? [];
    const folder = join(root, name);
    const isOver = run !== undefined && !ownRuns.has(folder) && (Number(runner) === process.pid || !isAlive(Number(runner)));
    return isOver && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ? [{ folder, mark: markOf(run) }] : [];
  });
  return leftovers.flatMap(({ folder, mark }) => {
    const ended = recordedIn(folder).filter((pid) => commandLineOf(pid).includes(mark));
    ended.forEach(killGroup);
    rmSync(folder, REMOVED);
    return ended;
  });
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

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The name of a run's folder: the runner's process id and the run's own id. */
const RUN_FOLDER = /^(\d+)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The file with the ids of the run's processes. */
const PROCESSES = 'processes.json';

/** A process that is being killed may still write into the folder. */
const REMOVED = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 } as const;

function markOf(run: string): string {
  return `dynamo-stream-trigger-run=${run}`;
}

/** A folder that only this user can write: it names processes to end and folders to remove. */
function runsDirectory(): string {
  const directory = join(tmpdir(), `dynamo-stream-trigger-${userInfo().username}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (process.getuid && lstatSync(directory).uid !== process.getuid()) {
    throw new LocalRunError('FOLDER_UNUSABLE', `${directory} belongs to another user, so the processes it lists can't be trusted. Remove it, or set TMPDIR to another folder.`);
  }
  return directory;
}

/** None for a runner that was killed before its first process, or while it wrote the file. */
function recordedIn(folder: string): number[] {
  try {
    return [JSON.parse(readFileSync(join(folder, PROCESSES), 'utf8'))].flat().filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Empty where there is no such process. */
function commandLineOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file)
    ? readFileSync(file, 'utf8')
    : spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}
