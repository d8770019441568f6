import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import type { LambdaFunction } from '../../lib/local/assembly/app';
import { LocalRunError } from '../../lib/local/errors';
import { type ExecutionEnvironment, type ExecutionEnvironmentOptions, startEnvironment } from '../../lib/local/function/environment';
import { type LocalFunctionOptions, startFunction } from '../../lib/local/function/function';
import type { Children } from '../../lib/local/process/children';
import { folderWith } from '../folder';

jest.mock('../../lib/local/function/environment', () => ({ startEnvironment: jest.fn() }));

/** An environment that is played by the test. */
class PlayedEnvironment implements ExecutionEnvironment {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  load!: () => void;
  fail!: (error: Error) => void;
  end!: () => void;
  /** Ends the oldest invocation. */
  answer!: (outcome?: object) => void;
  readonly invoked: [event: string, functionArn: string][] = [];
  kills = 0;

  constructor(readonly settings: ExecutionEnvironmentOptions, loads: boolean) {
    this.ready = new Promise((resolve, reject) => [this.load, this.fail] = [resolve, reject]);
    this.ready.catch(() => {});
    this.ended = new Promise((resolve) => this.end = resolve);
    if (loads) {
      this.load();
    }
  }

  invoke(event: string, functionArn: string): ReturnType<ExecutionEnvironment['invoke']> {
    this.invoked.push([event, functionArn]);
    return new Promise((resolve) => this.answer = (outcome) => resolve({ type: 'response', requestId: `r${this.invoked.length}`, response: null, ...outcome } as never));
  }

  usage = () => ({ memoryUsed: 7 });

  kill = () => {
    this.kills++;
    this.end();
    this.fail(new LocalRunError('FUNCTION_NOT_LOADED', 'It was killed.'));
  };
}

let environments: PlayedEnvironment[];
/** Whether the code of new environments loads at once. */
let loads: boolean;
beforeEach(() => {
  jest.useFakeTimers();
  environments = [];
  loads = true;
  jest.mocked(startEnvironment).mockImplementation(async (_, settings) => {
    environments.push(new PlayedEnvironment(settings, loads));
    return environments.at(-1)!;
  });
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const passed = () => jest.advanceTimersByTimeAsync(0);
const children = { temporaryFolder: () => folderWith({}) } as unknown as Children;
const target = (change: Partial<LambdaFunction> = {}) => ({
  path: 'Shop/OnOrder', name: 'on-order', region: 'eu-west-1', codeDirectory: folderWith({}), handler: 'index.handler', runtime: 'nodejs22.x', timeout: 3, memorySize: 256,
  layers: { directories: [], missing: [] }, ...change,
}) as unknown as LambdaFunction;
const options = (change: Partial<LocalFunctionOptions> = {}) => ({
  variables: {}, access: { endpoints: {} }, endpoints: { dynamodb: 'dynamodb', api: 'api', destinations: 'destinations' }, sdkFolders: ['/project'], node: '/node',
  onLog: () => {}, onDebuggerPort: () => {}, onUsage: () => {}, onCodeGone: () => {}, ...change,
}) as LocalFunctionOptions;
const running = () => environments.map(({ invoked }) => invoked.length);
const kills = () => environments.map((environment) => environment.kills);

describe('an environment', () => {
  test('has what Lambda gives the function, the services that run here, and over them what the user gives', async () => {
    const real = realpathSync(folderWith({ 'code/index.js': '', 'layer/nodejs/x.js': '' }));
    const link = join(folderWith({}), 'link');
    symlinkSync(real, link);
    const given = options({ variables: { LEVEL: 'debug', TZ: 'Europe/Berlin' } });
    const { env } = process;
    process.env = { PATH: '/bin', SECRET: 'x' };
    await startFunction(children, target({ codeDirectory: join(link, 'code'), layers: { directories: [join(link, 'layer')], missing: ['arn:layer'] } }), given);
    process.env = env;
    expect(environments.map(({ settings }) => settings)).toEqual([{
      functionName: 'on-order', taskRoot: join(real, 'code'), timeout: 3, memorySize: 256, node: '/node', debugging: undefined,
      modules: { sdkFolders: ['/project'], layers: [join(real, 'layer')], missingLayers: ['arn:layer'] },
      onLog: given.onLog, onDebuggerPort: given.onDebuggerPort,
      variables: {
        PATH: '/bin',
        _HANDLER: 'index.handler', LAMBDA_TASK_ROOT: join(real, 'code'), AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x', AWS_LAMBDA_FUNCTION_NAME: 'on-order',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256', AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/on-order', AWS_LAMBDA_LOG_STREAM_NAME: 'local', TZ: 'Europe/Berlin', LEVEL: 'debug',
        AWS_ENDPOINT_URL_DYNAMODB: 'dynamodb', AWS_ENDPOINT_URL_DYNAMODB_STREAMS: 'api', AWS_ENDPOINT_URL_LAMBDA: 'api', AWS_ENDPOINT_URL_SQS: 'destinations',
        AWS_ENDPOINT_URL_SNS: 'destinations', AWS_ENDPOINT_URL_S3: 'destinations', AWS_ENDPOINT_URL_SSM: 'api', AWS_ENDPOINT_URL_SECRETS_MANAGER: 'api',
        AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull, AWS_EC2_METADATA_DISABLED: 'true', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
    }]);
  });

  test('has the code of the template in a file, and the time zone of Lambda', async () => {
    await startFunction(children, target({ codeDirectory: undefined, inlineCode: 'exports.handler = 1' }), options());
    const { taskRoot, variables } = environments[0].settings;
    expect([readFileSync(join(taskRoot, 'index.js'), 'utf8'), variables.TZ]).toEqual(['exports.handler = 1', ':UTC']);
  });
});

describe('a function', () => {
  test('runs one invocation at a time in each environment, in a free one if there is one, and names it', async () => {
    const used: unknown[][] = [];
    const { invoke } = await startFunction(children, target(), options({ onUsage: (...usage) => used.push(usage) }));
    const chosen: number[] = [];
    const call = (event: object) => invoke(event, 'arn', (environment) => chosen.push(environment));
    const [first] = [call({ n: 1 }), call({ n: 2 })];
    await passed();
    expect(environments.map(({ invoked }) => invoked)).toEqual([[['{"n":1}', 'arn']], [['{"n":2}', 'arn']]]);
    environments[0].answer();
    expect(await first).toMatchObject({ requestId: 'r1', response: null });
    expect(used).toEqual([['r1', { memoryUsed: 7 }]]);
    void call({ n: 3 });
    await passed();
    expect([running(), chosen]).toEqual([[2, 1], [1, 2, 1]]);
  });

  test('is throttled when as many invocations as are reserved are running, and only then', async () => {
    const { invoke } = await startFunction(children, target({ reservedConcurrency: 2 }), options());
    void invoke({}, 'arn');
    const second = invoke({}, 'arn');
    expect(await invoke({}, 'arn')).toEqual({ type: 'throttled' });
    await passed();
    environments[1].answer();
    await second;
    void invoke({}, 'arn');
    await passed();
    expect(running()).toEqual([1, 2]);
  });

  test('does not use an environment that has ended, wherever it was', async () => {
    const { invoke, kill } = await startFunction(children, target(), options());
    environments[0].end();
    await passed();
    const failing = invoke({}, 'arn');
    await passed();
    environments[1].end();
    await passed();
    environments[1].answer({ type: 'error' });
    await failing;
    void invoke({}, 'arn');
    await passed();
    expect(running()).toEqual([0, 1, 1]);
    expect(kill()).toBe(1);
  });

  test('has the processes killed that run the handler, or all of them at its end, which waits for theirs', async () => {
    const { invoke, kill, stop } = await startFunction(children, target(), options());
    const calls = [invoke({}, 'arn'), invoke({}, 'arn')];
    await passed();
    environments[0].answer();
    await calls[0];
    expect([kill(), kills()]).toEqual([1, [0, 1]]);
    await passed();
    const [idle] = environments;
    idle.kill = () => {};
    let isStopped = false;
    const stopped = stop().then(() => isStopped = true);
    await passed();
    expect(isStopped).toBe(false);
    idle.end();
    await stopped;
  });

  test('that can\'t start an environment answers with an error, and is free again', async () => {
    const { invoke } = await startFunction(children, target({ reservedConcurrency: 1 }), options());
    environments[0].end();
    await passed();
    jest.mocked(startEnvironment).mockRejectedValueOnce(new RangeError('no port'));
    expect(await invoke({}, 'arn')).toEqual({ type: 'error', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), errorType: 'RangeError', errorMessage: 'no port' });
    void invoke({}, 'arn');
    await passed();
    expect(running()).toEqual([0, 1]);
  });

  test('begins nothing when it has retired, and ends with its last invocation', async () => {
    const { invoke, retire } = await startFunction(children, target(), options());
    const calls = [invoke({}, 'arn'), invoke({}, 'arn')];
    await passed();
    environments[0].answer();
    await calls[0];
    retire();
    expect(kills()).toEqual([1, 0]);
    environments[1].answer();
    expect(await calls[1]).toMatchObject({ response: null });
    expect(kills()).toEqual([1, 1]);
  });
});

describe('another version of a function', () => {
  test('handles what comes next, with its own settings, while the old one ends with what it runs', async () => {
    const at = await startFunction(children, target(), options());
    const calls = [at.invoke({}, 'arn'), at.invoke({}, 'arn')];
    await passed();
    environments[0].answer();
    await calls[0];
    const used: string[] = [];
    await at.replace(target({ reservedConcurrency: 1, timeout: 9 }), options({ onUsage: (requestId) => used.push(requestId) }));
    expect([environments.map(({ settings }) => settings.timeout), kills()]).toEqual([[3, 3, 9], [1, 0, 0]]);
    environments[1].answer();
    await calls[1];
    expect([kills(), used]).toEqual([[1, 1, 0], ['r1']]);
    const chosen: number[] = [];
    void at.invoke({}, 'arn', (environment) => chosen.push(environment));
    expect(await at.invoke({}, 'arn')).toEqual({ type: 'throttled' });
    expect([running(), chosen]).toEqual([[1, 1, 1], [3]]);
    await at.stop();
    expect(kills()).toEqual([1, 1, 1]);
  });

  test('follows while an older one still runs something, which ends with the others', async () => {
    const at = await startFunction(children, target(), options());
    void at.invoke({}, 'arn');
    await passed();
    await at.replace(target(), options());
    await at.replace(target(), options());
    expect([kills(), at.kill()]).toEqual([[0, 1, 0], 1]);
  });

  test('that does not load leaves the old one at work, with its settings', async () => {
    const at = await startFunction(children, target(), options());
    loads = false;
    const replaced = at.replace(target({ reservedConcurrency: 0 }), options());
    await passed();
    environments[1].fail(new LocalRunError('FUNCTION_NOT_LOADED', 'no TABLE'));
    await expect(replaced).rejects.toThrow('no TABLE');
    void at.invoke({}, 'arn');
    await passed();
    expect([running(), kills(), at.kill()]).toEqual([[1, 0], [0, 0], 1]);
  });

  test('starts with a debugger when the old one has ended what it does not need, and what comes meanwhile waits', async () => {
    const debugging = { waits: false } as never;
    const at = await startFunction(children, target(), options({ debugging }));
    const [old] = environments;
    old.kill = () => old.kills++;
    const replaced = at.replace(target(), options({ debugging }));
    const meanwhile = at.invoke({}, 'arn');
    await passed();
    expect([kills(), running()]).toEqual([[1], [0]]);
    old.end();
    await replaced;
    await passed();
    environments[1].answer();
    await meanwhile;
    expect(running()).toEqual([0, 1]);
  });
});

describe('code that waits for a debugger', () => {
  const debugging = { waits: true } as never;
  beforeEach(() => loads = false);

  test('holds up the first invocation, and not the start', async () => {
    const { invoke } = await startFunction(children, target(), options({ debugging }));
    const first = invoke({}, 'arn');
    await passed();
    expect(running()).toEqual([0]);
    environments[0].load();
    await passed();
    environments[0].answer();
    await first;
    void invoke({}, 'arn');
    await passed();
    expect(running()).toEqual([2]);
  });

  test('that does not load is an error of the first invocation, and the next one tries again', async () => {
    const { invoke } = await startFunction(children, target(), options({ debugging }));
    environments[0].fail(new LocalRunError('FUNCTION_NOT_LOADED', 'no TABLE'));
    expect(await invoke({}, 'arn')).toMatchObject({ type: 'error', errorType: 'LocalRunError', errorMessage: 'no TABLE' });
    loads = true;
    void invoke({}, 'arn');
    await passed();
    expect(running()).toEqual([0, 1]);
  });

  test('ends with the version that it is of', async () => {
    const at = await startFunction(children, target(), options({ debugging }));
    at.retire();
    await passed();
    expect(kills()).toEqual([1]);
  });
});

describe('a folder of code that is gone while the code is loaded', () => {
  const GONE = 'The function on-order does not load: the folder of its code was removed or replaced meanwhile.';
  const remove = (folder: string) => rmSync(folder, { recursive: true });
  const replace = (folder: string) => {
    // As long as the old one is there, no other has its number.
    renameSync(folder, `${folder}-old`);
    mkdirSync(folder);
  };

  test.each([['removed', remove], ['replaced', replace]])('ends the process, which would hang: %s', async (_, change) => {
    loads = false;
    const codeDirectory = folderWith({});
    const starting = startFunction(children, target({ codeDirectory }), options());
    await jest.advanceTimersByTimeAsync(200);
    change(codeDirectory);
    await jest.advanceTimersByTimeAsync(199);
    expect(kills()).toEqual([0]);
    const refused = expect(starting).rejects.toMatchObject({ code: 'FUNCTION_NOT_LOADED', message: GONE });
    await jest.advanceTimersByTimeAsync(1);
    expect(kills()).toEqual([1]);
    await refused;
  });

  test.each<[string, (folder: string) => void, boolean]>([['removed', remove, true], ['replaced', replace, false]])(
    'has an invocation wait, and is named while it is missing: %s', async (_, change, isNamed) => {
      const codeDirectory = realpathSync(folderWith({}));
      const gone: string[] = [];
      const { invoke } = await startFunction(children, target({ codeDirectory }), options({ onCodeGone: (folder) => gone.push(folder) }));
      void invoke({}, 'arn');
      loads = false;
      const second = invoke({}, 'arn');
      await passed();
      change(codeDirectory);
      environments[1].fail(new Error('Cannot find module'));
      expect(await second).toEqual({ type: 'throttled' });
      expect(gone).toEqual(isNamed ? [codeDirectory] : []);
    });

  test('is not the reason where the code does not load in a folder that is still there', async () => {
    loads = false;
    const starting = startFunction(children, target(), options());
    await passed();
    environments[0].fail(new LocalRunError('FUNCTION_NOT_LOADED', 'no TABLE'));
    await expect(starting).rejects.toThrow('no TABLE');
  });
});
