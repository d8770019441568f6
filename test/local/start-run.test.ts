import { startApiServer, type Api } from '../../lib/local/api/server';
import type { LambdaFunction, LocalApp } from '../../lib/local/assembly/app';
import { readApp } from '../../lib/local/assembly/read-app';
import { LocalRunError } from '../../lib/local/errors';
import type { LocalEvent } from '../../lib/local/events';
import { localFunctions } from '../../lib/local/function/functions';
import { Mappings } from '../../lib/local/mappings';
import type { LocalOptions } from '../../lib/local/options';
import { endLeftovers, recordChildren } from '../../lib/local/process/children';
import { startRun } from '../../lib/local/run';
import { startServices } from '../../lib/local/service/services';
import { folderWith } from '../folder';

jest.mock('../../lib/local/api/server', () => ({ ...jest.requireActual('../../lib/local/api/server'), startApiServer: jest.fn() }));
jest.mock('../../lib/local/assembly/read-app', () => ({ readApp: jest.fn() }));
jest.mock('../../lib/local/function/functions', () => ({ localFunctions: jest.fn() }));
jest.mock('../../lib/local/function/node-program', () => ({
  nodeProgram: (path = '/node') => ({ path, version: '22.0.0' }), versionWarning: (_: object, { path }: { path: string }) => path === 'Shop/New' ? 'Shop/New is newer.' : undefined,
}));
jest.mock('../../lib/local/mappings', () => ({ Mappings: jest.fn() }));
jest.mock('../../lib/local/process/children', () => ({ endLeftovers: jest.fn(), recordChildren: jest.fn() }));
jest.mock('../../lib/local/service/services', () => ({ startServices: jest.fn() }));

const functionOf = (id: string) => ({ path: `Shop/${id}`, name: id, arn: `arn:${id}`, region: 'eu-west-1' }) as LambdaFunction;
const TABLE = { path: 'Shop/Orders', arn: 'arn:orders', name: 'orders', globalIndexes: [], localIndexes: [] };
const appOf = (change: Partial<LocalApp> = {}) => {
  const functions = change.functions ?? [functionOf('OnOrder')];
  return {
    functions, mappings: functions.map((target) => ({ path: `${target.path}/Mapping`, function: target, functionArn: target.arn, table: TABLE, settings: {} })),
    tables: [TABLE], queues: [], topics: [], buckets: [], notRunning: [], notes: [], storedValues: () => ({ parameters: [], secrets: [] }), ...change,
  } as unknown as LocalApp;
};

/** A run whose parts are played by the test: what is done with them, one after another. */
function partsOf() {
  const log: string[] = [];
  const events: LocalEvent[] = [];
  const did = (what: string) => () => void log.push(what);
  const [failsToStart, stops] = [new Set<string>(), { services: Promise.resolve(), functions: Promise.resolve() }];
  const may = (what: string) => {
    log.push(what);
    if (failsToStart.has(what)) {
      throw new Error(`no ${what}`);
    }
  };
  let apis!: readonly Api[];
  let serviceEnds!: (error: LocalRunError) => void;
  let mappingFails!: (error: Error) => void;
  let sourceChanges!: (target: LambdaFunction) => void;
  const [functionsTake, mappingsTake] = [jest.fn(async () => [] as object[]), jest.fn(async () => {})];
  const stoppedFor: Error[] = [];
  jest.mocked(readApp).mockReturnValue(appOf());
  jest.mocked(endLeftovers).mockResolvedValue([]);
  jest.mocked(recordChildren).mockReturnValue({ killAll: did('kill all'), atEnd: () => {} } as never);
  jest.mocked(startApiServer).mockResolvedValue({ endpoint: 'http://127.0.0.1:3', serve: (served) => apis = served, close: did('close the API') });
  jest.mocked(startServices).mockImplementation(async () => {
    may('start services');
    return {
      endpoints: { dynamodb: 'http://127.0.0.1:1', api: 'http://127.0.0.1:3', destinations: 'http://127.0.0.1:2', streamLabels: new Map([['arn:orders', '1']]) },
      destinations: { refused: new Set() }, ended: new Promise((resolve) => serviceEnds = resolve),
      take: async () => [], tableOf: (table: object) => table,
      stop: () => {
        log.push('stop services');
        return stops.services;
      },
    } as never;
  });
  jest.mocked(localFunctions).mockImplementation((_setup, _endpoints, onChange) => {
    sourceChanges = onChange;
    return {
      take: functionsTake, keep: () => {}, traitsOf: () => ({}), of: () => ({}), kill: (name: string) => name.length,
      stop: () => {
        log.push('stop functions');
        return stops.functions;
      },
    } as never;
  });
  jest.mocked(Mappings).mockImplementation((_setup, _services, _functions, onFailure) => {
    mappingFails = onFailure;
    return {
      take: mappingsTake, visible: [{ mapping: { function: functionOf('OnOrder'), functionArn: 'arn:OnOrder' }, uuid: 'uuid', streamArn: 'arn:stream' }],
      drained: async () => void log.push('drained'),
      stop: (reason: Error) => {
        log.push('stop mappings');
        stoppedFor.push(reason);
      },
    } as never;
  });
  return {
    log, events, failsToStart, stops, functionsTake, mappingsTake, stoppedFor,
    apis: () => apis, serviceEnds: (error: LocalRunError) => serviceEnds(error), mappingFails: (error: Error) => mappingFails(error),
    sourceChanges: (id: string) => sourceChanges(functionOf(id)),
    notes: () => events.flatMap((event) => event.type === 'warning' ? [event.message] : []),
    start: (options: LocalOptions = {}) => startRun({ observer: (event) => events.push(event), ...options }),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what the user must know', () => {
  test.each([[[7], 'Ended 1 process of a run that was killed.'], [[7, 8], 'Ended 2 processes of a run that was killed.']])(
    'is what an earlier run had left: %j', async (pids, note) => {
      const { start, notes } = partsOf();
      jest.mocked(endLeftovers).mockResolvedValue(pids);
      await start();
      expect(notes()).toEqual([note]);
    });

  test('is what does not run, what is other than on AWS, and what of the options has no effect, each once', async () => {
    const { start, notes } = partsOf();
    jest.mocked(readApp).mockReturnValue(appOf({
      functions: [functionOf('New')], notRunning: ['Shop/Off: the mapping is disabled', 'Shop/Odd: its settings are refused. Odd.'], notes: ['Shop/Jobs: it is so.'],
    }));
    const [envVars] = ['vars.json'].map((file) => `${folderWith({ [file]: '{"Nobody":{}}' })}/${file}`);
    const run = await start({ endpoints: { sqs: 'http://127.0.0.1:9' }, envVars });
    const said = [
      'The functions do not reach the sqs that runs here: --endpoint gives them another one.', 'Not running here: Shop/Off: the mapping is disabled.',
      'Not running here: Shop/Odd: its settings are refused. Odd.', 'Shop/Jobs: it is so.',
      '--env-vars names Nobody, but no function of a trigger has such a logical id, name or path.', 'Shop/New is newer.',
    ];
    expect(notes()).toEqual(said);
    jest.mocked(readApp).mockReturnValue(appOf({ notes: ['Shop/Jobs: it is so.', 'Shop/News: it is new.'] }));
    await run.takeOver();
    expect(notes()).toEqual([...said, 'Shop/News: it is new.']);
  });
});

test('the parts get what is asked for, and defaults for the rest', async () => {
  const { start } = partsOf();
  await start();
  expect(readApp).toHaveBeenCalledWith('cdk.out');
  expect(jest.mocked(startServices).mock.calls[0][0]).toMatchObject({
    project: process.cwd(), port: undefined, data: undefined, debugging: undefined, watch: false, node: { path: '/node' }, world: { access: { endpoints: {} } },
  });
  await startRun({ assembly: 'out', port: 8000, node: '/other', inspect: 7, watch: true, endpoints: { ses: 'http://127.0.0.1:9' } });
  expect(readApp).toHaveBeenLastCalledWith('out');
  expect(jest.mocked(startServices).mock.calls[1][0]).toMatchObject({
    port: 8000, debugging: { waits: false }, watch: true, node: { path: '/other' }, world: { access: { endpoints: { ses: 'http://127.0.0.1:9' } } },
  });
  await expect(start({ profile: 'nobody-has-this-profile' })).rejects.toMatchObject({ code: 'NO_PROFILE' });
  expect(startServices).toHaveBeenCalledTimes(2);
});

test('a run is reached where its services are, and is what its parts are at the time', async () => {
  const { start, log, apis } = partsOf();
  const run = await start();
  expect([run.endpoints.lambda, run.variables.AWS_REGION]).toEqual(['http://127.0.0.1:3', 'eu-west-1']);
  expect([run.tables, run.queues, run.topics, run.buckets, run.triggers.map(({ path }) => path)]).toEqual([[TABLE], [], [], [], ['Shop/OnOrder/Mapping']]);
  jest.mocked(readApp).mockReturnValue(appOf({ functions: [functionOf('OnOrder'), functionOf('New')] }));
  expect((await run.takeOver()).map(({ path }) => path)).toEqual(['Shop/New', 'Shop/New/Mapping']);
  expect(run.triggers).toHaveLength(2);
  await run.drained();
  expect([log, run.kill('OnOrder')]).toEqual([['start services', 'drained'], 7]);
  const ask = (path: string[], headers = {}, body = '') =>
    apis().map((api) => api({ method: 'GET', path, query: new URLSearchParams(), headers, body: Buffer.from(body) })).find((answer) => answer);
  expect(JSON.parse(String((await ask(['2019-09-30', 'functions', 'OnOrder', 'concurrency']))!.body))).toEqual({});
  await expect(ask([], { 'x-amz-target': 'AmazonSSM.GetParameter' }, '{"Name":"x"}')).rejects.toThrow('The parameter x is not in this app.');
  expect(JSON.parse(String((await ask([], { 'x-amz-target': 'DynamoDBStreams_20120810.ListStreams' }, '{}'))!.body)).Streams).toHaveLength(1);
});

const STOPPED = ['stop mappings', 'close the API', 'stop functions', 'stop services', 'kill all'];

test('a stop ends every part, and the processes last', async () => {
  const { start, log, stops, stoppedFor } = partsOf();
  const run = await start();
  const ends: (() => void)[] = [];
  stops.services = new Promise((resolve) => ends.push(resolve));
  stops.functions = new Promise((resolve) => ends.push(resolve));
  const stopped = run.stop();
  for (const end of ends) {
    await settled();
    expect(log.slice(1)).toEqual(STOPPED.slice(0, -1));
    end();
  }
  await stopped;
  expect(log.slice(1)).toEqual(STOPPED);
  expect(stoppedFor).toEqual([expect.objectContaining({ code: 'STOPPED', message: 'The run was stopped before everything was done.' })]);
});

describe('where the start fails, nothing is left', () => {
  test('because the services do not start', async () => {
    const { start, log, failsToStart } = partsOf();
    failsToStart.add('start services');
    await expect(start()).rejects.toThrow('no start services');
    expect(log).toEqual(['start services', 'close the API', 'kill all']);
  });

  test('because no trigger can run', async () => {
    const { start, log, functionsTake } = partsOf();
    functionsTake.mockResolvedValue([{ message: 'It does not load.', stops: () => true }]);
    await expect(start()).rejects.toMatchObject({ code: 'FUNCTION_NOT_LOADED' });
    expect(log).toEqual(['start services', 'stop services', 'close the API', 'kill all']);
  });

  test('because a part ends meanwhile, which is the reason then, once all the others have ended', async () => {
    const { start, log, mappingsTake, mappingFails } = partsOf();
    mappingsTake.mockImplementation(async () => {
      mappingFails(new Error('unreadable'));
      throw new Error('what came of it');
    });
    await expect(start()).rejects.toThrow('unreadable');
    expect(log.slice(1, 6)).toEqual(STOPPED);
  });
});

describe('a part that ends', () => {
  const ENDED = new LocalRunError('SERVICE_ENDED', 'DynamoDB Local ended.');

  test.each<[string, (parts: ReturnType<typeof partsOf>) => void]>([['a service', ({ serviceEnds }) => serviceEnds(ENDED)], ['a mapping', ({ mappingFails }) => mappingFails(ENDED)]])(
    'ends the others, and is the failure of the run when they have ended: %s', async (_, end) => {
      const parts = partsOf();
      const run = await parts.start();
      let isStopped!: () => void;
      parts.stops.services = new Promise((resolve) => isStopped = resolve);
      let failure: Error | undefined;
      void run.failed.then((error) => failure = error);
      end(parts);
      await settled();
      parts.mappingFails(new Error('what came of it'));
      await settled();
      expect([parts.stoppedFor[0], failure]).toEqual([ENDED, undefined]);
      isStopped();
      expect(await run.failed).toBe(ENDED);
      expect(parts.log).toContain('kill all');
    });

  test('is the failure although the others can\'t be stopped', async () => {
    const { start, stops, serviceEnds } = partsOf();
    const run = await start();
    stops.services = Promise.reject(new Error('what came of it'));
    serviceEnds(ENDED);
    expect(await run.failed).toBe(ENDED);
  });

  test('is why nothing more can be taken over', async () => {
    const { start, functionsTake, serviceEnds } = partsOf();
    const run = await start();
    functionsTake.mockRejectedValue(new Error('what came of it'));
    await expect(run.takeOver()).rejects.toThrow('what came of it');
    serviceEnds(ENDED);
    await run.failed;
    await expect(run.takeOver()).rejects.toBe(ENDED);
  });
});

test('sources that can\'t be taken over are named, as long as the run goes on', async () => {
  const { start, functionsTake, sourceChanges, notes } = partsOf();
  const run = await start();
  functionsTake.mockRejectedValue(new Error('A port is missing.'));
  sourceChanges('OnOrder');
  await settled();
  expect(notes()).toEqual(['Shop/OnOrder: its new sources were not taken over. A port is missing.']);
  const stopped = run.stop();
  sourceChanges('OnOrder');
  await settled();
  await stopped;
  expect(notes()).toHaveLength(1);
});
