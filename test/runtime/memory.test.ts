import { batchOf, position } from './records';
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
      const at = position(change.sequenceNumber);
      calls.set(at, (calls.get(at) ?? 0) + 1);
      if (at === 0 && calls.get(at) === 1) {
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
  const again = [...calls].filter(([, times]) => times > 1).map(([at]) => at);
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
