import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cdkProject } from '../../lib/cli/cdk-project';
import { synthesize } from '../../lib/cli/synth';
import type { LocalRunError } from '../../lib/local';
import { folderWith } from '../folder';

/** Writes its environment where the app would be. */
const TELLING = `
  const { CDK_OUTDIR, CDK_CONTEXT_JSON, CONTEXT_OVERFLOW_LOCATION_ENV: overflow, CDK_DEFAULT_REGION } = process.env;
  const fs = require('node:fs');
  const context = { ...overflow && JSON.parse(fs.readFileSync(overflow, 'utf8')), ...JSON.parse(CDK_CONTEXT_JSON) };
  fs.writeFileSync(CDK_OUTDIR, JSON.stringify({ context, region: CDK_DEFAULT_REGION, overflow, isBuilt: fs.existsSync('built') }));`;

async function environmentOf(cdkJson: object, files: Record<string, string> = {}) {
  const folder = folderWith({ 'cdk.json': JSON.stringify({ app: 'node app.js', ...cdkJson }), 'app.js': TELLING, ...files });
  const out = join(folder, 'out');
  await synthesize(cdkProject(folder), out);
  return JSON.parse(readFileSync(out, 'utf8'));
}

test('the app gets the context of cdk.json and cdk.context.json, and construct paths are asked for', async () => {
  const { context } = await environmentOf({ context: { both: 'cdk.json' } }, { 'cdk.context.json': '{ "both": "looked up", "zones": ["a"] }' });
  expect(context).toMatchObject({ 'both': 'cdk.json', 'zones': ['a'], 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true });
});

test('a context that is too long for a variable is in a file, which is removed', async () => {
  const { context, overflow } = await environmentOf({ context: { long: 'x'.repeat(200_000) } });
  expect(context.long).toHaveLength(200_000);
  expect(existsSync(overflow)).toBe(false);
});

test('the command "build" runs first', async () => {
  const { isBuilt } = await environmentOf({ build: 'node -e "require(\'fs\').writeFileSync(\'built\', \'\')"' });
  expect(isBuilt).toBe(true);
});

test('a command that fails is reported with its exit code and the last lines that it printed', async () => {
  const folder = folderWith({ 'cdk.json': '{ "app": "node app.js" }', 'app.js': 'for (let n = 0; n < 99; n++) console.log(n); throw new Error("no such table")' });
  const error: LocalRunError = await synthesize(cdkProject(folder), join(folder, 'out')).catch((reason) => reason);
  expect(error.code).toBe('NOT_SYNTHESIZED');
  expect(error.message).toMatch(/^node app\.js ended with 1:\n[\s\S]*Error: no such table/);
  // The command and the last 25 lines.
  expect(error.message.split('\n')).toHaveLength(26);
});

test('a command that is ended by a signal, or does not start, is reported', async () => {
  const messageOf = (app: string, folder = folderWith({})) => synthesize({ folder, app, context: {}, include: [], exclude: [] }, join(folder, 'out'))
    .catch(({ message }) => message);
  expect(await messageOf('kill -KILL $$')).toBe('kill -KILL $$ was ended by SIGKILL.');
  expect(await messageOf('node app.js', '/none')).toMatch(/^node app\.js did not start: spawn .* ENOENT\.$/);
});

test.each([
  [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: undefined }, 'eu-west-1'],
  [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-2'],
  [{ AWS_DEFAULT_REGION: 'eu-west-2', CDK_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-3'],
])('with %j in the environment, the Region of the app is %s', async (variables, region) => {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  Object.entries(variables).forEach(([name, value]) => value ?? delete process.env[name]);
  try {
    expect((await environmentOf({})).region).toBe(region);
  } finally {
    process.env = before;
  }
});

test.each([
  ['no cdk.json', {}, '--watch runs the command "app" of cdk.json, and there is no FOLDER/cdk.json.\nRun it in the folder of the CDK app, or without --watch after `cdk synth`.'],
  ['no command', { 'cdk.json': '{}' }, '--watch runs the command "app" of cdk.json, and FOLDER/cdk.json has none.\nRun it in the folder of the CDK app, or without --watch after `cdk synth`.'],
  ['an empty command', { 'cdk.json': '{ "app": "" }' }, '--watch runs the command "app" of cdk.json, and FOLDER/cdk.json has none.\nRun it in the folder of the CDK app, or without --watch after `cdk synth`.'],
  ['no JSON', { 'cdk.json': '{' }, `FOLDER/cdk.json is not JSON: ${problemOf('{')}`],
])('a folder with %s is refused', (_, files, message) => {
  const folder = folderWith(files);
  expect(() => cdkProject(folder)).toThrow(expect.objectContaining({ code: 'NO_APP', message: message.replace('FOLDER', folder) }));
});

/** In the words of this version of Node.js. */
function problemOf(text: string): string {
  try {
    return JSON.parse(text);
  } catch (error) {
    return (error as Error).message;
  }
}

test('patterns may be one or many, and all files are sources where there are none', () => {
  const project = (watch?: object) => cdkProject(folderWith({ 'cdk.json': JSON.stringify({ app: 'x', watch }) }));
  expect(project()).toMatchObject({ include: ['**'], exclude: [] });
  expect(project({ include: [], exclude: 'test' })).toMatchObject({ include: ['**'], exclude: ['test'] });
  expect(project({ include: 'lib/**', exclude: ['a', 'b'] })).toMatchObject({ include: ['lib/**'], exclude: ['a', 'b'] });
});
