/**
 * A fraction with more digits than a double can hold: kept as DynamoDB spells it, up to 38 digits.
 *
 * It becomes text in templates and JSON. For arithmetic hand `text` to a decimal library, or take `Number(text)` and lose digits knowingly.
 */
export class Decimal {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** A number of DynamoDB, exact: see `exactNumber`. */
export type ExactNumber = number | bigint | Decimal;

/** DynamoDB's numbers end below 1E+126, start at 1E-130 and have 38 digits. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MAX_MAGNITUDE = 126;
const MIN_MAGNITUDE = -129;
const MAX_DIGITS = 38;

/** Every decimal of so many digits survives a double. */
const DIGITS_OF_A_DOUBLE = 15;

/** A number without an exponent. */
const PLAIN = /^-?\d+(\.\d+)?$/;

/**
 * Reads a number without losing a digit:
 *
 * - whole numbers up to `Number.MAX_SAFE_INTEGER` are a `number`, beyond it a `bigint`;
 * - fractions are a `number` if a double gives back the same digits, otherwise a `Decimal`.
 *
 * @throws TypeError if the text is no number of DynamoDB.
 */
export function exactNumber(text: string): ExactNumber {
  const double = Number(text);
  if (text.length <= DIGITS_OF_A_DOUBLE && PLAIN.test(text)) {
    return double;
  }
  const { sign, digits, exponent } = decompose(text);
  if (exponent >= 0) {
    return Number.isSafeInteger(double) ? double : BigInt(sign + digits + '0'.repeat(exponent));
  }
  const back = decompose(String(double));
  return back.digits === digits && back.exponent === exponent ? double : new Decimal(text);
}

/**
 * A number the way stream records spell it: without exponent, leading or trailing zeros, so that 42, 42.0 and 4.2e1 are all `42`.
 *
 * @throws TypeError if the text is no number of DynamoDB.
 */
export function plainNumber(text: string): string {
  const { sign, digits, exponent } = decompose(text);
  if (digits.length > MAX_DIGITS) {
    throw new TypeError(`An attribute of type N is ${JSON.stringify(text)}, which has more than the ${MAX_DIGITS} digits of a number of DynamoDB.`);
  }
  if (digits !== '0' && digits.length + exponent < MIN_MAGNITUDE) {
    throw new TypeError(`An attribute of type N is ${JSON.stringify(text)}, nearer to zero than any number of DynamoDB.`);
  }
  const whole = exponent >= 0 ? digits + '0'.repeat(exponent) : digits.slice(0, exponent) || '0';
  const fraction = exponent >= 0 ? '' : `.${digits.slice(exponent).padStart(-exponent, '0')}`;
  return sign + whole + fraction;
}

/** The number as digits times ten to the exponent, without zeros at either end of the digits. */
function decompose(text: string): { sign: string; digits: string; exponent: number } {
  const match = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  if (!match) {
    throw new TypeError(`An attribute of type N is ${JSON.stringify(text)}, which is no number.`);
  }
  const [, sign, whole, fraction = '', power = '0'] = match;
  const significant = (whole + fraction).replace(/^0+/, '');
  const digits = significant.replace(/0+$/, '');
  if (digits === '') {
    return { sign: '', digits: '0', exponent: 0 };
  }
  const exponent = Number(power) - fraction.length + significant.length - digits.length;
  if (digits.length + exponent > MAX_MAGNITUDE) {
    throw new TypeError(`An attribute of type N is ${JSON.stringify(text)}, larger than any number of DynamoDB.`);
  }
  return { sign: sign === '-' ? '-' : '', digits, exponent };
}
