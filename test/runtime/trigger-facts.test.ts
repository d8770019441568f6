import { batchOf, STREAM_ARN } from './records';
import { streamHandler, windowHandler } from '../../lib/runtime';
import { triggerFacts } from '../../lib/runtime/trigger-facts';

const facts = (text: unknown, reports?: boolean) => {
  process.env.DYNAMO_STREAM_TRIGGER = typeof text === 'string' ? text : JSON.stringify(text);
  return triggerFacts(STREAM_ARN, {}, reports);
};

afterEach(() => {
  delete process.env.DYNAMO_STREAM_TRIGGER;
});

test('a trigger that names the stream goes before one that names none', () => {
  const triggers = [{ report: false }, { stream: STREAM_ARN, report: true, park: 'arn:aws:s3:::b' }];
  expect(facts({ v: 1, triggers })).toEqual(triggers[1]);
});

test('a trigger without a stream serves every stream that no other names', () => {
  const triggers = [{ stream: 'arn:other', report: true }, { report: false }];
  expect(facts({ v: 1, triggers })).toEqual({ report: false });
});

test('a stream that no trigger serves is as unknown as without the variable', () => {
  expect(facts({ v: 1, triggers: [{ stream: 'arn:other', report: false }] })).toEqual({ report: true });
});

test('of two triggers on one stream, reporting is only safe if both do', () => {
  expect(facts({ v: 1, triggers: [{ report: true, park: 'a' }, { report: false }] })).toEqual({ report: false, park: 'a' });
});

test('the trigger\'s word goes before the handler\'s', () => {
  expect(facts({ v: 1, triggers: [{ report: false }] }, true)).toEqual({ report: false });
});

test.each<[string | object]>([
  ['{'], ['null'], [{ v: 2, triggers: [] }], [{ v: 1 }], [{ v: 1, triggers: [{ report: 'yes' }] }], [{ v: 1, triggers: [null] }],
  [{ v: 1, triggers: [{ report: true, stream: 1 }] }], [{ v: 1, triggers: [{ report: true, park: 1 }] }],
])('the variable %j is refused', (text) => {
  expect(() => facts(text)).toThrowErrorMatchingSnapshot();
});

describe('a handler whose variable can\'t be read', () => {
  const windowEvent: any = { ...batchOf('a'), window: { start: '', end: '' }, state: {} };
  let calls = 0;
  const handlers: [string, () => Promise<unknown>][] = [
    ['streamHandler', async () => streamHandler(() => {
      calls++;
    })(batchOf('a'))],
    ['windowHandler', async () => windowHandler<number>({ initialState: () => 0, onRecord: () => calls++ })(windowEvent)],
  ];

  test.each(handlers)('%s refuses the batch, of which nothing is processed, by name', async (_, invoke) => {
    process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 2, triggers: [] });
    await expect(invoke()).rejects.toMatchObject({ name: 'TriggerFactsError', message: expect.stringContaining('DYNAMO_STREAM_TRIGGER') });
    expect(calls).toBe(0);
  });

  test('goes on as soon as it can', async () => {
    process.env.DYNAMO_STREAM_TRIGGER = 'no JSON';
    const handler = streamHandler(() => undefined);
    await expect(handler(batchOf('a'))).rejects.toThrow('"no JSON"');
    process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 1, triggers: [{ report: true }] });
    expect(await handler(batchOf('a'))).toEqual({ batchItemFailures: [] });
  });
});
