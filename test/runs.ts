/** How many times as often properties are tried: `npm run properties` sets it. */
const TIMES = Number(process.env.RUNS ?? 1);

/**
 * How often a property is tried that costs much. In a build so often that each kind of case comes up; with `npm run properties` thirty times as often,
 * and with cases of its own each time.
 *
 * @param seed the same cases in every build, so that one that fails does so for a change
 */
export function runs(numRuns: number, seed?: number): { readonly numRuns: number; readonly seed?: number } {
  return TIMES === 1 ? { numRuns, ...(seed !== undefined && { seed }) } : { numRuns: numRuns * TIMES };
}
