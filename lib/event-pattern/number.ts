/**
 * The number that a JSON text stands for, if the pattern engine can compare it: if the shortest decimal of the nearest double has
 * exactly the value of the text. 300, 300.0 and 3e2 are the same number; 9007199254740993 and 1e400 can't be compared.
 */
export function comparableNumber(text: string): number | undefined {
  const number = Number(text);
  return Number.isFinite(number) && decimal(text) === decimal(String(number)) ? number : undefined;
}

/** A decimal number spelled in one way: sign, digits without outer zeros, exponent of the last digit. */
function decimal(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text)!;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  // Zero has no digits left, and neither a sign nor an exponent that counts.
  return significant && `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
