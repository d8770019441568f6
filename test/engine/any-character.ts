import * as fc from 'fast-check';

/** Any character, of one to four bytes in UTF-8, and halves of pairs. fast-check's own takes half a second to make. */
export const anyCharacter = fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0x1_0000, max: 0x10_ffff }))
  .map((code) => String.fromCodePoint(code));
