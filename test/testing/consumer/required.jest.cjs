const poisonOrder = require('./poison-order.cjs');

test('jest runs a simulation that it requires', async () => {
  jest.spyOn(console, 'error').mockImplementation();
  const run = await poisonOrder(require('dynamo-stream-trigger/testing'), require('dynamo-stream-trigger/runtime'));
  expect(run.parked.map(({ record }) => record.dynamodb.Keys.id.S)).toEqual(['order-1']);
  expect(run.lost).toEqual([]);
});

test('jest runs a simulation under fake timers', async () => {
  jest.useFakeTimers();
  const { simulateTrigger } = require('dynamo-stream-trigger/testing');
  const run = await simulateTrigger({ handler: async () => null, shards: [{ records: [{ id: 'a' }] }] });
  expect(run.invocations).toHaveLength(1);
});

test('jest knows fake timers that nobody moves, whenever it loads the simulation', async () => {
  jest.useFakeTimers();
  jest.resetModules();
  const { simulateTrigger } = require('dynamo-stream-trigger/testing');
  const run = simulateTrigger({ handler: () => new Promise((resolve) => setTimeout(resolve, 1000)), shards: [{ records: [{ id: 'a' }] }] });
  await expect(run).rejects.toThrow('nothing moves it');
});
