import { performance } from 'node:perf_hooks';

/** Milliseconds between two ticks that count, at most. */
const LONGEST = 15;

/**
 * Measures how long something waits, in real time in which this process could do something: on a busy machine, or if the process is frozen, the
 * rest says nothing about the code. Call `end` when it is over.
 */
export function measure(): { readonly granted: () => number; readonly end: () => void } {
  let [granted, last] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    granted += Math.min(now - last, LONGEST);
    last = now;
  }, 5);
  return { granted: () => granted, end: () => clearInterval(timer) };
}
