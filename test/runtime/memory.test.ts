import { at, reported } from './host';
import { batchOf, position, record } from './records';
import { streamHandler } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';
import type { StreamRecord } from '../../lib/stream/record';

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Delivers the records as often as it takes until the first, which fails once, is done. Answers how often each was called. */
async function callsUntilDone(records: StreamRecord[]): Promise<Map<number, number>> {
  const calls = new Map<number, number>();
  const handler = streamHandler({
    retry: { maxAttempts: 1 },
    park: false,
    onRecord: (change) => {
      const place = at(change);
      calls.set(place, (calls.get(place) ?? 0) + 1);
      if (place === 0 && calls.get(place) === 1) {
        throw new Error('no');
      }
    },
  });
  expect((await handler({ Records: records })).batchItemFailures).toHaveLength(1);
  expect((await handler({ Records: records })).batchItemFailures).toHaveLength(0);
  return calls;
}

test('20,000 records are remembered, the latest', async () => {
  const calls = await callsUntilDone(batchOf(...Array(20_003).keys()).Records);
  const again = [...calls].filter(([, times]) => times > 1).map(([place]) => place);
  expect(again).toEqual([0, 1, 2]);
});

test('what was done is remembered for 15 minutes, which each delivery starts anew', async () => {
  const MINUTE = 60_000;
  let now = 0;
  let down = true;
  const calls: number[] = [];
  const handler = streamHandler({
    park: false,
    retry: { maxAttempts: 1 },
    onRecord: (change) => {
      calls.push(position(change.sequenceNumber)); if (down && position(change.sequenceNumber) === 0) {
        throw new Error('down');
      }
    },
  });
  const deliver = async () => handler(batchOf('a', 'b'), { [HOST]: { now: () => now } } as any);
  await deliver();
  now += 15 * MINUTE - 1;
  await deliver();
  now += 15 * MINUTE - 1;
  await deliver();
  expect(calls).toEqual([0, 1, 0, 0]);
  now += 15 * MINUTE;
  down = false;
  await deliver();
  expect(calls).toEqual([0, 1, 0, 0, 0, 1]);
});

const failingOnce = (failAt: number) => {
  const calls: number[] = [];
  const handler = streamHandler({
    retry: { maxAttempts: 1 },
    park: false,
    onRecord: (change) => {
      calls.push(at(change)); if (at(change) === failAt && calls.filter((one) => one === failAt).length === 1) {
        throw new Error('no');
      }
    },
  });
  return { calls, handler };
};

test('what was done beyond the checkpoint is not done again', async () => {
  const { calls, handler } = failingOnce(1);
  const { Records } = batchOf('a', 'b', 'c', 'b');
  expect(reported(await handler({ Records }))).toEqual([1]);
  expect(reported(await handler({ Records: Records.slice(1) }))).toEqual([]);
  expect(calls).toEqual([0, 1, 2, 1, 3]);
});

test('where a failure throws, nothing of the batch is done again', async () => {
  const { calls, handler } = failingOnce(1);
  const context = { [HOST]: { triggers: [{ report: false }] } } as any;
  await expect(handler(batchOf('a', 'b', 'c'), context)).rejects.toThrow('is not done');
  await handler(batchOf('a', 'b', 'c'), context);
  expect(calls).toEqual([0, 1, 2, 1]);
});

test('once the checkpoint has passed, a record that comes again is done again', async () => {
  const { calls, handler } = failingOnce(1);
  await handler(batchOf('a', 'b', 'c'));
  await handler({ Records: batchOf('a', 'b', 'c').Records.slice(1) });
  await handler(batchOf('a', 'b', 'c'));
  expect(calls).toEqual([0, 1, 2, 1, 0, 1, 2]);
});

test('what is done of redriven records is not remembered', async () => {
  const { calls, handler } = failingOnce(0);
  await handler({ ...batchOf('a', 'b'), redriven: { v: 1, run: 'r', superseded: [] } } as any);
  await handler(batchOf('a', 'b'));
  expect(calls).toEqual([0, 1, 0, 1]);
});

test('a redriven record is done again', async () => {
  const { calls, handler } = failingOnce(1);
  await handler(batchOf('a', 'b', 'c'));
  await handler({ Records: [record(2, 'c')], redriven: { v: 1, run: 'r', superseded: [] } } as any);
  expect(calls).toEqual([0, 1, 2, 2]);
});

test('another eventID, number or stream is another record', async () => {
  const { calls, handler } = failingOnce(1);
  await handler(batchOf('a', 'b', 'c'));
  await handler({ Records: [{ ...record(3, 'c'), eventID: 'event-2' }] });
  await handler({ Records: [{ ...record(2, 'c'), eventSourceARN: 'arn:other' }] });
  await handler({ Records: [{ ...record(2, 'c'), eventID: 'event-9' }] });
  expect(calls).toEqual([0, 1, 2, 3, 2, 2]);
});
