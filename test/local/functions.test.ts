import type { LambdaFunction } from '../../lib/local/assembly/app';
import { LocalRunError } from '../../lib/local/errors';
import type { LocalEvent } from '../../lib/local/events';
import { BundleError } from '../../lib/local/function/bundle';
import { type BundlesOptions, bundlesOf } from '../../lib/local/function/bundles';
import { type LocalFunctionOptions, startFunction } from '../../lib/local/function/function';
import { localFunctions } from '../../lib/local/function/functions';
import type { RunSetup } from '../../lib/local/run-setup';
import { folderWith } from '../folder';

jest.mock('../../lib/local/function/function', () => ({ startFunction: jest.fn() }));
jest.mock('../../lib/local/function/bundles', () => ({ bundlesOf: jest.fn() }));
jest.mock('../../lib/local/function/bundle', () => ({ BundleError: class extends Error {} }));

const ENDPOINTS = { api: 'http://127.0.0.1:3' } as never;
const target = (name: string, change: Partial<LambdaFunction> = {}) => ({
  path: `Shop/${name}`, name, arn: `arn:${name}`, inlineCode: 'one', layers: { directories: [], missing: [] }, memorySize: 128,
  environment: () => ({ variables: { LEVEL: 'info' }, unknown: [] }), ...change,
}) as unknown as LambdaFunction;

/** Functions whose processes are played by the test: what is done with each, what is observed, and what they were given. */
function functionsOf(setup: Partial<RunSetup> = {}) {
  const log: string[] = [];
  const events: LocalEvent[] = [];
  const notes: string[] = [];
  /** By function: what it was given last. */
  const given: Record<string, LocalFunctionOptions> = {};
  /** The code that does not load. */
  const broken = new Set<string>();
  const load = (what: string, { name, inlineCode, codeDirectory }: LambdaFunction, options: LocalFunctionOptions) => {
    if (broken.has(inlineCode!)) {
      throw new LocalRunError('FUNCTION_NOT_LOADED', `The function ${name} does not load.`);
    }
    given[name] = options;
    log.push(`${what} ${name} ${codeDirectory ?? inlineCode}`);
  };
  jest.mocked(startFunction).mockImplementation(async (_, started, options) => {
    load('start', started, options);
    return {
      invoke: () => Promise.reject(new Error()),
      replace: async (next, nextOptions) => load('replace', next, nextOptions),
      retire: () => log.push(`retire ${started.name}`),
      kill: () => 2,
      stop: async () => void log.push(`stop ${started.name}`),
    };
  });
  let bundles!: BundlesOptions;
  const codeOf = jest.fn<Promise<string | undefined>, [LambdaFunction]>(async () => undefined);
  jest.mocked(bundlesOf).mockImplementation((options) => {
    bundles = options;
    return { codeOf, stop: () => log.push('stop bundles') };
  });
  const all = {
    project: folderWith({ 'node_modules/fauxqs/package.json': '{}' }), node: { path: '/node', version: '24.0.0' }, watch: false,
    world: { variables: { of: () => ({}), notes: () => [] }, access: { endpoints: {} } },
    observer: (event: LocalEvent) => events.push(event), note: (message: string) => notes.push(message), ...setup,
  } as unknown as RunSetup;
  const functions = localFunctions(all, ENDPOINTS, ({ path }) => log.push(`changed ${path}`));
  return { functions, log, events, notes, given, broken, bundles, codeOf, project: all.project };
}

test('functions are started once, get new processes when they have changed, and end when the app has them no more', async () => {
  const { functions, log } = functionsOf();
  const [a, b] = [target('a'), target('b')];
  expect(await functions.take([a, b])).toEqual([]);
  await functions.take([a, target('b', { inlineCode: 'two' })]);
  functions.keep([a]);
  expect(log.splice(0)).toEqual(['start a one', 'start b one', 'replace b two', 'retire b']);
  expect([functions.kill('a'), functions.kill('b')]).toEqual([2, 0]);
  expect(functions.traitsOf(a)).toMatchObject({ code: 'one', environment: { LEVEL: 'info' }, memory: 128 });
  await functions.stop();
  // It may not have ended yet.
  expect(log).toEqual(['stop bundles', 'stop a', 'stop b']);
});

test('the name of a function may be that of several in other Regions', async () => {
  const { functions } = functionsOf();
  await functions.take([target('a'), target('a', { arn: 'arn:other' }), target('b')]);
  expect(functions.kill('a')).toBe(4);
});

test('one that does not load stops its triggers at the start, and goes on as it was later', async () => {
  const { functions, log, events, broken } = functionsOf();
  const [a, b] = [target('a'), target('b', { inlineCode: 'broken' })];
  broken.add('broken');
  const [missing, ...others] = await functions.take([a, b]);
  expect([missing.message, others]).toEqual(['The function b does not load.', []]);
  expect([a, b].map((one) => missing.stops({ function: one } as never))).toEqual([false, true]);
  expect(await functions.take([target('a', { inlineCode: 'broken' })])).toEqual([]);
  expect(events).toEqual([{ type: 'warning', message: 'The function a does not load. It goes on with the code and settings that it had.' }]);
  expect(functions.traitsOf(a).code).toBe('one');
  // It is tried again with what is new.
  await functions.take([target('b')]);
  expect(log).toEqual(['start a one', 'start b one']);
});

test.each<[string, Error]>([
  ['no port', new LocalRunError('PORT_IN_USE', 'no port')], ['a bug', new TypeError('a bug')],
])('what is not the fault of the code is not held against it: %s', async (message, error) => {
  const { functions } = functionsOf();
  jest.mocked(startFunction).mockRejectedValue(error);
  await expect(functions.take([target('a')])).rejects.toThrow(message);
});

test('a function that a stop ends while it loads is not called broken', async () => {
  const { functions, broken, log } = functionsOf();
  broken.add('one');
  const taken = functions.take([target('a')]);
  void functions.stop();
  await expect(taken).rejects.toMatchObject({ code: 'FUNCTION_NOT_LOADED' });
  expect(log).toEqual(['stop bundles']);
});

test('what is given to a function is what it has, and what happens to it is reported under its name', async () => {
  const debugging = { waits: true, reserve: jest.fn(async () => {}) } as never;
  const { functions, given, events, project, notes } = functionsOf({ debugging });
  await functions.take([target('a'), target('b')]);
  expect((debugging as { reserve: jest.Mock }).reserve.mock.calls).toEqual([[['a', 'b']]]);
  const { onLog, onDebuggerPort, onUsage, onCodeGone, ...others } = given.a;
  expect(others).toEqual({
    variables: { LEVEL: 'info' }, access: { endpoints: {} }, endpoints: ENDPOINTS, node: '/node', debugging,
    sdkFolders: [project, expect.stringMatching(/lib\/local\/function$/), `${project}/node_modules/fauxqs`],
  });
  onLog('a line', 'stderr', 'r1');
  onDebuggerPort(9229);
  onUsage('r1', { memoryUsed: 7, loadMs: 8 });
  expect(events).toEqual([
    { type: 'log', functionName: 'a', requestId: 'r1', stream: 'stderr', line: 'a line' },
    { type: 'debugger', functionName: 'a', port: 9229, waits: true },
    { type: 'used', functionName: 'a', requestId: 'r1', memorySize: 128, memoryUsed: 7, loadMs: 8 },
  ]);
  onCodeGone('/code');
  expect(notes).toEqual(['Shop/a: the folder of its code, /code, is gone. It is invoked again when the folder is back, or new code is taken over.']);
});

test('variables that are not known are named by their reasons, unless the user gives them', async () => {
  const of = () => ({ GIVEN: 'x', LEVEL: 'debug' });
  const { functions, given, notes } = functionsOf({ world: { variables: { of, notes: () => [] }, access: { endpoints: {} } } });
  const unknown = [
    { name: 'GIVEN', reasons: ['r'], isSet: false }, { name: 'API', reasons: ['r', 'r'], isSet: false }, { name: 'URL', reasons: ['r'], isSet: true },
    { name: 'BOTH', reasons: ['r', 's'], isSet: true },
  ];
  await functions.take([target('a', { environment: () => ({ variables: { LEVEL: 'info', OTHER: '1' }, unknown }) })]);
  expect(given.a.variables).toEqual({ LEVEL: 'debug', OTHER: '1', GIVEN: 'x' });
  expect(notes).toEqual([
    'Shop/a: API is not set, URL has a placeholder: r. --env-file can set it.', 'Shop/a: BOTH has a placeholder: r, and s. --env-file can set it.',
  ]);
});

test('layers that are not here are named', async () => {
  const { functions, notes } = functionsOf();
  await functions.take([target('a', { layers: { directories: [], missing: ['arn:x', 'arn:y'] } })]);
  expect(notes).toEqual([
    'Shop/a: the layer arn:x, arn:y is not a folder of this app. Its modules are taken from the project, where they are installed.',
  ]);
});

describe('code that is bundled from its sources', () => {
  const folder = folderWith({ 'index.js': 'bundled' });

  test('runs instead of that of the assembly, and is in use then', async () => {
    const { functions, log, codeOf, bundles } = functionsOf();
    codeOf.mockResolvedValue(folder);
    expect(bundles.isUsed(folder)).toBe(false);
    await functions.take([target('a', { inlineCode: undefined, codeDirectory: folderWith({}) })]);
    expect([log, bundles.isUsed(folder), bundles.isUsed('/other')]).toEqual([[`start a ${folder}`], true, false]);
  });

  test('is watched if the run watches, and what keeps it from being bundled is reported then', () => {
    const refuse = ({ bundles, events }: ReturnType<typeof functionsOf>) => {
      bundles.onError(target('a'), new BundleError('index.ts:1:2: no'));
      bundles.onChange?.(target('a'));
      return events;
    };
    const unwatched = functionsOf();
    expect([refuse(unwatched), unwatched.log]).toEqual([[], []]);
    const watched = functionsOf({ watch: true });
    expect(refuse(watched)).toEqual([
      { type: 'warning', message: 'Shop/a: esbuild refuses its sources. The function goes on with the code that it had.\nindex.ts:1:2: no' },
    ]);
    expect(watched.log).toEqual(['changed Shop/a']);
  });
});
