import { allOf, anyOf, type FieldCondition, filterOf, type Ways, waysOf } from '../../lib/rules/filter/filter-composition';
import { filterFacts } from '../../lib/rules/filter/filter-facts';

/** A filter of several ways, each on a field of its own. */
function choice(name: string, count: number): Ways {
  return Array.from({ length: count }, (_, index) => [field(`${name}${index}`, 'x')]);
}

function field(name: string, ...alternatives: unknown[]): FieldCondition {
  return { keys: ['dynamodb', 'NewImage', name, 'S'], alternatives };
}

function inList(...keys: string[]): Ways {
  return [[{ keys: ['dynamodb', 'NewImage', 'lines', 'L', 'M', ...keys], alternatives: ['x'] }]];
}

test.each([
  ['refused at a place', '{"eventName":"INSERT"}', /^The filter \{"eventName":"INSERT"\} can't be combined because AWS refuses it at eventName: a plain value must /],
  ['refused as a whole', '{}', /^The filter \{\} can't be combined because AWS refuses it: the pattern is \{\}/],
  ['not what it seems at a place', '{"eventID":["1"],"eventID":["2"]}',
    /^The filter \{"eventID":\["1"\],"eventID":\["2"\]\} can't be combined because it is not what it seems at eventID: the key "eventID" /],
  ['not what it seems as a whole', '{"eventID":["1"]} x', /^The filter \{"eventID":\["1"\]\} x can't be combined because it is not what it seems: AWS's /],
])('a filter that is %s has no ways', (_, text, message) => {
  expect(() => waysOf(filterFacts(text))).toThrow(expect.objectContaining({ name: 'FilterCompositionError', message: expect.stringMatching(message) }));
});

test('a filter that AWS refuses is not written', () => {
  expect(() => filterOf([[{ keys: ['eventName'], alternatives: [] }]]))
    .toThrow(/^The filter can't be written as an event pattern because AWS refuses it at eventName: \[\] is not allowed/);
  expect(() => filterOf([[]])).toThrow(/^The filter can't be written as an event pattern because AWS refuses it: the pattern is \{\}/);
});

test('the ways of a filter write the same filter', () => {
  const text = '{"$or":[{"eventName":["INSERT",{"prefix":"MOD"}]},{"dynamodb":{"Keys":{"id":{"S":[{"exists":true}]}}}}]}';

  expect(filterOf(waysOf(filterFacts(text))).text).toBe(text);
});

test('conditions on fields side by side are written side by side, whatever their names are', () => {
  const way = [field('a', 'x'), field('__proto__', 'y'), field('constructor', 'z'), { keys: ['eventName'], alternatives: ['INSERT'] }];

  expect(filterOf([way]).text)
    .toBe('{"dynamodb":{"NewImage":{"a":{"S":["x"]},"__proto__":{"S":["y"]},"constructor":{"S":["z"]}}},"eventName":["INSERT"]}');
});

test('as many combinations as AWS allows are written, one more is refused', () => {
  const [eight, hundredAndTwentyFive] = [choice('a', 8), choice('b', 125)];
  const [seven, eleven, thirteen] = [choice('a', 7), choice('b', 11), choice('c', 13)];

  expect(allOf([eight, hundredAndTwentyFive])).toHaveLength(1000);
  expect(() => allOf([seven, eleven, thirteen])).toThrow('These 3 filters come to 1001 combinations of their alternatives but an event pattern may have '
    + 'at most 1000. Combine fewer filters, or check some of the fields in the function.');
});

test('two conditions on one field do not combine, however its name is written', () => {
  expect(() => allOf([[[field('status', 'PAID')]], [[{ keys: ['dynamodb', 'NewImage.status', 'S'], alternatives: ['SHIPPED'] }]]]))
    .toThrow('Two filters look at dynamodb.NewImage.status.S but an event pattern has one condition for each field: AWS would keep the last. '
      + 'Write one condition, or check the field in the function.');
});

test('two conditions on one list do not combine, at any depth', () => {
  expect(() => allOf([inList('sku', 'S'), inList('quantity', 'N')])).toThrow('Two filters look into the list dynamodb.NewImage.lines but in one event '
    + 'pattern both conditions are on the same element. Write one condition for an element that meets both, or check the list in the function.');
  expect(() => allOf([inList('parts', 'L', 'S'), inList('parts', 'L', 'N')])).toThrow('into the list dynamodb.NewImage.lines but');
});

test('an attribute called L is not a list', () => {
  const under = (name: string): Ways => [[{ keys: ['dynamodb', 'NewImage', 'L', name], alternatives: ['x'] }]];

  expect(allOf([under('S'), under('N')])).toHaveLength(1);
});

test('alternatives on one field are one condition, those on several are several ways', () => {
  expect(anyOf([[[field('status', 'PAID')]], [[field('status', 'SHIPPED')]]])).toEqual([[field('status', 'PAID', 'SHIPPED')]]);
  expect(anyOf([[[field('status', 'PAID')]], [[field('total', '1')]]])).toHaveLength(2);
});
