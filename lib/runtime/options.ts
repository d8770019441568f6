import { expected } from './expected';

/**
 * What an option may be, told by an example: a function, a flag, the least whole number, the property that it has to have, or
 * the options within it.
 */
export type Example = (() => void) | boolean | number | string | Examples;

/** What the options of a function may be. */
export interface Examples { readonly [option: string]: Example }

/** The example of a function. */
export const FUNCTION = () => {};

/**
 * Checks what a function was given: of an object everything in it that is not undefined.
 *
 * @throws TypeError that names what was given, and what it may be.
 */
export function check(name: string, value: any, example: Example, what = 'The argument'): void {
  const type = typeof example;
  const known = type === 'object' ? Object.keys(example).join(', ') : example;
  const [allowed, fits] =
    type === 'number' ? [`a whole number from ${known}`, Number.isInteger(value) && value >= example]
    : type === 'string' ? [`an object with ${known}`, value?.[known as string]]
    : [type === 'object' ? `an object with ${known}` : `a ${type}`, value !== null && typeof value === type];
  if (!fits) {
    throw new TypeError(expected(`${what} of ${name}`, allowed, value));
  }
  if (typeof example === 'object') {
    for (const [option, given] of Object.entries(value)) {
      if (!(option in example)) {
        throw new TypeError(`${name} has no option ${option}, only ${known}`);
      }
      if (given !== undefined) {
        check(name, given, example[option], `The option ${option}`);
      }
    }
  }
}
