import { record } from './records';
import { streamHandler } from '../../lib/runtime';

const { Keys: _keys, ...withoutKeys } = record(0).dynamodb!;

test.each([
  ['undefined', undefined, 'The event is undefined, but must be that of a DynamoDB stream'],
  ['a bare record', record(0), 'an object of eventID'],
  ['The event is an array', [record(0)], 'The event is an array'],
  ['a queue\'s event', { Records: [{ eventSource: 'aws:sqs', body: 'x' }] }, '(eventSource: aws:sqs)'],
  ['a null record', { Records: [null] }, 'Records[0] is null'],
  ['an unknown change', { Records: [{ ...record(0), eventName: 'UPSERT' }] }, 'Records[0].eventName is "UPSERT"'],
  ['a record without keys', { Records: [record(0), { ...record(1), dynamodb: withoutKeys }] }, 'Records[1].dynamodb.Keys is undefined'],
  ['a record with empty keys', { Records: [{ ...record(0), dynamodb: { ...withoutKeys, Keys: {} } }] }, 'an object of nothing'],
  ['a record without a number', { Records: [{ ...record(0), dynamodb: { ...record(0).dynamodb, SequenceNumber: undefined } }] }, 'SequenceNumber is undefined'],
  ['two streams', { Records: [record(0), { ...record(1), eventSourceARN: 'arn:other' }] }, 'a batch is of one stream'],
  ['a window', { Records: [record(0)], window: {}, state: {} }, 'use windowHandler'],
  ['a window without a state', { Records: [record(0)], window: {} }, 'use windowHandler'],
])('%s is refused by name, before anything is processed', async (_, event, message) => {
  let calls = 0;
  const handler = streamHandler(() => {
    calls++;
  });
  await expect(handler(event as any)).rejects.toMatchObject({ name: 'InvalidEventError', message: expect.stringContaining(message) });
  expect(calls).toBe(0);
});

test.each<[string, unknown]>([
  ['an event that is JSON once more', JSON.stringify({ Records: [record(0, 'a', { newImage: { card: '4111' } })] })],
  ['a record that is text', { Records: [JSON.stringify(record(0, 'a', { newImage: { card: '4111' } }))] }],
])('%s is refused without what it holds, because Lambda prints the error', async (_, event) => {
  const { message } = await streamHandler(() => undefined)(event as any).then(() => new Error('taken'), (error) => error);
  expect(message).toMatch(/^(The event|Records\[0\]) is "{.{38}, but must be/);
});
