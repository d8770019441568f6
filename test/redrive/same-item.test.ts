import * as fc from 'fast-check';
import { isSameItem } from '../../lib/redrive/same-item';
import type { AttributeMap, AttributeValue } from '../../lib/stream/record';

const numbers = fc.constantFrom('0', '1', '-1', '1.5', '12345678901234567890123456789012345678', '1e-130');
const unique = <T>(values: fc.Arbitrary<T>) => fc.uniqueArray(values, { minLength: 1, maxLength: 4 });
const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 },
    fc.record({ S: fc.string() }), fc.record({ N: numbers }), fc.record({ B: fc.base64String() }),
    fc.record({ BOOL: fc.boolean() }), fc.constant({ NULL: true }),
    fc.record({ SS: unique(fc.string()) }), fc.record({ NS: unique(numbers) }), fc.record({ BS: unique(fc.base64String()) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }), fc.record({ M: fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }) }),
  ),
}));
const items: fc.Arbitrary<AttributeMap> = fc.dictionary(fc.string({ minLength: 1 }), value, { maxKeys: 5 });

/** The same item as DynamoDB might spell it another time. */
function respelt(item: AttributeMap): AttributeMap {
  return Object.fromEntries(Object.entries(item).reverse().map(([name, one]) => [name, respeltValue(one)]));
}

function respeltValue(one: AttributeValue): AttributeValue {
  const number = (text: string) => /^-?\d{1,5}$/.test(text) ? `${text}.00` : text;
  return one.N !== undefined ? { N: number(one.N) }
    : one.NS ? { NS: one.NS.map(number).reverse() }
      : one.SS ? { SS: [...one.SS].reverse() }
        : one.BS ? { BS: [...one.BS].reverse() }
          : one.L ? { L: one.L.map(respeltValue) }
            : one.M ? { M: respelt(one.M) } : one;
}

test('an item is the same however it is spelt', () => {
  fc.assert(fc.property(items, (item) => isSameItem(item, respelt(item)) && isSameItem(respelt(item), item)));
});

test('an item with another value, or one attribute more or less, is another', () => {
  fc.assert(fc.property(items, fc.string({ minLength: 1 }), value, value, (item, name, a, b) => {
    fc.pre(!isSameItem({ a }, { a: b }));
    expect(isSameItem({ ...item, [name]: a }, { ...item, [name]: b })).toBe(false);
    const { [name]: _, ...without } = item;
    expect(isSameItem(without, { ...without, [name]: a })).toBe(false);
    expect(isSameItem({ ...without, [name]: a }, without)).toBe(false);
  }));
});

test.each<[AttributeValue, AttributeValue]>([
  [{ S: '1' }, { N: '1' }], [{ N: '1' }, { N: '1.0000000000000000000000000000000000001' }], [{ SS: ['a'] }, { SS: ['a', 'b'] }],
  [{ L: [{ S: 'a' }, { S: 'b' }] }, { L: [{ S: 'b' }, { S: 'a' }] }], [{ NULL: true }, { BOOL: true }], [{ M: {} }, { L: [] }],
  [{ M: {} }, { M: { toString: { S: '' } } }],
])('%j is not %j', (a, b) => {
  expect([isSameItem({ a }, { a: b }), isSameItem({ a: b }, { a })]).toEqual([false, false]);
});
