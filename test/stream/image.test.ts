import { marshall } from '@aws-sdk/util-dynamodb';
import * as fc from 'fast-check';
import { unmarshall } from '../../lib/stream/image';

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
  expect(() => unmarshall({ a: { X: 'b' } as any })).toThrow('the type "X"');
  expect(() => unmarshall({ a: {} })).toThrow('the type undefined');
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
  }), { numRuns: 500 });
});
