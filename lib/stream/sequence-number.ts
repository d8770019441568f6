/**
 * Orders two sequence numbers of one shard: negative when `a` comes first, 0 when they are the same.
 *
 * Sequence numbers are decimal strings too long for a double and not all of one length, so that neither `<` on strings nor
 * on numbers orders them. Leading zeros (DynamoDB Local writes them) do not count.
 */
export function compareSequenceNumbers(a: string, b: string): number {
  if (a.length === b.length) {
    return a < b ? -1 : Number(a > b);
  }
  return Number(BigInt(a) - BigInt(b));
}
