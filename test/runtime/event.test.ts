import { record } from './records';
import { streamHandler } from '../../lib/runtime';

const { Keys: _keys, ...withoutKeys } = record(0).dynamodb!;

test.each([
  ['undefined', undefined],
  ['a bare record', record(0)],
  ['the array that Pipes deliver', [record(0)]],
  ['a queue\'s event', { Records: [{ eventSource: 'aws:sqs', body: 'x' }] }],
  ['a null record', { Records: [null] }],
  ['an unknown change', { Records: [{ ...record(0), eventName: 'UPSERT' }] }],
  ['a record without keys', { Records: [record(0), { ...record(1), dynamodb: withoutKeys }] }],
  ['a record with empty keys', { Records: [{ ...record(0), dynamodb: { ...withoutKeys, Keys: {} } }] }],
  ['a record without a number', { Records: [{ ...record(0), dynamodb: { ...record(0).dynamodb, SequenceNumber: undefined } }] }],
  ['a record whose number is not a text', { Records: [{ ...record(0), dynamodb: { ...record(0).dynamodb, SequenceNumber: 1 } }] }],
  ['two streams', { Records: [record(0), { ...record(1), eventSourceARN: 'arn:other' }] }],
  ['a window', { Records: [record(0)], window: {}, state: {} }],
  ['a window without a state', { Records: [record(0)], window: {} }],
])('%s is refused by name, before anything is processed', async (_, event) => {
  let calls = 0;
  const handler = streamHandler(() => {
    calls++;
  });
  const refused = handler(event as any);
  await expect(refused).rejects.toMatchObject({ name: 'InvalidEventError' });
  await expect(refused).rejects.toThrowErrorMatchingSnapshot();
  expect(calls).toBe(0);
});

test.each<[string, unknown]>([
  ['an event that is JSON once more', JSON.stringify({ Records: [record(0, 'a', { newImage: { card: '4111' } })] })],
  ['a record that is text', { Records: [JSON.stringify(record(0, 'a', { newImage: { card: '4111' } }))] }],
])('%s is refused without what it holds, because Lambda prints the error', async (_, event) => {
  const { message } = await streamHandler(() => undefined)(event as any).then(() => new Error('taken'), (error) => error);
  expect(message).toMatch(/^(The event|Records\[0\]) is "{.{38} but must be/);
});
