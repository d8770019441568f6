import { at, host, logged } from './host';
import { batchOf } from './records';
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
        { eventId: 'event-2', sequenceNumber: '100000000000000000002', error: { name: 'NotTried', message: expect.any(String) } },
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

test('a handler is told whether the item has changed since', async () => {
  const seen: unknown[] = [];
  const handler = streamHandler((change) => {
    seen.push(change.redriven);
  });
  await handler({ ...batchOf('a', 'b'), redriven } as any);
  await handler(batchOf('a'));
  expect(seen).toEqual([{ superseded: false }, { superseded: true }, undefined]);
});
