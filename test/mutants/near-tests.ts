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

/** How many tests are asked about a mutant, if its room has not more of its own. A hundred import most rooms somehow: they are about something else. */
const NEAREST = 20;

/**
 * The tests that should notice a change of a file of lib/. First the one that is named like the file, then those of its room, then the others
 * that reach it: those whose name has a word of the file's or of its folder's first, then the fewest imports away, then the cheapest. Tests with
 * processes come last, because everything is bundled for them, and only those of the room and those that import the file, or what imports it.
 */
export function nearTests(file: string, durations: Durations): TestFile[] {
  const room = file.split('/')[1];
  const isOfRoom = (test: string) => test.startsWith(`test/${room}/`);
  const testsName = `/${basename(file, '.ts')}.test.ts`;
  const distance = (test: string) => importsBetween(test).get(file) ?? Infinity;
  const cost = (test: string) => durations.of(test) ?? statSync(test).size;
  const words = file.replace(/\.ts$/, '').split('/').slice(2).join('-').split('-');
  const isAlike = (test: string) => basename(test, '.test.ts').split('-').some((word) => words.includes(word));
  const order = (test: string) => [test.endsWith(testsName) ? 0 : 1, isOfRoom(test) ? 0 : 1, isAlike(test) ? 0 : 1, distance(test), cost(test)];
  const nearestOf = (tests: string[]) => tests.map((test) => ({ test, by: order(test) }))
    .sort((a, b) => a.by.reduce((found, one, at) => found || one - b.by[at] || 0, 0))
    .map(({ test }) => ({ file: test, part: partOf(test) }));
  const tests = sources('test').filter((test) => test.endsWith('.test.ts'));
  return [
    ...nearestOf(tests.filter((test) => !isProcessTest(test) && distance(test) < Infinity)).filter((test, at) => isOfRoom(test.file) || at < NEAREST),
    ...nearestOf(tests.filter((test) => isProcessTest(test) && (isOfRoom(test) || distance(test) <= 2))),
  ];
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
/** Each file that a test reaches, and over how many imports. The index of a room is the door to it, and counts as none. */
function importsBetween(test: string): ReadonlyMap<string, number> {
  const known = distances.get(test);
  if (known !== undefined) {
    return known;
  }
  const found = new Map([[test, 0]]);
  for (const [file, imports] of found) {
    const nextImports = basename(file) === 'index.ts' ? imports : imports + 1;
    imported(file).filter((next) => !(found.get(next)! <= nextImports)).forEach((next) => {
      // At the end again: what it imports may be nearer, too.
      found.delete(next);
      found.set(next, nextImports);
    });
  }
  distances.set(test, found);
  return found;
}
