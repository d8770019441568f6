import * as fc from 'fast-check';
import { itemKey } from '../../lib/stream/item-key';

test('the order of the attributes does not count', () => {
  expect(itemKey({ pk: { S: 'a' }, sk: { N: '1' } })).toBe(itemKey({ sk: { N: '1' }, pk: { S: 'a' } }));
});

test('different keys of one table never read the same, whatever their types and values', () => {
  const value = fc.oneof(
    fc.record({ S: fc.string() }),
    fc.record({ N: fc.integer().map(String) }),
    fc.record({ B: fc.base64String() }),
  );
  const key = fc.record({ pk: value, sk: value });
  fc.assert(fc.property(key, key, (a, b) => {
    expect(itemKey(a) === itemKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
  }));
});

test.each([
  [{ a: { S: 'b' } }, { a: { B: 'b' } }],
  [{ a: { S: '1' } }, { a: { N: '1' } }],
  [{ a: { S: 'x' }, b: { S: 'z' } }, { a: { S: 'y' }, b: { S: 'z' } }],
  [{ a: { S: 'x' }, b: { S: 'y' } }, { a: { S: 'x' }, b: { S: 'z' } }],
  [{ a: { S: 'xS' }, b: { S: 'y' } }, { a: { S: 'x' }, b: { S: 'Sy' } }],
  [{ a: { S: '1' }, b: { S: '' } }, { a: { S: '' }, b: { S: '1' } }],
])('%j and %j are different items', (a, b) => {
  expect(itemKey(a)).not.toBe(itemKey(b));
});
