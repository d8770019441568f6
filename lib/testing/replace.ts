/**
 * Puts other values in the place of an object's properties.
 *
 * @returns a function that puts the old ones back
 */
export function replace(object: object, values: Readonly<Record<string, unknown>>): () => void {
  const names = Object.keys(values);
  const before = names.map((name) => Object.getOwnPropertyDescriptor(object, name));
  Object.assign(object, values);
  return () => names.forEach((name, place) => {
    const property = before[place];
    if (property) {
      Object.defineProperty(object, name, property);
    } else {
      Reflect.deleteProperty(object, name);
    }
  });
}
