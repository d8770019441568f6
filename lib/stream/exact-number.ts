/**
 * A fraction with more digits than a double can hold: kept as DynamoDB spells it, up to 38 digits.
 *
 * It becomes text in templates and JSON. It throws in arithmetic: pass `text` to a decimal library, or take `Number(text)` and lose digits.
 */
export class Decimal {
  /**
   * The text is not checked.
   *
   * @param text the number as DynamoDB spells it
   */
  constructor(
    /** The number as DynamoDB spells it. */
    readonly text: string,
  ) {}

  /** The number as DynamoDB spells it. */
  toString(): string {
    return this.text;
  }

  /** The number as text: JSON has only numbers that a double may round. */
  toJSON(): string {
    return this.text;
  }

  /**
   * Its text in templates, and nothing else.
   *
   * @throws TypeError in arithmetic, comparison and concatenation, which would be wrong without a word.
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') {
      return this.text;
    }
    throw new TypeError('A Decimal has more digits than a double. Pass its text to a decimal library, take Number(decimal.text), or set numbers: \'number\'');
  }
}

/**
 * A number of DynamoDB without a lost digit: a `number` where a double holds it exactly, otherwise a `bigint` for whole numbers, and a
 * `Decimal` for fractions.
 */
export type ExactNumber = number | bigint | Decimal;

/** DynamoDB's numbers end below 1E+126, start at 1E-130 and have 38 digits. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MAX_DIGITS = 38;

/** More places after the point than any of them has: 38 digits, the first of them at 1E-130 at the lowest. */
const PLACES = 200;
const ONE = 10n ** BigInt(PLACES);
const LARGEST = 10n ** 126n * ONE;

/** A number of at most 15 characters without an exponent: it survives a double. */
const SHORT = /^-?\d+(\.\d+)?$/;
const SHORT_LENGTH = 15;

/**
 * Reads a number without losing a digit:
 *
 * - whole numbers up to `Number.MAX_SAFE_INTEGER` are a `number`, beyond it a `bigint`;
 * - fractions are a `number` if a double gives back the same digits, otherwise a `Decimal`.
 *
 * @throws TypeError if the text is not a number of DynamoDB.
 */
export function exactNumber(text: string): ExactNumber {
  const double = Number(text);
  if (text.length <= SHORT_LENGTH && SHORT.test(text)) {
    return double;
  }
  const value = scaled(text);
  if (value % ONE === 0n && !Number.isSafeInteger(double)) {
    return value / ONE;
  }
  return scaled(String(double)) === value ? double : new Decimal(text);
}

/**
 * A number the way stream records spell it: without exponent, leading or trailing zeros, so that 42, 42.0 and 4.2e1 are all `42`.
 *
 * @throws TypeError if the text is not a number of DynamoDB.
 */
export function plainNumber(text: string): string {
  const value = scaled(text);
  const size = magnitude(value);
  const digits = String(size).padStart(PLACES + 1, '0');
  if (digits.replace(/^0+|0+$/g, '').length > MAX_DIGITS) {
    throw new TypeError(`${JSON.stringify(text)} is not a number of DynamoDB: it has more than ${MAX_DIGITS} digits`);
  }
  if (size > 0n && size < ONE / 10n ** 130n) {
    throw new TypeError(`${JSON.stringify(text)} is not a number of DynamoDB: it is nearer to zero than 1E-130`);
  }
  const fraction = digits.slice(-PLACES).replace(/0+$/, '');
  return (value < 0n ? '-' : '') + digits.slice(0, -PLACES) + (fraction && `.${fraction}`);
}

/** The number times 10 to the power of `PLACES`, which is whole. */
function scaled(text: string): bigint {
  const [number, whole, fraction = '', power = 0] = /^([+-]?(?=\.?\d)\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i.exec(text) ?? [];
  const exponent = PLACES + Number(power) - fraction.length;
  if (number && exponent >= 0) {
    const value = BigInt(whole + fraction) * 10n ** BigInt(exponent);
    if (magnitude(value) < LARGEST) {
      return value;
    }
  }
  throw new TypeError(`${JSON.stringify(text)} is not a number of DynamoDB`);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
