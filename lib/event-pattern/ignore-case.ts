/**
 * Texts compared the way the pattern engine ignores case: each character of the pattern stands for its lower and its upper case,
 * which may be several characters (`ß` for `ß` and `SS`). Letters outside the Basic Multilingual Plane match nothing.
 */
export type CaselessText = readonly CaselessCharacter[];

interface CaselessCharacter {
  readonly lower: string;
  readonly upper: string;
}

/** Prepares a pattern's text. */
export function caselessText(text: string): CaselessText {
  // By UTF-16 code unit, each half of a surrogate pair by itself: the engine turns a half into a question mark.
  return text.split('').map((unit) => isSurrogate(unit) ? { lower: '?', upper: '?' } : { lower: unit.toLowerCase(), upper: unit.toUpperCase() });
}

/** Whether a text equals the pattern's. */
export function equalsIgnoringCase(pattern: CaselessText, text: string): boolean {
  return endOfPrefix(pattern, text) === text.length;
}

/** Whether a text starts with the pattern's. */
export function startsWithIgnoringCase(pattern: CaselessText, text: string): boolean {
  return endOfPrefix(pattern, text) !== undefined;
}

/** Whether a text ends with the pattern's. */
export function endsWithIgnoringCase(pattern: CaselessText, text: string): boolean {
  let end = text.length;
  for (let i = pattern.length - 1; i >= 0; i--) {
    const { lower, upper } = pattern[i];
    if (text.endsWith(lower, end)) {
      end -= lower.length;
    } else if (text.endsWith(upper, end)) {
      end -= upper.length;
    } else {
      return false;
    }
  }
  return true;
}

function endOfPrefix(pattern: CaselessText, text: string): number | undefined {
  let position = 0;
  for (const { lower, upper } of pattern) {
    if (text.startsWith(lower, position)) {
      position += lower.length;
    } else if (text.startsWith(upper, position)) {
      position += upper.length;
    } else {
      return undefined;
    }
  }
  return position;
}

function isSurrogate(unit: string): boolean {
  return unit >= '\ud800' && unit <= '\udfff';
}
