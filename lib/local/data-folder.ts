import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalRunError } from './errors';
import { isAlive, type Children } from './process/children';

/**
 * Takes the folder that keeps the tables for this run, and makes it if it does not exist. Two runs at a time would hand each record to
 * their triggers twice.
 *
 * @returns its full path
 * @throws LocalRunError FOLDER_UNUSABLE, FOLDER_IN_USE
 */
export function takeDataFolder(children: Children, data: string): string {
  const folder = resolve(data);
  const owner = join(folder, 'run.pid');
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new LocalRunError('FOLDER_UNUSABLE',
      `Can't keep the tables in ${folder}: ${(error as Error).message}\nName another folder with --data, or omit it to keep the tables in memory.`);
  }
  if (existsSync(owner) && isAlive(Number(readFileSync(owner, 'utf8')))) {
    throw new LocalRunError('FOLDER_IN_USE',
      `${folder} is in use by another run, process ${readFileSync(owner, 'utf8')}.\nEnd that run, or name another folder with --data.`);
  }
  writeFileSync(owner, String(process.pid));
  children.removeAtEnd(owner);
  return folder;
}
