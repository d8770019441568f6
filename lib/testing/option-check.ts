// The runtime has a smaller check of its own, because it is deployed: lib/runtime/argument-check.ts.

/** What an option may be. */
export interface Check {
  /** In words, to follow "must be". */
  readonly allowed: string;
  readonly fits: (value: any) => boolean;
  /** Checks what is in a value that fits. */
  readonly inside?: (name: string, value: any) => void;
  /** Whether the option must be given. */
  readonly required?: boolean;
}

/** A check for each property of an options object. */
export type Checks<Options> = { readonly [name in keyof Options]-?: Check };

/**
 * Checks what a caller gave, so that a typing error does not make a test pass that tests nothing.
 *
 * @throws TypeError that names the option, what was given, and what is allowed.
 */
function checkOption(name: string, value: unknown, { allowed, fits, inside }: Check): void {
  if (!fits(value)) {
    throw new TypeError(`${name} is ${shownValue(value)} but must be ${allowed}.`);
  }
  inside?.(name, value);
}

/** Checks the options that a function was given. */
export function checkOptions<Options>(name: string, value: unknown, checks: Checks<Options>): void {
  checkOption(`The argument of ${name}`, value, anObject);
  checkProperties(name, value as object, checks);
}

/** Checks that an object has no other properties, and that each is what its check allows. `prefix` goes before their names. */
function checkProperties<Options>(what: string, value: object, checks: Checks<Options>, prefix = ''): void {
  const given = value as { readonly [name: string]: unknown };
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(checks, name));
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no option ${unknown}. Its options are ${Object.keys(checks).join(', ')}.`);
  }
  for (const name in checks) {
    const each: Check = checks[name];
    if (given[name] !== undefined || each.required) {
      checkOption(prefix + name, given[name], each);
    }
  }
}

/** For a value that has a check of its own elsewhere. */
export const anything: Check = { allowed: 'anything', fits: () => true };

export const anObject: Check = { allowed: 'an object', fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) };

export const flag: Check = { allowed: 'true or false', fits: (value) => typeof value === 'boolean' };

export const func: Check = { allowed: 'a function', fits: (value) => typeof value === 'function' };

export const text: Check = { allowed: 'a string', fits: (value) => typeof value === 'string' };

export const wholeNumber = (min = -Infinity): Check => ({
  allowed: `a whole number${min === -Infinity ? '' : ` from ${min}`}`, fits: (value) => Number.isInteger(value) && value >= min,
});

/** `unit`: such as "seconds". */
export const numberOf = (unit: string): Check => ({
  allowed: `a number of ${unit}, 0 or more`, fits: (value) => typeof value === 'number' && value >= 0 && value < Infinity,
});

export const oneOf = (...choices: readonly string[]): Check => ({
  allowed: `one of ${choices.join(', ')}`, fits: (value) => choices.includes(value),
});

export const listOf = (what: string, each: Check): Check => ({
  allowed: `a list of ${what}`,
  fits: Array.isArray,
  // There may be a million of anything.
  inside: each === anything ? undefined : (name, list: unknown[]) => list.forEach((value, index) => checkOption(`${name}[${index}]`, value, each)),
});

export const options = <Options>(checks: Checks<Options>): Check => ({
  ...anObject, inside: (name, value) => checkProperties(name, value, checks, `${name}.`),
});

export const required = (one: Check): Check => ({ ...one, required: true });

/** A value as a message shows it. */
export function shownValue(value: unknown): string {
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    return Array.isArray(value) ? 'a list' : 'an object';
  }
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'function' ? 'a function' : String(value);
}
