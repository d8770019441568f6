/**
 * The highest number of places in a wildcard text that AWS may have to follow at once. 11 is the lowest that was seen refused
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
  const beginnings = behindStars.flatMap((literal, i) => allBeginnings(i === behindStars.length - 1 ? `${literal}\u0000` : literal));
  let most = 0;
  for (const read of beginnings) {
    const reached = behindStars.length + beginnings.filter((beginning) => read.endsWith(beginning)).length;
    if (reached > MAX_COMPLEXITY) {
      return reached;
    }
    most = Math.max(most, reached);
  }
  return most;
}

function allBeginnings(literal: string): string[] {
  return Array.from({ length: literal.length }, (_, i) => literal.slice(0, i + 1));
}
