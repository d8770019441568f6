/** The value of a decimal as an integer, with 200 places after the point. */
export function scaled(text: string): bigint {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text)!;
  const value = BigInt(whole + fraction) * 10n ** BigInt(200 + Number(power) - fraction.length);
  return sign ? -value : value;
}
