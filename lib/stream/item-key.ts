import type { AttributeMap, AttributeValue } from './record';

/**
 * The full primary key of an item as one string: equal for two records of one table exactly if they are of the same item.
 *
 * The order of the attributes does not count, and their names are left out: all keys of a table have the same. Numbers are
 * compared as the stream spells them, which is always the same way.
 */
export function itemKey(keys: AttributeMap): string {
  let key = '';
  let before = '';
  for (const name in keys) {
    const value = valueOf(keys[name]);
    key = key === '' ? value : before < name ? pair(key, value) : pair(value, key);
    before = name;
  }
  return key;
}

function valueOf(attribute: AttributeValue): string {
  for (const type in attribute) {
    return type + attribute[type as keyof AttributeValue];
  }
  return '';
}

/** With the length of the first, so that no two different pairs read the same. */
function pair(first: string, second: string): string {
  return first.length + first + second;
}
