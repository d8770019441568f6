/**
 * Deploys integration apps to the AWS account and Region of the environment, checks that they work, and destroys them:
 *
 *     npm run integ                   # all
 *     npm run integ -- default        # one
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { checks } from './checks';
import { Deployment } from './deployment';
import { outputOf } from './integ-app';

const load = createRequire(__filename);

// A new mapping reads within minutes, and a window is over when its time is.
const PATIENCE = { every: 5_000, upTo: 600_000 };

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in checks));
  if (unknown.length > 0) {
    throw new Error(`No integration app ${unknown.join(', ')}. There are ${Object.keys(checks).join(', ')}.`);
  }
  for (const name of names.length > 0 ? names : Object.keys(checks)) {
    console.log(`${name}: ${await works(name) ? 'works' : 'does not work'}`);
  }
}

async function works(name: string): Promise<boolean> {
  const { app }: { readonly app: App } = load(join(__dirname, `${name}.integ`));
  const { directory } = app.synth();
  try {
    cdk(directory, 'deploy', '--all', '--require-approval=never', '--outputs-file=outputs.json');
    const outputs = Object.assign({}, ...Object.values(JSON.parse(readFileSync(join(directory, 'outputs.json'), 'utf8'))));
    const deployment = new Deployment({ nameOf: (id) => outputs[outputOf(id)] });
    await checks[name](deployment, PATIENCE).finally(() => deployment.end());
    return true;
  } catch (error) {
    console.error(`${name}:`, error);
    process.exitCode = 1;
    return false;
  } finally {
    cdk(directory, 'destroy', '--all', '--force');
  }
}

/** In the assembly's folder, where no cdk.json asks for a build. */
function cdk(directory: string, ...args: string[]): void {
  const command = [load.resolve('aws-cdk/bin/cdk'), '--app=.', ...args];
  const { status } = spawnSync(process.execPath, command, { cwd: directory, stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(`cdk ${args.join(' ')} failed.`);
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
