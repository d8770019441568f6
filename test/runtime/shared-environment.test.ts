import { logged, reported } from './host';
import { batchOf, record, STREAM_ARN } from './records';
import { VirtualLambda } from './virtual-lambda';
import { type StreamHandler, streamHandler, windowHandler } from '../../lib/runtime';

logged();

const pause = async (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Batches of shards of their own, which come at the same time. */
const batches = (count: number, size: number) => Array.from({ length: count }, (_, shard) => ({
  Records: Array.from({ length: size }, (__, index) => record(shard * size + index, `item-${shard}-${index}`)),
}));

describe('where invocations share a process', () => {
  beforeEach(() => {
    process.env.AWS_LAMBDA_MAX_CONCURRENCY = '16';
  });
  afterEach(() => {
    delete process.env.AWS_LAMBDA_MAX_CONCURRENCY;
  });

  let running = 0;
  let most = 0;
  const call = async () => {
    most = Math.max(most, ++running);
    await pause(3);
    running--;
  };
  beforeEach(() => {
    running = most = 0;
  });

  test.each<[string, StreamHandler, number]>([
    ['records', streamHandler({ concurrency: 7, onRecord: call }), 7],
    ['records, by default', streamHandler(call), 10],
    ['chunks', streamHandler({ concurrency: 3, chunkSize: 4, onRecords: call }), 3],
    ['chunks in the order of the shard', streamHandler({ concurrency: 3, chunkSize: 4, order: 'shard', onRecords: call }), 3],
  ])('concurrency bounds the %s of all of them', async (_, handler, concurrency) => {
    const answers = await Promise.all(batches(16, 12).map(async (event) => handler(event)));
    expect(answers.flatMap(reported)).toEqual([]);
    expect(most).toBe(concurrency);
  });

  test('a call that never settles holds its place until its invocation answers, and no longer', async () => {
    const lambda = new VirtualLambda();
    const done: unknown[] = [];
    const handler = streamHandler({
      concurrency: 1, onRecord: async ({ keys }) => {
        await (keys.sk === 'hangs' ? new Promise(() => undefined) : undefined);
        done.push(keys.sk);
      },
    });
    expect(reported(await lambda.invoke(handler, batchOf('hangs', 'a'), 2_000))).toEqual([0]);
    expect(reported(await lambda.invoke(handler, batchOf('b', 'c'), 2_000))).toEqual([]);
    expect(done).toEqual(['b', 'c']);
  });

  test('what waits for a place when the time is up is not called', async () => {
    const lambda = new VirtualLambda();
    const called: unknown[] = [];
    const handler = streamHandler({
      concurrency: 1, onRecord: async ({ keys }, { signal }) => {
        called.push(keys.sk);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw signal.reason;
      },
    });
    const first = lambda.invoke(handler, batchOf('a'), 2_000);
    const second = lambda.invoke(handler, { Records: [record(1, 'b')] }, 2_000);
    expect([reported(await first), reported(await second)]).toEqual([[0], [1]]);
    expect(called).toEqual(['a']);
  });

  test('each invocation answers for its own records, whatever fails in the others', async () => {
    const handler = streamHandler({
      park: false,
      retry: { maxAttempts: 1 },
      onRecord: async ({ keys }) => {
        await pause(Math.random() * 5);
        if (String(keys.sk).endsWith('-3')) {
          throw new Error('no');
        }
      },
    });
    const answers = await Promise.all(batches(16, 6).map(async (event) => handler(event)));
    expect(answers.map(reported)).toEqual(Array.from({ length: 16 }, (_, shard) => [shard * 6 + 3]));
  });
});

test('where an environment has one invocation at a time, calls that were abandoned take no place', async () => {
  const lambda = new VirtualLambda();
  const handler = streamHandler({ concurrency: 1, onRecord: async ({ keys }) => keys.sk === 'hangs' ? new Promise(() => undefined) : undefined });
  await lambda.invoke(handler, batchOf('hangs'), 2_000);
  expect(reported(await lambda.invoke(handler, batchOf('b', 'c'), 2_000))).toEqual([]);
});

test.each([
  ['streamHandler', streamHandler(() => undefined), batchOf('a')],
  ['windowHandler', windowHandler({ initialState: () => 0, onRecord: () => 0 }), { ...batchOf('a'), window: {}, eventSourceARN: STREAM_ARN }],
])('%s refuses the context of a durable function, which would replay it, and names the way', async (_, handler: any, event) => {
  const lambdaContext = { getRemainingTimeInMillis: () => 60_000 };
  class DurableContext {
    readonly lambdaContext = lambdaContext;
    step = async (__: string, run: () => unknown) => run();
  }
  const context = new DurableContext();
  await expect(handler(event, context)).rejects.toThrow("context.step('records', async () => handler(event, context.lambdaContext))");
  await expect(context.step('records', async () => handler(event, context.lambdaContext))).resolves.toMatchObject({ batchItemFailures: [] });
});
