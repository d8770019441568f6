import { compileFilters, matchesEventPattern, parseEventPattern } from '../../lib/event-pattern';

/** Whether `{"a": alternatives}` lets a record pass that holds a value there. */
const passes = (alternatives: string, value: unknown) => matches(`{"a": ${alternatives}}`, { a: value });

function matches(text: string, record: object): boolean {
  const parsed = parseEventPattern(text);
  if (!parsed.valid) {
    throw new Error(parsed.problems[0].message);
  }
  return matchesEventPattern(parsed.pattern, record);
}

describe('plain values', () => {
  test.each<[string, unknown, boolean]>([
    ['["x"]', 'x', true],
    ['["x"]', 'X', false],
    ['["x", "y"]', 'y', true],
    ['[""]', '', true],
    ['[""]', null, false],
    ['[null]', null, true],
    ['[null]', 'null', false],
    ['[true]', true, true],
    ['[true]', 'true', false],
    ['["5"]', 5, false],
    ['[5]', '5', false],
  ])('%s: %j %j', (alternatives, value, expected) => {
    expect(passes(alternatives, value)).toBe(expected);
  });

  test.each(['300', '300.0', '3e2', '3.00E+2', '30000e-2'])('a number is compared by its value, however it is written: %s', (text) => {
    expect(passes(`[${text}]`, 300)).toBe(true);
  });

  test('zero has no sign', () => {
    expect(passes('[-0]', 0)).toBe(true);
    expect(passes('[{"numeric": ["=", -0.00e5]}]', 0)).toBe(true);
    expect(passes('[0]', -0)).toBe(true);
  });

  test.each([
    ['1.2.3.4', '01.2.03.4', true],
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', true],
    ['::ffff:102:304', '1.2.3.4', true],
    ['1.2.3.4', '1.2.3.5', false],
    ['12:30', '12:30', true],
    ['999.1.1.1', '999.1.1.1', true],
    ['1.2.3.00000000004', '1.2.3.4', false],
  ])('a string that is an IP address stands for every way to write it: %s and %s: %j', (pattern, value, expected) => {
    expect(passes(JSON.stringify([pattern]), value)).toBe(expected);
  });
});

describe('operators', () => {
  test.each<[string, unknown, boolean]>([
    ['{"prefix": "us-"}', 'us-east-1', true],
    ['{"prefix": "us-"}', 'eu-us-', false],
    ['{"prefix": ""}', 'anything', true],
    ['{"prefix": ""}', 5, false],
    ['{"prefix": {"equals-ignore-case": "ÄÉ"}}', 'äéx', true],
    ['{"suffix": ".png"}', 'image.png', true],
    ['{"suffix": ".png"}', 'image.PNG', false],
    ['{"suffix": {"equals-ignore-case": ".png"}}', 'image.PNG', true],
    ['{"suffix": {"equals-ignore-case": ".png"}}', 'png', false],
    ['{"suffix": {"equals-ignore-case": "ß"}}', 'GROSS', true],
    ['{"equals-ignore-case": "Pending"}', 'pENDING', true],
    ['{"equals-ignore-case": "Pending"}', 'pending ', false],
    ['{"equals-ignore-case": "ß"}', 'SS', true],
    ['{"equals-ignore-case": "ß"}', 'ss', false],
    ['{"equals-ignore-case": "ǅ"}', 'ǅ', false],
    ['{"equals-ignore-case": "🚀"}', '🚀', false],
    ['{"equals-ignore-case": "🚀"}', '??', true],
    ['{"exactly": "1.2.3.4"}', '1.2.3.4', true],
    ['{"exactly": "1.2.3.4"}', '1.2.3.04', false],
    ['{"wildcard": "*"}', '', true],
    ['{"wildcard": "*"}', 5, false],
    ['{"wildcard": "/a/*/c"}', '/a/b/b/c', true],
    ['{"wildcard": "/a/*/c"}', '/a/c', false],
    ['{"wildcard": "ab*ba"}', 'aba', false],
    ['{"wildcard": "*b*"}', 'abc', true],
    ['{"wildcard": "*b*c"}', 'bc', true],
    ['{"wildcard": "*b*b"}', 'b', false],
    ['{"wildcard": "a\\\\*b"}', 'a*b', true],
    ['{"wildcard": "a\\\\*b"}', 'axb', false],
    ['{"cidr": "10.0.0.0/24"}', '10.0.0.255', true],
    ['{"cidr": "10.0.0.0/24"}', '10.0.1.0', false],
    ['{"cidr": "10.0.0.7/24"}', '10.0.0.1', true],
    ['{"cidr": "0.0.0.0/0"}', '255.1.2.3', true],
    ['{"cidr": "2001:db8::/33"}', '2001:db8:7fff::1', true],
    ['{"cidr": "2001:db8::/33"}', '2001:db8:8000::1', false],
    ['{"cidr": "10.0.0.0/24"}', 'ten', false],
    ['{"cidr": "0.0.0.0/0"}', 300, true],
    ['{"cidr": "10.0.0.0/8"}', 300, false],
    ['{"cidr": "48.0.0.0/4"}', 35, true],
    ['{"prefix": "a\\""}', 'a', true],
    ['{"prefix": "a\\""}', 'ab', false],
    ['{"suffix": "\\"a"}', 'a', true],
    ['{"suffix": {"equals-ignore-case": "\\"A"}}', 'a', true],
    ['{"anything-but": {"prefix": "a\\""}}', 'a', false],
    ['{"numeric": ["=", 3e2]}', 300, true],
    ['{"numeric": [">", 0, "<=", 5]}', 0, false],
    ['{"numeric": [">", 0, "<=", 5]}', 5, true],
    ['{"numeric": [">=", 0, "<", 5]}', 5, false],
    ['{"numeric": ["<", 1]}', '0', false],
    ['{"numeric": ["<", 1]}', null, false],
    ['{"exists": true}', null, true],
    ['{"exists": true}', [], false],
    ['{"exists": true}', { b: 1 }, false],
    ['{"exists": false}', { b: 1 }, true],
    ['{"exists": false}', [], true],
    ['{"exists": false}', 'x', false],
    ['{"anything-but": "x"}', 'y', true],
    ['{"anything-but": "x"}', 'x', false],
    ['{"anything-but": ["x", "y"]}', 'y', false],
    ['{"anything-but": "5"}', 5, true],
    ['{"anything-but": [5]}', 5, false],
    ['{"anything-but": [5]}', '5', true],
    ['{"anything-but": "x"}', null, true],
    ['{"anything-but": "x"}', {}, false],
    ['{"anything-but": {"prefix": "in"}}', 'init', false],
    ['{"anything-but": {"prefix": "in"}}', 12, true],
    ['{"anything-but": {"suffix": [".a", ".b"]}}', 'x.b', false],
    ['{"anything-but": {"equals-ignore-case": ["A", "B"]}}', 'b', false],
    ['{"anything-but": {"wildcard": "*/x/*"}}', 'a/x/b', false],
    ['{"anything-but": {"wildcard": "*/x/*"}}', 'a/y/b', true],
  ])('%s: %j %j', (alternative, value, expected) => {
    expect(passes(`[${alternative}]`, value)).toBe(expected);
  });

  test('anything-but asks for a value: a missing field does not pass', () => {
    expect(matches('{"a": [{"anything-but": "x"}]}', {})).toBe(false);
    expect(matches('{"a": [{"anything-but": "x"}, {"exists": false}]}', {})).toBe(true);
  });
});

describe('fields', () => {
  test('all must pass', () => {
    expect(matches('{"a": [1], "b": {"c": [2]}}', { a: 1, b: { c: 2 } })).toBe(true);
    expect(matches('{"a": [1], "b": {"c": [2]}}', { a: 1, b: { c: 3 } })).toBe(false);
  });

  test('a dot in a name and a level of objects are the same', () => {
    const patterns = ['{"a.b": {"c": ["x"]}}', '{"a": {"b.c": ["x"]}}', '{"a.b.c": ["x"]}'];
    const records = [{ a: { b: { c: 'x' } } }, { 'a.b': { c: 'x' } }, { a: { 'b.c': 'x' } }, { 'a.b.c': 'x' }];
    for (const pattern of patterns) {
      expect(records.map((record) => matches(pattern, record))).toEqual([true, true, true, true]);
    }
  });

  test('what every object inherits is not a field', () => {
    expect(matches('{"toString": [{"exists": false}]}', {})).toBe(true);
    expect(matches('{"__proto__": {"x": ["y"]}}', JSON.parse('{"__proto__": {"x": "y"}}'))).toBe(true);
  });

  test('a value that JSON does not have is none', () => {
    expect(matches('{"a": [{"exists": false}]}', { a: undefined })).toBe(true);
  });

  test('of conditions on one field, the last counts; those on other fields under the same key stay', () => {
    expect(matches('{"a": [1], "a": [2]}', { a: 2 })).toBe(true);
    expect(matches('{"a": {"b": [1]}, "a": {"c": [2]}}', { a: { c: 2 } })).toBe(false);
    expect(matches('{"a": {"b": [1]}, "a": {"c": [2]}}', { a: { b: 1, c: 2 } })).toBe(true);
  });
});

describe('arrays', () => {
  test('one element is enough', () => {
    expect(passes('["x"]', ['y', 'x'])).toBe(true);
    expect(passes('["x"]', [['y'], ['x']])).toBe(true);
    expect(passes('[{"anything-but": "x"}]', ['x', 'y'])).toBe(true);
    expect(passes('[{"anything-but": "x"}]', ['x'])).toBe(false);
  });

  test('two conditions must pass in the same element', () => {
    const pattern = '{"l": {"a": ["x"], "b": ["y"]}}';
    expect(matches(pattern, { l: [{ a: 'x' }, { b: 'y' }] })).toBe(false);
    expect(matches(pattern, { l: [{ a: 'x' }, { a: ['z', 'x'], b: 'y' }] })).toBe(true);
  });

  test('conditions on two arrays are apart', () => {
    expect(matches('{"k": {"a": ["x"]}, "l": {"a": ["y"]}}', { k: [{ a: 'x' }, {}], l: [{}, { a: 'y' }] })).toBe(true);
  });

  test('in arrays of arrays, both elements must be the same', () => {
    const pattern = '{"l": {"m": {"a": ["x"], "b": ["y"]}}}';
    expect(matches(pattern, { l: [{ m: [{ a: 'x' }] }, { m: [{ b: 'y' }] }] })).toBe(false);
    expect(matches(pattern, { l: [{ m: [{ a: 'x' }, { b: 'y' }] }] })).toBe(false);
    expect(matches(pattern, { l: [{ m: [{}, { a: 'x', b: 'y' }] }] })).toBe(true);
  });

  test('a field that must be absent is looked for in the element that conditions before it, by name, have chosen', () => {
    const record = { l: [{ a: 'x' }, { b: 'y' }] };
    expect(matches('{"l": {"a": ["x"], "b": [{"exists": false}]}}', record)).toBe(true);
    expect(matches('{"l": {"b": ["y"], "a": [{"exists": false}]}}', record)).toBe(false);
  });

  test('many lists in one element, of which one does not match, are decided in no time', () => {
    const lists = Array.from({ length: 30 }, (_, n) => `c${n}`);
    const pattern = { a: { ...Object.fromEntries(lists.map((list) => [list, { x: [1] }])), zz: { x: [1], y: [2] } } };
    const element = { ...Object.fromEntries(lists.map((list) => [list, Array.from({ length: 100 }, () => ({ x: 1 }))])), zz: [{ x: 1 }, { y: 2 }] };
    expect(matches(JSON.stringify(pattern), { a: [element] })).toBe(false);
    expect(matches(JSON.stringify(pattern), { a: [{ ...element, zz: [{ x: 1 }, { x: 1, y: 2 }] }] })).toBe(true);
  });

  test('arrays in arrays, with a value that passes at each level, are decided in no time', () => {
    let nested: unknown[] = ['x', { b: true }];
    for (let level = 0; level < 200; level++) {
      nested = ['x', nested, { b: true }, nested.length > 9 ? 'x' : ['x']];
    }
    expect(matches('{"a": [{"prefix": "x"}], "a.b": [{"exists": false}]}', { a: nested })).toBe(true);
    expect(matches('{"a": [{"prefix": "y"}], "a.b": [{"exists": false}]}', { a: nested })).toBe(false);
  });

  test('a value in an element counts beside one outside, if only in that element another field is absent', () => {
    const pattern = '{"a": [{"prefix": "x"}], "a.b": [{"exists": false}]}';
    expect(matches(pattern, { a: ['x', { b: true }, ['x']] })).toBe(true);
    expect(matches(pattern, { a: ['x', { b: true }] })).toBe(false);
    expect(matches(pattern, { a: ['x', { b: true }, ['y']] })).toBe(false);
  });

  test('one array met at two places of a record is two', () => {
    const image = { l: [{ a: 'x' }, { a: 'y' }] };
    expect(matches('{"n": {"l": {"a": ["x"]}}, "o": {"l": {"a": ["y"]}}}', { n: image, o: image })).toBe(true);
  });

  test('conditions that many elements of unrelated lists meet are judged one list at a time', () => {
    const list = (a: string) => Array.from({ length: 300 }, () => ({ [a]: 'x' }));
    const names = ['k', 'l', 'm', 'n', 'o'];
    const pattern = { ...Object.fromEntries(names.map((name) => [name, { a: ['x'] }])), p: { a: ['x'], b: ['x'] } };
    const record = { ...Object.fromEntries(names.map((name) => [name, list('a')])), p: [...list('a'), ...list('b')] };
    expect(matches(JSON.stringify(pattern), record)).toBe(false);
  });
});

describe('$or', () => {
  test('one of its objects must pass, and all beside it', () => {
    const pattern = '{"a": [1], "$or": [{"b": [2]}, {"c": [3], "d": [4]}]}';
    expect(matches(pattern, { a: 1, b: 2 })).toBe(true);
    expect(matches(pattern, { a: 1, c: 3, d: 4 })).toBe(true);
    expect(matches(pattern, { a: 1, c: 3 })).toBe(false);
    expect(matches(pattern, { b: 2 })).toBe(false);
  });

  test('stands at any level, and in another', () => {
    const pattern = '{"a": {"$or": [{"b": [1]}, {"c": {"$or": [{"d": [2]}, {"e": [3]}]}}]}}';
    expect([{ b: 1 }, { c: { d: 2 } }, { c: { e: 3 } }, { c: { e: 2 } }].map((a) => matches(pattern, { a }))).toEqual([true, true, true, false]);
  });

  test('comes twice: both must pass', () => {
    const pattern = '{"$or": [{"a": [1]}, {"b": [1]}], "$or": [{"c": [1]}, {"d": [1]}]}';
    expect(matches(pattern, { a: 1 })).toBe(false);
    expect(matches(pattern, { a: 1, d: 1 })).toBe(true);
  });

  test.each<[string, object, boolean]>([
    ['{"$or": [{"a": ["x"]}, {"a": ["x", "y"]}]}', { a: 'y' }, false],
    ['{"$or": [{"a": ["x", "y"]}, {"a": ["x"]}]}', { a: 'y' }, true],
    ['{"$or": [{"a": ["x"]}, {"a": [{"exactly": "x"}, "y"]}]}', { a: 'y' }, false],
    ['{"$or": [{"a": ["x"]}, {"a": ["x", {"exists": false}]}]}', {}, false],
    ['{"$or": [{"a": ["x"], "b": ["1"]}, {"a": ["x", "y"], "b": ["1"]}]}', { a: 'y', b: '1' }, false],
    ['{"$or": [{"a": ["x"], "b": ["1"]}, {"a": ["x", "y"], "b": ["2"]}]}', { a: 'y', b: '2' }, true],
    ['{"$or": [{"a": ["x"], "b": ["1"]}, {"a": ["x", "y"]}]}', { a: 'y' }, true],
    ['{"$or": [{"a": [{"anything-but": ["x", "y"]}]}, {"a": [{"anything-but": ["y", "x"]}, "x"]}]}', { a: 'x' }, false],
  ])('keeps the first alone of two objects on the same fields that have something in common on each: %s, %j: %j', (pattern, record, expected) => {
    expect(matches(pattern, record)).toBe(expected);
  });

  test('takes the place of a condition before it, and gives way to one after it', () => {
    expect(matches('{"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}', { a: 2 })).toBe(true);
    expect(matches('{"$or": [{"a": [2]}, {"b": [3]}], "a": [1]}', { a: 1 })).toBe(true);
  });
});

describe('filters', () => {
  const passing = (...filters: string[]) => [{ a: 1 }, { a: 2 }, { a: 3 }].filter(compileFilters(filters)).map(({ a }) => a);

  test('let every record pass without one, and with several what passes one of them', () => {
    expect(passing()).toEqual([1, 2, 3]);
    expect(passing('{"a": [1]}')).toEqual([1]);
    expect(passing('{"a": [1]}', '{"a": [3]}')).toEqual([1, 3]);
  });

  test('that AWS refuses are refused, with all that is wrong', () => {
    expect(() => compileFilters(['{"a": [1]}', '{"a": 1, "b": []}'])).toThrow(new TypeError('The filter {"a": 1, "b": []} is not valid: '
      + 'a plain value must be in an array of the allowed values: [1]; [] is not allowed: list the allowed values, or omit the key'));
  });
});
