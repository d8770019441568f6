import { simulateTrigger, simulateTriggers, type SimulationOptions, streamRecord } from '../../lib/testing';
import { START } from '../records';

const orders = (count: number) => Array.from({ length: count }, (_, index) =>
  streamRecord({ newImage: { id: `order-${index}` }, createdAt: START, sequenceNumber: String(1000 + index) }));

/** The whole text: what was given, what is allowed, and the way out where there is one. */
test.each<[string, object]>([
  ['no handler', { handler: undefined }],
  ['a handler that is neither a function nor loaded by one', { handler: { load: 1 } }],
  ['a crash at no time', { faults: { crash: () => NaN } }],
  ['a timeout of more than 90 minutes', { timeout: 5401 }],
  ['no environment', { environments: 0 }],
  ['an unknown destination', { mapping: { onFailure: 'kafka' } }],
  ['a share above 1', { faults: { crash: 2 } }],
  ['an option with a typing error', { fault: {} }],
  ['a fault with a typing error', { faults: { throtle: 0.1 } }],
  ['a shard with a typing error', { shards: [{ records: [], shardID: 'a' }] }],
  ['a switch before the start', { switches: [{ at: -1, enabled: false }] }],
  ['a reshard at no time', { faults: { reshards: [{ at: '5s' }] } }],
  ['an unknown reading of bisect', { noProgressBisect: 'none' }],
  ['a record that is nothing', { shards: [{ records: [null] }] }],
  ['an item without a key', { shards: [{ records: [{ id: 'a' }, {}] }] }],
  ['no shards', { shards: undefined }],
  ['records in the wrong order', { shards: [{ records: orders(2).reverse() }] }],
  ['shards of one name', { shards: [{ shardId: 'a', records: [] }, { shardId: 'a', records: [] }] }],
  ['shards in a circle', { shards: [{ shardId: 'a', parentShardId: 'a', records: [] }] }],
  ['a faults that is a list', { faults: [] }],
  ['an environment that is a fraction', { environments: 1.5 }],
  ['a seed that is text', { seed: '1' }],
  ['a timeout that is text', { timeout: '5' }],
  ['a crash that is neither a share nor a function', { faults: { crash: 'often' } }],
  ['a switch that does not say what it switches to', { switches: [{ at: 1 }] }],
  ['a reshard of an unknown shard', { faults: { reshards: [{ at: 1, shardId: 'x' }] } }],
  ['a record whose SequenceNumber is not a number', { shards: [{ records: [{ dynamodb: { SequenceNumber: 'abc' } }] }] }],
  ['latency that is not a number', { faults: { latency: 'long' } }],
  ['filters that are not a list', { mapping: { filters: '{}' } }],
  ['latency that comes to nothing', { faults: { latency: () => NaN } }],
])('%s is refused', async (_, options) => {
  await expect(simulateTrigger({ handler: () => null, shards: [{ records: orders(3) }], ...options })).rejects.toThrowErrorMatchingSnapshot();
});

test('a timeout may be the 90 minutes of Managed Instances', async () => {
  const deadlines: number[] = [];
  await simulateTrigger({
    handler: (_, { getRemainingTimeInMillis }) => {
      deadlines.push(getRemainingTimeInMillis());
      return null;
    },
    shards: [{ records: orders(1) }], timeout: 5400,
  });
  expect(deadlines).toEqual([5_400_000]);
});

test('all that the rules of the construct find in the settings is refused at once', async () => {
  const trigger: SimulationOptions = { handler: () => null, shards: [], mapping: { batchSize: 0, filters: [{}], batchsize: 1 } as object };
  await expect(simulateTriggers([{ handler: () => 1, shards: [] }, trigger])).rejects
    .toThrow(/^The mapping is not valid\.(?=[^]*\n- batchSize is 0)(?=[^]*\n- batchsize .*Did you mean batchSize)(?=[^]*\n- filters\[0\] is \{\})/);
});

const stream = (streamArn: string, count: number) => [{ records: Array.from({ length: count }, (_, index) => streamRecord({ newImage: { id: `${index}` }, streamArn })) }];
const ORDERS = 'arn:aws:dynamodb:us-east-1:123456789012:table/Orders/stream/2025-01-01T00:00:00.000';
const REFUNDS = 'arn:aws:dynamodb:us-east-1:123456789012:table/Refunds/stream/2025-01-01T00:00:00.000';

test('two of one stream and one handler are refused, as AWS refuses them', async () => {
  const trigger = { handler: () => null, shards: stream(ORDERS, 1) };
  await expect(simulateTriggers([trigger, { ...trigger }])).rejects.toThrowErrorMatchingSnapshot();
});

/** A template with a mapping to a function on this version of Node.js. */
const onNode = (version: string) => ({
  Resources: {
    Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { StartingPosition: 'LATEST', FunctionName: { Ref: 'OnOrder' } } },
    OnOrder: { Type: 'AWS::Lambda::Function', Properties: { Runtime: `nodejs${version}.x` } },
  },
});

describe('triggers that don\'t fit each other', () => {
  const handler = () => null;
  const shards = stream(ORDERS, 1);
  test.each<[string, SimulationOptions[]]>([
    ['one handler with two timeouts', [{ handler, shards, timeout: 1 }, { handler, shards: stream(REFUNDS, 1), timeout: 2 }]],
    ['one handler on two versions of Node.js', [{ handler, shards, mapping: onNode('22') }, { handler, shards: stream(REFUNDS, 1), mapping: onNode('24') }]],
    ['two limits of real time', [{ handler, shards, realTimeLimit: 1 }, { handler: () => 1, shards, realTimeLimit: 2 }]],
    ['two kinds of timers', [{ handler, shards, timers: 'real' }, { handler: () => 1, shards, timers: 'virtual' }]],
    ['one handler with two numbers of environments', [{ handler, shards, environments: 3 }, { handler, shards: stream(REFUNDS, 1), environments: 1 }]],
    ['one stream that is split twice', [{ handler, shards, faults: { reshards: [{ at: 1 }] } }, { handler: () => 1, shards, faults: { reshards: [] } }]],
  ])('%s', async (_, triggers) => {
    await expect(simulateTriggers(triggers)).rejects.toThrowErrorMatchingSnapshot();
  });
});
