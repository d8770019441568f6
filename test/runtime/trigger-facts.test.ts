import { STREAM_ARN } from './records';
import { triggerFacts } from '../../lib/runtime/trigger-facts';

const facts = (text: unknown, reports?: boolean) => {
  process.env.DYNAMO_STREAM_TRIGGER = typeof text === 'string' ? text : JSON.stringify(text);
  return triggerFacts(STREAM_ARN, {}, reports);
};

afterEach(() => { delete process.env.DYNAMO_STREAM_TRIGGER; });

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

test.each([
  ['{', 'has to be { "v": 1, "triggers"'],
  ['null', 'has to be { "v": 1, "triggers"'],
  [{ v: 2, triggers: [] }, 'has to be { "v": 1, "triggers"'],
  [{ v: 1 }, 'has to be { "v": 1, "triggers"'],
  [{ v: 1, triggers: [{ report: 'yes' }] }, 'has to be { "v": 1, "triggers"'],
  [{ v: 1, triggers: [null] }, 'has to be { "v": 1, "triggers"'],
  [{ v: 1, triggers: [{ report: true, stream: 1 }] }, 'has to be { "v": 1, "triggers"'],
])('the variable %j is refused', (text, message) => {
  expect(() => facts(text)).toThrow(message);
});
