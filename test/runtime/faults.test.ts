import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** In a process of its own, where nothing is instrumented. Each run has other seeds; the one that fails is in the message. */
const count = process.env.CI ? 1_000 : 100;

jest.setTimeout(30 * 60 * 1_000);

test(`${count} scenarios of crashes, freezes, sickness, failures and changed events lose nothing, and keep the order`, () => {
  const printed = execFileSync(process.execPath, [
    '--require', 'ts-node/register/transpile-only', join(__dirname, 'faults', 'soak.ts'), '--scenarios', String(count),
  ], { encoding: 'utf8', env: { ...process.env, TS_NODE_PROJECT: join(__dirname, '..', 'tsconfig.json') }, stdio: ['ignore', 'pipe', 'pipe'] });
  expect(JSON.parse(printed.trim().split('\n').at(-1)!)).toMatchObject({ scenarios: count });
});
