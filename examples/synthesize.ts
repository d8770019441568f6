import { spawn } from 'node:child_process';

/**
 * Synthesizes an app without a word, unless that fails: then with all that it said. Compiles the package first, if it has changed since.
 *
 * Without options it is the app of cdk.json.
 */
export async function synthesize(options: readonly string[] = []): Promise<void> {
  console.error('Compiling and synthesizing. The first time takes half a minute.');
  const output: Buffer[] = [];
  const child = spawn('npx', ['cdk', 'synth', '--quiet', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (data: Buffer) => output.push(data));
  child.stderr.on('data', (data: Buffer) => output.push(data));
  const exitCode = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (exitCode !== 0) {
    process.stderr.write(Buffer.concat(output));
    process.exit(1);
  }
}
