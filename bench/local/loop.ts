import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileOf } from './function';
import { median } from '../median';

const PROGRAM = join(__dirname, '..', '..', 'build', 'bin', 'dynamo-stream-trigger.js');
const EDITS = 7;

/** Two tables with a function each: plain ones, whose code changes by synthesis. */
const APP = `
  const { App, Stack } = require(${JSON.stringify(require.resolve('aws-cdk-lib'))});
  const { AttributeType, StreamViewType, Table } = require(${JSON.stringify(require.resolve('aws-cdk-lib/aws-dynamodb'))});
  const { Code, Function, Runtime, StartingPosition } = require(${JSON.stringify(require.resolve('aws-cdk-lib/aws-lambda'))});
  const { DynamoEventSource } = require(${JSON.stringify(require.resolve('aws-cdk-lib/aws-lambda-event-sources'))});
  const stack = new Stack(new App(), 'Loop');
  for (const name of ['Orders', 'Returns']) {
    const table = new Table(stack, name, { partitionKey: { name: 'pk', type: AttributeType.STRING }, stream: StreamViewType.NEW_IMAGE });
    new Function(stack, 'On' + name, { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromAsset('src') })
      .addEventSource(new DynamoEventSource(table, { startingPosition: StartingPosition.LATEST }));
  }`;

/** Prints the time from an edit of a function's code until the run has it, beside the bare synthesis. */
export async function loop(): Promise<void> {
  const cwd = fileOf('loop');
  const edit = (version: number) => writeFileSync(join(cwd, 'src', 'index.js'), `exports.handler = async () => ${version};`);
  mkdirSync(join(cwd, 'src'), { recursive: true });
  writeFileSync(join(cwd, 'cdk.json'), '{ "app": "node app.js" }');
  writeFileSync(join(cwd, 'app.js'), APP);
  edit(0);
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, 'local', '--watch', '--json'], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! });
  const event = (type: string) => new Promise<void>((resolve) => {
    lines.on('line', function look(line) {
      if (JSON.parse(line).type === type) {
        lines.off('line', look);
        resolve();
      }
    });
  });
  await event('ready');
  const measured: Record<'synth' | 'edit', number[]> = { synth: [], edit: [] };
  for (let version = 1; version <= EDITS; version++) {
    let begin = performance.now();
    spawnSync('node app.js', { cwd, shell: true, env: { ...process.env, CDK_OUTDIR: fileOf('loop-bare') } });
    measured.synth.push((performance.now() - begin) / 1000);
    begin = performance.now();
    edit(version);
    await event('takenOver');
    measured.edit.push((performance.now() - begin) / 1000);
  }
  child.kill();
  await once(child, 'exit');
  const [synth, edited] = [median(measured.synth), median(measured.edit)];
  console.log(`\nSeconds from an edit to the new code in place, median of ${EDITS}: ${edited.toFixed(2)}, ${(edited / synth).toFixed(2)} of the bare synthesis`);
}
