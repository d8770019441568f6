/** A source of numbers from 0 up to but not including 1. The same seed gives the same numbers (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The random numbers of one trigger's simulation, by what they are for: one use does not disturb another. */
export interface RandomSources {
  readonly uuid: () => string;
  readonly faults: () => number;
  readonly runtime: () => number;
}

/** The sources of the trigger at this place in the list: triggers with the same seed differ. */
export function randomSources(seed: number, place: number): RandomSources {
  const [ids, faults, runtime] = [0, 1, 2].map((kind) => seededRandom(seed + 3 * place + kind));
  return { uuid: () => randomUuid(ids), faults, runtime };
}

/** A UUID, version 4. */
function randomUuid(random: () => number): string {
  let uuid = '';
  for (const place of 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx') {
    uuid += place === 'x' ? HEX[Math.floor(random() * 16)] : place === 'y' ? HEX[8 + Math.floor(random() * 4)] : place;
  }
  return uuid;
}

const HEX = '0123456789abcdef';
