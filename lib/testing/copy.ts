/** A deep copy of JSON data. Each invocation needs one; this is many times faster than structuredClone. */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(copy) as T;
  }
  // Spreading copies an object of a known shape in one go.
  const result: Record<string, unknown> = { ...value as Record<string, unknown> };
  for (const name in result) {
    const part = result[name];
    if (typeof part === 'object' && part !== null) {
      result[name] = copy(part);
    }
  }
  return result as T;
}
