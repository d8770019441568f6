import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { type FunctionProcessOptions, startProcess } from '../../lib/local/function/function-process';
import { watchMemory } from '../../lib/local/function/memory-watch';
import { killGroup, type Children } from '../../lib/local/process/children';

jest.mock('../../lib/local/function/memory-watch', () => ({ mostMemory: (pid: number) => pid + 1, watchMemory: jest.fn() }));
jest.mock('../../lib/local/process/children', () => ({ killGroup: jest.fn() }));
jest.mock('../../lib/local/process/compiled', () => ({ compiled: (program: string) => `${program}.js` }));

/** A process that is played by the test. */
function processOf({ debuggerPort, ...options }: Partial<FunctionProcessOptions> & { debuggerPort?: number } = {}) {
  const child = Object.assign(new EventEmitter(), { pid: 7, stdout: new PassThrough(), stderr: new PassThrough(), kill: jest.fn() });
  const spawn = jest.fn<ChildProcess, [string, (mark: string) => string[], object]>(() => child as unknown as ChildProcess);
  const watches: { end: jest.Mock; exceed: () => void }[] = [];
  jest.mocked(watchMemory).mockImplementation((_pid, _limit, exceed) => {
    const end = jest.fn();
    watches.push({ end, exceed });
    return end;
  });
  const lines: string[] = [];
  const modules = { sdkFolders: ['/project'], layers: [], missingLayers: [] };
  const given = { taskRoot: '/code', modules, node: '/node', memorySize: 129, variables: { LEVEL: 'info' }, ...options };
  const process = startProcess({ spawn } as unknown as Children, given, { api: '127.0.0.1:1/secret', debuggerPort }, (line, stream) => lines.push(`${stream}: ${line}`));
  const [[program, args, spawnOptions]] = spawn.mock.calls;
  return { process, child, watches, lines, modules, command: [program, ...args('mark')], spawnOptions };
}
const watched = ({ watches }: ReturnType<typeof processOf>) => watches.map(({ end }) => end.mock.calls.length);
const FREEZES = process.platform === 'win32' ? [] : [['SIGSTOP']];
const THAWS = process.platform === 'win32' ? [] : [['SIGCONT']];

describe('its command', () => {
  test('runs the code in its folder, with nine tenths of its memory as the heap, and with the Runtime API', () => {
    const { command, spawnOptions, modules } = processOf();
    expect(command).toEqual([
      '/node', '--max-old-space-size=116', '--require', 'function/aws-requests.js', 'function/runtime-client.js', 'mark', JSON.stringify({ modules }),
    ]);
    expect(spawnOptions).toEqual({ cwd: '/code', env: { LEVEL: 'info', AWS_LAMBDA_RUNTIME_API: '127.0.0.1:1/secret' }, stdio: ['ignore', 'pipe', 'pipe'] });
  });

  test.each([
    [false, ['--inspect-publish-uid=http', '--inspect=127.0.0.1:9229'], undefined],
    // It opens the port itself, when it is ready to wait.
    [true, ['--inspect-publish-uid=http'], 9229],
  ])('lets a debugger attach, which is waited for: %s', (waits, args, waitsAt) => {
    const { command, modules } = processOf({ debugging: { waits } as never, debuggerPort: 9229 });
    expect([command.filter((arg) => arg.includes('inspect')), command.at(-1)]).toEqual([args, JSON.stringify({ modules, waitsAt })]);
  });
});

test('each line that it prints is reported, with its stream', async () => {
  const { child, lines } = processOf();
  child.stdout.write('one\r\ntw');
  child.stderr.end('three');
  child.stdout.end('o\n');
  while (lines.length < 3) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(lines.sort()).toEqual(['stderr: three', 'stdout: one', 'stdout: two']);
});

describe('its memory', () => {
  test('is watched only while it runs', async () => {
    const played = processOf();
    const { process, child } = played;
    expect(jest.mocked(watchMemory).mock.calls).toEqual([[7, 129, expect.any(Function)]]);
    expect(watched(played)).toEqual([0]);
    process.freeze();
    expect([watched(played), child.kill.mock.calls]).toEqual([[1], FREEZES]);
    process.thaw();
    expect([watched(played), child.kill.mock.calls]).toEqual([[1, 0], [...FREEZES, ...THAWS]]);
    child.emit('close', 0, null);
    await process.ended;
    expect(watched(played)).toEqual([1, 1]);
    expect(process.mostMemory()).toBe(8);
  });

  test('ends it when it is too much', async () => {
    const { process, child, watches } = processOf();
    watches[0].exceed();
    expect(jest.mocked(killGroup).mock.calls).toEqual([[7]]);
    child.emit('close', null, 'SIGKILL');
    expect(await process.ended).toEqual({ code: null, signal: 'SIGKILL', tookTooMuch: true });
  });
});

test('with a debugger it never stands still', () => {
  const { process, child } = processOf({ debugging: { waits: false } as never, debuggerPort: 9229 });
  process.freeze();
  expect(child.kill).not.toHaveBeenCalled();
});

test('a kill reaches what it started', () => {
  processOf().process.kill();
  expect(jest.mocked(killGroup).mock.calls).toEqual([[7]]);
});

test('a program that can\'t be started has nothing to watch, and says why', async () => {
  const { process, child } = processOf();
  Object.assign(child, { pid: undefined });
  jest.mocked(watchMemory).mockClear();
  process.thaw();
  expect([jest.mocked(watchMemory).mock.calls, process.mostMemory()]).toEqual([[], undefined]);
  child.emit('error', new Error('spawn /node ENOENT'));
  expect(await process.ended).toEqual({ code: null, signal: null, tookTooMuch: false, error: 'spawn /node ENOENT' });
});
