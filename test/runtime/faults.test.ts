import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const count = process.env.CI ? 2_500 : 500;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faults-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test(`${count} scenarios of crashes, freezes, sickness, failures and changed events lose nothing, and keep the order`, () => {
  // In a process of its own, where nothing is instrumented. Each run has other seeds; the one that fails is in the message.
  const outfile = join(folder, 'many.js');
  buildSync({ entryPoints: [join(__dirname, 'faults', 'many.ts')], outfile, bundle: true, platform: 'node', target: 'node20', external: ['@aws-sdk/client-*'] });
  const printed = execFileSync(process.execPath, ['--max-semi-space-size=64', outfile, String(count)], { encoding: 'utf8', stdio: 'pipe' });
  expect(printed).toBe(`${count}\n`);
});
