import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, buildSync } from 'esbuild';
import { batchOf } from './records';
import type { ParkedRecord } from '../../lib/stream/parked-record';
import { readParkedRecord } from '../../lib/stream/read-parked-record';

const PROJECT = resolve(__dirname, '../..');
const RUNTIME = join(PROJECT, 'lib/runtime/index.ts');
const EXTERNAL_SDK: BuildOptions = { external: ['@aws-sdk/*'] };

const HANDLER = `
  import { PoisonRecordError, streamHandler } from ${JSON.stringify(RUNTIME)};
  export const handler = streamHandler({
    concurrency: 20,
    onRecord: async ({ keys, newImage }) => { throw new PoisonRecordError(keys.pk + ' is bad'); },
  });`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Run {
  small: any; large: any; parked: ParkedRecord[]; objects: string[]; lines: any[];
}

/** Bundles the handler and runs it where it finds the SDK, or not. */
async function run(kind: string, format: 'cjs' | 'esm', options: BuildOptions, sdkInstalled: boolean): Promise<Run> {
  const place = mkdtempSync(join(folder, 'function-'));
  const outfile = join(place, `index.${format === 'cjs' ? 'cjs' : 'mjs'}`);
  await build({
    stdin: { contents: HANDLER, resolveDir: PROJECT },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format,
    outfile,
    logLevel: 'error',
    // What bundled CommonJS needs in an ES module: the CDK's users set the same banner.
    banner: format === 'esm' ? { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } : {},
    ...options,
  });
  if (sdkInstalled) {
    symlinkSync(join(PROJECT, 'node_modules'), join(place, 'node_modules'));
  }
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath, [join(__dirname, 'bundle-runner.mjs'), outfile, kind], { maxBuffer: 1e8 },
  );
  return { ...JSON.parse(stdout.trim().split('\n').at(-1)!), lines: stderr.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)) };
}

const sequence = (at: number) => String(100000000000000000000n + BigInt(at));

describe.each(['cjs', 'esm'] as const)('bundled as %s', (format) => {
  test('parks at a queue with the SDK of the Lambda runtime; a record too large goes gzipped', async () => {
    const { small, large, parked } = await run('sqs', format, EXTERNAL_SDK, true);
    expect([small, large]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
    const records = parked.map((message) => (readParkedRecord(JSON.stringify(message)) as ParkedRecord).record);
    expect(records.map(({ eventID }) => eventID).sort()).toEqual(Array.from({ length: 14 }, (_, at) => `event-${at}`).sort());
    expect(records[0].dynamodb!.NewImage!.text).toEqual({ S: 'x\uffff' });
    expect(records[13].dynamodb!.NewImage!.text.S).toHaveLength(1_100_000);
  });

  test('parks at a topic', async () => {
    const { small, large, parked } = await run('sns', format, EXTERNAL_SDK, true);
    expect([small, large]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
    expect(parked).toHaveLength(14);
    expect(parked[0].kind).toBe('dynamo-stream-trigger/parked-record');
  });

  test('parks at a queue with the SDK in the bundle', async () => {
    const { small, parked } = await run('sqs', format, { external: [] }, false);
    expect(small).toEqual({ batchItemFailures: [] });
    expect(parked).toHaveLength(14);
  });

  test('runs without any SDK: what can\'t be parked is the checkpoint', async () => {
    const { small, parked, lines } = await run('sqs', format, EXTERNAL_SDK, false);
    expect(small).toEqual({ batchItemFailures: [{ itemIdentifier: sequence(0) }] });
    expect(parked).toEqual([]);
    expect(lines[0].outcome).toBe('not parked: no AWS SDK in the Lambda runtime or the bundle');
  });
});

test('parks whole items of any size at a bucket', async () => {
  const { small, large, objects } = await run('s3', 'cjs', EXTERNAL_SDK, true);
  expect([small, large]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
  expect(objects).toHaveLength(14);
  expect(objects[0]).toMatch(/^dynamo-stream-trigger\/parked\/111122223333\/on-order\/\d{4}\/\d\d\/\d\d\/1000000000000000000\d\d-event-\d+\.json$/);
});

test('a queue whose own limit is lower gets what fits into that', async () => {
  const { small, large, parked } = await run('low', 'cjs', EXTERNAL_SDK, true);
  expect([small, large]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
  expect(parked).toHaveLength(14);
  expect(parked[13]).toMatchObject({ gzip: expect.anything(), error: { name: 'PoisonRecordError', message: 'item-13 is bad' } });
});

test('a destination that refuses makes the record the checkpoint, and says so', async () => {
  const { small, lines } = await run('gone', 'cjs', EXTERNAL_SDK, true);
  expect(small).toEqual({ batchItemFailures: [{ itemIdentifier: sequence(0) }] });
  expect(lines[0].outcome).toContain('not parked');
});

test('a queue that does not answer is the checkpoint, is sent nothing later, and is opened anew the next time', async () => {
  const { small, parked, lines } = await run('unanswered', 'cjs', EXTERNAL_SDK, true);
  expect(lines[0].outcome).toContain('did not answer within 3000 ms');
  expect(small).toEqual({ batchItemFailures: [] });
  expect(parked).toHaveLength(14);
});

test('a project without the SDK bundles all the same', () => {
  const elsewhere = mkdtempSync(join(folder, 'project-'));
  buildSync({ entryPoints: [RUNTIME], bundle: true, platform: 'node', format: 'esm', packages: 'external', outfile: join(elsewhere, 'runtime.mjs') });
  writeFileSync(join(elsewhere, 'index.ts'), "import { streamHandler } from './runtime.mjs'; export const handler = streamHandler(() => {});");
  for (const format of ['cjs', 'esm'] as const) {
    const { errors } = buildSync({
      entryPoints: [join(elsewhere, 'index.ts')], bundle: true, platform: 'node', format, outfile: join(elsewhere, 'out.js'), logLevel: 'silent',
    });
    expect(errors).toEqual([]);
  }
});

test('any number of calls may listen to the signal that they share, without a warning', async () => {
  const outfile = join(folder, 'listening.cjs');
  const contents = `
    import { streamHandler } from ${JSON.stringify(RUNTIME)};
    const handler = streamHandler((_, { signal }) => signal.addEventListener('abort', () => {}));
    handler(${JSON.stringify(batchOf(...Array(50).keys()))}).then(() => console.log('done'));`;
  await build({ stdin: { contents, resolveDir: PROJECT }, bundle: true, platform: 'node', outfile, ...EXTERNAL_SDK });
  expect(await promisify(execFile)(process.execPath, [outfile])).toEqual({ stdout: 'done\n', stderr: '' });
});

test('what it adds to a function stays small', () => {
  const { outputFiles } = buildSync({
    stdin: { contents: HANDLER, resolveDir: PROJECT }, bundle: true, minify: true, platform: 'node', target: 'node20', write: false, ...EXTERNAL_SDK,
  });
  expect(outputFiles![0].contents.byteLength).toBeLessThan(34_400);
  expect(gzipSync(outputFiles![0].contents).byteLength).toBeLessThan(14_700);
});
