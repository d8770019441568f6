import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Import, importsOf, sources } from '../projenrc/imports';
import { ROOMS } from '../projenrc/rooms';
import { type Arrows, roomsPicture } from '../projenrc/rooms-picture';
import { partOf } from '../projenrc/test-projects';

const DOCS = join(__dirname, '..', 'docs', 'contribute');
const PICTURE = join(DOCS, 'rooms.svg');

/** Every file of the project, and what it imports. */
const imports = new Map(['lib', 'bin', 'test', 'examples', 'bench', 'projenrc'].flatMap(sources).map((file) => [file, importsOf(file)]));

const isRoom = (name: string) => name in ROOMS;
const roomOf = (file: string) => file.startsWith('lib/') ? file.split('/')[1] : '';
const arrows: Arrows = new Map(Object.keys(ROOMS).map((room) => [room, new Set(
  [...imports].filter(([file]) => roomOf(file) === room)
    .flatMap(([, imported]) => imported.map(({ file }) => roomOf(file ?? '')))
    .filter((other) => isRoom(other) && other !== room)
    .sort(),
)]));

test('every folder of lib/ is a room', () => {
  const folders = sources('lib').filter((file) => file !== 'lib/index.ts').map(roomOf);

  expect([...new Set(folders)].sort()).toEqual(Object.keys(ROOMS).sort());
});

test.each(Object.keys(ROOMS))('%s imports the rooms that it may import, and no others', (room) => {
  expect([...arrows.get(room)!]).toEqual([...ROOMS[room].mayImport].sort());
});

test('docs/contribute/architecture.md has the same table', () => {
  const section = readFileSync(join(DOCS, 'architecture.md'), 'utf8').split(/^## /m).find((one) => one.startsWith('Who imports whom'))!;
  const rows = section.matchAll(/^\| `([a-z-]+)` \| ([^:;\n]*)/gm);
  const table = [...rows].filter(([, room]) => isRoom(room))
    .map(([, room, imported]) => [room, [...imported.matchAll(/`([a-z-]+)`/g)].map(([, other]) => other).filter(isRoom)]);

  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(Object.entries(ROOMS).map(([room, { mayImport }]) => [room, mayImport])));
});

test('docs/contribute/rooms.svg shows the imports between rooms (UPDATE_DOCS=1 draws it)', () => {
  if (process.env.UPDATE_DOCS) {
    writeFileSync(PICTURE, roomsPicture(arrows));
  }

  expect(existsSync(PICTURE) && readFileSync(PICTURE, 'utf8')).toBe(roomsPicture(arrows));
});

test('rooms that import each other in a circle have no picture', () => {
  const circle = new Map([['stream', new Set(['rules'])], ['rules', new Set(['reader'])], ['reader', new Set(['stream'])]]);

  expect(() => roomsPicture(circle)).toThrow('These rooms import each other in a circle: stream -> rules -> reader -> stream.');
});

test('no files import each other in a circle, type-only imports included', () => {
  expect(circles(new Map([...imports].map(([file, imported]) => [file, filesOf(imported)])))).toEqual([]);
});

test('a circle is found', () => {
  expect(circles(new Map([['a', ['b', 'd']], ['b', ['c']], ['c', ['d', 'a']], ['d', []]]))).toEqual(['a -> b -> c -> a']);
});

const NOT_IN_UNIT_TESTS = /^(aws-cdk-lib|@aws-cdk|cdk-nag|constructs|(node:)?child_process|(node:)?worker_threads|esbuild|dynamo-stream-trigger)(\/|$)/;

test.each(sources('test').filter((file) => file.endsWith('.test.ts') && partOf(file) === 'unit'))(
  '%s is a unit test: no CDK, no process, nothing compiled', (file) => {
    expect(wayTo(file, NOT_IN_UNIT_TESTS, [], new Set(mockedBy(file)))).toBe('');
  },
);

function filesOf(imported: readonly Import[]): string[] {
  return imported.flatMap(({ file }) => file ?? []);
}

/** Circles of files, each by its members, so that there is none exactly if the list is empty. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const follow = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      found.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    } else if (!done.has(file)) {
      (graph.get(file) ?? []).forEach((next) => follow(next, [...way, file]));
      done.add(file);
    }
  };
  [...graph.keys()].forEach((file) => follow(file, []));
  return found;
}

/** What a test puts something else in place of: files and packages that are not loaded then. */
function mockedBy(test: string): string[] {
  const mocks = readFileSync(join(__dirname, '..', test), 'utf8').matchAll(/^jest\.mock\('([^']+)', \(/gm);
  return [...mocks].map(([, module]) => module.startsWith('.') ? `${join(dirname(test), module)}.ts` : module);
}

/**
 * How a file comes to load a package, in words; empty if it does not.
 *
 * @param seen files that were looked at, and what is not loaded
 */
function wayTo(file: string, module: RegExp, way: readonly string[] = [], seen = new Set<string>()): string {
  seen.add(file);
  for (const imported of (imports.get(file) ?? []).filter(({ typeOnly }) => !typeOnly)) {
    if (module.test(imported.module) && !seen.has(imported.module)) {
      return [...way, file, imported.module].join(' -> ');
    }
    const further = imported.file === undefined || seen.has(imported.file) ? '' : wayTo(imported.file, module, [...way, file], seen);
    if (further !== '') {
      return further;
    }
  }
  return '';
}
