import { App } from 'aws-cdk-lib';
import { OrdersStack } from './orders-stack';
import { type RunningApp, startLocal } from 'dynamo-stream-trigger/local';

/** The stack at work on this machine: its table on DynamoDB Local, its function as it is bundled, its queue. */
let orders: RunningApp;
const printed: string[] = [];

beforeAll(async () => {
  const app = new App();
  new OrdersStack(app, 'Orders');
  orders = await startLocal({
    assembly: app.synth().directory,
    observer: (event) => event.type === 'log' && printed.push(event.line),
  });
}, 60_000);
afterAll(() => orders?.stop());

test('orders are sent once, and one that can\'t be right ends on the failure queue', async () => {
  await orders.put('Orders/Orders', { id: 'order-1', total: 10 });
  await orders.put('Orders/Orders', { id: 'order-2', total: -1 });
  await orders.put('Orders/Orders', { id: 'order-3', total: 20 });
  await orders.drained();

  expect(printed.filter((line) => line.includes('sent')).sort()).toEqual([expect.stringContaining('order-1'), expect.stringContaining('order-3')]);
  expect(orders.failures).toEqual([expect.objectContaining({ type: 'parked', destinationArn: orders.queues[0].arn })]);
}, 60_000);
