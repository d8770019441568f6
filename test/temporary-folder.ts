import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeProcessEnds } from '../lib/local/process/process-end';

/**
 * Jest's global setup. Gives a test run a temporary folder of its own and removes it at the end, with everything that the tests,
 * the CDK, esbuild or Java have put there.
 */
export default function setup(): void {
  const folder = mkdtempSync(join(tmpdir(), 'dynamo-stream-trigger-tests-'));
  process.env.TMPDIR = folder;
  beforeProcessEnds(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
}
