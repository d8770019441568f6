import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeProcessEnds } from '../lib/local/process/process-end';

const ROOT = join(__dirname, '..');
/** What jest itself writes. */
const REPORTS = 'test-reports/';

/**
 * Jest's global setup. Gives a test run a temporary folder of its own and removes it at the end, with everything that the tests,
 * the CDK, esbuild or Java have put there. What they put elsewhere fails the run where CI is set: on other machines, people and
 * programs make files meanwhile.
 */
export default function setup(): void {
  const temporary = tmpdir();
  const before = new Set(contents(temporary));
  const folder = mkdtempSync(join(temporary, 'dynamo-stream-trigger-tests-'));
  process.env.TMPDIR = folder;
  beforeProcessEnds(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    const left = contents(temporary).filter((path) => !before.has(path));
    if (left.length > 0) {
      console.error(`The tests left these behind. They must use os.tmpdir(), or remove what they make:\n${left.join('\n')}`);
      process.exitCode = 1;
    }
  });
}

/** What is in the temporary folder, and what is in the repository without being of it. */
function contents(temporary: string): string[] {
  if (!process.env.CI) {
    return [];
  }
  const untracked = execFileSync('git', ['ls-files', '--others', '--directory'], { cwd: ROOT, encoding: 'utf8' });
  return [
    ...readdirSync(temporary).map((name) => join(temporary, name)),
    ...untracked.split('\n').filter((path) => path !== '' && path !== REPORTS).map((path) => join(ROOT, path)),
  ];
}
