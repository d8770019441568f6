import { Socket } from 'node:net';
import type { LocalApp } from '../../lib/local/assembly/app';
import { recordChildren } from '../../lib/local/process/children';
import { startDestinations } from '../../lib/local/service/destinations';
import type { FailedBatch } from '../../lib/stream/failed-batch';

test('a message needs no connection of its own', async () => {
  const children = recordChildren();
  const arn = 'arn:aws:sqs:us-east-1:000000000000:failures';
  const app = { queues: [{ arn, attributes: {} }], topics: [], buckets: [], mappings: [] } as unknown as LocalApp;
  const destinations = await startDestinations(children, process.cwd());
  await destinations.take(app);
  const connect = jest.spyOn(Socket.prototype, 'connect');
  for (let n = 0; n < 5; n++) {
    await destinations.deliver(arn, {} as FailedBatch);
  }
  expect(connect.mock.calls.length).toBeLessThanOrEqual(1);
  connect.mockRestore();
  await destinations.stop();
  children.killAll();
});
