import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { onOrder } from './on-order';
import { OrdersStack } from './orders-stack';
import { elapsed, simulateTrigger, sleep, streamRecord } from 'dynamo-stream-trigger/testing';

/** What is deployed; a test has no need of the function's bundle. */
const template = Template.fromStack(new OrdersStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Orders'));

const NOON = new Date('2026-03-01T12:00:00Z');
const MINUTES = 60_000;

/** An hour of orders, one each ten seconds; the hundredth can't be right. */
const records = Array.from({ length: 360 }, (_, n) => streamRecord({
  newImage: { id: `order-${n}`, total: n === 100 ? -1 : 10 * n },
  createdAt: new Date(NOON.getTime() + n * 10_000),
}));

test('a poison order ends in the queue, nothing else is lost, and the shard is never blocked for more than five minutes', async () => {
  const sent: string[] = [];

  const run = await simulateTrigger({
    mapping: template,
    handler: onOrder(async (order) => void sent.push(order.id)),
    shards: [{ records }],
    faults: { throttle: 0.05, crash: 0.05 },
    seed: 1,
  });

  expect(run.parked.map(({ record }) => record.dynamodb?.Keys?.id.S)).toEqual(['order-100']);
  expect(run.failed).toEqual([]);
  expect(run.lost).toEqual([]);
  expect(new Set(sent).size).toBe(359);
  expect(Math.max(...run.invocations.map(({ iteratorAgeMs }) => iteratorAgeMs ?? 0))).toBeLessThan(5 * MINUTES);
});

test('an outage of the warehouse, from minute 10 to minute 40, delays orders and loses none', async () => {
  const sent = new Set<string>();

  const run = await simulateTrigger({
    mapping: template,
    handler: onOrder(async (order) => {
      // It does not answer: the call runs into the function's timeout.
      await sleep(elapsed() > 600 && elapsed() < 2400 ? 120_000 : 20);
      sent.add(order.id);
    }),
    shards: [{ records }],
  });

  expect(run.lost).toEqual([]);
  expect(run.failed).toEqual([]);
  expect(sent.size).toBe(359);
});
