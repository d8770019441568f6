import { parseEventPattern, type PatternProblemKind, type PatternRemark } from '../../lib/event-pattern';

/** Each kind of problem: where it is, and in which pattern. */
const PROBLEMS: [PatternProblemKind, string, string][] = [
  ['not-json', '', ''],
  ['not-json', '', 'INSERT'],
  ['not-json', '', "{'eventName': ['INSERT']}"],
  ['not-json', '', '{"a": ["x"]'],
  ['not-json', '', '{"a": ["x",]}'],
  ['not-json', '', '{"a": [01]}'],
  ['not-json', '', '{"a": [1.]}'],
  ['not-json', '', '{"a": ["\t"]}'],
  ['not-json', '', '{"a": ["\\x"]}'],
  ['not-json', '', `{"a": [${'1'.repeat(1001)}]}`],
  ['not-json', '', '{"a":'.repeat(1001)],
  ['not-an-object', '', '["INSERT"]'],
  ['not-an-object', '', 'null'],
  ['empty-pattern', '', '{}'],
  ['empty-object', 'a.b', '{"a": {"b": {}}}'],
  ['empty-object', '$or[1]', '{"$or": [{"a": [1]}, {}]}'],
  ['not-an-array', 'a', '{"a": "x"}'],
  ['not-an-array', 'a["b.c"]', '{"a": {"b.c": 42}}'],
  ['empty-array', 'a', '{"a": []}'],
  ['bad-alternative', 'a[1]', '{"a": ["x", ["y"]]}'],
  ['bad-alternative', 'a[0]', '{"a": [{}]}'],
  ['bad-alternative', 'a[0]', '{"a": [{"prefix": "x", "suffix": "y"}]}'],
  ['unknown-operator', 'a[0]', '{"a": [{"EXISTS": true}]}'],
  ['unknown-operator', 'a[0]', '{"a": [{"toString": true}]}'],
  ['bad-operand', 'a[0].prefix', '{"a": [{"prefix": 5}]}'],
  ['bad-operand', 'a[0].prefix', '{"a": [{"prefix": {"suffix": "x"}}]}'],
  ['bad-operand', 'a[0].prefix.equals-ignore-case', '{"a": [{"prefix": {"equals-ignore-case": 1}}]}'],
  ['bad-operand', 'a[0].suffix', '{"a": [{"suffix": ["x"]}]}'],
  ['bad-operand', 'a[0].exists', '{"a": [{"exists": "true"}]}'],
  ['bad-operand', 'a[0].equals-ignore-case', '{"a": [{"equals-ignore-case": {"prefix": "x"}}]}'],
  ['bad-operand', 'a[0].wildcard', '{"a": [{"wildcard": "a**b"}]}'],
  ['bad-operand', 'a[0].wildcard', '{"a": [{"wildcard": "a\\\\b"}]}'],
  ['bad-operand', 'a[0].cidr', '{"a": [{"cidr": "10.0.0.0"}]}'],
  ['bad-operand', 'a[0].cidr', '{"a": [{"cidr": "10.0.0.0/32"}]}'],
  ['bad-operand', 'a[0].cidr', '{"a": [{"cidr": "10.0.0.256/8"}]}'],
  ['bad-operand', 'a[0].cidr', '{"a": [{"cidr": "::/128"}]}'],
  ['bad-operand', 'a[0].cidr', '{"a": [{"cidr": "10.0.0.0/x"}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": 10}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": []}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": ["="]}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": ["=", "1"]}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": ["!=", 1]}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": ["<", 5, ">", 1]}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": [">", 1, "=", 5]}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": [">", 5, "<", 5]}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": [">", 1, "<", 5, "<", 6]}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": ["=", 9007199254740993]}]}'],
  ['bad-operand', 'a[0].numeric', '{"a": [{"numeric": ["<", 1e400]}]}'],
  ['bad-operand', 'a[0].anything-but', '{"a": [{"anything-but": []}]}'],
  ['bad-operand', 'a[0].anything-but', '{"a": [{"anything-but": ["x", 1]}]}'],
  ['bad-operand', 'a[0].anything-but', '{"a": [{"anything-but": null}]}'],
  ['bad-operand', 'a[0].anything-but', '{"a": [{"anything-but": {"numeric": ["=", 1]}}]}'],
  ['bad-operand', 'a[0].anything-but.prefix', '{"a": [{"anything-but": {"prefix": ""}}]}'],
  ['bad-operand', 'a[0].anything-but.suffix[1]', '{"a": [{"anything-but": {"suffix": ["x", null]}}]}'],
  ['bad-operand', 'a[0].anything-but.wildcard', '{"a": [{"anything-but": {"wildcard": []}}]}'],
  ['bad-or', '$or', '{"$or": [{"a": [1]}]}'],
  ['bad-or', '$or', '{"$or": {"a": [1]}}'],
  ['bad-or', '$or[1]', '{"$or": [{"a": [1]}, "b"]}'],
  ['bad-or', 'x.$or[0].b.prefix', '{"x": {"$or": [{"b": {"prefix": ["x"]}}, {"c": [1]}]}}'],
  ['too-complex', 'a[0].wildcard', '{"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}'],
  ['too-complex', '', `{${Array.from({ length: 257 }, (_, i) => `"k${i}": [1]`)}}`],
  ['too-complex', 'c.$or', withOr({ a: 7, b: 11, c: 13 })],
];

/** A pattern with an `$or` of so many objects in each of its fields. */
function withOr(sizes: { readonly [field: string]: number }): string {
  const or = (size: number) => ({ $or: Array.from({ length: size }, (_, i) => ({ [`field${i}`]: [1] })) });
  return JSON.stringify(Object.fromEntries(Object.entries(sizes).map(([field, size]) => [field, or(size)])));
}

test.each(PROBLEMS)('%s at %j: %s', (kind, path, text) => {
  const parsed = parseEventPattern(text);
  expect(!parsed.valid && parsed.problems.map((problem) => ({ kind: problem.kind, path: problem.path }))).toContainEqual({ kind, path });
});

test('each problem and remark is explained', () => {
  const explained = [...PROBLEMS, ...REMARKS].map(([, , text]) => {
    const parsed = parseEventPattern(text);
    return [text.slice(0, 100), ...(parsed.valid ? parsed.remarks : parsed.problems).map(({ path, message }) => `${path}: ${message}`)];
  });
  expect(explained).toMatchSnapshot();
});

test('everything that is wrong is reported at once', () => {
  const parsed = parseEventPattern('{"a": "x", "b": [{"prefix": 1}, {"is": 2}], "c": {"d": []}}');
  expect(!parsed.valid && parsed.problems.map(({ path }) => path)).toEqual(['a', 'b[0].prefix', 'b[1]', 'c.d']);
});

test.each([
  ['{\n  "eventName": ["INSERT"=1]\n}', 'line 2, column 25: found "=", expected "," or "]"'],
  ['{"a" ["x"]}', 'line 1, column 6: found "[", expected ":" after the key "a"'],
  ['{"a": 😀}', 'line 1, column 7: found "😀", expected a value: an object, an array, a string in double quotes, a number, true, false or null'],
])('a syntax error is named by line and column: %j', (text, message) => {
  const parsed = parseEventPattern(text);
  expect(!parsed.valid && parsed.problems[0].message).toBe(`the pattern is not JSON: ${message}`);
});

test('a message names what was given and what is allowed', () => {
  const parsed = parseEventPattern('{"a": [{"numeric": [">", "5"]}]}');
  expect(!parsed.valid && parsed.problems[0].message)
    .toBe('[">","5"] is not a comparison such as ["=", 1], ["<", 10] or [">=", 0, "<", 10]: "5" is not a number');
});

test.each([
  ['*', true], ['*/dir/*', true], ['*:*:*:*', true], ['/Users/*/doc.txt', true], ['*ab*ab*ab', true],
  ['*a*b*c*d*e*f*g*h*i', true], ['*a*b*c*d*e*f*g*h*i*j', false],
  [`*${'a'.repeat(9)}`, true], [`*${'a'.repeat(10)}`, false],
  ['*ab*ac*ad*ae*af', true], ['*ab*ac*ad*ae*af*g', false],
])('whether the wildcard %s is simple enough: %j', (wildcard, isSimple) => {
  expect(parseEventPattern(JSON.stringify({ a: [{ wildcard }] })).valid).toBe(isSimple);
});

test.each([
  ['a field named like an operator, outside of $or', '{"prefix": ["x"]}'],
  ['a network with a host in it and a sign before its bits', '{"a": [{"cidr": "10.0.0.7/+24"}]}'],
  ['a number that can\'t be compared, as a plain value', '{"a": [1e400, 9007199254740993]}'],
  ['the undocumented "exactly"', '{"a": [{"exactly": "x"}]}'],
  ['white space wherever JSON has it', ' {\n"a"\t: [ 1 , "x" ] , "b" : { "c" : [ { "exists" : true } ] } } '],
  ['an empty string in anything-but', '{"a": [{"anything-but": ""}]}'],
])('accepts %s', (_, text) => {
  expect(parseEventPattern(text).valid).toBe(true);
});

/** Each kind of remark. */
const REMARKS: [PatternRemark['kind'], string, string][] = [
  ['duplicate-key', 'dynamodb', '{"dynamodb": {"Keys": {"a": {"S": ["x"]}}}, "dynamodb": {"Keys": {"b": {"S": ["y"]}}}}'],
  ['duplicate-key', 'a.b', '{"a": {"b": [1], "b": [2]}}'],
  ['overridden-condition', 'eventName', '{"eventName": ["INSERT"], "$or": [{"eventName": ["REMOVE"]}, {"b": [1]}]}'],
  ['overridden-condition', 'a.b', '{"a": {"b": [1]}, "a.b": [2]}'],
  ['repeated-branch', '$or[1].a', '{"$or": [{"a": ["x"], "b": [1]}, {"a": ["x", "y"], "b": [1]}]}'],
  ['repeated-branch', '$or[1].b', '{"$or": [{"b": ["x"]}, {"b": ["x", "y"]}], "c": {"$or": [{"d": [1]}, {"e": [1]}]}}'],
  ['text-after-pattern', '', '{"a": [1]} }'],
];

test.each(REMARKS)('remarks %s at %j in the valid pattern %s', (kind, path, text) => {
  const { valid, remarks } = parseEventPattern(text);
  expect(valid).toBe(true);
  expect(remarks.map((remark) => ({ kind: remark.kind, path: remark.path }))).toEqual([{ kind, path }]);
});

test.each([
  'exactly', 'equals-ignore-case', 'prefix', 'suffix', 'anything-but', 'exists', 'wildcard', 'numeric', 'cidr',
  '=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case',
  'date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range', 'ip-address-in-range', 'ip-address-not-in-range',
])('a field named %s may stand anywhere but inside $or', (name) => {
  const field = { [name]: ['x'] };
  expect(parseEventPattern(JSON.stringify(field)).valid).toBe(true);
  expect(parseEventPattern(JSON.stringify({ a: field })).valid).toBe(true);
  expect(parseEventPattern(JSON.stringify({ $or: [field, { b: [1] }] })).valid).toBe(false);
});

test('an object of $or that adds nothing to an earlier one gets no remark', () => {
  expect(parseEventPattern('{"$or": [{"a": ["x", "y"], "b": [1]}, {"b": [1], "a": ["y"]}]}').remarks).toEqual([]);
});

test('a pattern whose $or comes to 1,000 combinations of conditions is valid', () => {
  expect(parseEventPattern(withOr({ a: 10, b: 10, c: 10 })).valid).toBe(true);
});

test('a pattern whose $or multiplies without end is refused, not expanded', () => {
  const or = '"$or": [{"a": [1]}, {"b": [1]}]';
  const parsed = parseEventPattern(`{${Array.from({ length: 60 }, (_, i) => `"x${i}": {${or}}`)}}`);
  expect(!parsed.valid && parsed.problems[0].kind).toBe('too-complex');
});

test('a pattern of thousands of nested names is read at once', () => {
  const parsed = parseEventPattern(`{"${'a.'.repeat(2000)}a": ["x"]}`);
  expect(parsed.valid).toBe(true);
});
