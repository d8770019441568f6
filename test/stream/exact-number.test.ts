import * as fc from 'fast-check';
import { Decimal, exactNumber, plainNumber } from '../../lib/stream/exact-number';

test.each<[string, unknown]>([
  ['0', 0],
  ['42', 42],
  ['-7.25', -7.25],
  ['0.1', 0.1],
  ['1E-130', 1e-130],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 9007199254740992n],
  ['-9007199254740993', -9007199254740993n],
  ['99999999999999999999999999999999999999', 99999999999999999999999999999999999999n],
  ['1E+100', 10n ** 100n],
  ['1.5E+20', 150000000000000000000n],
  ['12.000000000000000000000', 12],
  ['9007199254740993.5', new Decimal('9007199254740993.5')],
  ['0.1234567890123456789', new Decimal('0.1234567890123456789')],
  ['0.30000000000000004', 0.30000000000000004],
])('%s is exact', (text, expected) => {
  expect(exactNumber(text)).toEqual(expected);
});

test.each(['', ' ', 'x', '1,5', 'NaN', '0x10', 'Infinity', '1E+999999999'])('%j is refused', (text) => {
  expect(() => exactNumber(text)).toThrow(TypeError);
});

/** The value of a decimal as an integer, with 200 places after the point. */
function scaled(text: string): bigint {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text)!;
  const value = BigInt(whole + fraction) * 10n ** BigInt(200 + Number(power) - fraction.length);
  return sign ? -value : value;
}

test('no digit is lost, whatever the number', () => {
  const number = fc.tuple(fc.boolean(), fc.bigInt({ min: 1n, max: 10n ** 38n - 1n }), fc.integer({ min: -130, max: 80 }));
  fc.assert(fc.property(number, ([negative, digits, exponent]) => {
    const text = `${negative ? '-' : ''}${digits}E${exponent}`;
    expect(scaled(String(exactNumber(text)))).toBe(scaled(text));
  }), { numRuns: 2_000 });
});

test('a decimal becomes text where text is asked for', () => {
  const decimal = new Decimal('1.2345678901234567890');
  expect(`${decimal}`).toBe('1.2345678901234567890');
  expect(JSON.stringify({ decimal })).toBe('{"decimal":"1.2345678901234567890"}');
});

test.each([
  ['4.2e1', '42'], ['042.0', '42'], ['.5', '0.5'], ['5.', '5'], ['-0', '0'], ['1E+21', '1000000000000000000000'], ['1e-130', `0.${'0'.repeat(129)}1`],
  ['9.9999999999999999999999999999999999999E+125', `${'9'.repeat(38)}${'0'.repeat(88)}`],
])('%s is spelled %s, as DynamoDB stores it', (text, spelled) => {
  expect(plainNumber(text)).toBe(spelled);
});

test.each([
  ['1e126', 'larger than any number'], ['1e-131', 'nearer to zero than any number'], ['5e-324', 'nearer to zero'],
  ['1'.repeat(39), 'more than the 38 digits'], ['.', 'no number'], ['e5', 'no number'],
])('%s is none of DynamoDB\'s numbers: %s', (text, reason) => {
  expect(() => plainNumber(text)).toThrow(reason);
});
