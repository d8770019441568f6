import { at, host, logged } from './host';
import { batchOf } from './records';
import { VirtualLambda } from './virtual-lambda';
import { PoisonRecordError, streamHandler } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';

logged();

const redriven = { v: 1, run: 'run-1', superseded: ['event-1'] };

test('a redriven event is answered by every record not done and its error; nothing is parked', async () => {
  const { parked, context } = host();
  const handler = streamHandler((change) => {
    if (at(change) === 0) {
      throw new PoisonRecordError('bad');
    }
  });
  expect(await handler({ ...batchOf('a', 'b', 'a'), redriven } as any, context)).toEqual({
    batchItemFailures: [{ itemIdentifier: '100000000000000000000' }, { itemIdentifier: '100000000000000000002' }],
    redriven: {
      v: 1,
      failures: [
        { eventId: 'event-0', sequenceNumber: '100000000000000000000', error: { name: 'PoisonRecordError', message: 'bad' } },
        { eventId: 'event-2', sequenceNumber: '100000000000000000002', error: { name: 'NotTried', message: 'an earlier record of its item is not done, or the time was up' } },
      ],
    },
  });
  expect(parked).toEqual([]);
});

test('it is answered where the mapping does not report, too', async () => {
  const handler = streamHandler(() => {
    throw new PoisonRecordError('bad');
  });
  const context = { [HOST]: { triggers: [{ report: false }] } } as any;
  expect(await handler({ ...batchOf('a'), redriven } as any, context)).toMatchObject({ redriven: { failures: [{ eventId: 'event-0' }] } });
});

test('a handler sees whether the item has changed since', async () => {
  const seen: unknown[] = [];
  const handler = streamHandler((change) => {
    seen.push(change.redriven);
  });
  await handler({ ...batchOf('a', 'b'), redriven } as any);
  await handler(batchOf('a'));
  expect(seen).toEqual([{ superseded: false }, { superseded: true }, undefined]);
});

test('it is neither counted nor remembered, and its poison is not parked later', async () => {
  const { parked, context } = host();
  const calls: number[] = [];
  const handler = streamHandler((change) => {
    calls.push(at(change));
    if (change.redriven && at(change) === 1) {
      throw new PoisonRecordError('bad');
    }
  });
  for (let times = 0; times < 6; times++) {
    await handler({ ...batchOf('a', 'b'), redriven } as any, context);
  }
  const redrivenCalls = calls.length;
  expect(calls.filter((position) => position === 0)).toHaveLength(6);
  expect(await handler(batchOf('a', 'b'), context)).toEqual({ batchItemFailures: [] });
  expect([calls.length - redrivenCalls, parked]).toEqual([2, []]);
});

test('it is answered even where calls no longer settle, and the process goes on', async () => {
  let exits = 0;
  const lambda = new VirtualLambda({ exit: () => exits++ });
  const handler = streamHandler(async () => new Promise(() => undefined));
  const answer: any = await lambda.invoke(handler, { ...batchOf('a', 'b'), redriven } as any, 3_000);
  expect(answer.redriven.failures.map(({ eventId, error }: any) => [eventId, error.name])).toEqual([['event-0', 'NotTried'], ['event-1', 'NotTried']]);
  expect(exits).toBe(0);
});
