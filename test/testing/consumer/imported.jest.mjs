import { jest } from '@jest/globals';
import * as runtime from 'dynamo-stream-trigger/runtime';
import * as testing from 'dynamo-stream-trigger/testing';
import poisonOrder from './poison-order.cjs';

test('jest runs a simulation that it imports', async () => {
  jest.spyOn(console, 'error').mockImplementation();
  const run = await poisonOrder(testing, runtime);
  expect(run.parked.map(({ record }) => record.dynamodb.Keys.id.S)).toEqual(['order-1']);
  expect(run.lost).toEqual([]);
});
