import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalRunError } from './errors';
import { isAlive, type Children } from './process/children';

/**
 * Takes the folder that keeps the tables for this run; it is made if there is none yet. Two runs at a time would hand each record to
 * their triggers twice.
 *
 * @returns its full path
 * @throws LocalRunError
 */
export function takeDataFolder(children: Children, data: string): string {
  const folder = resolve(data);
  const owner = join(folder, 'run.pid');
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new LocalRunError(`Can't keep the tables in ${folder}: ${(error as Error).message}\nName another folder with --data, or leave it out for tables in memory.`);
  }
  if (existsSync(owner) && isAlive(Number(readFileSync(owner, 'utf8')))) {
    throw new LocalRunError(`${folder} is in use by another run, process ${readFileSync(owner, 'utf8')}.\nEnd that one, or name another folder with --data.`);
  }
  writeFileSync(owner, String(process.pid));
  children.removeAtEnd(owner);
  return folder;
}
