import { PoisonRecordError, streamHandler } from '../../lib/runtime';
import { HOST } from '../../lib/stream/boundary';
import { type SimulationOptions, simulateTrigger, simulateTriggers, sleep, type StreamEvent, streamRecord } from '../../lib/testing';
import { START } from '../records';

const ORDERS = 'arn:aws:dynamodb:us-east-1:123456789012:table/Orders/stream/2025-01-01T00:00:00.000';
const REFUNDS = 'arn:aws:dynamodb:us-east-1:123456789012:table/Refunds/stream/2025-01-01T00:00:00.000';
const stream = (streamArn: string, count: number, seconds = 0) => [{
  records: Array.from({ length: count }, (_, index) => streamRecord({ newImage: { id: `${index}` }, createdAt: START + seconds, streamArn })),
}];
const sizes = ({ invocations }: Awaited<ReturnType<typeof simulateTrigger>>) => invocations.map(({ event }) => event.Records.length);

test('several mappings read one stream, each with its own settings and its own progress', async () => {
  const shards = stream(ORDERS, 10);
  const fails = () => {
    throw new Error('no');
  };
  const [fine, failing] = await simulateTriggers([
    { handler: () => null, shards, mapping: { batchSize: 4 } },
    { handler: fails, shards, mapping: { retryAttempts: 0, bisectBatchOnError: false, onFailure: 's3' } },
  ]);
  expect(sizes(fine)).toEqual([4, 4, 2]);
  expect([fine.failed, fine.metrics.PolledEventCount]).toEqual([[], 10]);
  expect(sizes(failing)).toEqual([10]);
  expect(failing.failed).toMatchObject([{ DDBStreamBatchInfo: { batchSize: 10, streamArn: ORDERS }, payload: expect.any(String) }]);
});

test('a trigger among others runs as it does alone', async () => {
  const options: SimulationOptions = {
    handler: () => {
      throw new Error('no');
    }, shards: stream(ORDERS, 20), mapping: { retryAttempts: 2 }, seed: 7,
  };
  const [among] = await simulateTriggers([options, { handler: () => null, shards: stream(REFUNDS, 5) }]);
  expect(JSON.stringify(among)).toBe(JSON.stringify(await simulateTrigger(options)));
});

test('the same triggers make the same runs, and no UUID twice', async () => {
  const simulated = () => {
    const fails = (name: string) => () => {
      throw new Error(name);
    };
    const mapping = { retryAttempts: 1, onFailure: 's3' } as const;
    return simulateTriggers([{ handler: fails('a'), shards, mapping }, { handler: fails('b'), shards, mapping }]);
  };
  const shards = stream(ORDERS, 3);
  const [first, second] = [await simulated(), await simulated()];
  expect(JSON.stringify(first)).toBe(JSON.stringify(second));
  const ids = first.flatMap(({ deliveries }) => deliveries.map(({ objectKey }) => objectKey!.split('/')[2]));
  expect(new Set(ids).size).toBe(2);
  ids.forEach((id) => expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/));
  expect(new Set(first.flatMap(({ failed }) => failed.map(({ requestContext }) => requestContext.functionArn))).size).toBe(2);
});

test('one clock starts at the earliest record of all streams', async () => {
  const runs = await simulateTriggers([
    { handler: () => null, shards: stream(ORDERS, 1, 60) }, { handler: () => 1, shards: stream(REFUNDS, 1) },
  ]);
  expect(runs.map(({ startedAt, invocations }) => [startedAt / 1000 - START, invocations[0].at / 1000 - START])).toEqual([[0, 60], [0, 0]]);
});

test('triggers of one handler share the environments of its function', async () => {
  const busy = async (environments: number) => {
    const handler = (_: StreamEvent, context: any) => context[HOST].sleep(1000);
    const runs = await simulateTriggers([
      { handler, shards: stream(ORDERS, 1), environments }, { handler, shards: stream(REFUNDS, 1) },
    ]);
    return runs.map(({ invocations: [{ at }] }) => at - START * 1000);
  };
  expect(await busy(1)).toEqual([0, 1000]);
  expect(await busy(2)).toEqual([0, 0]);
});

test('triggers of different handlers don\'t wait for each other', async () => {
  const slow = () => (_: StreamEvent, context: any) => context[HOST].sleep(1000);
  const runs = await simulateTriggers([{ handler: slow(), shards: stream(ORDERS, 1) }, { handler: slow(), shards: stream(REFUNDS, 1) }]);
  expect(runs.map(({ invocations: [{ at }] }) => at - START * 1000)).toEqual([0, 0]);
});

test('the runtime tells the triggers of its function apart by their streams', async () => {
  const handler = streamHandler({
    onRecord: () => {
      throw new PoisonRecordError('no');
    },
  });
  const mapping = { retryAttempts: 0, bisectBatchOnError: false };
  const [parking, silent] = await simulateTriggers([
    { handler, shards: stream(ORDERS, 2), mapping },
    { handler, shards: stream(REFUNDS, 2), mapping: { ...mapping, reportBatchItemFailures: false, onFailure: 'none' } },
  ]);
  expect(parking.parked.map(({ record }) => record.eventSourceARN)).toEqual([ORDERS, ORDERS]);
  expect(parking.lost).toEqual([]);
  expect(silent.parked).toEqual([]);
  expect(silent.invocations).toMatchObject([{ error: { errorType: 'BatchNotDoneError', errorMessage: expect.stringContaining('is not done, and the mapping does not report it') } }]);
  expect(silent.lost).toHaveLength(2);
});

test('a stream is split for all that read it, and its items are the same records for each', async () => {
  const shards = [{ records: Array.from({ length: 4 }, (_, index) => ({ id: `${index}` })) }];
  const runs = await simulateTriggers([
    { handler: () => null, shards, faults: { reshards: [{ at: 0 }] } }, { handler: () => 1, shards },
  ]);
  const seen = runs.map(({ invocations }) => invocations.map(({ shardId, event }) => [shardId, event.Records.map(({ eventID }) => eventID)]));
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0].map(([shardId]) => shardId)).toEqual([expect.stringMatching(/-0$/), expect.stringMatching(/-1$/)]);
});

test('a simulation in a handler of another one says at once that it would never end, and where to start it', async () => {
  const inner = { handler: () => null, shards: [{ records: [{ id: 'a' }] }] };
  const nested = () => simulateTrigger(inner);
  for (const handler of [nested, async () => nested().catch(() => null), streamHandler(nested), { load: async () => nested() as never }]) {
    await expect(simulateTrigger({ ...inner, handler })).rejects.toThrow(new Error('A simulation was started in a handler that another simulation runs, '
      + 'and would wait for that one forever. Start it in the test, before or after the other one, or give both triggers to one call of simulateTriggers.'));
  }
  expect((await simulateTrigger(inner)).invocations).toHaveLength(1);
});

test('a simulation in advanceTimers of another one says so too', async () => {
  const inner = { handler: () => null, shards: [{ records: [{ id: 'a' }] }] };
  for (const advanceTimers of [() => simulateTrigger(inner), async () => simulateTrigger(inner).catch(() => null)]) {
    await expect(simulateTrigger({ ...inner, handler: () => sleep(1000), advanceTimers })).rejects.toThrow(
      new Error('A simulation was started in advanceTimers of another simulation, and would wait for that one forever. Start it in the test, before or '
        + 'after the other one, or give both triggers to one call of simulateTriggers.'));
  }
  expect((await simulateTrigger(inner)).invocations).toHaveLength(1);
});

test.each<[string, any, string]>([['no trigger', [], 'an empty list'], ['one that is in no list', {}, 'an object'], ['nothing', undefined, 'undefined']])(
  '%s is refused', async (_, triggers, given) => {
    await expect(simulateTriggers(triggers)).rejects.toThrow(
      new TypeError(`simulateTriggers was given ${given} but takes a list of at least one trigger: simulateTriggers([{ handler, shards }]).`));
  });

test('a trigger without shards is refused, whichever it is', async () => {
  await expect(simulateTriggers([{ handler: () => null, shards: stream(ORDERS, 1) }, { handler: () => null, shards: [] }])).rejects
    .toThrow(new TypeError('shards of the trigger 2 is an empty list but must have at least one shard, or the test tests nothing. '
      + 'Give its records: shards: [{ records: [streamRecord(…)] }].'));
});

test('a deployment that each trigger of a function names happens once', async () => {
  const versions = async (deploymentsOf: (handler: () => null) => object[]) => {
    const served: string[] = [];
    const version = (name: string) => () => {
      served.push(name);
      return null;
    };
    const [handler, next] = [version('old'), version('new')];
    const shardsOf = (streamArn: string) => [{
      records: Array.from({ length: 60 }, (_, n) => streamRecord({ newImage: { id: `${n}` }, createdAt: START + n, streamArn })),
    }];
    const [first, second = {}] = deploymentsOf(next);
    await simulateTriggers([{ handler, shards: shardsOf(ORDERS), ...first }, { handler, shards: shardsOf(REFUNDS), ...second }]);
    return served;
  };
  const options = (handler: () => null) => ({ deployments: [{ at: 10, handler, overlap: 40 }] });
  const once = await versions((handler) => [options(handler)]);
  expect(once.slice(20, 100)).toContain('old');
  expect(await versions((handler) => [options(handler), options(handler)])).toEqual(once);
  expect(await versions((handler) => Array(2).fill(options(handler)))).toEqual(once);
});
