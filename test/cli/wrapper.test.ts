import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

const WRAPPER = resolve(__dirname, '..', '..', 'build', 'cli', 'wrapper.js');

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
