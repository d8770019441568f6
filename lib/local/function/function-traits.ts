import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LambdaFunction } from '../assembly/app';

/** What a function is like, by the words for it. A function in which one of them differs runs in new processes. */
export interface FunctionTraits {
  readonly code: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly handler: string;
  readonly layers: readonly string[];
  readonly memory: number;
  readonly runtime: string;
  readonly timeout: number;
  readonly concurrency?: number;
}

/** @param environment the variables that its processes get from the template and the user */
export function functionTraits(target: LambdaFunction, environment: Readonly<Record<string, string>>): FunctionTraits {
  return {
    code: target.codeDirectory === undefined ? target.inlineCode! : contentOf(target.codeDirectory),
    environment,
    handler: target.handler,
    layers: [...target.layers.directories.map(contentOf), ...target.layers.missing],
    memory: target.memorySize,
    runtime: target.runtime,
    timeout: target.timeout,
    concurrency: target.reservedConcurrency,
  };
}

/** By folder: its files when it was read last, and its content. */
const known = new Map<string, { readonly files: string; readonly content: string }>();

/**
 * A hash of what is in a folder. Its name does not tell: an app may name assets as it likes. The files are read again only if one of them has
 * another size or time.
 */
export function contentOf(folder: string): string {
  try {
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory()).map((entry) => ({ path: join(entry.parentPath, entry.name), isLink: entry.isSymbolicLink() }))
      .sort((a, b) => a.path < b.path ? -1 : 1);
    const files = JSON.stringify(paths.map(({ path, isLink }) =>
      [path, ...isLink ? [readlinkSync(path)] : [statSync(path).size, statSync(path).mtimeMs]]));
    const before = known.get(folder);
    if (before?.files === files) {
      return before.content;
    }
    const hash = createHash('sha256');
    for (const { path, isLink } of paths) {
      hash.update(`${JSON.stringify(path.slice(folder.length))}\n`).update(isLink ? readlinkSync(path) : readFileSync(path)).update('\n');
    }
    const content = hash.digest('hex');
    known.set(folder, { files, content });
    return content;
  } catch {
    // It does not load then. Starting it reports that.
    return 'unreadable';
  }
}
