import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

test('an error of the test\'s own ends the process if nobody listens, as without a simulation', () => {
  const code = `
    const { simulateTrigger } = require('./lib/testing');
    void simulateTrigger({ handler: () => new Promise((resolve) => setTimeout(resolve, 50)), shards: [{ records: [{ id: 'a' }] }] })
      .then(() => console.log('went on'));
    Promise.reject(new Error('mine'));`;
  const { outputFiles } = buildSync({
    stdin: { contents: code, resolveDir: join(__dirname, '../..') }, bundle: true, platform: 'node', write: false,
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-'], { input: outputFiles[0].text, encoding: 'utf8', env: {} });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('Error: mine');
});
