/**
 * The highest number of places in a wildcard text that AWS may follow at once. 11 is the lowest that was seen refused
 * ("Rule is too complex"), 7 the highest that was seen accepted.
 */
const MAX_COMPLEXITY = 10;

/** A text with `*` for any characters, none included: the literal texts between the stars, of which there is one less. */
export type Wildcard = readonly string[];

/** Reads a wildcard text. Answers what is wrong with one that AWS refuses. */
export function parseWildcard(text: string): Wildcard | { wrong: string; tooComplex?: boolean } {
  const literals = [''];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '*') {
      if (text[i + 1] === '*') {
        return { wrong: `two "*" in a row (at ${i}) are not allowed: one does the same, and "\\*" stands for the character itself` };
      }
      literals.push('');
    } else if (character === '\\') {
      i++;
      if (text[i] !== '*' && text[i] !== '\\') {
        return { wrong: `a backslash (at ${i - 1}) must be followed by "*" or another backslash` };
      }
      literals[literals.length - 1] += text[i];
    } else {
      literals[literals.length - 1] += character;
    }
  }
  const complexity = wildcardComplexity(literals);
  return complexity <= MAX_COMPLEXITY ? literals : {
    wrong: 'it is too complex for AWS: use fewer "*", or fewer repetitions of the same characters after one',
    tooComplex: true,
  };
}

/** Whether a text matches. Linear in its length for each literal: every literal is matched where it first occurs. */
export function matchesWildcard(literals: Wildcard, text: string): boolean {
  const first = literals[0];
  if (literals.length === 1) {
    return text === first;
  }
  const last = literals[literals.length - 1];
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) {
    return false;
  }
  let position = first.length;
  for (let i = 1; i < literals.length - 1; i++) {
    const found = text.indexOf(literals[i], position);
    if (found < 0) {
      return false;
    }
    position = found + literals[i].length;
  }
  return position <= text.length - last.length;
}

/**
 * How many places of a wildcard text may have been reached at the same time, in the worst text it could meet: each star stays
 * open once it is passed, and behind each one any beginning of the literal that follows may just have been read.
 */
function wildcardComplexity(literals: Wildcard): number {
  const behindStars = literals.slice(1);
  // The end of the text counts as a character that only the last literal has.
  const beginnings = tree(behindStars.map((literal, i) => i === behindStars.length - 1 ? `${literal}\u0000` : literal));
  return behindStars.length + mostRead(beginnings);
}

/** A beginning of one or more literals. */
interface Beginning {
  readonly next: Map<string, Beginning>;
  /** How many literals begin so. */
  count: number;
  /** How many beginnings a text that ends so may just have read. */
  read: number;
  /** The longest beginning that this one ends with. */
  inside?: Beginning;
}

/** All beginnings of some literals, in time that grows with their length only. */
function tree(literals: readonly string[]): Beginning {
  const root: Beginning = { next: new Map(), count: 0, read: 0 };
  for (const literal of literals) {
    let at = root;
    for (let i = 0; i < literal.length; i++) {
      const following = at.next.get(literal[i]) ?? { next: new Map(), count: 0, read: 0 };
      at.next.set(literal[i], following);
      following.count++;
      at = following;
    }
  }
  return root;
}

/** The highest number of beginnings that one of them ends with, itself included. Shorter ones first, as each is built on a shorter one (Aho and Corasick). */
function mostRead(root: Beginning): number {
  const all: Beginning[] = [root];
  for (let i = 0; i < all.length; i++) {
    const at = all[i];
    for (const [character, following] of at.next) {
      let shorter = at.inside;
      while (shorter !== undefined && !shorter.next.has(character)) {
        shorter = shorter.inside;
      }
      following.inside = shorter?.next.get(character) ?? root;
      following.read = following.count + following.inside.read;
      all.push(following);
    }
  }
  return all.reduce((most, { read }) => Math.max(most, read), 0);
}
