import type { AttributeMap } from './record';

/**
 * The full primary key of an item as one string: equal for two records exactly if they are of the same item.
 *
 * The order of the attributes does not count. Numbers are compared as the stream spells them, which is always the same way.
 */
export function itemKey(keys: AttributeMap): string {
  const names = Object.keys(keys);
  if (names.length > 1) {
    names.sort();
  }
  let key = '';
  for (const name of names) {
    for (const [type, value] of Object.entries(keys[name])) {
      // Lengths before texts: no choice of names and values can make two different keys read the same.
      key += `${name.length}:${name}${type}${String(value).length}:${value}`;
    }
  }
  return key;
}
