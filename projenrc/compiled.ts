import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sources } from './imports';

const ROOT = join(__dirname, '..');

/** What the task `compile` writes last. */
const LAST = 'build/redrive/function.lambda.bundle/index.js';

/** A source that has changed since it was compiled; undefined if build/ is up to date. */
export function staleSource(): string | undefined {
  const end = writtenAt(LAST);
  return [...sources('lib'), ...sources('bin')].find((file) => Math.min(writtenAt(compiledFrom(file)), end) < writtenAt(file));
}

function compiledFrom(file: string): string {
  return join('build', file.replace(/^lib\//, '').replace(/\.ts$/, '.js'));
}

/** In milliseconds; 0 for a file that is missing. */
function writtenAt(file: string): number {
  const path = join(ROOT, file);
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}
