import * as cdk from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as fc from 'fast-check';
import { AttributeCondition, AttributeDataType, NumberRange, StreamEventName, StreamFilter, TextCondition } from '../../lib';
import { parseEventPattern } from '../../lib/event-pattern';
import { FilterCompositionError } from '../../lib/rules/filter/filter-composition';
import { matchesFilter, streamRecord } from '../../lib/testing';
import { TestApp } from '../app';

const order = { id: 'o-1', status: 'SHIPPED', total: 129.95, paid: true, note: null, tags: new Set(['gift', 'express']), sizes: new Set([1, 2]) };
const lines = [{ sku: 'A-1', quantity: 2 }, { sku: 'B-7', quantity: 1 }];
const record = streamRecord({ eventName: 'MODIFY', keys: { id: 'o-1' }, newImage: { ...order, lines }, oldImage: { ...order, status: 'PACKED' } });

const { newImage, oldImage } = StreamFilter;
const passes: [string, StreamFilter][] = [
  ['an event name', StreamFilter.eventName(StreamEventName.INSERT, StreamEventName.MODIFY)],
  ['a key', StreamFilter.key('id', AttributeCondition.stringMatches(TextCondition.prefix('o-')))],
  ['a text', newImage('status', AttributeCondition.stringIs('SHIPPED', 'RETURNED'))],
  ['the end of a text', newImage('status', AttributeCondition.stringMatches(TextCondition.suffix('PED')))],
  ['a text in another case', newImage('status', AttributeCondition.stringMatches(TextCondition.oneOfIgnoringCase('shipped')))],
  ['a text that is something else', oldImage('status', AttributeCondition.stringMatches(TextCondition.noneOf('SHIPPED')))],
  ['one of several', newImage('status', AttributeCondition.stringMatches(TextCondition.anyOf(TextCondition.oneOf('X'), TextCondition.prefix('SH'))))],
  ['a number', newImage('total', AttributeCondition.numberIs(129.95))],
  ['a number, however it is written', newImage('total', AttributeCondition.exactNumberIs('1.29950e2'))],
  ['another number', newImage('total', AttributeCondition.numberIsNot(1, 2))],
  ['a truth value', newImage('paid', AttributeCondition.booleanIs(true))],
  ['null', newImage('note', AttributeCondition.isNull())],
  ['an element of a set', newImage('tags', AttributeCondition.stringSetHas(TextCondition.oneOf('express')))],
  ['a number of a set', newImage('sizes', AttributeCondition.numberSetHas(2))],
  ['an element of a list', newImage('lines', AttributeCondition.listHas(AttributeCondition.mapHas({
    sku: AttributeCondition.stringIs('B-7'), quantity: AttributeCondition.numberIs(1),
  })))],
  ['presence', newImage('status', AttributeCondition.exists(AttributeDataType.STRING))],
  ['absence', newImage('missing', AttributeCondition.notExists(AttributeDataType.STRING))],
  ['a change by a writer', StreamFilter.notExpired()],
  ['a size', StreamFilter.sizeBytes(NumberRange.between(1, 1_000_000))],
  ['a time', StreamFilter.createdAt(NumberRange.atLeast(1))],
  ['all of several', StreamFilter.allOf(
    newImage('status', AttributeCondition.stringIs('SHIPPED')),
    StreamFilter.anyOf(oldImage('status', AttributeCondition.stringIs('PACKED')), StreamFilter.expired()),
  )],
];

test.each(passes)('lets through by %s', (_, filter) => {
  expect(matchesFilter(filter, record)).toBe(true);
});

test.each([
  ['another event name', StreamFilter.eventName(StreamEventName.REMOVE)],
  ['another text', newImage('status', AttributeCondition.stringIs('shipped'))],
  ['an attribute of another type', newImage('total', AttributeCondition.stringIs('129.95'))],
  ['two conditions that no single element of a list meets', newImage('lines', AttributeCondition.listHas(AttributeCondition.mapHas({
    sku: AttributeCondition.stringIs('B-7'), quantity: AttributeCondition.numberIs(2),
  })))],
  ['a missing attribute', newImage('missing', AttributeCondition.stringMatches(TextCondition.noneOf('x')))],
  ['an expiry that was none', StreamFilter.expired()],
  ['a size', StreamFilter.sizeBytes(NumberRange.below(1))],
])('holds back by %s', (_, filter) => {
  expect(matchesFilter(filter, record)).toBe(false);
});

const VALUES = {
  [AttributeDataType.STRING]: 'a',
  [AttributeDataType.NUMBER]: 1,
  [AttributeDataType.BINARY]: Uint8Array.of(1),
  [AttributeDataType.BOOLEAN]: false,
  [AttributeDataType.NULL]: null,
  [AttributeDataType.STRING_SET]: new Set(['a']),
  [AttributeDataType.NUMBER_SET]: new Set([1]),
  [AttributeDataType.BINARY_SET]: new Set([Uint8Array.of(1)]),
} satisfies { readonly [type in AttributeDataType]: unknown };

test.each(Object.values(AttributeDataType))('an attribute of type %s is there if it is of that type', (type) => {
  for (const other of Object.values(AttributeDataType)) {
    const image = streamRecord({ newImage: { id: 'o-1', attribute: VALUES[other] } });
    expect(matchesFilter(newImage('attribute', AttributeCondition.exists(type)), image)).toBe(other === type);
    expect(matchesFilter(newImage('attribute', AttributeCondition.notExists(type)), image)).toBe(other !== type);
  }
});

test.each(Object.values(StreamEventName))('the event name %s is that of no other change', (name) => {
  for (const other of Object.values(StreamEventName)) {
    expect(matchesFilter(StreamFilter.eventName(name), { ...record, eventName: other })).toBe(other === name);
  }
});

test('removals by time to live are recognized', () => {
  const expired = streamRecord({ oldImage: { id: 'o-1' }, expired: true });
  expect(matchesFilter(StreamFilter.expired(), expired)).toBe(true);
  expect(matchesFilter(StreamFilter.notExpired(), expired)).toBe(false);
});

test('what a filter is made of, in combination with any other, passes as its parts do', () => {
  const part = fc.constantFrom(...passes.map(([, filter]) => filter), StreamFilter.expired(), StreamFilter.eventName(StreamEventName.REMOVE));
  const seen = { composed: 0, refused: 0 };
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
    const each = parts.map((filter) => matchesFilter(filter, record));
    expect(matchesFilter(StreamFilter.anyOf(...parts), record)).toBe(each.some(Boolean));
    const fields = parts.flatMap((filter) => {
      const parsed = parseEventPattern(filter.toJson());
      return parsed.valid ? [...new Set(parsed.pattern.branches.flatMap((branch) => branch.map(({ field }) => field)))] : [];
    });
    if (new Set(fields).size === fields.length) {
      seen.composed++;
      expect(matchesFilter(StreamFilter.allOf(...parts), record)).toBe(each.every(Boolean));
    } else {
      seen.refused++;
      expect(() => StreamFilter.allOf(...parts)).toThrow('one condition for each field');
    }
  }));
  expect(Math.min(seen.composed, seen.refused)).toBeGreaterThan(5);
});

test('alternatives of one field are written without $or, which makes a pattern longer', () => {
  expect(StreamFilter.anyOf(StreamFilter.eventName(StreamEventName.INSERT), StreamFilter.eventName(StreamEventName.REMOVE)).toJson())
    .toBe('{"eventName":["INSERT","REMOVE"]}');
});

test('alternatives that overlap are written so that AWS ignores none: it treats two that share a value on each field as one', () => {
  const status = (...texts: string[]) => newImage('status', AttributeCondition.stringIs(...texts));
  const events = fc.subarray(Object.values(StreamEventName), { minLength: 1 });
  const texts = fc.subarray(['PAID', 'PACKED', 'SHIPPED'], { minLength: 1 });
  fc.assert(fc.property(fc.array(fc.tuple(events, texts), { minLength: 1, maxLength: 5 }), (parts) => {
    const filter = StreamFilter.anyOf(...parts.map(([names, values]) => StreamFilter.allOf(StreamFilter.eventName(...names), status(...values))));
    expect(parseEventPattern(filter.toJson()).remarks).toEqual([]);
    for (const eventName of Object.values(StreamEventName)) {
      for (const value of ['PAID', 'PACKED', 'SHIPPED', 'LOST']) {
        const one = { ...record, eventName, dynamodb: { ...record.dynamodb, NewImage: { status: { S: value } } } };
        expect(matchesFilter(filter, one)).toBe(parts.some(([names, values]) => names.includes(eventName) && values.includes(value)));
      }
    }
  }));
});

test.each(passes)('the text of a filter by %s is one that fromJson and fromPattern give back', (_, filter) => {
  const text = filter.toJson();
  expect(StreamFilter.fromJson(text).toJson()).toBe(text);
  expect(StreamFilter.fromPattern(JSON.parse(text)).toJson()).toBe(text);
  expect(StreamFilter.fromCriteria(lambda.FilterCriteria.filter(JSON.parse(text))).toJson()).toBe(text);
  expect(JSON.parse(StreamFilter.allOf(filter).toJson())).toEqual(JSON.parse(text));
});

test('filters on one list do not combine: in one pattern, both conditions would be on the same element', () => {
  const has = (name: string, condition: AttributeCondition) =>
    newImage('lines', AttributeCondition.listHas(AttributeCondition.mapHas({ [name]: condition })));
  const [sku, quantity] = [has('sku', AttributeCondition.stringIs('B-7')), has('quantity', AttributeCondition.numberIs(2))];
  expect(() => StreamFilter.allOf(sku, quantity)).toThrow(new FilterCompositionError('Two filters look into the list dynamodb.NewImage.lines but in one event '
    + 'pattern both conditions are on the same element. Write one condition for an element that meets both, or check the list in the function.'));
  expect(matchesFilter(StreamFilter.anyOf(sku, quantity), record)).toBe(true);
});

test('attributes may have any name', () => {
  for (const name of ['__proto__', 'constructor', 'a.b', 'with "quotes"', 'prefix']) {
    const image = Object.defineProperty({ id: 'o-1' }, name, { value: 'x', enumerable: true });
    expect(matchesFilter(newImage(name, AttributeCondition.stringIs('x')), streamRecord({ newImage: image }))).toBe(true);
  }
});

test.each([
  ['no alternative', () => StreamFilter.eventName(), 'eventName'],
  ['an attribute that AWS reads as an operator', () => newImage('$or', AttributeCondition.booleanIs(true)), 'dynamodb.NewImage.$or'],
  ['a filter that is wrong already', () => StreamFilter.allOf(StreamFilter.fromPattern({ eventName: 'INSERT' })), 'eventName'],
  ['something that is not a number', () => newImage('total', AttributeCondition.exactNumberIs('12 EUR')), '12 EUR'],
])('the error names what can\'t be written: %s', (_, make, named) => {
  expect(make).toThrow(named);
});

test.each([
  ['a key that comes twice', '{"eventName":["INSERT"],"eventName":["MODIFY"]}', 'appears more than once'],
  ['a condition that another one overrides', '{"eventName":["INSERT"],"$or":[{"eventName":["MODIFY"]},{"eventID":["1"]}]}', 'replaces this one'],
  ['text after the pattern', '{"eventName":["INSERT"]} {"eventID":["1"]}', 'not what it seems'],
])('a filter of which AWS would read a part only does not combine: %s', (_, text, named) => {
  expect(() => StreamFilter.allOf(StreamFilter.fromJson(text), StreamFilter.expired())).toThrow(named);
  expect(() => StreamFilter.anyOf(StreamFilter.fromJson(text), StreamFilter.expired())).toThrow(named);
});

describe.each(['allOf', 'anyOf'] as const)('%s', (compose) => {
  const lazy = cdk.Lazy.string({ produce: () => '{"eventName":["INSERT"]}' });

  test.each([
    ['a whole pattern', StreamFilter.fromJson(lazy)],
    ['alternatives', StreamFilter.fromJson(`{"eventName":${lazy}}`)],
    ['something else than a text in a pattern', StreamFilter.fromPattern({ eventName: cdk.Lazy.any({ produce: () => ['INSERT'] }) })],
  ])('names the token that stands for %s', (_, filter) => {
    const combine = () => StreamFilter[compose](StreamFilter.expired(), filter);
    expect(combine).toThrow(FilterCompositionError);
    expect(combine).toThrow(new FilterCompositionError(`The filter ${filter.toJson()} can't be combined because more of it than texts is known at deployment `
      + 'only (a token). Give it to the trigger as a filter of its own: a record passes if it matches one of the filters.'));
  });

  test('takes tokens for texts', () => {
    const text = cdk.Lazy.string({ produce: () => 'INSERT' });
    expect(StreamFilter[compose](StreamFilter.fromPattern({ eventName: [text] }), StreamFilter.expired()).toJson()).toContain(`{"eventName":["${text}"]`);
  });

  test('names what AWS refuses of a pattern with a token', () => {
    expect(() => StreamFilter[compose](StreamFilter.fromPattern({ eventName: lazy }))).toThrow('AWS refuses it at eventName');
  });

  test.each([undefined, '{"eventName":["INSERT"]}', { pattern: '{"eventName":["INSERT"]}' }, [StreamFilter.expired()]])('does not take %j', (other: any) => {
    expect(() => StreamFilter[compose](StreamFilter.expired(), other)).toThrow(new TypeError(
      `StreamFilter.allOf and anyOf got ${JSON.stringify(other)} but take StreamFilters, one after another. Give StreamFilter.fromCriteria(…) for what `
      + 'lambda.FilterCriteria.filter(…) returns, StreamFilter.fromPattern(…) for a pattern.'));
  });
});

test.each<[string, (condition: any) => unknown]>([
  ['dynamodb.NewImage.status', (condition) => newImage('status', condition)],
  ['dynamodb.OldImage.status', (condition) => oldImage('status', condition)],
  ['dynamodb.Keys.status', (condition) => StreamFilter.key('status', condition)],
  ['L', (condition) => AttributeCondition.listHas(condition)],
  ['M.status', (condition) => AttributeCondition.mapHas({ status: condition })],
])('a condition on %s has a type', (way, make) => {
  for (const given of [undefined, null, 'PAID', ['PAID'], TextCondition.oneOf('PAID')]) {
    expect(() => make(given)).toThrow(new TypeError(`${way} got ${JSON.stringify(given)} but takes an AttributeCondition such as AttributeCondition.stringIs('PAID').`));
  }
});

test.each<[string, (condition: any) => unknown]>([
  ['stringMatches', (condition) => AttributeCondition.stringMatches(condition)],
  ['stringSetHas', (condition) => AttributeCondition.stringSetHas(condition)],
  ['anyOf', (condition) => TextCondition.anyOf(TextCondition.oneOf('PAID'), condition)],
])('%s does not take a plain text', (_, make) => {
  for (const given of [undefined, null, 'PAID', AttributeCondition.stringIs('PAID')]) {
    expect(() => make(given)).toThrow(new TypeError(
      `A filter got ${JSON.stringify(given)} for a text but takes a TextCondition such as TextCondition.prefix('A-').`));
  }
});

test.each([NaN, Infinity, -Infinity])('a number of the record is not compared with %d', (number) => {
  for (const make of [() => NumberRange.below(number), () => NumberRange.atLeast(number), () => NumberRange.between(0, number)]) {
    expect(make).toThrow(new TypeError(`A NumberRange got ${number} but takes finite numbers. For a range with one end use below(…) or atLeast(…).`));
  }
});

test.each([undefined, null, 42, '{"eventName":["INSERT"]}', [{ eventName: ['INSERT'] }]])('fromPattern does not take %j', (given: any) => {
  expect(() => StreamFilter.fromPattern(given)).toThrow(new TypeError(
    `StreamFilter.fromPattern got ${JSON.stringify(given)} but takes an object such as { eventName: ['INSERT'] }. Use StreamFilter.fromJson(…) for JSON text.`));
});

test.each([undefined, null, 42, { eventName: ['INSERT'] }])('fromJson does not take %j', (given: any) => {
  expect(() => StreamFilter.fromJson(given)).toThrow(new TypeError(
    `StreamFilter.fromJson got ${JSON.stringify(given)} but takes JSON text such as '{"eventName":["INSERT"]}'. Use StreamFilter.fromPattern(…) for an object.`));
});

test.each([undefined, null, { eventName: ['INSERT'] }, { pattern: { eventName: ['INSERT'] } }])('fromCriteria does not take %j', (given: any) => {
  expect(() => StreamFilter.fromCriteria(given)).toThrow(new TypeError(`StreamFilter.fromCriteria got ${JSON.stringify(given)} but takes what `
    + 'lambda.FilterCriteria.filter(…) returns. Use StreamFilter.fromPattern(…) for an event pattern itself.'));
});

test('fromCriteria does not take a number that FilterCriteria.filter has written as a placeholder', () => {
  const criteria = lambda.FilterCriteria.filter({ dynamodb: { SizeBytes: [{ numeric: ['>', cdk.Token.asNumber({ Ref: 'Size' })] }] } });
  expect(() => StreamFilter.fromCriteria(criteria)).toThrow(new TypeError('StreamFilter.fromCriteria got a number that only the deployment knows (a token). '
    + 'FilterCriteria.filter(…) has written it into text, where the CDK can\'t replace it. Give the pattern itself to StreamFilter.fromPattern(…).'));
});

const deployedNumber = cdk.Token.asNumber({ Ref: 'Total' });

test.each([
  ['numberIs', () => AttributeCondition.numberIs(deployedNumber)],
  ['numberIsNot', () => AttributeCondition.numberIsNot(deployedNumber)],
  ['numberSetHas', () => AttributeCondition.numberSetHas(deployedNumber)],
  ['exactNumberIs', () => AttributeCondition.exactNumberIs(cdk.Token.asString({ Ref: 'Total' }))],
  ['below', () => NumberRange.below(deployedNumber)],
  ['atLeast', () => NumberRange.atLeast(deployedNumber)],
  ['between', () => NumberRange.between(0, deployedNumber)],
])('%s does not take a number that only the deployment knows', (_, make) => {
  expect(make).toThrow(new TypeError('A filter got a number that only the deployment knows (a token), which can\'t be written into its event pattern. '
    + 'Give the number itself, or compare it in the function.'));
});

test.each([
  ['a map of which nothing is asked', () => newImage('map', AttributeCondition.mapHas({}))],
  ['all of no filters', () => StreamFilter.allOf()],
])('a filter without a condition is refused as {}: %s', (_, make) => {
  expect(make).toThrow('because AWS refuses it: the pattern is {}');
});

test('filters that come to more combinations than AWS allows are refused before they are written out', () => {
  const choices = Array.from({ length: 40 }, (_, i) => StreamFilter.anyOf(
    newImage(`a${i}`, AttributeCondition.stringIs('x')), oldImage(`b${i}`, AttributeCondition.stringIs('x'))));
  expect(() => StreamFilter.allOf(...choices)).toThrow('combinations of their alternatives but an event pattern may have at most 1000. Combine fewer filters, or check some of the fields in the function.');
  expect(() => StreamFilter.allOf(...choices.slice(0, 10))).toThrow('come to 1024 combinations');
  expect(JSON.parse(StreamFilter.allOf(...choices.slice(0, 9)).toJson()).$or).toHaveLength(512);
});

test('fromJson takes a text that only the deployment knows', () => {
  const text = cdk.Lazy.string({ produce: () => '{"eventName":["INSERT"]}' });
  expect(StreamFilter.fromJson(text).toJson()).toBe(text);
});

test.each<[string, (stack: cdk.Stack) => object, unknown]>([
  ['a text', (stack) => ({ eventID: [parameter(stack, 'String').valueAsString] }), ['', ['{"eventID":["', { Ref: 'Value' }, '"]}']]],
  ['a number', (stack) => ({ eventID: [parameter(stack, 'Number').valueAsNumber] }), ['', ['{"eventID":[', { Ref: 'Value' }, ']}']]],
  ['an object', (stack) => ({ eventID: [cdk.Fn.conditionIf(bigCondition(stack).logicalId, 'a', 'b')] }), ['', ['{"eventID":["', { 'Fn::If': ['Big', 'a', 'b'] }, '"]}']]],
])('fromPattern takes a token for %s, and writes it into the template', (_name, patternIn, joined) => {
  const app = new TestApp();
  app.trigger({ filters: [StreamFilter.fromPattern(patternIn(app.stack) as {})] });

  expect(app.mapping().FilterCriteria.Filters).toEqual([{ Pattern: { 'Fn::Join': joined } }]);
});

function bigCondition(stack: cdk.Stack): cdk.CfnCondition {
  return new cdk.CfnCondition(stack, 'Big', { expression: cdk.Fn.conditionEquals(cdk.Aws.REGION, 'eu-west-1') });
}

function parameter(stack: cdk.Stack, type: string): cdk.CfnParameter {
  return new cdk.CfnParameter(stack, 'Value', { type });
}

test('what the builder forbids does not compile', () => {
  const forbidden = () => [
    // @ts-expect-error an event name is one of three
    StreamFilter.eventName('INSERTED'),
    // @ts-expect-error an attribute has a type
    newImage('status', ['SHIPPED']),
    // @ts-expect-error a number is not a text
    AttributeCondition.numberIs('42'),
    // @ts-expect-error attributes can't be compared by size: stream records carry their numbers as texts
    newImage('total', NumberRange.below(10)),
    // @ts-expect-error keys are texts, numbers or bytes
    StreamFilter.key('id', AttributeCondition.booleanIs(true)),
    // @ts-expect-error a list's element has a type of its own
    AttributeCondition.listHas('x'),
    // @ts-expect-error whether a list or a map is there can't be asked
    AttributeCondition.exists('L'),
    // @ts-expect-error a key is not a set
    StreamFilter.key('id', AttributeCondition.stringSetHas(TextCondition.oneOf('a'))),
    // @ts-expect-error a text is not a number
    TextCondition.oneOf(42),
    // @ts-expect-error nor can an attribute be compared as a text of any type
    newImage('total', TextCondition.prefix('4')),
    // @ts-expect-error a pattern is made by the functions that name what it is
    new StreamFilter('{"eventName":["INSERT"]}'),
    // @ts-expect-error a pattern is not a filter
    StreamFilter.anyOf({ eventName: ['INSERT'] }),
    // @ts-expect-error what FilterCriteria.filter(…) returns is not a filter before fromCriteria
    StreamFilter.allOf(lambda.FilterCriteria.filter({ eventName: ['INSERT'] })),
    // @ts-expect-error text conditions are for texts
    StreamFilter.createdAt(TextCondition.prefix('2026')),
  ];
  expect(forbidden).toBeInstanceOf(Function);
});

/** The number that its author wrote, and what JavaScript makes of it. */
const ROUNDED: readonly [string, number][] = [
  '1234567890123456789', '9007199254740993', '-9007199254740993', '1000000000000000000000', '0.12345678901234567', '0.12345678901234561', '-1.2345678901234561', '0.1234567890123456',
  '1234567890.1234567', '0.00000012345678901234567',
].map((text) => [text, Number(text)]);

/** What the way out in an error's message makes of the number as text. */
function wayOut(make: () => unknown, number: string): StreamFilter {
  try {
    make();
  } catch (error) {
    const [, code] = /Give it as text, (?:to |in a pattern of your own: )(.*)\.$/.exec((error as Error).message)!;
    const made: unknown = new Function('AttributeCondition', 'StreamFilter', `return ${code.replace('…', number)};`)(AttributeCondition, StreamFilter);
    return made instanceof StreamFilter ? made : newImage('name', made as AttributeCondition);
  }
  throw new Error('It was taken.');
}

describe.each<[string, (number: number) => AttributeCondition, (number: string) => object, (number: string) => object]>([
  ['numberIs', (number) => AttributeCondition.numberIs(1, number), (N) => ({ N }), () => ({ N: '5' })],
  ['numberIsNot', (number) => AttributeCondition.numberIsNot(number), () => ({ N: '5' }), (N) => ({ N })],
  ['numberSetHas', (number) => AttributeCondition.numberSetHas(number), (number) => ({ NS: ['5', number] }), () => ({ NS: ['5'] })],
])('%s', (_name, make, passing, failing) => {
  test.each(ROUNDED)('refuses %s, which a double may have rounded, and the way out that it names works', (text, number) => {
    const filter = wayOut(() => make(number), text);
    const matches = (name: object) => matchesFilter(filter, { ...record, dynamodb: { ...record.dynamodb, NewImage: { name } } } as typeof record);

    expect([passing(text), failing(text)].map(matches)).toEqual([true, false]);
  });

  test('takes every decimal of up to 15 digits', () => {
    fc.assert(fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), fc.integer({ min: 0, max: 20 }), (digits, places) => {
      expect(() => make(Number(`${digits}e-${places}`))).not.toThrow();
    }), { numRuns: 50 });
  });
});

test.each<[string, (number: number) => unknown, string]>([
  ['numberIs', (number) => AttributeCondition.numberIs(number), 'to AttributeCondition.exactNumberIs(\'…\')'],
  ['numberIsNot', (number) => AttributeCondition.numberIsNot(number),
    'in a pattern of your own: StreamFilter.fromPattern({ dynamodb: { NewImage: { name: { N: [{ \'anything-but\': [\'…\'] }] } } } })'],
  ['numberSetHas', (number) => AttributeCondition.numberSetHas(number),
    'in a pattern of your own: StreamFilter.fromPattern({ dynamodb: { NewImage: { name: { NS: [\'…\'] } } } })'],
])('%s says why it refuses a number, and where its text can be given', (_, make, asText) => {
  expect(() => make(2 ** 53)).toThrow(new TypeError('A filter got the number 9007199254740992, but a double holds whole numbers up to 9,007,199,254,740,991 and '
    + `decimals of up to 15 digits exactly: this may not be the number that was written. Give it as text, ${asText}.`));
});

test.each<[string, () => unknown]>([
  ['AttributeCondition.numberIs', () => AttributeCondition.numberIs()],
  ['AttributeCondition.exactNumberIs', () => AttributeCondition.exactNumberIs()],
  ['AttributeCondition.numberIsNot', () => AttributeCondition.numberIsNot()],
  ['AttributeCondition.numberSetHas', () => AttributeCondition.numberSetHas()],
  ['AttributeCondition.stringIs', () => AttributeCondition.stringIs()],
  ['TextCondition.oneOf', () => TextCondition.oneOf()],
  ['TextCondition.oneOfIgnoringCase', () => TextCondition.oneOfIgnoringCase()],
  ['TextCondition.prefix', () => TextCondition.prefix()],
  ['TextCondition.suffix', () => TextCondition.suffix()],
  ['TextCondition.noneOf', () => TextCondition.noneOf()],
  ['TextCondition.anyOf', () => TextCondition.anyOf()],
  ['StreamFilter.eventName', () => StreamFilter.eventName()],
])('%s needs a value, and says so', (name, make) => {
  expect(make).toThrow(new TypeError(`${name} got nothing but needs at least one value. Give it one, or omit the condition.`));
});

test('numbers that a double holds, and exact ones, are taken', () => {
  expect(StreamFilter.newImage('n', AttributeCondition.numberIs(Number.MAX_SAFE_INTEGER, 0.1, -1e-9)).toJson()).toContain('"9007199254740991"');
  expect(StreamFilter.newImage('n', AttributeCondition.exactNumberIs('1234567890123456789')).toJson()).toContain('"1234567890123456789"');
});

test('a condition that was not made by the methods is refused, as other languages can make one', () => {
  const made = new (AttributeCondition as unknown as new (conditions: unknown) => AttributeCondition)([{ keys: ['N'], alternatives: [{ numeric: ['>', 5] }] }]);

  expect(() => StreamFilter.newImage('n', made)).toThrow(TypeError);
});
