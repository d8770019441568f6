import { createRequire } from 'node:module';
import * as runtime from 'dynamo-stream-trigger/runtime';
import * as testing from 'dynamo-stream-trigger/testing';
import { expect, test, vi } from 'vitest';
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

test('vitest runs a simulation under fake timers', async () => {
  vi.useFakeTimers();
  const run = await testing.simulateTrigger({ handler: async () => null, shards: [{ records: [{ id: 'a' }] }] });
  expect(run.invocations).toHaveLength(1);
  vi.useRealTimers();
});
