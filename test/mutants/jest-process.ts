import { buildArgv, runCLI } from 'jest';

/** A test file to run, and its project of jest. */
export interface TestFile {
  /** From the root of the project. */
  readonly file: string;
  readonly part: string;
}

export interface TestOutcome {
  readonly passed: boolean;
  readonly milliseconds: number;
  /** What jest says about a test that failed. */
  readonly failures: string;
}

/** Runs one test file after another, as it is asked to: jest and the compiler are loaded once. */
const temporary = process.env.TMPDIR;
process.on('message', async ({ file, part }: TestFile) => {
  // Jest's global setup makes it a folder within.
  process.env.TMPDIR = temporary;
  const started = Date.now();
  const argv = await buildArgv(['--runTestsByPath', file, '--selectProjects', part, '--runInBand', '--ci', '--silent']);
  const { results } = await runCLI({ ...argv, reporters: [] }, [process.cwd()]);
  const outcome: TestOutcome = {
    passed: results.success,
    milliseconds: Date.now() - started,
    failures: results.testResults.map(({ failureMessage }) => failureMessage ?? '').join('\n'),
  };
  process.send!(outcome);
});
