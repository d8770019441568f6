import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CdkProject } from '../../lib/cli/cdk-project';
import { watchSources } from '../../lib/cli/watch-sources';
import { folderWith } from '../folder';

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
});

/** The files that are told, each time, and a way to wait for the next time. */
async function watched(files: Record<string, string>, { include = ['**'], exclude = [] }: Partial<CdkProject> = {}, work: () => void = () => {}) {
  const folder = folderWith(files);
  const told: string[][] = [];
  let wake = () => {};
  const { begin, end } = watchSources({ folder, app: '', context: {}, include, exclude }, [join(folder, 'cdk.out')], async (changed) => {
    work();
    if (changed.length > 0) {
      told.push([...changed].sort());
    }
    wake();
  }, () => {});
  ends.push(end);
  await begin();
  return {
    told,
    write: (name: string, text: string) => {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), text);
    },
    rename: (from: string, to: string) => renameSync(join(folder, from), join(folder, to)),
    remove: (name: string) => rmSync(join(folder, name)),
    next: () => new Promise<void>((resolve) => wake = resolve),
  };
}

test('a source that is changed, added or removed is reported, and only once for the same content', async () => {
  const { told, write, remove, next } = await watched({ 'app.ts': '1', 'lib/stack.ts': '1' });
  write('lib/stack.ts', '2');
  await next();
  write('lib/stack.ts', '2');
  write('lib/new/other.ts', '1');
  await next();
  remove('app.ts');
  await next();
  expect(told).toEqual([['lib/stack.ts'], ['lib/new/other.ts'], ['app.ts']]);
});

test('a file of an editor that comes and goes is not reported, and the file that it replaces is', async () => {
  const { told, write, rename, next } = await watched({ 'app.ts': '1' });
  write('sedX', '2');
  await sleep(20);
  rename('sedX', 'app.ts');
  await next();
  write('app.ts', '3');
  await next();
  expect(told).toEqual([['app.ts'], ['app.ts']]);
});

test.each([
  ['files and folders with a dot, modules and the synthesized app', {}, ['.git/index', '.env', 'node_modules/a/index.js', 'lib/node_modules/b.js', 'cdk.out/manifest.json']],
  ['what cdk.json excludes', { exclude: ['README.md', '**/*.d.ts', 'test'] }, ['README.md', 'lib/a.d.ts', 'test/a/b.ts']],
  ['what cdk.json does not include', { include: ['src/**', 'bin/*.ts'] }, ['lib/a.ts', 'bin/a.js']],
])('%s are not among the sources', async (_, project, others) => {
  const { told, write, next } = await watched({ 'src/app.ts': '1' }, project);
  others.forEach((name) => write(name, '1'));
  write('src/app.ts', '2');
  await next();
  expect(told).toEqual([['src/app.ts']]);
});

test('what each synthesis writes among the sources does not begin another one', async () => {
  let times = 0;
  let generate = () => {};
  const { told, write, next } = await watched({ 'app.ts': '1' }, {}, () => generate());
  generate = () => write('generated.ts', String(times++));
  write('app.ts', '2');
  // The first time it may be a person who writes it.
  await next();
  await next();
  write('app.ts', '3');
  await next();
  expect(told).toEqual([['app.ts'], ['generated.ts'], ['app.ts']]);
});

test('a source that changes during the first work is reported after it', async () => {
  const folder = folderWith({ 'app.ts': '1' });
  const told: (readonly string[])[] = [];
  const second = new Promise<void>((resolve) => {
    const { begin, end } = watchSources({ folder, app: '', context: {}, include: ['**'], exclude: [] }, [], async (changed) => {
      told.push(changed);
      if (told.length === 1) {
        writeFileSync(join(folder, 'app.ts'), '2');
      } else {
        resolve();
      }
    }, () => {});
    ends.push(end);
    void begin();
  });
  await second;
  expect(told).toEqual([[], ['app.ts']]);
});
