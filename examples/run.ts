import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { synthesize } from './synthesize';

/** Synthesizes the example of this name and runs its triggers on this machine; what follows the name is for the command line. */
const [, , name = '', ...options] = process.argv;
const app = join(__dirname, name, 'app.ts');
if (name === '' || !existsSync(app)) {
  const names = readdirSync(__dirname).filter((folder) => existsSync(join(__dirname, folder, 'app.ts')));
  console.error(`Which example? npm run example -- ${names.join(' | ')}`);
  process.exit(1);
}
const output = join('cdk.out', 'examples', name);
void synthesize(['--app', `ts-node --transpile-only --project examples/tsconfig.json ${app}`, '--output', output]).then(() => {
  // Ctrl-C reaches both; the command line ends first.
  process.on('SIGINT', () => {});
  spawn(process.execPath, [join('build', 'bin', 'dynamo-stream-trigger.js'), 'local', '--app', output, ...options], { stdio: 'inherit' })
    .on('exit', (code) => process.exit(code ?? 1));
});
