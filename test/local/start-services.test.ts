import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { LocalApp, LocalMapping, LocalTable } from '../../lib/local/assembly/app';
import type { LocalEvent } from '../../lib/local/events';
import type { RunSetup } from '../../lib/local/run-setup';
import { startDestinations } from '../../lib/local/service/destinations';
import { startDynamoDbLocal } from '../../lib/local/service/dynamodb-local';
import { startExpiry } from '../../lib/local/service/expiry';
import { startServices } from '../../lib/local/service/services';
import { LocalTables } from '../../lib/local/service/tables';
import { folderWith } from '../folder';

jest.mock('../../lib/local/service/dynamodb-local', () => ({ startDynamoDbLocal: jest.fn() }));
jest.mock('../../lib/local/service/destinations', () => ({ startDestinations: jest.fn() }));
jest.mock('../../lib/local/service/expiry', () => ({ startExpiry: jest.fn() }));
jest.mock('../../lib/local/service/tables', () => ({ LocalTables: jest.fn() }));

afterEach(() => jest.restoreAllMocks());

const ORDERS = { path: 'Shop/Orders', name: 'orders', arn: 'arn:orders' } as LocalTable;

/** Services that are played by the test: what is done with them, one after another. */
async function servicesOf(data?: string) {
  const log: string[] = [];
  const did = (what: string) => async () => void log.push(what);
  const end: Record<string, (output: string) => void> = {};
  const service = (name: string, endpoint: string) =>
    ({ endpoint, ended: new Promise((resolve) => end[name] = resolve), stop: did(`stop ${name}`), direct: { endpoint: 'http://127.0.0.1:9' } });
  const refused = new Map<LocalTable, string>();
  jest.mocked(startDynamoDbLocal).mockResolvedValue(service('database', 'http://127.0.0.1:1') as never);
  jest.mocked(startDestinations).mockResolvedValue({ ...service('destinations', 'http://127.0.0.1:2'), take: did('take destinations') } as never);
  jest.mocked(startExpiry).mockReturnValue(() => log.push('end expiry'));
  jest.mocked(LocalTables).mockImplementation(() => ({
    known: new Map([['arn:orders', ORDERS]]), streamLabels: new Map([['arn:orders', '1']]), streamsOf: ({ arn }: LocalTable) => `streams of ${arn}`,
    take: async (tables: LocalTable[]) => {
      log.push(`take ${tables.length} tables`);
      return refused;
    },
  }) as never);
  const events: LocalEvent[] = [];
  const notes: string[] = [];
  const setup = {
    project: '/project', port: 8000, data, children: {}, api: { endpoint: 'http://127.0.0.1:3' },
    observer: (event: LocalEvent) => events.push(event), note: (message: string) => notes.push(message),
  } as unknown as RunSetup;
  return { services: await startServices(setup), setup, log, end, refused, events, notes };
}

test('they are started with what is asked for, and say where they are', async () => {
  const { services, setup, events, notes } = await servicesOf();
  const [[children, ofProject, data, port, warn]] = jest.mocked(startDynamoDbLocal).mock.calls;
  expect([children, ofProject, data, port]).toEqual([setup.children, '/project', undefined, 8000]);
  expect(services.endpoints).toEqual({
    dynamodb: 'http://127.0.0.1:1', api: 'http://127.0.0.1:3', destinations: 'http://127.0.0.1:2', streamLabels: new Map([['arn:orders', '1']]),
  });
  expect([services.tableOf(ORDERS), services.tableOf({ ...ORDERS, arn: 'arn:other' }), services.streamsOf(ORDERS)]).toEqual([ORDERS, undefined, 'streams of arn:orders']);
  const [, project, parked, note] = jest.mocked(startDestinations).mock.calls[0];
  parked!('arn:queue');
  note!('The topic is odd.');
  warn!('Other machines can reach it.');
  jest.mocked(LocalTables).mock.calls[0][2]('The table was deleted.');
  expect([project, events, notes]).toEqual(['/project', [
    { type: 'parked', destinationArn: 'arn:queue' }, { type: 'warning', message: 'Other machines can reach it.' }, { type: 'warning', message: 'The table was deleted.' },
  ], ['The topic is odd.']]);
  // The runner does not go through the server in front.
  const { tables, streams } = jest.mocked(LocalTables).mock.calls[0][0];
  expect([(await tables.config.endpoint!()).port, (await streams.config.endpoint!()).port]).toEqual([9, 9]);
  expect(jest.mocked(startExpiry).mock.calls[0][1]()).toEqual(['orders']);
});

test('they take the app, and name the tables that are refused with the triggers that stops', async () => {
  const { services, log, refused } = await servicesOf();
  refused.set(ORDERS, 'Too many indexes.');
  const missing = await services.take({ tables: [ORDERS, ORDERS] } as unknown as LocalApp);
  expect([log, missing.map(({ message }) => message)]).toEqual([
    ['take 2 tables', 'take destinations'], ['DynamoDB Local refuses the table Shop/Orders (orders): Too many indexes.'],
  ]);
  expect([ORDERS, { ...ORDERS }].map((table) => missing[0].stops({ table } as LocalMapping))).toEqual([true, false]);
});

test.each<[string, boolean, (data?: string) => string]>([
  ['database', false, () => 'DynamoDB Local ended. The tables were in memory and are gone.'],
  ['database', true, (data) => `DynamoDB Local ended. The tables are in ${data}: start again to go on.`],
  ['destinations', false, () => 'The local SQS, SNS and S3 ended. What they held was in memory and is gone.'],
])('what is lost with the %s is said when it ends (tables are kept: %s)', async (part, isKept, message) => {
  const data = isKept ? folderWith({}) : undefined;
  const { services, end } = await servicesOf(data);
  end[part]('(SIGKILL)');
  expect(await services.ended).toMatchObject({ code: 'SERVICE_ENDED', message: `${message(data)}\n(SIGKILL)` });
});

test('what the run removes is kept with its tables', async () => {
  const data = folderWith({ 'expired.json': JSON.stringify([{ tableName: 'orders', keys: { pk: { S: 'a' } }, attribute: 'ttl', expired: '1', at: Date.now() / 1000 }]) });
  const record = { eventName: 'REMOVE', dynamodb: { Keys: { pk: { S: 'a' } } } } as const;
  const [kept, inMemory] = [await servicesOf(data), await servicesOf()];
  expect([await kept.services.removals.has('orders', record), await inMemory.services.removals.has('orders', record)]).toEqual([true, false]);
});

test('a stop ends the sweeps and the clients before the services', async () => {
  const { services, log } = await servicesOf();
  for (const { prototype } of [DynamoDBClient, DynamoDBStreamsClient]) {
    jest.spyOn(prototype, 'destroy').mockImplementation(function (this: object) {
      log.push(`destroy ${this.constructor.name}`);
    });
  }
  await services.stop();
  expect(log).toEqual(['end expiry', 'destroy DynamoDBClient', 'destroy DynamoDBStreamsClient', 'stop destinations', 'stop database']);
});

test('where one does not start, the other is waited for: it may be starting', async () => {
  let start!: () => void;
  jest.mocked(startDestinations).mockReturnValue(new Promise((resolve) => start = () => resolve({} as never)));
  jest.mocked(startDynamoDbLocal).mockRejectedValue(new Error('no Java'));
  let isOver = false;
  const starting = startServices({} as RunSetup).finally(() => isOver = true);
  starting.catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  start();
  await expect(starting).rejects.toThrow('no Java');
});
