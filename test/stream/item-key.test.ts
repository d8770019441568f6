import * as fc from 'fast-check';
import { itemKey } from '../../lib/stream/item-key';

test('the order of the attributes does not count', () => {
  expect(itemKey({ pk: { S: 'a' }, sk: { N: '1' } })).toBe(itemKey({ sk: { N: '1' }, pk: { S: 'a' } }));
});

test('different keys never read the same, whatever their names, types and values', () => {
  const value = fc.oneof(
    fc.record({ S: fc.string() }),
    fc.record({ N: fc.integer().map(String) }),
    fc.record({ B: fc.base64String() }),
  );
  const key = fc.dictionary(fc.string({ minLength: 1 }), value, { minKeys: 1, maxKeys: 2 });
  const canonical = (keys: object) => JSON.stringify(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1)));
  fc.assert(fc.property(key, key, (a, b) => {
    expect(itemKey(a) === itemKey(b)).toBe(canonical(a) === canonical(b));
  }));
});

test.each([
  [{ a: { S: 'b' } }, { a: { B: 'b' } }],
  [{ a: { S: '1' } }, { a: { N: '1' } }],
  [{ ab: { S: 'c' } }, { a: { S: 'bc' } }],
  [{ a: { S: 'x1:bS1:y' } }, { a: { S: 'x' }, b: { S: 'y' } }],
])('%j and %j are different items', (a, b) => {
  expect(itemKey(a)).not.toBe(itemKey(b));
});
