import { StreamEventName, StreamFilter } from '../../lib';
import { compileFilter, InvalidFilterError, matchesFilter, streamRecord } from '../../lib/testing';

const insert = streamRecord({ newImage: { id: '1', total: 42 } });

test.each([
  ['an object', { eventName: ['INSERT'] }],
  ['JSON text', '{"eventName": ["INSERT"]}'],
  ['a StreamFilter', StreamFilter.eventName(StreamEventName.INSERT)],
  ['what lambda.FilterCriteria.filter returns', { pattern: '{"eventName": ["INSERT"]}' }],
])('takes %s', (_, filter) => {
  expect(matchesFilter(filter, insert)).toBe(true);
});

test('a compiled filter serves many records', () => {
  const passes = compileFilter({ dynamodb: { NewImage: { total: { N: ['42'] } } } });
  expect([insert, streamRecord({ newImage: { id: '2', total: 43 } })].map(passes)).toEqual([true, false]);
});

test.each([['{}'], ['{"eventName": "INSERT"}'], ['INSERT'], ['{"eventName": [{"is": "INSERT"}]}']])('refuses %s, as AWS does, and says why', (filter) => {
  expect(() => matchesFilter(filter, insert)).toThrow(InvalidFilterError);
});

test('a refusal names the filter and all that is wrong with it', () => {
  let error: unknown;
  try {
    compileFilter({ eventName: 'INSERT', awsRegion: [] });
  } catch (thrown) {
    error = thrown;
  }
  const { name, message, filter, problems } = error as InvalidFilterError;

  expect([name, filter]).toEqual(['InvalidFilterError', '{"eventName":"INSERT","awsRegion":[]}']);
  expect(problems).toHaveLength(2);
  expect(message).toBe(`The filter ${filter} is refused: ${problems.join('; ')}`);
});

const circle: { eventName?: unknown } = {};
circle.eventName = circle;

test('refuses what is not JSON, and says so', () => {
  expect(() => matchesFilter({ eventName: [42n] } as never, insert)).toThrow(/^The filter .* is refused: it can't be written as JSON: .*BigInt/);
});

test.each([[null], [undefined], [[]], [42], [circle]])('refuses %p from an untyped caller', (filter) => {
  expect(() => matchesFilter(filter as never, insert)).toThrow(InvalidFilterError);
});
