import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Jest's global setup. Gives a test run a temporary folder of its own and removes it at the end, with everything that the tests,
 * the CDK, esbuild or Java have put there.
 */
export default function setup(): void {
  const folder = mkdtempSync(join(tmpdir(), 'dynamo-stream-trigger-tests-'));
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
}
