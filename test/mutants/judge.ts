import type { Copy } from './copy';
import type { Mutant } from './draw';
import type { TestFile } from './jest-process';
import { Durations, nearTests } from './near-tests';

/** Milliseconds after which a test hangs, if it is known how long it usually takes, and if not. Other work may keep the machine busy. */
const PATIENCE = { usual: (took: number) => 30_000 + 10 * took, unknown: 300_000 };

interface Failure {
  /** In words. */
  readonly how: string;
  /** What jest says about it. */
  readonly report: string;
}

/** Runs the tests near mutants until one notices. */
export class Judge {
  /** Tests that failed without a mutant: what they say about mutants means nothing, and they are not asked any more. */
  readonly unreliable = new Set<string>();
  private readonly durations: Durations;

  constructor(root: string) {
    this.durations = new Durations(root);
  }

  /** How the tests noticed a mutant, in words; undefined if it survived. */
  async noticed(copy: Copy, mutant: Mutant): Promise<string | undefined> {
    for (const test of nearTests(mutant.file, this.durations).filter(({ file }) => !this.unreliable.has(file))) {
      const failure = await this.noticedBy(copy, test, mutant);
      if (failure !== undefined) {
        return `${failure.how} by ${test.file}`;
      }
    }
    return undefined;
  }

  /**
   * A test that fails is run again without the mutant at once, as a control: of a test that passes, there is nothing to control. If it fails
   * again, what a mutant has left in the process may be the reason, so both are tried once more, each in a new process.
   */
  private async noticedBy(copy: Copy, test: TestFile, mutant: Mutant): Promise<Failure | undefined> {
    const failure = await this.failure(copy, test, mutant);
    if (failure === undefined || await this.failure(copy, test) === undefined) {
      return failure;
    }
    await copy.end();
    const again = await this.failure(copy, test, mutant);
    await copy.end();
    const control = again && await this.failure(copy, test);
    if (control !== undefined) {
      this.unreliable.add(test.file);
      console.log(`${test.file} fails without a mutant, too (${control.how}).\n${control.report}`);
      return undefined;
    }
    return again;
  }

  /** How a test fails; undefined if it passes. */
  private async failure(copy: Copy, { file, part }: TestFile, mutant?: Mutant): Promise<Failure | undefined> {
    if (mutant === undefined) {
      copy.undo();
    } else {
      copy.change(mutant.file, mutant.text);
    }
    const usual = this.durations.of(file);
    const outcome = await copy.run({ file, part }, usual === undefined ? PATIENCE.unknown : PATIENCE.usual(usual));
    if (typeof outcome === 'object' && outcome.passed) {
      this.durations.set(file, outcome.milliseconds);
      return undefined;
    }
    return typeof outcome === 'object' ? { how: 'killed', report: outcome.failures } : { how: outcome, report: '' };
  }
}
