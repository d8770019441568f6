import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { killGroup } from '../../lib/local/process/children';
import { startChild } from '../../lib/local/service/child-service';

jest.mock('../../lib/local/process/children', () => ({ killGroup: jest.fn() }));

/** A process that is played by the test, and what comes of waiting for it. */
function childOf() {
  const child = Object.assign(new EventEmitter(), {
    pid: 7, stdout: new PassThrough(), stderr: new PassThrough(), exitCode: null as number | null, signalCode: null as NodeJS.Signals | null,
  });
  let [isReady, isNeverReady]: [(value: string) => void, (reason: Error) => void] = [() => {}, () => {}];
  const starting = startChild(child as never, new Promise<string>((resolve, reject) => [isReady, isNeverReady] = [resolve, reject]));
  starting.catch(() => {});
  const end = (code: number | null, signal: NodeJS.Signals | null = null) => {
    Object.assign(child, { exitCode: code, signalCode: signal });
    child.emit('close', code, signal);
  };
  const print = async (stream: 'stdout' | 'stderr', text: string) => {
    child[stream].write(text);
    await settled();
  };
  return { child, starting, isReady, isNeverReady, end, print };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));
const kills = () => jest.mocked(killGroup).mock.calls.flat();

test('a program that is ready serves what it announced, until it is stopped, which waits for its end', async () => {
  const { starting, isReady, end } = childOf();
  isReady('a port');
  const { value, ended, stop } = await starting;
  expect([value, kills()]).toEqual(['a port', []]);
  let [isStopped, endedByItself] = [false, false];
  void ended.then(() => endedByItself = true);
  const stopped = stop().then(() => isStopped = true);
  await settled();
  expect([isStopped, kills()]).toEqual([false, [7]]);
  end(null, 'SIGKILL');
  await stopped;
  await settled();
  expect(endedByItself).toBe(false);
});

test('one that ends by itself later is told with its last 2,000 characters, and how', async () => {
  const { starting, isReady, end, print } = childOf();
  isReady('a port');
  const { ended } = await starting;
  await print('stdout', 'x'.repeat(1500));
  await print('stderr', `y${'z'.repeat(999)}`);
  end(null, 'SIGSEGV');
  expect(await ended).toBe(`${'x'.repeat(1000)}y${'z'.repeat(999)}\n(SIGSEGV)`);
});

test.each<[string, string, string]>([['with what it printed', ' no class\n', 'no class\n(exit code 3)'], ['without a word', '', '(exit code 3)']])(
  'one that ends before it is ready, %s, does not start', async (_, printed, reason) => {
    const { starting, end, print } = childOf();
    await print('stderr', printed);
    end(3);
    await expect(starting).rejects.toThrow(new Error(reason));
  });

test('one that can\'t be started does not either', async () => {
  const { child, starting } = childOf();
  child.emit('error', new Error('spawn java ENOENT'));
  await expect(starting).rejects.toThrow('spawn java ENOENT');
});

test('one that is waited for no longer is ended, and that is the reason', async () => {
  const { starting, isNeverReady, end } = childOf();
  let isOver = false;
  const over = starting.catch(() => isOver = true);
  isNeverReady(new Error('it did not answer'));
  await settled();
  expect([kills(), isOver]).toEqual([[7], false]);
  end(null, 'SIGKILL');
  await over;
  await expect(starting).rejects.toThrow('it did not answer');
});

test('one that ended just before it was waited for no longer has its own reason', async () => {
  const { child, starting, isNeverReady, end } = childOf();
  child.exitCode = 1;
  isNeverReady(new Error('it did not answer'));
  await settled();
  end(1);
  await expect(starting).rejects.toThrow(new Error('(exit code 1)'));
});
