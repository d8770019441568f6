import { execFile } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BundleRecipe, writtenRecipe } from '../../lib/assembly/bundle-recipe';
import { bundle, BundleError, entryOf, isSameCode } from '../../lib/local/function/bundle';
import { packageRoot } from '../../lib/local/process/compiled';
import { folderWith } from '../folder';

jest.mock('node:child_process', () => ({ execFile: jest.fn() }));

const recipeIn = (root: string) => writtenRecipe({ root, entry: 'src/on-order.ts', outfile: 'index.mjs', args: ['--platform=node'] }) as BundleRecipe;

/** Has esbuild, which is played by the test, take these inputs, or fail. */
function playEsbuild(inputs: readonly string[], error: Error | null = null, stderr = '') {
  jest.mocked(execFile).mockImplementation(((_program: string, args: string[], _options: object, done: (...end: unknown[]) => void) => {
    const metafile = args.find((arg) => arg.startsWith('--metafile='))!.slice('--metafile='.length);
    writeFileSync(metafile, JSON.stringify({ inputs: Object.fromEntries(inputs.map((input) => [input, {}])) }));
    done(error, '', stderr);
  }) as never);
}

test('esbuild runs in the root of the recipe, with its arguments, a source map, and the runtime of this package', async () => {
  const root = realpathSync(folderWith({ 'src/on-order.ts': '', 'node_modules/x/index.js': '', 'app/package.json': '{}' }));
  playEsbuild(['src/on-order.ts', 'node_modules/x/index.js', 'replaced:x', join(root, 'app', 'package.json')]);
  const into = folderWith({});
  const made = await bundle(recipeIn('..'), { project: join(root, 'app'), into });
  expect(made).toEqual({ folder: join(into, 'code'), sources: [join(root, 'src', 'on-order.ts'), join(root, 'app', 'package.json')] });
  const [[program, args, options]] = jest.mocked(execFile).mock.calls;
  expect([program, args, options]).toEqual(['esbuild', [
    '--bundle', join(root, 'src', 'on-order.ts'), '--platform=node', `--alias:dynamo-stream-trigger/runtime=${join(packageRoot(), 'build', 'runtime', 'index.mjs')}`,
    `--outfile=${join(into, 'code', 'index.mjs')}`, `--metafile=${join(into, 'bundle.json')}`, '--sourcemap', '--log-level=error', '--color=false',
  ], { cwd: root, maxBuffer: Infinity }]);
});

test.each<[string, readonly string[], string]>([
  ['the program for this machine, beside the package', ['esbuild/package.json', `@esbuild/${process.platform}-${process.arch}/bin/esbuild`],
    `@esbuild/${process.platform}-${process.arch}/bin/esbuild`],
  ['the one in the package', ['esbuild/package.json'], 'esbuild/bin/esbuild'],
])('the esbuild of the root, and else that of the project, is used: %s', async (_, files, program) => {
  const modules = (folder: string) => Object.fromEntries(files.map((file) => [`${folder}node_modules/${file}`, '{}']));
  for (const [place, root] of [['app/', '..'], ['', '..']]) {
    const folder = realpathSync(folderWith({ 'src/on-order.ts': '', 'app/x': '', ...modules(place) }));
    playEsbuild([]);
    await bundle(recipeIn(root), { project: join(folder, 'app'), into: folderWith({}) });
    expect(jest.mocked(execFile).mock.lastCall![0]).toBe(join(folder, place, 'node_modules', program));
  }
});

test.each([[' on-order.ts:1:2: no\n', 'on-order.ts:1:2: no'], ['', 'spawn esbuild ENOENT']])('what esbuild does not bundle is an error with what it prints: %j', async (stderr, message) => {
  playEsbuild([], new Error('spawn esbuild ENOENT'), stderr);
  const bundling = bundle(recipeIn('.'), { project: folderWith({}), into: folderWith({}) });
  await expect(bundling).rejects.toThrow(new BundleError(message));
  await expect(bundling).rejects.toBeInstanceOf(BundleError);
});

test('the entry has its name without links, also where it is not there', () => {
  const project = realpathSync(folderWith({}));
  const link = join(folderWith({}), 'link');
  symlinkSync(project, link);
  expect([entryOf(recipeIn('.'), link), entryOf(recipeIn('none'), link)]).toEqual([join(project, 'src', 'on-order.ts'), join(link, 'none', 'src', 'on-order.ts')]);
});

test('code is the same but for comments between its modules and the end of the file', () => {
  const folderOf = (code: string) => folderWith({ 'index.mjs': code });
  const isSame = (one: string, other: string) => isSameCode(recipeIn('.'), folderOf(one), folderOf(other));
  const code = 'let a = 1; // of a\nlet b = "//b";\n';
  expect(isSame(code, `// src/a.ts\n${code}// src/b.ts\n\n//# sourceMappingURL=index.mjs.map`)).toBe(true);
  expect(isSame(code, code.replace('// of a', ''))).toBe(false);
  expect(isSame(code, ` ${code}`)).toBe(false);
  const empty = folderWith({});
  mkdirSync(join(empty, 'index.mjs'));
  expect([empty, folderWith({})].map((folder) => isSameCode(recipeIn('.'), folderOf(code), folder))).toEqual([false, false]);
});
