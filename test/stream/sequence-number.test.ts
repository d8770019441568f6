import * as fc from 'fast-check';
import { compareSequenceNumbers } from '../../lib/stream/sequence-number';

test('orders as numbers, whatever their lengths', () => {
  const number = fc.bigInt({ min: 0n, max: 10n ** 40n });
  fc.assert(fc.property(number, number, (a, b) => {
    expect(Math.sign(compareSequenceNumbers(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
  }));
});

test('leading zeros do not count', () => {
  expect(compareSequenceNumbers('000000000000000000042', '42')).toBe(0);
  expect(compareSequenceNumbers('000000000000000000041', '42')).toBeLessThan(0);
});
