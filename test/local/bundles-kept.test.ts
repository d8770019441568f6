import { EventEmitter } from 'node:events';
import { mkdirSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LambdaFunction } from '../../lib/local/assembly/app';
import { bundle, BundleError, isSameCode } from '../../lib/local/function/bundle';
import { bundlesOf, type BundlesOptions } from '../../lib/local/function/bundles';
import { folderWith } from '../folder';

jest.mock('node:fs', () => ({ ...jest.requireActual('node:fs'), watch: jest.fn() }));
jest.mock('../../lib/local/function/bundle', () => ({
  bundle: jest.fn(), BundleError: class extends Error {}, entryOf: ({ entry }: { entry: string }, project: string) => `${project}/${entry}`, isSameCode: jest.fn(),
}));

/** Bundles of a function of a project, where esbuild and the watches of folders are played by the test. */
function bundlesIn(options: Partial<BundlesOptions> = {}) {
  const project = folderWith({ 'src/on-order.ts': '', 'src/lib/total.ts': '', 'src/old/x.ts': '' });
  const temporary = folderWith({});
  let count = 0;
  const made = { code: 'one', sources: ['src/on-order.ts', 'src/lib/total.ts'], error: undefined as Error | undefined };
  jest.mocked(isSameCode).mockReturnValue(true);
  jest.mocked(bundle).mockImplementation(async (_, { into }) => {
    if (made.error) {
      throw made.error;
    }
    mkdirSync(join(into, 'code'));
    writeFileSync(join(into, 'code', 'index.js'), made.code);
    return { folder: join(into, 'code'), sources: made.sources.map((file) => join(project, file)) };
  });
  /** By folder: what tells of changes in it. */
  const watched: Record<string, EventEmitter & { change(name: string | null): void }> = {};
  jest.mocked(watch).mockImplementation(((folder: string, change: (event: string, name: string | null) => void) => {
    const name = folder.slice(project.length + 1);
    expect(watched).not.toHaveProperty([name]);
    const watcher = Object.assign(new EventEmitter(), { change: (file: string | null) => change('change', file), close: () => void delete watched[name] });
    watched[name] = watcher;
    return watcher;
  }) as never);
  const used = new Set<string>();
  const errors: string[] = [];
  const changes: string[] = [];
  const children = {
    temporaryFolder: () => {
      mkdirSync(join(temporary, `${++count}`));
      return join(temporary, `${count}`);
    },
  } as never;
  const bundles = bundlesOf({
    project, children, isUsed: (folder) => used.has(folder), onError: ({ path }, { message }) => errors.push(`${path}: ${message}`),
    onChange: ({ path }) => changes.push(path), ...options,
  });
  const target = { arn: 'arn:on-order', path: 'Shop/OnOrder', codeDirectory: '/assembly', bundle: { entry: 'src/on-order.ts' } } as unknown as LambdaFunction;
  const left = () => readdirSync(temporary).sort();
  return { bundles, target, made, used, errors, changes, left, watched, project, temporary, codeOf: (of = target) => bundles.codeOf(of) };
}

beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

describe('without a watch', () => {
  test('code that is not that of the assembly does not run, and nothing is watched', async () => {
    const { codeOf, used, temporary } = bundlesIn({ onChange: undefined });
    jest.mocked(watch).mockClear();
    const folder = await codeOf();
    expect([folder, jest.mocked(watch).mock.calls]).toEqual([join(temporary, '1', 'code'), []]);
    expect(isSameCode).toHaveBeenCalledWith({ entry: 'src/on-order.ts' }, folder, '/assembly');
    jest.mocked(isSameCode).mockReturnValue(false);
    expect(await codeOf()).toBeUndefined();
    // What runs already may be that of an older assembly, which is back.
    jest.mocked(isSameCode).mockImplementation((_, one) => one === folder);
    used.add(folder!);
    expect(await codeOf()).toBe(folder);
  });

  test.each<[string, Partial<LambdaFunction>]>([
    ['without a recipe', { bundle: undefined }], ['in the template', { codeDirectory: undefined }], ['of another project', { bundle: { entry: 'src/none.ts' } as never }],
  ])('code %s is not bundled', async (_, change) => {
    const { codeOf, target, left } = bundlesIn();
    expect([await codeOf({ ...target, ...change }), left()]).toEqual([undefined, []]);
  });
});

describe('folders', () => {
  test('of the same code are one, and old ones go, unless they are in use', async () => {
    const { codeOf, made, used, left, temporary } = bundlesIn();
    const first = await codeOf();
    expect([await codeOf(), left()]).toEqual([first, ['1']]);
    used.add(join(temporary, '3', 'code'));
    for (const code of ['two', 'three', 'four', 'five', 'six', 'seven']) {
      made.code = code;
      await codeOf();
    }
    // The second try had none of its own.
    expect(left()).toEqual(['3', '5', '6', '7', '8']);
    made.code = 'eight';
    await codeOf();
    expect(left()).toEqual(['3', '6', '7', '8', '9']);
  });

  test('of code that can\'t be bundled go at once', async () => {
    const { codeOf, made, errors, left } = bundlesIn();
    made.error = new BundleError('on-order.ts:1:2: no');
    expect([await codeOf(), errors, left()]).toEqual([undefined, ['Shop/OnOrder: on-order.ts:1:2: no'], []]);
    made.error = new TypeError('a bug');
    await expect(codeOf()).rejects.toThrow('a bug');
    expect([errors.length, left()]).toEqual([1, []]);
  });
});

describe('a watch', () => {
  test('is of the folders of the sources, and tells of a change once it has settled', async () => {
    const { codeOf, made, changes, watched, bundles } = bundlesIn();
    made.sources.push('src/old/x.ts');
    await codeOf();
    expect(Object.keys(watched).sort()).toEqual(['src', 'src/lib', 'src/old']);
    made.sources.pop();
    await codeOf();
    expect(Object.keys(watched).sort()).toEqual(['src', 'src/lib']);
    watched['src/lib'].change('total.ts');
    jest.advanceTimersByTime(29);
    watched['src/lib'].change('total.ts');
    jest.advanceTimersByTime(29);
    expect(changes).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(changes).toEqual(['Shop/OnOrder']);
    // Some systems do not say which file it is.
    watched.src.change(null);
    ['other.ts', '.on-order.ts.swp', 'total.ts'].forEach((name) => watched.src.change(name));
    jest.advanceTimersByTime(30);
    expect(changes).toHaveLength(2);
    watched.src.change('other.ts');
    expect(jest.getTimerCount()).toBe(0);
    bundles.stop();
  });

  test('tells of any file beside the sources and the entry after a failure, but those of editors', async () => {
    const { codeOf, target, made, changes, watched, bundles, project } = bundlesIn();
    await codeOf();
    made.error = new BundleError('no');
    mkdirSync(join(project, 'new'));
    writeFileSync(join(project, 'new', 'entry.ts'), '');
    await codeOf({ ...target, path: 'Shop/New', bundle: { entry: 'new/entry.ts' } as never });
    expect(Object.keys(watched).sort()).toEqual(['new', 'src', 'src/lib']);
    ['.more.ts.swp', 'more.ts~'].forEach((name) => watched.new.change(name));
    expect(jest.getTimerCount()).toBe(0);
    for (const folder of ['new', 'src/lib']) {
      watched[folder].change('more.ts');
      jest.advanceTimersByTime(30);
    }
    // In the newest version of the app.
    expect(changes).toEqual(['Shop/New', 'Shop/New']);
    made.error = undefined;
    await codeOf();
    watched.src.change('more.ts');
    expect(jest.getTimerCount()).toBe(0);
    bundles.stop();
  });

  test('of a folder that is removed ends, and begins again when it is back', async () => {
    const { codeOf, watched, project, bundles } = bundlesIn();
    await codeOf();
    rmSync(join(project, 'src', 'lib'), { recursive: true });
    watched['src/lib'].emit('error', new Error('EPERM'));
    await codeOf();
    expect(Object.keys(watched)).toEqual(['src']);
    mkdirSync(join(project, 'src', 'lib'));
    await codeOf();
    expect(Object.keys(watched).sort()).toEqual(['src', 'src/lib']);
    bundles.stop();
  });

  test('ends with the run, and tells nothing more', async () => {
    const { codeOf, changes, watched, bundles } = bundlesIn();
    await codeOf();
    watched.src.change('on-order.ts');
    bundles.stop();
    expect([watched, jest.getTimerCount(), changes]).toEqual([{}, 0, []]);
  });
});
