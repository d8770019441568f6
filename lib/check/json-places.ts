/** Where each key of a JSON text begins, by what `placeKey` makes of the keys and indexes that lead to it. */
export function placesInJson(text: string): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  // The key or the index of each object and list around.
  const path: (string | number)[] = [];
  let isKey = false;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    switch (token) {
      case '{':
      case '[':
        path.push(token === '{' ? '' : 0);
        isKey = token === '{';
        break;
      case '}':
      case ']':
        path.pop();
        isKey = false;
        break;
      case ',': {
        const last = path.at(-1)!;
        isKey = typeof last === 'string';
        path[path.length - 1] = isKey ? '' : Number(last) + 1;
        break;
      }
      default:
        if (isKey) {
          path[path.length - 1] = JSON.parse(token);
          places.set(placeKey(path), index);
          isKey = false;
        }
    }
  }
  return places;
}

export function placeKey(path: readonly (string | number)[]): string {
  return path.join('\0');
}
