import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestFile } from './jest-process';
import { importsOf, sources } from '../../projenrc/imports';
import { partOf } from '../../projenrc/test-projects';

/** How long each test took when it last passed, in milliseconds: for later runs, too. */
export class Durations {
  private readonly file: string;
  private readonly known: Record<string, number>;

  constructor(root: string) {
    this.file = join(root, 'node_modules', '.cache', 'mutants', 'durations.json');
    this.known = existsSync(this.file) ? JSON.parse(readFileSync(this.file, 'utf8')) : {};
  }

  of(test: string): number | undefined {
    return this.known[test];
  }

  set(test: string, milliseconds: number): void {
    this.known[test] = milliseconds;
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, JSON.stringify(this.known, undefined, 2));
  }
}

/** Rooms that are not only imported: a part of them runs in processes and in bundles. */
const RUN_ELSEWHERE = ['cli', 'local', 'reader', 'runtime', 'trigger'];

/** The tests that may notice a change of a file of lib/: first those of its room, then the others that import it, each the cheapest first. */
export function nearTests(file: string, durations: Durations): TestFile[] {
  const room = file.split('/')[1];
  const isOfRoom = (test: string) => test.startsWith(`test/${room}/`);
  const cost = (test: string) => durations.of(test) ?? statSync(test).size;
  return sources('test').filter((test) => test.endsWith('.test.ts'))
    .filter((test) => isProcessTest(test) ? RUN_ELSEWHERE.includes(room) && (isOfRoom(test) || reach(test).has(file)) : reach(test).has(file))
    .sort((a, b) => Number(isOfRoom(b)) - Number(isOfRoom(a)) || cost(a) - cost(b))
    .map((test) => ({ file: test, part: partOf(test) }));
}

/** The files of lib/ that import a file themselves. */
export function importersOf(file: string): string[] {
  return sources('lib').filter((other) => imported(other).includes(file));
}

const isProcessTest = (test: string) => ['local', 'package'].includes(partOf(test));

const importedBy = new Map<string, string[]>();
function imported(file: string): string[] {
  const known = importedBy.get(file) ?? importsOf(file).flatMap((one) => one.file ?? []);
  importedBy.set(file, known);
  return known;
}

const reaches = new Map<string, Set<string>>();
function reach(test: string): Set<string> {
  const known = reaches.get(test);
  if (known !== undefined) {
    return known;
  }
  const found = new Set([test]);
  for (const file of found) {
    imported(file).forEach((next) => found.add(next));
  }
  reaches.set(test, found);
  return found;
}
