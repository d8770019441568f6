import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { lifeAt, serveLife } from './life-socket';
import { beforeProcessEnds } from './process-end';
import { startWatchdog } from './watchdog';
import { LocalRunError } from '../errors';

/**
 * The processes and temporary files of one local run. Not every process notices when the runner is killed: DynamoDB Local watches
 * no parent, and a frozen function watches nothing. So a watchdog ends them then. Their ids are also on disk while they live, in case
 * the watchdog was killed too: the next run ends them.
 */
export interface Children {
  /**
   * Starts a process in a group of its own, so that Ctrl-C on the terminal reaches only the runner, which then ends all others.
   * `mark` must be one of the arguments: it identifies the process later.
   */
  spawn(command: string, args: (mark: string) => string[], options: SpawnOptions): ChildProcess;
  /** Makes a folder that is removed with the processes, also if the runner is killed. */
  temporaryFolder(): string;
  /** Has this done when the processes have been killed. It must be done when it returns. */
  atEnd(cleanUp: () => void): void;
  /** Ends the run: kills what is still running, at once, and removes its files. The end of this process does the same. */
  killAll(): void;
}

/**
 * Starts the record of a new run: a folder with a socket that shows that the run goes on, with the ids of its processes, and with its temporary
 * folders.
 *
 * @param directory where runs have their folders
 */
export function recordChildren(directory = runsDirectory()): Children {
  const run = randomBytes(8).toString('hex');
  const folder = join(realpathSync(directory), `run-${run}`);
  const running = new Set<ChildProcess>();
  const cleanUps: (() => void)[] = [];
  let isOver = false;
  const callOff = beforeProcessEnds(killAll);
  mkdirSync(folder, { mode: 0o700 });
  // A run without it is left alone, as one that goes on.
  const life = serveLife(join(folder, LIFE)).on('error', () => {});
  const watchdog = startWatchdog(folder);

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
    atEnd: (cleanUp) => void cleanUps.push(cleanUp),
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
    watchdog.end();
    life.close();
    cleanUps.splice(0).forEach((cleanUp) => cleanUp());
    rmSync(folder, REMOVED);
    callOff();
  }

  function record(): void {
    const pids = [...running].flatMap(({ pid }) => pid ?? []);
    watchdog.watch(pids);
    writeFileSync(join(folder, PROCESSES), JSON.stringify(pids));
  }
}

/**
 * Ends the processes of killed runners and removes their temporary files.
 *
 * The system gives process ids away again: a process is one of theirs only if the mark of the run is among its arguments.
 *
 * @returns the ids of the processes that were ended
 */
export async function endLeftovers(directory = runsDirectory()): Promise<number[]> {
  const root = realpathSync(directory);
  const ended = await Promise.all(readdirSync(root).map(async (name) => {
    const [, run] = RUN_FOLDER.exec(name) ?? [];
    const folder = join(root, name);
    if (run === undefined || !lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() || await lifeAt(join(folder, LIFE)) !== 'dead') {
      return [];
    }
    const leftovers = recordedIn(folder).filter((pid) => argumentsOf(pid).includes(markOf(run)));
    leftovers.forEach(killGroup);
    rmSync(folder, REMOVED);
    return leftovers;
  }));
  return ended.flat();
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

/** The name of a run's folder, with the run's own id. */
const RUN_FOLDER = /^run-([0-9a-f]{16})$/;

/** The socket that shows that the run goes on. */
const LIFE = 'life';

/** The file with the ids of the run's processes. */
const PROCESSES = 'processes.json';

/** A process that is being killed may still write into the folder. */
const REMOVED = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 } as const;

function markOf(run: string): string {
  return `dynamo-stream-trigger-run=${run}`;
}

/** A folder that only this user can write: it names processes to end and folders to remove. */
function runsDirectory(): string {
  // Not by the user's name: in a container a user may have none.
  const directory = join(tmpdir(), `dynamo-stream-trigger-${process.getuid?.() ?? userInfo().username}`);
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
function argumentsOf(pid: number): string[] {
  const file = `/proc/${pid}/cmdline`;
  try {
    return process.platform === 'linux'
      ? readFileSync(file, 'utf8').split('\0')
      : spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.split(/\s+/);
  } catch {
    return [];
  }
}
