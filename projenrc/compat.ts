import { spawnSync } from 'node:child_process';
import { PACKAGES } from './publication';

/** `npm run compat`: compares the API of the constructs, as it is compiled, with that of the newest release. */
const released = spawnSync('git', ['tag', '--list', 'v*'], { encoding: 'utf8' }).stdout.trim();
if (released === '') {
  console.log('No release yet: there is nothing to compare the API with.');
} else {
  process.exitCode = spawnSync('jsii-diff', [`npm:${PACKAGES.npm}`, '--keys', '--ignore-file', '.compatignore'], { stdio: 'inherit' }).status ?? 1;
}
