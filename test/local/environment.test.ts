import { chmodSync, readFileSync, realpathSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { debuggingFor, type Debugging } from '../../lib/local/function/debugging';
import { startEnvironment, type ExecutionEnvironment, type ExecutionEnvironmentOptions } from '../../lib/local/function/environment';
import { recordChildren, type Children } from '../../lib/local/process/children';
import { freePort } from '../../lib/local/service/free-port';
import { folderWith } from '../folder';
import { onLinux } from '../needing';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:OnOrder:live';

let children: Children;
let log: string[];
beforeAll(() => children = recordChildren());
beforeEach(() => log = []);
afterAll(() => children.killAll());

/** An environment with this code in its `index.js`, or with these files. */
async function environmentOf(code: string | Record<string, string>, options: Partial<ExecutionEnvironmentOptions> & { runtime?: string } = {}) {
  const taskRoot = realpathSync(folderWith(typeof code === 'string' ? { 'index.js': code } : code));
  const { runtime = 'nodejs22.x', ...others } = options;
  return startEnvironment(children, {
    functionName: 'OnOrder',
    taskRoot,
    modules: { sdkFolders: [process.cwd()], layers: [], missingLayers: [] },
    node: process.execPath,
    onDebuggerPort: () => {},
    timeout: 60,
    memorySize: 128,
    variables: {
      _HANDLER: 'index.handler', LAMBDA_TASK_ROOT: taskRoot, AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`, AWS_LAMBDA_FUNCTION_NAME: 'OnOrder',
    },
    onLog: (line) => log.push(line),
    ...others,
  });
}

async function invoke(environment: ExecutionEnvironment, event: unknown = { Records: [] }) {
  await environment.ready;
  return environment.invoke(JSON.stringify(event), FUNCTION_ARN);
}

/** What comes of one invocation of this code. */
async function outcomeOf(...of: Parameters<typeof environmentOf>) {
  const environment = await environmentOf(...of);
  const outcome = await invoke(environment);
  environment.kill();
  await environment.ended;
  return outcome;
}

describe('what a handler is given', () => {
  test('the event, and a context with its request, its name and the time it has left', async () => {
    const outcome = await outcomeOf(`exports.handler = async (event, context) => ({
      event, id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName, left: context.getRemainingTimeInMillis(),
    });`);
    expect(outcome).toMatchObject({
      type: 'response', response: { event: { Records: [] }, id: (outcome as { requestId: string }).requestId, arn: FUNCTION_ARN, name: 'OnOrder' },
    });
    const { left } = (outcome as { response: any }).response;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  test('only the environment variables that Lambda would set, in a working directory of its own code', async () => {
    process.env.SECRET_OF_THE_RUNNER = 'x';
    const outcome = await outcomeOf('exports.handler = async () => [process.env.SECRET_OF_THE_RUNNER ?? null, process.cwd() === __dirname];');
    delete process.env.SECRET_OF_THE_RUNNER;
    expect(outcome).toMatchObject({ response: [null, true] });
  });

  test('all it has printed is logged before the invocation ends', async () => {
    const environment = await environmentOf('exports.handler = async () => { for (let n = 0; n < 2000; n++) console.log(n, "x".repeat(100)); };');
    for (let invocation = 1; invocation <= 5; invocation++) {
      await invoke(environment);
      expect(log).toHaveLength(invocation * 2000);
    }
    environment.kill();
  });

  test('what it prints is logged line by line', async () => {
    await outcomeOf('exports.handler = async () => { console.log("one\\ntwo"); console.error("three"); };');
    expect(log.sort()).toEqual(['one', 'three', 'two']);
  });
});

describe('how an invocation ends', () => {
  test.each([
    ['a value', 'async () => ({ batchItemFailures: [] })', { batchItemFailures: [] }],
    ['nothing', 'async () => {}', null],
    ['a promise of a function that is not async', '() => Promise.resolve(1)', 1],
    ['a callback', '(event, context, callback) => callback(null, 2)', 2],
    ['a callback that was never called', '() => {}', null],
    ['context.succeed', '(event, context) => context.succeed(3)', 3],
  ])('with %s', async (_, handler, response) => {
    expect(await outcomeOf(`exports.handler = ${handler};`)).toMatchObject({ type: 'response', response });
  });

  test('a callback waits for an empty event loop, unless the handler says otherwise', async () => {
    const code = (wait: boolean, milliseconds: number) => `exports.handler = (event, context, callback) => {
      context.callbackWaitsForEmptyEventLoop = ${wait};
      setTimeout(() => console.log('later'), ${milliseconds});
      callback(null, 'done');
    };`;
    await outcomeOf(code(false, 600_000));
    expect(log).toEqual([]);
    await outcomeOf(code(true, 100));
    expect(log).toEqual(['later']);
  });

  test.each([
    ['a throw', 'async () => { throw new TypeError("no") }', 'TypeError', 'no'],
    ['a synchronous throw', '() => { throw new TypeError("no") }', 'TypeError', 'no'],
    ['a rejection that is not an error', 'async () => { throw "text" }', 'string', 'text'],
    ['a callback with an error', '(event, context, callback) => callback(new RangeError("far"))', 'RangeError', 'far'],
    ['an unhandled rejection in the background', 'async () => { Promise.reject(new Error("behind")); await new Promise(() => setTimeout(() => {}, 5000)); }', 'Runtime.UnhandledPromiseRejection', 'Error: behind'],
    ['an exception in the background', 'async () => { setTimeout(() => { throw new Error("behind") }); await new Promise(() => setTimeout(() => {}, 5000)); }', 'Error', 'behind'],
    ['process.exit', 'async () => process.exit(3)', 'Runtime.ExitError', 'exit status 3'],
    ['process.exit(0)', 'async () => process.exit(0)', 'Runtime.ExitError', 'without providing a reason'],
    ['a promise that never settles', 'async () => new Promise(() => {})', 'Runtime.NodeJsExit', 'The handler never settled, and nothing was left to run.'],
    ['a result that is not JSON', 'async () => 1n', 'Runtime.JSONStringifyError', 'BigInt'],
    ['a result over 6 MB', 'async () => "x".repeat(7 * 1024 * 1024)', 'Function.ResponseSizeTooLarge', '6291556'],
  ])('with an error after %s', async (_, handler, errorType, errorMessage) => {
    expect(await outcomeOf(`exports.handler = ${handler};`))
      .toMatchObject({ type: 'error', errorType, errorMessage: expect.stringContaining(errorMessage) });
  });

  test('with an error when the heap is full', async () => {
    const outcome = await outcomeOf('exports.handler = async () => { const all = []; for (;;) all.push(new Array(1e6).fill(0.5)); };', { memorySize: 1024, timeout: 60 });
    expect(outcome).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: aborted') });
  });

  onLinux('with a kill when it holds more than its memory outside the heap, even if it never comes to rest', async () => {
    const outcome = await outcomeOf('exports.handler = async () => { const all = []; for (;;) all.push(Buffer.alloc(1e6, 1)); };');
    expect(outcome).toMatchObject({ errorType: 'Runtime.OutOfMemory', errorMessage: expect.stringContaining('signal: killed') });
  });

  test.each([
    ['sleeps', 'async () => new Promise((resolve) => setTimeout(resolve, 60_000))'],
    ['loops without end', 'async () => { for (;;); }'],
  ])('with a kill at the timeout, if the handler %s', async (_, handler) => {
    const environment = await environmentOf(`exports.handler = ${handler};`, { timeout: 1 });
    expect(await invoke(environment)).toMatchObject({ errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('after 1.00 seconds') });
    await environment.ended;
  });

  test('with an error when the process is killed', async () => {
    let running = () => {};
    const started = new Promise<void>((resolve) => running = resolve);
    const environment = await environmentOf('exports.handler = async () => new Promise(() => console.log(setTimeout(() => {}, 60_000)));', { onLog: () => running() });
    const outcome = invoke(environment);
    await started;
    environment.kill();
    expect(await outcome).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: killed') });
  });
});

describe('from Node.js 24 on', () => {
  test('a promise that never settles ends the process', async () => {
    expect(await outcomeOf('exports.handler = async () => new Promise(() => {});', { runtime: 'nodejs24.x' }))
      .toMatchObject({ errorType: 'Runtime.ExitError' });
  });

  test('a handler that takes a callback does not load', async () => {
    const environment = await environmentOf('exports.handler = (event, context, callback) => callback();', { runtime: 'nodejs24.x' });
    await expect(environment.ready).rejects.toThrow(
      'Runtime.CallbackHandlerDeprecated: index.handler takes a callback, which Lambda refuses from Node.js 24 on. Make it an async function');
  });
});

test('instrumentation in the code sees no call of the runtime client, and finds the id of a trace that is not recorded', async () => {
  const environment = await environmentOf(`
    for (const module of [require('node:http'), require('http').default ?? {}]) {
      module.request = module.get = () => { throw new Error('It was seen.'); };
      module.Agent = class { constructor() { throw new Error('It was seen.'); } };
    }
    exports.handler = async () => process.env._X_AMZN_TRACE_ID;`);
  const { response } = await invoke(environment) as { response: string };
  expect(response).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/);
  expect(environment.usage()).toEqual({ loadMs: expect.any(Number), memoryUsed: process.platform === 'linux' ? expect.any(Number) : undefined });
  expect((await invoke(environment) as { response: string }).response).not.toBe(response);
  expect(environment.usage().loadMs).toBeUndefined();
  environment.kill();
});

test('a trace names the places in the sources, if there are source maps', async () => {
  const [line] = [{ version: 3, sources: ['../src/on-order.ts'], names: [], mappings: ';AAQI' }].map((map) => JSON.stringify(map));
  await outcomeOf({ 'index.js': 'exports.handler = async () => {\nthrow new Error("no"); };\n//# sourceMappingURL=index.js.map', 'index.js.map': line });
  expect(log.join('\n')).toMatch(/src\/on-order\.ts:9:5/);
});

describe('between invocations', () => {
  test('the process keeps its state', async () => {
    const environment = await environmentOf('let calls = 0; exports.handler = async () => ++calls;');
    await invoke(environment);
    expect(await invoke(environment)).toMatchObject({ response: 2 });
    environment.kill();
  });

  onLinux('the process stands still', async () => {
    const environment = await environmentOf('setInterval(() => {}, 1); exports.handler = async () => process.pid;');
    const { response: pid } = await invoke(environment) as { response: number };
    /** T: stopped by a signal. */
    while (!/^State:\s*T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    environment.kill();
  });

  test('what was left undone goes on in the next invocation', async () => {
    const environment = await environmentOf(`
      let beats = 0;
      exports.handler = async (event) => {
        if (event.first) { setInterval(() => beats++, 1); return; }
        const before = beats;
        while (beats === before) await new Promise((resolve) => setTimeout(resolve, 1));
        return 'it goes on';
      };`);
    await invoke(environment, { first: true });
    expect(await invoke(environment)).toMatchObject({ response: 'it goes on' });
    environment.kill();
  });
});

describe('with a debugger', () => {
  const portOf = async (debugging: Debugging, code: string) => {
    let port = 0;
    const environment = await environmentOf(code, { debugging, timeout: 1, onDebuggerPort: (given) => port = given });
    return { environment, port };
  };

  test('the process listens for one between invocations too, and does not time out', async () => {
    const { environment, port } = await portOf(
      debuggingFor({ inspect: await freePort() })!, 'exports.handler = async () => new Promise((resolve) => setTimeout(() => resolve(1), 1100));',
    );
    expect(await invoke(environment)).toMatchObject({ response: 1 });
    const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    expect(targets).toMatchObject([{ webSocketDebuggerUrl: expect.stringContaining(`127.0.0.1:${port}`) }]);
    expect(log).toEqual([]);
    environment.kill();
  });

  test.each([
    ['CommonJS', 'index.js', 'const loaded = 1;\nexports.handler = async () => loaded;'],
    ['an ES module', 'index.mjs', 'const loaded = 1;\nexport const handler = async () => loaded;'],
  ])('a process that waits for one stops before the first line of the code: %s', async (_, file, code) => {
    const debugging = debuggingFor({ inspectBrk: await freePort() })!;
    let port = 0;
    const environment = await environmentOf({ [file]: code }, { debugging, onDebuggerPort: (given) => port = given });
    const client = children.spawn(process.execPath, (mark) => ['inspect', `127.0.0.1:${port}`, mark], { stdio: ['pipe', 'pipe', 'ignore'] });
    const printed = createInterface({ input: client.stdout! });
    await new Promise<void>((found) => printed.on('line', (line) => new RegExp(`break.* in .*${file}:1`, 'i').test(line) && found()));
    client.stdin!.write('cont\n');
    expect(await invoke(environment)).toMatchObject({ response: 1 });
    environment.kill();
    client.kill();
  });

  test('ports are counted up, those that are in use are skipped, and a function has its own again', async () => {
    const other = createServer();
    const first = await new Promise<number>((resolve) => other.listen(0, '127.0.0.1', () => resolve((other.address() as AddressInfo).port)));
    const debugging = debuggingFor({ inspect: first })!;
    await debugging.reserve(['A', 'B']);
    const [b, a, secondOfA] = await Promise.all(['B', 'A', 'A'].map((name) => debugging.take(name)));
    expect(a).toBeGreaterThan(first);
    expect([b, secondOfA].every((port, n) => port > [a, b][n])).toBe(true);
    [a, b, secondOfA].forEach(debugging.release);
    expect(await Promise.all(['C', 'B', 'A', 'A'].map((name) => debugging.take(name)))).toEqual([expect.any(Number), b, a, secondOfA]);
    other.close();
  });

  test('without a port to begin with, it is that of Node.js, and --inspect-brk takes precedence', () => {
    expect(debuggingFor({})).toBeUndefined();
    expect(debuggingFor({ inspect: 4000, inspectBrk: true })).toMatchObject({ waits: true });
    expect(debuggingFor({ inspect: true })).toMatchObject({ waits: false });
  });
});

describe('the Node.js that is asked for', () => {
  onLinux('runs the code', async () => {
    const node = join(folderWith({ node: `#!/bin/sh\nexec ${process.execPath} --stack-trace-limit=7 "$@"\n` }), 'node');
    chmodSync(node, 0o755);
    expect(await outcomeOf('exports.handler = async () => Error.stackTraceLimit;', { node })).toMatchObject({ response: 7 });
  });
});

describe('loading the code', () => {
  test.each([
    ['an ES module', { 'index.mjs': 'export const handler = async () => 1;' }, 'index.handler'],
    ['an ES module by its package', { 'index.js': 'export const handler = async () => 1;', 'package.json': '{"type":"module"}' }, 'index.handler'],
    ['a CommonJS file by its ending', { 'index.cjs': 'exports.handler = async () => 1;' }, 'index.handler'],
    ['a file in a folder, and a nested export', { 'src/on/order.js': 'exports.a = { b: async () => 1 };' }, 'src/on/order.a.b'],
  ])('%s', async (_, files, handler) => {
    const taskRoot = realpathSync(folderWith(files));
    const named = await environmentOf(files, { taskRoot, variables: { _HANDLER: handler, LAMBDA_TASK_ROOT: taskRoot, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' } });
    expect(await invoke(named)).toMatchObject({ response: 1 });
    named.kill();
  });

  test.each([
    ['there is no such file', { 'other.js': '' }, 'Runtime.ImportModuleError: Cannot find module \'index\''],
    ['there is no such export', { 'index.js': 'exports.main = 1;' }, 'Runtime.HandlerNotFound: index.handler is undefined or not exported'],
    ['the export is not a function', { 'index.js': 'exports.handler = 1;' }, 'Runtime.HandlerNotFound: index.handler is not a function'],
    ['its syntax is wrong', { 'index.js': 'exports.handler = {' }, 'Runtime.UserCodeSyntaxError: Unexpected end of input'],
    ['it throws', { 'index.js': 'throw new Error("no TABLE");' }, 'Error: no TABLE'],
    ['its memory is full', { 'index.js': 'const all = []; for (;;) all.push(Buffer.alloc(1e6, 1));' }, 'it needs more than its 128 MB of memory to load'],
    ['it exits', { 'index.js': 'process.exit(7);' }, 'its process ended while loading (exit code 7)'],
    ['it rejects in the background', { 'index.js': 'Promise.reject(new Error("early")); exports.handler = async () => {};' }, 'Runtime.UnhandledPromiseRejection: Error: early'],
    ['a module is missing', { 'index.js': 'require("left-pad");' }, 'Runtime.ImportModuleError: Cannot find module \'left-pad\''],
    ['a module is missing in an import', { 'index.mjs': 'import "left-pad";' }, 'Runtime.ImportModuleError: Cannot find module \'left-pad\''],
  ])('fails if %s', async (_, files, message) => {
    const environment = await environmentOf(files);
    await expect(environment.ready).rejects.toThrow(`The function OnOrder does not load: ${message}`);
    await environment.ended;
  });

  test.each([
    ['require', { 'index.js': 'const { SQSClient } = require("@aws-sdk/client-sqs"); exports.handler = async () => typeof SQSClient;' }],
    ['import', { 'index.mjs': 'import { SQSClient } from "@aws-sdk/client-sqs"; export const handler = async () => typeof SQSClient;' }],
    ['a later import()', { 'index.js': 'exports.handler = async () => typeof (await import("@aws-sdk/client-sqs")).SQSClient;' }],
  ])('finds the AWS SDK of the project by %s, as Lambda brings one', async (_, files) => {
    expect(await outcomeOf(files)).toMatchObject({ response: 'function' });
  });

  test.each([
    ['a part of the AWS SDK', '@aws-sdk/client-nothing/dist', [], 'Lambda\'s runtime brings it. Run: npm install --save-dev @aws-sdk/client-nothing'],
    ['what may be in a layer', 'left-pad', ['arn:x', 'arn:y'], 'It may be in the layer arn:x or arn:y, which is not on this machine. Install it in the project'],
    ['a part of the AWS SDK, whatever layers are missing', '@aws-sdk/client-nothing', ['arn:x'], 'Lambda\'s runtime brings it. Run: npm install --save-dev @aws-sdk/client-nothing'],
  ])('says where to get %s that the project does not have', async (_, name, missingLayers, wayOut) => {
    const environment = await environmentOf(`require("${name}");`, { modules: { sdkFolders: [process.cwd()], layers: [], missingLayers } });
    await expect(environment.ready).rejects.toThrow(`Runtime.ImportModuleError: Cannot find module '${name}'. ${wayOut} (index.js:1:1).`);
  });

  test.each([
    ['require', { 'src/index.js': 'require("bundled-not");', 'node_modules/bundled-not/index.js': '' }],
    ['import', { 'src/index.mjs': 'import "bundled-not";', 'node_modules/bundled-not/index.js': '' }],
  ])('does not find by %s what lies beside the function\'s code, where Lambda would not', async (_, files) => {
    const taskRoot = `${realpathSync(folderWith(files))}/src`;
    const environment = await environmentOf(files, {
      taskRoot, variables: { _HANDLER: 'index.handler', LAMBDA_TASK_ROOT: taskRoot, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
    });
    await expect(environment.ready).rejects.toThrow('\'bundled-not\'. It is installed beside the function, but Lambda has only what is bundled');
  });
});
