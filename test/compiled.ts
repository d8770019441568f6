import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sources } from '../projenrc/imports';

const ROOT = join(__dirname, '..');

/** Jest's global setup of the tests that run what is compiled. With an old build/ they would wait for what a process never says. */
export default function checkCompiled(): void {
  const stale = [...sources('lib'), ...sources('bin')].find((file) => writtenAt(compiledFrom(file)) < writtenAt(file));
  if (stale !== undefined) {
    throw new Error(`Some of these tests run what is compiled, but ${stale} has changed since. Run \`npx projen compile\` first, or \`npm test\`, which does.`);
  }
}

function compiledFrom(file: string): string {
  return join('build', file.replace(/^lib\//, '').replace(/\.ts$/, '.js'));
}

/** In milliseconds; 0 for a file that is missing. */
function writtenAt(file: string): number {
  const path = join(ROOT, file);
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}
