/** A source of numbers from 0 up to but not including 1: the same seed, the same numbers (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A UUID, version 4, from such a source. */
export function randomUuid(random: () => number): string {
  const digit = (choices: string) => choices[Math.floor(random() * choices.length)];
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'
    .replace(/[xy]/g, (place) => digit(place === 'x' ? '0123456789abcdef' : '89ab'));
}
