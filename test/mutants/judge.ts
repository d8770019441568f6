import type { Copy } from './copy';
import type { Mutant } from './draw';
import { Durations, nearTests } from './near-tests';

/** Milliseconds after which a test hangs, if it is known how long it usually takes, and if not. */
const PATIENCE = { usual: (took: number) => 60_000 + 15 * took, unknown: 600_000 };

/**
 * Runs the tests near mutants until one notices.
 *
 * @returns a function that says how a mutant was noticed, in words; undefined if it survived
 */
export function judge(root: string): (copy: Copy, mutant: Mutant) => Promise<string | undefined> {
  const durations = new Durations(root);
  /** Whether a test that failed with a mutant passes without: one that does not tells nothing. */
  const passes = new Map<string, boolean>();
  return async (copy, mutant) => {
    for (const test of nearTests(mutant.file, durations).filter(({ file }) => passes.get(file) !== false)) {
      const usual = durations.of(test.file);
      copy.change(mutant.file, mutant.text);
      const outcome = await copy.run(test, usual === undefined ? PATIENCE.unknown : PATIENCE.usual(usual));
      if (typeof outcome === 'object' && outcome.passed) {
        durations.set(test.file, outcome.milliseconds);
        continue;
      }
      if (!passes.has(test.file)) {
        copy.undo();
        const without = await copy.run(test, PATIENCE.unknown);
        passes.set(test.file, typeof without === 'object' && without.passed);
      }
      if (passes.get(test.file)) {
        return `${typeof outcome === 'object' ? 'killed' : outcome} by ${test.file}`;
      }
      console.log(`${test.file} fails without a mutant, too, and is not asked any more.`);
    }
    return undefined;
  };
}
