import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { PAGE_SCRIPT, pageScript } from '../../projenrc/page-script';

/** Runs code in a process of its own, beside the simulation. */
function run(contents: string) {
  const stdin = { contents: `const load = () => require('./lib/testing');\n${contents}`, resolveDir: join(__dirname, '../..') };
  const { outputFiles } = buildSync({ stdin, bundle: true, platform: 'node', write: false });
  return spawnSync(process.execPath, ['-'], { input: outputFiles[0].text, encoding: 'utf8', env: {}, timeout: 120_000 });
}

const ONCE = 'mapping: { retryAttempts: 0 }, shards: [{ records: [{ id: \'a\' }] }]';

test('an error of the test\'s own ends the process if nobody listens, as without a simulation', () => {
  const { status, stdout, stderr } = run(`
    void load().simulateTrigger({ handler: () => new Promise((resolve) => setTimeout(resolve, 50)), ${ONCE} }).then(() => console.log('went on'));
    Promise.reject(new Error('mine'));`);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('Error: mine');
});

describe('fake timers of node:test', () => {
  const HANDLER = `{
    load: () => {
      const { promises, setTimeout: start } = require('node:timers');
      return async () => {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await promises.setTimeout(2000);
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => start(resolve, 3000));
      };
    },
  }`;
  const result = (before: string, options: string, handler = HANDLER) => run(`
    const { mock } = require('node:test');
    ${before}
    mock.timers.enable(['setTimeout', 'setInterval', 'setImmediate']);
    load().simulateTrigger({ handler: ${handler}, ${options} ${ONCE} })
      .then(({ invocations: [{ durationMs, error }] }) => console.log(durationMs, error), ({ message }) => console.log(message));`).stdout;

  test.each([
    ['move with the virtual clock', 'advanceTimers: (ms) => mock.timers.tick(ms),', '6000 undefined'],
    ['make room for virtual ones', 'timers: \'virtual\',', '6000 undefined'],
    ['that nobody moves are an error', '', 'The handler waits for a fake timer, but nothing moves it.'],
  ])('%s', (_, options, expected) => {
    expect(result('load();', options)).toContain(expected);
  });

  test('that nobody moves are an error as promises too', () => {
    expect(result('load();', '', 'async () => require(\'node:timers/promises\').setTimeout(2000)')).toContain('but nothing moves it.');
  });

  test('that were there first are an error', () => {
    expect(result('', '')).toContain('dynamo-stream-trigger/testing was loaded while the timers of Node.js were fake, but it needs the real ones beside them. '
      + 'Import it before fake timers are enabled, at the top of the test.');
  });
});

test('the script of a report is what lib/view/browser is bundled to (npx projen page-script writes it)', () => {
  // Neither text is for people.
  expect(readFileSync(PAGE_SCRIPT, 'utf8') === pageScript()).toBe(true);
});
