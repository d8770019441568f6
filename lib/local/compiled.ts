import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LocalServiceError } from './errors';

/**
 * A file of this folder as it is compiled, to be run in a process of its own.
 *
 * The path holds for the sources, for what is compiled from them, and for the command line's bundle: all of them lie two folders
 * below the root of the package.
 */
export function compiled(name: 'destination-server' | 'runtime-client'): string {
  const file = join(__dirname, '..', '..', 'build', 'local', `${name}.js`);
  if (!existsSync(file)) {
    throw new LocalServiceError(`${file} is missing. In a clone of the project run \`npx projen compile\`, otherwise install the package again.`);
  }
  return file;
}
