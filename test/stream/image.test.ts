import { marshall } from '@aws-sdk/util-dynamodb';
import * as fc from 'fast-check';
import { scaled } from './scaled';
import { Decimal } from '../../lib/stream/exact-number';
import { type ImageValue, unmarshall } from '../../lib/stream/image';
import type { AttributeValue } from '../../lib/stream/record';
import { runs } from '../runs';

/** What Lambda makes of it: JSON, binary values in base64. The SDK takes an item with an attribute "constructor" for a class. */
const delivered = (item: object) => JSON.parse(JSON.stringify(
  marshall(item, { convertEmptyValues: false, allowImpreciseNumbers: true, convertClassInstanceToMap: true }),
  (_, value) => value?.type === 'Buffer' || value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
));

test('every type, exact', () => {
  expect(unmarshall({
    text: { S: '' },
    number: { N: '1.5' },
    bytes: { B: 'AAEC/w==' },
    yes: { BOOL: true },
    no: { BOOL: false },
    nothing: { NULL: true },
    list: { L: [{ S: 'a' }, { L: [] }, { M: {} }] },
    map: { M: { nested: { M: { deep: { N: '1' } } } } },
    texts: { SS: ['a', 'b'] },
    numbers: { NS: ['1', '9007199254740993'] },
    blobs: { BS: ['AA==', 'AQ=='] },
  })).toStrictEqual({
    text: '',
    number: 1.5,
    bytes: new Uint8Array([0, 1, 2, 255]),
    yes: true,
    no: false,
    nothing: null,
    list: ['a', [], {}],
    map: { nested: { deep: 1 } },
    texts: new Set(['a', 'b']),
    numbers: new Set([1, 9007199254740993n]),
    blobs: new Set([new Uint8Array([0]), new Uint8Array([1])]),
  });
});

test('an attribute named __proto__ is an attribute', () => {
  const image = unmarshall(JSON.parse('{"__proto__":{"M":{"polluted":{"BOOL":true}}},"constructor":{"S":"x"}}'));
  expect(Object.keys(image)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(image)).toBe(Object.prototype);
  expect(image.polluted).toBeUndefined();
});

test('what an image says nothing of stays absent', () => {
  expect('missing' in unmarshall({})).toBe(false);
});

test('an unknown or missing type is refused', () => {
  expect(() => unmarshall({ a: { X: 'b' } as any })).toThrow(new TypeError('An attribute has the type "X", which DynamoDB does not have'));
  expect(() => unmarshall({ a: {} })).toThrow(new TypeError('An attribute has the type undefined, which DynamoDB does not have'));
});

test('whatever the AWS SDK marshalls comes back', () => {
  // The SDK itself loses this name.
  const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
  const leaf = fc.oneof(
    fc.string(), fc.integer(), fc.boolean(), fc.constant(null),
    fc.double({ noNaN: true, min: -1e100, max: 1e100 }).filter((value) => Math.abs(value) > 1e-100 && !Number.isInteger(value)),
    fc.uint8Array({ minLength: 1 }), fc.uniqueArray(fc.string(), { minLength: 1 }).map((values) => new Set(values)),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  const item = fc.dictionary(name, tree, { maxKeys: 6 });
  fc.assert(fc.property(item, (original) => {
    expect(unmarshall(delivered(original))).toEqual(Object.assign({}, original));
  }), runs(100));
});

/** An attribute value in DynamoDB's notation, and what it says, told by whoever made it up. */
interface Told {
  readonly attribute: AttributeValue; readonly says: unknown;
}

/** What an unmarshalled value says: its type by name, numbers as an integer with 200 places after the point, bytes in hexadecimal. */
function saying(value: ImageValue): unknown {
  switch (typeof value) {
    case 'string': return ['text', value];
    case 'boolean': return ['flag', value];
    case 'number':
    case 'bigint': return ['number', scaled(String(value))];
  }
  if (value === null) {
    return ['null'];
  }
  if (value instanceof Decimal) {
    return ['number', scaled(value.text)];
  }
  if (value instanceof Uint8Array) {
    return ['bytes', Buffer.from(value).toString('hex')];
  }
  if (value instanceof Set) {
    return ['set', [...value as Set<ImageValue>].map(saying)];
  }
  if (Array.isArray(value)) {
    return ['list', value.map(saying)];
  }
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  return ['map', byName(Reflect.ownKeys(value).map((name): [string, unknown] => [String(name), saying(value[String(name)])]))];
}

const byName = (entries: [string, unknown][]) => entries.sort(([a], [b]) => (a < b ? -1 : 1));

const text = fc.string({ unit: fc.oneof(fc.constantFrom('', '\u0000', '\uffff', '\ud83d\ude00'), fc.string({ maxLength: 1 })) });
const bytes = fc.uint8Array({ maxLength: 40 }).map((value): [string, unknown] => [Buffer.from(value).toString('base64'), ['bytes', Buffer.from(value).toString('hex')]]);
const number = fc.tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.oneof(fc.constant(0), fc.integer({ min: -130, max: 80 })))
  .map(([digits, exponent]): [string, unknown] => [exponent === 0 ? `${digits}` : `${digits}E${exponent}`, ['number', digits * 10n ** BigInt(200 + exponent)]]);
const set = <Member>(type: 'SS' | 'NS' | 'BS', member: fc.Arbitrary<[Member, unknown]>) =>
  fc.uniqueArray(member, { minLength: 1, maxLength: 5, selector: ([value]) => value })
    .map((members): Told => ({ attribute: { [type]: members.map(([value]) => value) }, says: ['set', members.map(([, says]) => says)] }));

const scalar: fc.Arbitrary<Told> = fc.oneof(
  text.map((S) => ({ attribute: { S }, says: ['text', S] })),
  number.map(([N, says]) => ({ attribute: { N }, says })),
  bytes.map(([B, says]) => ({ attribute: { B }, says })),
  fc.boolean().map((BOOL) => ({ attribute: { BOOL }, says: ['flag', BOOL] })),
  fc.constant({ attribute: { NULL: true }, says: ['null'] }),
  set('SS', text.map((value): [string, unknown] => [value, ['text', value]])),
  // Of numbers of one set no two are equal, however they are spelled.
  set('NS', fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map((value): [string, unknown] => [String(value), ['number', value * 10n ** 200n]])),
  set('BS', bytes),
);
const attributeName = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '10', '1'), fc.string({ minLength: 1 }));
const { told } = fc.letrec<{ told: Told; list: Told; map: Told }>((tie) => ({
  told: fc.oneof({ depthSize: 'medium', withCrossShrink: true }, scalar, tie('list'), tie('map')),
  list: fc.array(tie('told'), { maxLength: 4 }).map((members) => ({ attribute: { L: members.map(({ attribute }) => attribute) }, says: ['list', members.map(({ says }) => says)] })),
  map: mapOf(tie('told')),
}));

function mapOf(value: fc.Arbitrary<Told>): fc.Arbitrary<Told> {
  return fc.uniqueArray(fc.tuple(attributeName, value), { maxLength: 5, selector: ([name]) => name }).map((entries) => ({
    // JSON.parse makes an attribute of __proto__, as it does of an event.
    attribute: { M: JSON.parse(`{${entries.map(([name, { attribute }]) => `${JSON.stringify(name)}:${JSON.stringify(attribute)}`).join()}}`) },
    says: ['map', byName(entries.map(([name, { says }]) => [name, says]))],
  }));
}

test('whatever an item holds, its image says the same', () => {
  fc.assert(fc.property(mapOf(told), ({ attribute, says }) => {
    expect(saying(unmarshall(attribute.M!))).toEqual(says);
  }), runs(100));
});

test('items as deep as DynamoDB allows, 32 levels', () => {
  fc.assert(fc.property(scalar, fc.array(fc.boolean(), { minLength: 31, maxLength: 31 }), ({ attribute, says }, lists) => {
    const deep = lists.reduce<Told>((inner, isList) => isList
      ? { attribute: { L: [inner.attribute] }, says: ['list', [inner.says]] }
      : { attribute: { M: { nested: inner.attribute } }, says: ['map', [['nested', inner.says]]] }, { attribute, says });
    expect(saying(unmarshall({ top: deep.attribute }))).toEqual(['map', [['top', deep.says]]]);
  }));
});

test('bytes are a copy of their own, which shares memory with nothing', () => {
  const { bytes: some } = unmarshall({ bytes: { B: 'AQID' } }) as { bytes: Uint8Array };
  expect([some.byteOffset, some.buffer.byteLength, Buffer.isBuffer(some)]).toEqual([0, 3, false]);
});
