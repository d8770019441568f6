import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { firstOutputOf } from './fixture-app';
import { END_SIGNALS } from '../../lib/local/process/process-end';

const MODULE = join(__dirname, '..', '..', 'build', 'local', 'process', 'process-end.js');

/** A process that writes `cleaned` to its standard error when it cleans up, and `ready` to its standard output before it waits. */
const program = (rest: string) => spawn(process.execPath, ['-e', `
  const { beforeProcessEnds } = require(${JSON.stringify(MODULE)});
  const cancel = beforeProcessEnds(() => require('node:fs').writeSync(2, 'cleaned'));
  require('node:fs').writeSync(1, 'ready');
  ${rest}
`], { stdio: ['ignore', 'pipe', 'pipe'] });

async function endOf(child: ReturnType<typeof program>): Promise<{ cleaned: string; code: number | null; signal: NodeJS.Signals | null }> {
  let cleaned = '';
  child.stderr!.on('data', (text) => cleaned += text);
  const [code, signal] = await once(child, 'close');
  return { cleaned, code, signal };
}

test('a process that ends by itself cleans up, with the exit code that it has', async () => {
  expect(await endOf(program('process.exitCode = 3;'))).toEqual({ cleaned: 'cleaned', code: 3, signal: null });
});

test('a process that fails cleans up', async () => {
  expect(await endOf(program('process.exit(4);'))).toEqual({ cleaned: 'cleaned', code: 4, signal: null });
});

test.each(END_SIGNALS)('%s ends a process as it would have, after it has cleaned up', async (signal) => {
  const child = program('setInterval(() => {}, 1000);');
  const end = endOf(child);
  await firstOutputOf(child);
  child.kill(signal);
  expect(await end).toEqual({ cleaned: 'cleaned', code: null, signal });
});

test('what is cancelled is not cleaned up', async () => {
  expect(await endOf(program('cancel();'))).toEqual({ cleaned: '', code: 0, signal: null });
});
