import { staleSource } from '../projenrc/compiled';

/** Jest's global setup of the tests that run what is compiled. With an old build/ they would wait for what a process never says. */
export default function checkCompiled(): void {
  const stale = staleSource();
  if (stale !== undefined) {
    throw new Error(`Some of these tests run what is compiled, but ${stale} has changed since. Run \`npx projen compile\` first, or \`npm test\`, which does.`);
  }
}
