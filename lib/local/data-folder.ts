import { lstatSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalRunError } from './errors';
import type { Children } from './process/children';
import { takeLock } from './process/lock';

/** What a run makes in the folder. */
const FILES = ['shared-local-instance.db', 'checkpoints.json', 'expired.json'];

/**
 * Takes the folder that keeps the tables for this run, and makes it for its user alone if it does not exist. Two runs at a time would hand each
 * record to their triggers twice.
 *
 * @param warn called if others can read what is in it
 * @returns its real path
 * @throws LocalRunError FOLDER_UNUSABLE, FOLDER_IN_USE
 */
export async function takeDataFolder(children: Children, data: string, warn: (message: string) => void): Promise<string> {
  const given = resolve(data);
  try {
    mkdirSync(given, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(given, (error as Error).message);
  }
  const folder = realpathSync(given);
  checkAccess(folder, warn);
  const lock = join(folder, 'run.lock');
  const release = await takeLock(lock).catch((error: Error) => {
    throw unusable(folder, error.message);
  });
  if (release === undefined) {
    throw new LocalRunError('FOLDER_IN_USE', `${folder} is in use by another run.\nEnd that run, or name another folder with --data.`);
  }
  children.atEnd(release);
  return folder;
}

/**
 * Writes a file of the folder in one step: a run that is killed leaves either the old file or the new one. Nothing is written where a link
 * leads.
 */
export function writeWhole(file: string, text: string): void {
  const written = `${file}.new`;
  rmSync(written, { force: true });
  writeFileSync(written, text, { flag: 'wx', mode: 0o600 });
  renameSync(written, file);
}

/** Who can write the folder can have a run write elsewhere by links, and who can read it can read the tables. */
function checkAccess(folder: string, warn: (message: string) => void): void {
  const { uid, mode } = statSync(folder);
  if (process.getuid && uid !== process.getuid()) {
    throw unusable(folder, 'It belongs to another user.');
  }
  const link = FILES.find((name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.isSymbolicLink());
  if (link !== undefined) {
    throw unusable(folder, `${link} in it is a link.`);
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    warn(`Other users of this machine have access to ${folder}, which holds the tables. Take it from them with: chmod 700 ${folder}`);
  }
}

function unusable(folder: string, reason: string): LocalRunError {
  return new LocalRunError('FOLDER_UNUSABLE',
    `Can't keep the tables in ${folder}: ${reason}\nName another folder with --data, or omit it to keep the tables in memory.`);
}
