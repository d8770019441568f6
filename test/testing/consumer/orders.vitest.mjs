import { createRequire } from 'node:module';
import { setTimeout as startTimer } from 'node:timers';
import { setTimeout as wait } from 'node:timers/promises';
import * as runtime from 'dynamo-stream-trigger/runtime';
import * as testing from 'dynamo-stream-trigger/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import poisonOrder from './poison-order.cjs';

const require = createRequire(import.meta.url);

test.each([
  ['imports', testing, runtime],
  ['requires', require('dynamo-stream-trigger/testing'), require('dynamo-stream-trigger/runtime')],
  ['imports and requires in part', testing, require('dynamo-stream-trigger/runtime')],
])('vitest runs a simulation that it %s', async (_, ...modules) => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const run = await poisonOrder(...modules);
  expect(run.parked.map(({ record }) => record.dynamodb.Keys.id.S)).toEqual(['order-1']);
  expect(run.lost).toEqual([]);
});

const once = { mapping: { retryAttempts: 0 }, shards: [{ records: [{ id: 'a' }] }] };

describe.each([['imports', testing], ['requires', require('dynamo-stream-trigger/testing')]])('a simulation that vitest %s', (_, { elapsed, simulateTrigger }) => {
  afterEach(() => void vi.useRealTimers());

  test('runs under fake timers', async () => {
    vi.useFakeTimers();
    const run = await simulateTrigger({ ...once, handler: async () => null });
    expect(run.invocations).toHaveLength(1);
  });

  test('knows fake timers that nobody moves', async () => {
    vi.useFakeTimers();
    await expect(simulateTrigger({ ...once, handler: () => new Promise((resolve) => setTimeout(resolve, 1000)) })).rejects.toThrow('nothing moves it');
  });

  test('stops where a fake timer is due', async () => {
    vi.useFakeTimers();
    const { invocations } = await simulateTrigger({
      ...once, advanceTimers: (ms) => vi.advanceTimersByTimeAsync(ms), handler: async () => {
        await Promise.all([new Promise((resolve) => setTimeout(resolve, 3000)), new Promise((resolve) => setTimeout(resolve, 700))]);
        return elapsed();
      },
    });
    expect(invocations).toMatchObject([{ durationMs: 3000, response: 3 }]);
  });

  test('does not wait for what waits for no time, fake or not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'Date'] });
    for (const advanceTimers of [(ms) => vi.advanceTimersByTimeAsync(ms), undefined]) {
      const { invocations } = await simulateTrigger({
        ...once, advanceTimers, handler: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          await new Promise((resolve) => queueMicrotask(resolve));
          return elapsed();
        },
      });
      expect(invocations).toMatchObject([{ durationMs: 0, response: 0 }]);
    }
  });

  test('lets imported timers take virtual time', async () => {
    const { invocations } = await simulateTrigger({
      ...once, timers: 'virtual', handler: async () => {
        const start = Date.now();
        await new Promise((resolve) => startTimer(resolve, 10_000));
        await wait(10_000);
        return Date.now() - start;
      },
    });
    expect(invocations).toMatchObject([{ durationMs: 20_000, response: 20_000 }]);
  });
});

test('a simulation that vitest loads under fake timers knows them', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'Date', 'performance'] });
  const path = require.resolve('dynamo-stream-trigger/testing');
  delete require.cache[path];
  const { simulateTrigger } = require(path);
  await expect(simulateTrigger({ ...once, handler: () => new Promise((resolve) => setTimeout(resolve, 1000)) })).rejects.toThrow('nothing moves it');
  vi.useRealTimers();
});
