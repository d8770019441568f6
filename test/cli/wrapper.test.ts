import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const BUILD = resolve(__dirname, '..', '..', 'build');
const WRAPPER = resolve(BUILD, 'cli', 'wrapper.js');

/** What the command does, with as little as possible in place of its work. */
const COMMAND = `
  require(${JSON.stringify(WRAPPER)}).endWithWrapper();
  if (process.argv[1] === 'with a handler') {
    process.once('SIGTERM', () => { console.log('asked to end'); process.exit(0); });
  }
  setInterval(() => {}, 1000);
  process.on('SIGUSR2', () => console.log('alive'));
  console.log(process.pid);
`;
const RUN = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(COMMAND)}, process.argv[1]], { stdio: 'inherit' });`;

/** A wrapper that is killed once the command within it runs. The lines are those that the command prints. */
async function killedWrapper(env: NodeJS.ProcessEnv, handler = 'with a handler') {
  const wrapper = spawn(process.execPath, ['-e', RUN, handler], { env: { ...process.env, JSII_AGENT: undefined, npm_command: undefined, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: wrapper.stdout! })[Symbol.asyncIterator]();
  const pid = Number((await lines.next()).value);
  wrapper.kill('SIGKILL');
  await once(wrapper, 'exit');
  return { pid, nextLine: async () => (await lines.next()).value as string | undefined };
}

test.each([
  ['the command of the Python package', { JSII_AGENT: 'Python/3.11' }],
  ['npx', { npm_command: 'exec' }],
])('the end of %s asks the command to end', async (_, env) => {
  const { nextLine } = await killedWrapper(env);

  expect(await nextLine()).toBe('asked to end');
});

test('each command ends with its wrapper', async () => {
  // A queue that does not answer: the command waits for it.
  const server = createServer();
  const asked = once(server, 'request');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const queue = `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/failures`;
  const command = [resolve(BUILD, 'bin', 'dynamo-stream-trigger.js'), 'redrive', '--json', '--queue-url', queue, '--region', 'eu-west-1'];
  const code = 'require("node:child_process").spawn(process.execPath, process.argv.slice(1), { stdio: "inherit" });';
  const env = { ...process.env, npm_command: 'exec', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  const wrapper = spawn(process.execPath, ['-e', code, ...command], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: wrapper.stdout })[Symbol.asyncIterator]();
  await asked;
  wrapper.kill('SIGKILL');
  let printed = '';
  do {
    printed = (await lines.next()).value;
  } while (printed !== '{"type":"stopping"}');
  // Its call fails, and it ends.
  server.closeAllConnections();
  server.close();

  expect(JSON.parse((await lines.next()).value)).toMatchObject({ type: 'error' });
});

test('a command that handles no signal ends with its wrapper', async () => {
  const { nextLine } = await killedWrapper({ npm_command: 'exec' }, 'without');

  // The end of its output.
  expect(await nextLine()).toBeUndefined();
});

test.each([
  ['another program', {}],
  ['a script of package.json, which may have put it into the background', { npm_command: 'run' }],
])('the end of %s ends nothing', async (_, env) => {
  const { pid, nextLine } = await killedWrapper(env);
  // Longer than the interval of the watch.
  await new Promise((done) => setTimeout(done, 500));
  process.kill(pid, 'SIGUSR2');

  expect(await nextLine()).toBe('alive');
  process.kill(pid, 'SIGKILL');
});
