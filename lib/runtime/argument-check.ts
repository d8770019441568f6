import { expected } from './expected';

/** What a value may be: how an error names it, whether a value fits, and of an object what its properties may be. */
export type Allowed = readonly [what: string, fits: (value: any) => unknown, properties?: AllowedProperties];

/** What the properties of an object may be. */
export interface AllowedProperties {
  readonly [name: string]: Allowed;
}

export const func = ofType('function');
export const flag = ofType('boolean');

export function wholeNumber(least: number): Allowed {
  return [`a whole number from ${least}`, (value) => Number.isInteger(value) && value >= least];
}

export function oneOf(...values: string[]): Allowed {
  return [values.join(' or '), (value) => values.includes(value)];
}

/** An object, or a function, with a certain property. */
export function having(property: string): Allowed {
  return [`an object with ${property}`, (value) => value?.[property]];
}

/** An object with some of these properties, and no others. */
export function object(properties: AllowedProperties): Allowed {
  return [`an object with ${Object.keys(properties).join(', ')}`, (value) => value && typeof value === 'object', properties];
}

/**
 * Checks what a function was given: of an object also every property that is not undefined.
 *
 * @throws TypeError that names what was given, and what is allowed.
 */
export function checkArgument(name: string, value: any, [what, fits, properties]: Allowed, part = 'The argument'): void {
  if (!fits(value)) {
    throw new TypeError(expected(`${part} of ${name}`, what, value));
  }
  for (const property in properties && value) {
    if (!(property in properties!)) {
      throw new TypeError(`${name} has no option ${property}, only ${Object.keys(properties!).join(', ')}`);
    }
    if (value[property] !== undefined) {
      checkArgument(name, value[property], properties![property], `The option ${property}`);
    }
  }
}

export function ofType(type: string): Allowed {
  return [`a ${type}`, (value) => typeof value === type];
}
