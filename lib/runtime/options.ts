import { expected } from './expected';

/** What an option may be. */
export interface Allowed {
  readonly kind: string;
  readonly fits: (value: any) => boolean;
}

export const FUNCTION: Allowed = { kind: 'a function', fits: (value) => typeof value === 'function' };
export const FLAG: Allowed = { kind: 'true or false', fits: (value) => typeof value === 'boolean' };
export const COUNT: Allowed = { kind: 'a whole number from 1', fits: (value) => Number.isInteger(value) && value > 0 };
export const MILLISECONDS: Allowed = { kind: 'milliseconds from 0', fits: (value) => Number.isFinite(value) && value >= 0 };
export const SCHEMA: Allowed = { kind: 'a Standard Schema validator', fits: (value) => !!value?.['~standard'] };
export const ANYTHING: Allowed = { kind: 'anything', fits: () => true };

/**
 * Checks every option that was given.
 *
 * @throws TypeError that names the option, its value, and what it may be.
 */
export function checkOptions(name: string, options: object, allowed: { readonly [option: string]: Allowed }): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(expected(`The argument of ${name}`, `an object with ${Object.keys(allowed).join(', ')}`, options));
  }
  for (const [option, value] of Object.entries(options)) {
    if (!allowed[option]) {
      throw new TypeError(`${name} has no option ${option}, only ${Object.keys(allowed).join(', ')}`);
    }
    if (value !== undefined && !allowed[option].fits(value)) {
      throw new TypeError(expected(`The option ${option} of ${name}`, allowed[option].kind, value));
    }
  }
}
