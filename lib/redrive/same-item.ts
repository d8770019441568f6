import { plainNumber } from '../stream/exact-number';
import type { AttributeMap, AttributeValue } from '../stream/record';

/** Whether two items are the same to DynamoDB: attributes and members of sets have no order, and numbers count by their value. */
export function isSameItem(a: AttributeMap, b: AttributeMap): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSameValue(a[name], b[name]));
}

function isSameValue(a: AttributeValue, b: AttributeValue): boolean {
  const [type] = Object.keys(a) as (keyof AttributeValue)[];
  if (type === undefined || !Object.hasOwn(b, type)) {
    return false;
  }
  switch (type) {
    case 'M': return isSameItem(a.M!, b.M!);
    case 'L': return a.L!.length === b.L!.length && a.L!.every((element, index) => isSameValue(element, b.L![index]));
    case 'N': return isSameNumber(a.N!, b.N!);
    case 'NS': return isSameSet(a.NS!.map(numberOf), b.NS!.map(numberOf));
    case 'SS': return isSameSet(a.SS!, b.SS!);
    case 'BS': return isSameSet(a.BS!, b.BS!);
    default: return a[type] === b[type];
  }
}

function isSameNumber(a: string, b: string): boolean {
  return a === b || numberOf(a) === numberOf(b);
}

/** One that is not a number is equal to itself only. */
function numberOf(text: string): string {
  try {
    return plainNumber(text);
  } catch {
    return text;
  }
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const members = new Set(b);
  return a.length === b.length && a.every((member) => members.has(member));
}
