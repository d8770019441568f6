import { filterFacts } from '../../lib/rules/filter/filter-facts';
import { FILTER_RULES } from '../../lib/rules/filter/filter-rules';
import { judge } from '../../lib/rules/rule';
import { SETTING_WORDS } from '../../lib/rules/words';

/** The messages of the rules about one filter. */
function messagesOf(pattern: object | string): string[] {
  const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
  return judge(FILTER_RULES, { filters: [filterFacts(text)] }, SETTING_WORDS).map(({ ruleId, message }) => `${ruleId}: ${message.replace('filters[0] ', '')}`);
}

const newImage = (attributes: object) => ({ dynamodb: { NewImage: attributes } });

test.each([
  [{ eventName: ['INSERT', { prefix: 'MOD' }] }],
  [{ eventName: [{ 'anything-but': ['REMOVE'] }] }],
  [{ userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] } }],
  [{ dynamodb: { Keys: { pk: { S: [{ prefix: 'order#' }] } }, SizeBytes: [{ numeric: ['>', 1000] }] } }],
  [newImage({ total: { N: ['42', { 'anything-but': ['0'] }] }, paid: { BOOL: [true] }, gone: { NULL: [true] } })],
  [newImage({ lines: { L: { M: { sku: { S: [{ exists: true }] } } } }, tags: { SS: ['a'] } })],
  [{ $or: [{ eventName: ['INSERT'] }, newImage({ a: { S: [{ suffix: 'z' }] } })] }],
  ['{"dynamodb.NewImage.status.S":["a"]}'],
  [newImage({ 'status.S': ['a'] })],
])('%j gets no message', (pattern) => {
  expect(messagesOf(pattern)).toEqual([]);
});

/** Patterns, and how their one warning begins. */
const WARNED: [object, string][] = [
  [{ eventname: ['INSERT'] }, 'filter-unknown-field: looks at eventname, which no stream record has. Did you mean eventName?'],
  [{ dynamodb: { newImage: { a: { S: ['a'] } } } },
    'filter-unknown-field: looks at dynamodb.newImage, which no stream record has. Did you mean NewImage?'],
  [{ NewImage: { a: { S: ['a'] } } }, 'filter-unknown-field: looks at NewImage, which no stream record has. Did you mean dynamodb.NewImage?'],
  [{ dynamodb: { eventName: ['INSERT'] } },
    'filter-unknown-field: looks at dynamodb.eventName, which no stream record has. Did you mean eventName?'],
  [{ dynamodb: { status: { S: ['a'] } } }, 'filter-unknown-field: looks at dynamodb.status, which no stream record has. Known here: '],
  [newImage({ sizes: { NS: [42] } }), 'but stream records carry numbers as text there, so it never matches. Only equality finds them: { "NS": ["42"] }.'],
  [{ eventName: ['insert'] }, 'filter-event-name: looks for the eventName "insert", which no record has. Did you mean INSERT?'],
  [{ eventName: [{ 'anything-but': ['DELETE'] }] }, 'filter-event-name: looks for the eventName "DELETE", which no record has. '],
  [newImage({ status: ['a'] }), 'filter-type-descriptor: compares dynamodb.NewImage.status itself, which is an object such as'],
  [newImage({ status: { s: ['a'] } }), 'filter-type-descriptor: looks at dynamodb.NewImage.status.s, but the value of status is under'],
  [newImage({ total: { N: [42] } }), 'filter-value-type: compares dynamodb.NewImage.total.N with 42, but stream records carry numbers as text'],
  [newImage({ paid: { BOOL: ['true'] } }), 'filter-value-type: compares dynamodb.NewImage.paid.BOOL with "true", but stream records carry true or false there, so it never matches. Write it without quotes.'],
  [newImage({ gone: { NULL: [false] } }), 'filter-value-type: compares dynamodb.NewImage.gone.NULL with false, but stream records carry true there'],
  [newImage({ gone: { NULL: [null] } }), 'filter-value-type: compares dynamodb.NewImage.gone.NULL with null, but stream records carry true there, so it never matches. Write true, without quotes.'],
  [{ dynamodb: { SizeBytes: ['1000'] } }, 'filter-value-type: compares dynamodb.SizeBytes with "1000", but stream records carry a number there, so it never matches. Write a number without quotes, or a numeric range.'],
  [newImage({ status: { S: [1] } }), 'filter-value-type: compares dynamodb.NewImage.status.S with 1, but stream records carry text there, so it never matches. Write the value in quotes.'],
  [newImage({ status: [{ exists: true }] }), 'filter-exists: asks whether dynamodb.NewImage.status exists, but for an object that never matches.'],
  [{ dynamodb: { OldImage: [{ exists: false }] } }, 'filter-exists: asks whether dynamodb.OldImage exists, but for an object that always matches.'],
  [{ dynamodb: ['a'] }, 'filter-object: compares dynamodb, which is an object and never matches.'],
  [newImage({ ip: { S: [{ cidr: '10.0.0.0/8' }] } }), 'filter-operator-support: uses {"cidr":"10.0.0.0/8"} at dynamodb.NewImage.ip.S'],
  [newImage({ a: { S: [{ prefix: { 'equals-ignore-case': 'a' } }] } }), 'filter-operator-support: uses {"prefix":{"equals-ignore-case":"a"}}'],
];

test.each(WARNED)('%j gets a warning', (pattern, message) => {
  expect(messagesOf(pattern)).toEqual([expect.stringContaining(message)]);
});

/** Filters that are refused, or are not what they seem. */
const WRONG = [
  'x', '[]', '{}', '{"a":1}', '{"eventName":[]}', '{"eventName":[["INSERT"]]}', '{"eventName":[{"is":"INSERT"}]}', '{"eventName":[{"prefix":1}]}', '{"$or":[]}',
  '{"eventName":[{"wildcard":"*:*:*:*:*:event-bus/*"}]}', '{"eventID":["1"],"eventID":["2"]}', '{"eventID":["1"],"$or":[{"eventID":["2"]},{"eventName":["INSERT"]}]}',
  '{"$or":[{"eventID":["1"]},{"eventID":["1","2"]}]}', '{"eventID":["1"]} x', `{"eventID":["${'x'.repeat(4_081)}"]}`,
];

test('every message says what is wrong, and what to do', () => {
  const messages = [...WARNED.map(([pattern]) => pattern), ...WRONG].flatMap(messagesOf);
  const counted = [6, 10, 11].flatMap((count) => judge(FILTER_RULES, { filters: Array(count).fill(filterFacts('{"eventID":["1"]}')) }, SETTING_WORDS)
    .map(({ severity, message }) => `${severity}: ${message}`));

  expect([...messages, ...counted]).toMatchSnapshot();
});

test('a filter of as many characters as Lambda allows is allowed', () => {
  expect(messagesOf(`{"eventID":["${'x'.repeat(4_080)}"]}`)).toEqual([]);
  expect(judge(FILTER_RULES, { filters: Array(5).fill(filterFacts('{"eventID":["1"]}')) }, SETTING_WORDS)).toEqual([]);
});

test.each([
  [{ eventName: ['INSERTED', 'UPDATED'] }, ['the eventName "INSERTED"', 'the eventName "UPDATED"']],
  [newImage({ total: { N: [1, 2] } }), ['total.N with 1,', 'total.N with 2,']],
  [newImage({ a: [{ exists: true }, { exists: false }] }), ['never matches', 'always matches']],
  [newImage({ a: { S: [{ cidr: '10.0.0.0/8' }, { wildcard: 'a*' }] } }), ['{"cidr":"10.0.0.0/8"}', '{"wildcard":"a*"}']],
])('every mistake of a condition is named: %j', (pattern, messages) => {
  expect(messagesOf(pattern)).toEqual(messages.map((message) => expect.stringContaining(message)));
});

test.each([
  newImage({ paid: { BOOL: [{ prefix: 't' }] } }),
  newImage({ gone: { NULL: [{ 'equals-ignore-case': 'TRUE' }] } }),
  { dynamodb: { SizeBytes: [{ prefix: '1' }] } },
  { dynamodb: { ApproximateCreationDateTime: [{ suffix: '0' }] } },
])('a text operator where there is no text gets a warning: %j', (pattern) => {
  expect(messagesOf(pattern)).toEqual([expect.stringMatching(/^filter-value-type: .* so it never matches\. /)]);
});

test.each([
  [{ prefix: 'UPD' }], [{ suffix: 'ed' }], [{ 'equals-ignore-case': 'update' }], [{ exists: false }],
  [{ 'anything-but': ['INSERT', 'MODIFY', 'REMOVE'] }],
])('an alternative that no event name matches gets a warning: %j', (alternative) => {
  expect(messagesOf({ eventName: ['INSERT', alternative] }))
    .toEqual([`filter-event-name: asks for an eventName with ${JSON.stringify(alternative)}, which no event name matches. Known here: INSERT, MODIFY, REMOVE.`]);
});

test.each([
  newImage({ total: { N: [{ 'anything-but': 42 }] } }),
  newImage({ total: { N: [{ 'anything-but': [42, 43] }] } }),
  newImage({ paid: { BOOL: [{ 'anything-but': 'true' }] } }),
  { dynamodb: { SizeBytes: [{ 'anything-but': ['1000'] }] } },
])('an exclusion of what is never there gets the warning that it always matches: %j', (pattern) => {
  expect(messagesOf(pattern)).toEqual([expect.stringMatching(/^filter-value-type: .* so it always matches\. /)]);
});

test.each([
  ['42.0', '42'], ['4.2e1', '42'], ['007', '7'], ['+1', '1'], ['.5', '0.5'], ['5.', '5'], ['-0', '0'], ['abc', undefined], ['', undefined], ['1e999', undefined], ['1e-131', undefined],
])('the number %j, which no record spells like that, gets a warning', (text, spelling) => {
  const reason = spelling === undefined ? 'DynamoDB spells no number like that' : `stream records spell that number "${spelling}"`;
  const wayOut = spelling === undefined ? 'Write decimal digits such as "42" or "0.5".' : `Write "${spelling}".`;
  const warning = (path: string, outcome: string) => [
    `filter-number-spelling: compares dynamodb.NewImage.${path} with ${JSON.stringify(text)}, but ${reason}, so it ${outcome}. ${wayOut}`,
  ];
  expect(messagesOf(newImage({ total: { N: [text] } }))).toEqual(warning('total.N', 'never matches'));
  expect(messagesOf(newImage({ sizes: { NS: [text] } }))).toEqual(warning('sizes.NS', 'never matches'));
  expect(messagesOf(newImage({ total: { N: [{ 'equals-ignore-case': text }] } }))).toEqual(warning('total.N', 'never matches'));
  expect(messagesOf(newImage({ total: { N: [{ 'anything-but': ['1', text] }] } }))).toEqual(warning('total.N', 'always matches'));
});

test('parts of a number, numbers in texts and attributes called N are not misspelled numbers', () => {
  expect(messagesOf(newImage({ total: { N: [{ prefix: '007' }, '-0.5'] }, code: { S: ['007'] }, N: { S: ['42.0'] } }))).toEqual([]);
});

test('a condition that $or repeats is named once', () => {
  expect(messagesOf({ $or: [{ eventID: ['1'] }, { eventID: ['2'] }], eventname: ['INSERT'] })).toHaveLength(1);
});

test('every mistake of every filter is named, with the number of the filter', () => {
  const filters = ['{"eventName":"INSERT","eventID":[]}', '{"x":["y"]}'].map(filterFacts);
  const violations = judge(FILTER_RULES, { filters }, SETTING_WORDS);

  expect(violations.map(({ ruleId, message }) => `${ruleId} ${message.slice(0, 10)}`)).toEqual([
    'filter-field filters[0]', 'filter-empty-array filters[0]', 'filter-unknown-field filters[1]',
  ]);
});
