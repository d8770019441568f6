/**
 * A value where a template should have a text. One that is not gives a text that names nothing.
 *
 * `String` can't be called with every value of JSON: an object may have a `toString` that is not a function.
 */
export function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
