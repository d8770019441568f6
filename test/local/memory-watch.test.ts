import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { mostMemory, watchMemory } from '../../lib/local/function/memory-watch';
import { onLinux } from '../needing';

jest.mock('node:child_process', () => ({}));

const held = () => Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
/** A process that is not there. */
const NOBODY = 2 ** 22 + 1;

let timers: jest.SpyInstance;
let ended: jest.SpyInstance;
beforeEach(() => {
  timers = jest.spyOn(globalThis, 'setTimeout');
  ended = jest.spyOn(globalThis, 'clearTimeout');
});
afterEach(() => jest.restoreAllMocks());
/** When the next look was planned. */
async function planned(): Promise<{ look: () => void; milliseconds: number }> {
  while (timers.mock.calls.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [look, milliseconds] = timers.mock.calls.shift()!;
  return { look, milliseconds };
}

onLinux('a process that holds too much is told once, and looked at no more', async () => {
  const exceeded = jest.fn();
  const limit = held() / 2;
  await new Promise<void>((resolve) => watchMemory(process.pid, limit, () => {
    exceeded();
    resolve();
  }));
  await new Promise((resolve) => setImmediate(resolve));
  expect([exceeded.mock.calls.length, timers.mock.calls.length]).toEqual([1, 0]);
});

onLinux('a process that holds less, or is gone, is looked at again and again, until the watch ends', async () => {
  for (const pid of [process.pid, NOBODY]) {
    const exceeded = jest.fn();
    const end = watchMemory(pid, 1_000_000, exceeded);
    const { look, milliseconds } = await planned();
    expect(milliseconds).toBe(50);
    look();
    await planned();
    end();
    expect(ended).toHaveBeenLastCalledWith(timers.mock.results.at(-1)!.value);
    look();
    // As long as a look takes.
    await readFile('/proc/self/status');
    await new Promise((resolve) => setImmediate(resolve));
    expect([exceeded.mock.calls.length, timers.mock.calls.length]).toEqual([0, 0]);
  }
});

onLinux('the most that a process has held is in whole megabytes, and nothing for one that is gone', () => {
  const kilobytes = () => Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
  const before = Math.ceil(kilobytes() / 1024);
  const most = mostMemory(process.pid)!;
  expect(most).toBeGreaterThanOrEqual(before);
  expect(most).toBeLessThanOrEqual(Math.ceil(kilobytes() / 1024));
  expect(mostMemory(NOBODY)).toBeUndefined();
});
