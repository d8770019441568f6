import { host, logged, reported } from './host';
import { batchOf, record } from './records';
import { type ChangeRecord, PoisonRecordError, streamHandler } from '../../lib/runtime';
import type { StreamEvent } from '../../lib/stream/record';

logged();

const once = { retry: { maxAttempts: 1 } };

/** What code around or in a handler does to the event, while it has it. */
const changes: [string, (event: any) => void][] = [
  ['takes the records away', ({ Records }) => {
    Records.length = 0;
  }],
  ['takes the first record away', ({ Records }) => Records.shift()],
  ['replaces the change', ({ Records }) => {
    Records[0].dynamodb = { NewImage: {} };
  }],
  ['removes the change', ({ Records }) => {
    Records[0].dynamodb = undefined;
  }],
  ['removes the sequence number', ({ Records }) => {
    delete Records[0].dynamodb.SequenceNumber;
  }],
  ['sets another sequence number', ({ Records }) => {
    Records[0].dynamodb.SequenceNumber = '1';
  }],
  ['removes the event ID', ({ Records }) => {
    delete Records[0].eventID;
  }],
  ['sets another event name', ({ Records }) => {
    Records[0].eventName = 'OTHER';
  }],
  ['changes the key', ({ Records }) => {
    Records[0].dynamodb.Keys = { pk: { S: 'b' } };
  }],
  ['turns the order round', ({ Records }) => Records.reverse()],
];

test.each(changes)('the first record not done is named, although something %s', async (_, change) => {
  const event: StreamEvent = batchOf('a', 'b', 'c');
  const handler = streamHandler({
    ...once,
    onRecord: () => {
      change(event);
      throw new Error('no');
    },
  });
  expect(reported(await handler(event))).toEqual([0]);
});

test.each(changes.slice(0, -1))('a handler that tries it on raw fails, loudly, although it %s', async (_, change) => {
  const errors: unknown[] = [];
  const handler = streamHandler({
    ...once,
    onRecord: ({ raw }: ChangeRecord) => change({ Records: Object.freeze([raw]) }),
    observer: (event) => {
      if (event.type === 'recordFailed') {
        errors.push(event.error);
      }
    },
  });
  expect(reported(await handler(batchOf('a')))).toEqual([0]);
  expect(errors).toEqual([expect.objectContaining({ name: 'TypeError' })]);
});

test('what is parked is what Lambda delivered', async () => {
  const { parked, context } = host();
  const Records = [record(0, 'a', { newImage: { tags: ['x'], total: 1 } })];
  const delivered = structuredClone(Records[0]);
  await streamHandler(({ raw, newImage }) => {
    expect(() => Object.assign(raw.dynamodb!.NewImage!.tags, { L: [] })).toThrow(TypeError);
    (newImage!.tags as string[]).push('y');
    throw new PoisonRecordError('bad');
  })({ Records }, context);
  expect(parked[0].record).toEqual(delivered);
});

test.each(changes)('what is parked, remembered and tried again is what Lambda delivered, although the first call %s', async (_, change) => {
  const { parked, context } = host();
  const event: StreamEvent = batchOf('a', 'b', 'c');
  const delivered = structuredClone(event);
  const calls: unknown[] = [];
  const handler = streamHandler({
    concurrency: 1,
    retry: { maxAttempts: 2 },
    onRecord: ({ keys, sequenceNumber, eventId, eventName }, { attempt }) => {
      calls.push([keys.sk, sequenceNumber, eventId, eventName]);
      if (calls.length === 1) {
        change(event);
      }
      if (keys.sk === 'a') {
        throw attempt === 1 ? new Error('no') : new PoisonRecordError('bad');
      }
      if (keys.sk === 'b') {
        throw new Error('no');
      }
    },
  });
  expect(reported(await handler(event, context))).toEqual([1]);
  expect(parked.map(({ record: { eventID, eventName, dynamodb } }) => [eventID, eventName, dynamodb!.SequenceNumber])).toEqual(
    delivered.Records.slice(0, 1).map(({ eventID, eventName, dynamodb }) => [eventID, eventName, dynamodb!.SequenceNumber]),
  );
  const seen = (...steps: number[]) => steps.map((at) => {
    const { eventID, eventName, dynamodb } = delivered.Records[at];
    return [dynamodb!.Keys!.sk.S, dynamodb!.SequenceNumber, eventID, eventName];
  });
  expect(calls).toEqual(seen(0, 1, 2, 0, 1));
  await handler({ Records: delivered.Records.slice(1) }, context);
  expect(calls.slice(5)).toEqual(seen(1, 1));
});
