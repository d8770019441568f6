import { expected } from './expected';

/**
 * What an option may be, told by an example: a function, a flag, the least whole number, the property that it has to have, or
 * the options within it.
 */
export type Example = (() => void) | boolean | number | string | Examples;

/** What the options of a function may be. */
export interface Examples {
  readonly [option: string]: Example;
}

/** The example of a function. */
export const FUNCTION = () => {};

/**
 * Checks what a function was given: of an object everything in it that is not undefined.
 *
 * @throws TypeError that names what was given, and what it may be.
 */
export function check(name: string, value: any, example: Example, what = 'The argument'): void {
  const [allowed, fits] = compare(value, example);
  if (!fits) {
    throw new TypeError(expected(`${what} of ${name}`, allowed, value));
  }
  if (typeof example === 'object') {
    for (const [option, given] of Object.entries(value)) {
      if (!(option in example)) {
        throw new TypeError(`${name} has no option ${option}, only ${Object.keys(example).join(', ')}`);
      }
      if (given !== undefined) {
        check(name, given, example[option], `The option ${option}`);
      }
    }
  }
}

/** What may be given, and whether it is. */
function compare(value: any, example: Example): [string, unknown] {
  switch (typeof example) {
    case 'number': return [`a whole number from ${example}`, Number.isInteger(value) && value >= example];
    case 'string': return [`an object with ${example}`, value?.[example]];
    case 'object': return [`an object with ${Object.keys(example).join(', ')}`, value && typeof value === 'object'];
    default: return [`a ${typeof example}`, typeof value === typeof example];
  }
}
