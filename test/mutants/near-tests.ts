import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
const RUN_ELSEWHERE = ['cli', 'local', 'reader', 'redrive', 'runtime', 'trigger'];

/** From a test of another room to the file, over no more than one other. Beyond that a test is about something else, and there are a hundred of them. */
const NEAR_IMPORTS = 2;

/**
 * The tests that should notice a change of a file of lib/: those of its room that reach it, and those of other rooms that import it or what
 * imports it. Tests with processes come last, because everything is bundled for them. Before them the nearest come first, and of these the
 * cheapest.
 */
export function nearTests(file: string, durations: Durations): TestFile[] {
  const room = file.split('/')[1];
  const isOfRoom = (test: string) => test.startsWith(`test/${room}/`);
  const cost = (test: string) => durations.of(test) ?? statSync(test).size;
  const testsName = `/${basename(file, '.ts')}.test.ts`;
  const nearness = (test: string) => test.endsWith(testsName) ? 0 : importsBetween(test).get(file) ?? Infinity;
  const isNear = (test: string) => isProcessTest(test)
    ? RUN_ELSEWHERE.includes(room) && (isOfRoom(test) || nearness(test) <= NEAR_IMPORTS)
    : nearness(test) <= NEAR_IMPORTS || isOfRoom(test) && nearness(test) < Infinity;
  return sources('test').filter((test) => test.endsWith('.test.ts') && isNear(test))
    .sort((a, b) => Number(isProcessTest(a)) - Number(isProcessTest(b))
      || Math.min(nearness(a), NEAR_IMPORTS) - Math.min(nearness(b), NEAR_IMPORTS)
      || Number(isOfRoom(b)) - Number(isOfRoom(a))
      || cost(a) - cost(b))
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

const distances = new Map<string, ReadonlyMap<string, number>>();
/** Each file that a test reaches, and over how many imports. */
function importsBetween(test: string): ReadonlyMap<string, number> {
  const known = distances.get(test);
  if (known !== undefined) {
    return known;
  }
  const found = new Map([[test, 0]]);
  for (const [file, imports] of found) {
    imported(file).filter((next) => !found.has(next)).forEach((next) => found.set(next, imports + 1));
  }
  distances.set(test, found);
  return found;
}
