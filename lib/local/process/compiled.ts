import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LocalRunError } from '../errors';

/**
 * The compiled file of a program of lib/local that runs in a process of its own.
 *
 * @throws LocalRunError NOT_COMPILED
 */
export function compiled(program: 'service/destination-server' | 'function/aws-requests' | 'function/runtime-client'): string {
  const file = join(packageRoot(), 'build', 'local', `${program}.js`);
  if (!existsSync(file)) {
    throw new LocalRunError('NOT_COMPILED', `${file} is missing. In a clone of the project run \`npx projen compile\`; otherwise install the package again.`);
  }
  return file;
}

/** The folder of this package. This code runs from the sources, from what is compiled of them, and from the command line's bundle: each lies elsewhere in the package. */
export function packageRoot(folder = __dirname): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageRoot(dirname(folder));
}
