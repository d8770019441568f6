import * as fc from 'fast-check';
import { scaled } from './scaled';
import { Decimal, exactNumber, plainNumber } from '../../lib/stream/exact-number';
import { runs } from '../runs';

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
  expect(() => exactNumber(text)).toThrow(new TypeError(`${JSON.stringify(text)} is not a number of DynamoDB`));
});

test('no digit is lost, whatever the number', () => {
  const number = fc.tuple(fc.boolean(), fc.bigInt({ min: 1n, max: 10n ** 38n - 1n }), fc.integer({ min: -130, max: 80 }));
  fc.assert(fc.property(number, ([negative, digits, exponent]) => {
    const text = `${negative ? '-' : ''}${digits}E${exponent}`;
    expect(scaled(String(exactNumber(text)))).toBe(scaled(text));
  }), runs(200));
});

/** Numbers of DynamoDB in every spelling: signs, zeros at both ends, fractions, exponents. */
const spelled = fc.record({
  negative: fc.boolean(),
  digits: fc.oneof(
    fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }), fc.bigInt({ min: 2n ** 53n - 40n, max: 2n ** 53n + 40n }), fc.nat(2_000).map(BigInt),
  ),
  point: fc.nat(39),
  leading: fc.nat(3),
  trailing: fc.nat(3),
  exponent: fc.oneof(fc.constant(undefined), fc.integer({ min: -80, max: 80 })),
  sign: fc.constantFrom('', '+'),
}).map(({ negative, digits, point, leading, trailing, exponent, sign }) => {
  const all = String(digits);
  const before = Math.max(0, all.length - point);
  const fraction = all.slice(before).padStart(point, '0') + (point > 0 ? '0'.repeat(trailing) : '');
  const power = exponent === undefined ? '' : `E${exponent >= 0 ? sign : ''}${exponent}`;
  return `${negative ? '-' : ''}${'0'.repeat(leading)}${all.slice(0, before) || '0'}${fraction && `.${fraction}`}${power}`;
});

test('however it is spelled, a number is of the simplest type that holds all of it', () => {
  fc.assert(fc.property(spelled, (text) => {
    const value = exactNumber(text);
    const exact = scaled(text);
    expect(scaled(String(value))).toBe(exact);
    const whole = exact % 10n ** 200n === 0n;
    const safe = whole && exact / 10n ** 200n <= BigInt(Number.MAX_SAFE_INTEGER) && exact / 10n ** 200n >= -BigInt(Number.MAX_SAFE_INTEGER);
    const double = scaled(String(Number(text))) === exact;
    expect(typeof value).toBe(whole ? (safe ? 'number' : 'bigint') : double ? 'number' : 'object');
  }), runs(500));
});

test('the plain spelling has no exponent and no zeros to leave out, and is the same number', () => {
  fc.assert(fc.property(spelled, (text) => {
    const plain = plainNumber(text);
    expect(plain).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
    expect(plain).not.toBe('-0');
    expect(scaled(plain)).toBe(scaled(text));
  }), runs(200));
});

test.each([
  ['1E+125', 10n ** 125n],
  ['9.9999999999999999999999999999999999999E+125', BigInt('9'.repeat(38)) * 10n ** 88n],
  ['-9.9999999999999999999999999999999999999E+125', -BigInt('9'.repeat(38)) * 10n ** 88n],
])('%s, at the end of what DynamoDB holds, is exact', (text, value) => expect(exactNumber(text)).toBe(value));

test.each(['1E+126', '-1E+126', '10E+125'])('%s is larger than any number of DynamoDB', (text) => {
  expect(() => exactNumber(text)).toThrow(new TypeError(`"${text}" is not a number of DynamoDB`));
});

test('a decimal becomes text where text is asked for', () => {
  const decimal = new Decimal('1.2345678901234567890');
  expect(`${decimal}`).toBe('1.2345678901234567890');
  expect(JSON.stringify({ decimal })).toBe('{"decimal":"1.2345678901234567890"}');
});

test.each([
  ['4.2e1', '42'], ['042.0', '42'], ['.5', '0.5'], ['5.', '5'], ['-0', '0'], ['1E+21', '1000000000000000000000'], ['1e-130', `0.${'0'.repeat(129)}1`],
  ['9.9999999999999999999999999999999999999E+125', `${'9'.repeat(38)}${'0'.repeat(88)}`],
])('%s is spelled %s, as DynamoDB stores it', (text, stored) => {
  expect(plainNumber(text)).toBe(stored);
});

test.each([
  ['1e126', ''], ['5e-324', ''], ['.', ''], ['e5', ''], ['', ''],
  ['1e-131', ': it is nearer to zero than 1E-130'], ['-9e-131', ': it is nearer to zero than 1E-130'], ['1'.repeat(39), ': it has more than 38 digits'],
])('%s is none of DynamoDB\'s numbers%s', (text, reason) => {
  expect(() => plainNumber(text)).toThrow(new TypeError(`"${text}" is not a number of DynamoDB${reason}`));
});

test.each<[string, (decimal: any) => unknown]>([
  ['added to', (decimal) => decimal + 1], ['multiplied', (decimal) => decimal * 2], ['compared', (decimal) => decimal > 1], ['joined with a text', (decimal) => decimal + ''],
])('a decimal is not %s, which would lose digits', (_, use) => {
  expect(() => use(new Decimal('0.1234567890123456789'))).toThrow(new TypeError(
    'A Decimal has more digits than a double. Pass its text to a decimal library, take Number(decimal.text), or set numbers: \'number\''));
});

test.each([
  ['of 15 characters', '0.1234567890123', 0.1234567890123], ['of 16 characters', '0.12345678901234', 0.12345678901234],
])('a number %s that a double holds is a number', (_, text, number) => {
  expect(exactNumber(text)).toBe(number);
});
