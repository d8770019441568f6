import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LocalEvent, LocalRun } from '../../lib/local';
import { startRun } from '../../lib/local/run';
import { startLocal } from '../../lib/local/start-local';

jest.mock('../../lib/local/run', () => ({ startRun: jest.fn() }));

afterEach(() => jest.restoreAllMocks());

const named = (path: string, name: string) => ({ path, name, arn: `arn:${name}`, logicalId: name, region: 'eu-west-1' });

/** A run that is played by the test. */
function played() {
  const run = {
    endpoints: { dynamodb: 'http://127.0.0.1:1' }, variables: { AWS_REGION: 'eu-west-1' },
    tables: [named('Shop/Orders', 'orders'), named('Shop/Returns', 'returns')], triggers: [],
    queues: [], topics: [], buckets: [], failed: new Promise(() => {}), drained: jest.fn(async () => {}), kill: jest.fn(() => 3),
    takeOver: jest.fn(async () => []), stop: jest.fn(async () => {}),
  };
  let tell!: (event: LocalEvent) => void;
  jest.mocked(startRun).mockImplementation(async ({ observer }) => {
    tell = observer!;
    return run as unknown as LocalRun;
  });
  return { run, tell: (event: object) => tell(event as LocalEvent) };
}

test('what was given up is collected in its order, and the user hears of everything', async () => {
  const { tell } = played();
  const heard: string[] = [];
  const app = await startLocal({ observer: ({ type }) => heard.push(type) });
  ['shards', 'parked', 'log', 'delivered'].forEach((type) => tell({ type }));
  expect([app.failures.map(({ type }) => type), heard]).toEqual([['parked', 'delivered'], ['shards', 'parked', 'log', 'delivered']]);
  await startLocal();
  expect(() => tell({ type: 'log' })).not.toThrow();
});

test('it is the run, as it is at the time', async () => {
  const { run } = played();
  const app = await startLocal({ port: 7 });
  expect(startRun).toHaveBeenCalledWith({ port: 7, observer: expect.any(Function) });
  for (const part of ['triggers', 'tables', 'queues', 'topics', 'buckets'] as const) {
    run[part] = [named('Shop/New', part)] as never;
    expect(app[part]).toBe(run[part]);
  }
  expect([app.endpoints, app.variables, app.failed]).toEqual([run.endpoints, run.variables, run.failed]);
  await app.drained();
  expect([app.kill('on-order'), run.kill.mock.calls, await app.takeOver(), run.drained.mock.calls.length]).toEqual([3, [['on-order']], [], 1]);
});

test('items are written to the table that is named, as JavaScript has them', async () => {
  played();
  const sent: unknown[] = [];
  jest.spyOn(DynamoDBClient.prototype as any, 'send').mockImplementation(async function (this: any, { input }: any) {
    sent.push([await this.config.region(), (await this.config.endpoint()).port, input]);
  } as never);
  const app = await startLocal();
  await app.put('Shop/Orders', { id: 'a', n: 7, tags: new Set(['x']), none: undefined });
  await app.put('returns', { id: 'b' });
  expect(sent).toEqual([
    ['eu-west-1', 1, { TableName: 'orders', Item: { id: { S: 'a' }, n: { N: '7' }, tags: { SS: ['x'] } } }], ['eu-west-1', 1, { TableName: 'returns', Item: { id: { S: 'b' } } }],
  ]);
});

test('a table that is not there is refused with those that are', async () => {
  const { run } = played();
  const app = await startLocal();
  await expect(app.put('Orders', {})).rejects.toThrow(new RangeError(
    'The app has no table "Orders". Give the construct path or the name of one that it has: Shop/Orders, Shop/Returns.'));
  run.tables = [];
  await expect(app.put('Orders', {})).rejects.toThrow('The app has no table "Orders". Give the construct path or the name of one that it has: none.');
});

test('a stop ends its client and the run', async () => {
  const { run } = played();
  const destroy = jest.spyOn(DynamoDBClient.prototype, 'destroy');
  const app = await startLocal();
  await app.stop();
  expect([destroy.mock.calls.length, run.stop.mock.calls.length]).toEqual([1, 1]);
});
