import type { AttributeMap, AttributeValue } from '../../stream/record';

/** The size of an item in bytes, as DynamoDB counts it: names and values, a number by its digits. */
export function itemSize(item: AttributeMap | undefined): number {
  return Object.entries(item ?? {}).reduce((size, [name, value]) => size + Buffer.byteLength(name) + valueSize(value), 0);
}

function valueSize({ S, N, B, L, M, SS, NS, BS }: AttributeValue): number {
  if (S !== undefined) {
    return Buffer.byteLength(S);
  }
  if (N !== undefined) {
    return numberSize(N);
  }
  if (B !== undefined) {
    return Buffer.byteLength(B, 'base64');
  }
  if (L) {
    return L.reduce((size, value) => size + 1 + valueSize(value), 3);
  }
  if (M) {
    return 3 + Object.keys(M).length + itemSize(M);
  }
  const set = SS?.map((one) => ({ S: one })) ?? NS?.map((one) => ({ N: one })) ?? BS?.map((one) => ({ B: one }));
  return set ? set.reduce((size, value) => size + valueSize(value), 0) : 1;
}

function numberSize(text: string): number {
  const digits = text.replace(/^-|\.|e.*$/gi, '').replace(/^0+|0+$/g, '');
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}
