/** A deep copy of plain JSON data. Many times faster than structuredClone, and every invocation pays for it. */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(copy) as T;
  }
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const part = copy((value as Record<string, unknown>)[key]);
    if (key === '__proto__') {
      Object.defineProperty(result, key, { value: part, enumerable: true, configurable: true, writable: true });
    } else {
      result[key] = part;
    }
  }
  return result as T;
}
