import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Removes the declarations that nobody can import: those that no entry point of the package leads to.
 *
 * Arguments: the folder, and the entry points in it.
 */
const [, , folder, ...entries] = process.argv;

const reached = new Set<string>();
entries.forEach((entry) => reach(join(folder, entry)));
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts')).map((name) => join(folder, name))) {
  if (!reached.has(file)) {
    rmSync(file);
  }
}

function reach(file: string): void {
  if (reached.has(file)) {
    return;
  }
  reached.add(file);
  for (const [, imported] of readFileSync(file, 'utf8').matchAll(/(?:from |import |import\()['"](\.[^'"]+)['"]/g)) {
    const path = join(dirname(file), imported);
    const found = [`${path}.d.ts`, join(path, 'index.d.ts')].find(existsSync);
    if (found === undefined) {
      throw new Error(`${file} imports ${imported}, which has no declaration.`);
    }
    reach(found);
  }
}
