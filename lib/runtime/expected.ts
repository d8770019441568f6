/** What was given, and what is allowed instead. Holds no item data: of objects only the properties' names, of texts only short ones. */
export function expected(what: string, allowed: string, given: unknown): string {
  return `${what} is ${describe(given)} but must be ${allowed}`;
}

function describe(given: unknown): string {
  if (Array.isArray(given)) {
    return 'an array';
  }
  if (typeof given === 'object' && given) {
    return `an object of ${Object.keys(given).join(', ') || 'nothing'}`;
  }
  return typeof given === 'function' ? 'a function' : `${JSON.stringify(given)}`.slice(0, 40);
}
