import { batchOf, STREAM_ARN } from './records';

type Runtime = typeof import('../../lib/runtime');

/** A process that has told nothing yet, and what its handlers log. */
function newProcess(onLambda = true): { readonly runtime: Runtime; readonly entries: any[]; readonly logger: { error(entry: object): void } } {
  if (onLambda) {
    process.env.AWS_LAMBDA_RUNTIME_API = '127.0.0.1:9001';
  }
  let runtime: Runtime;
  jest.isolateModules(() => {
    runtime = jest.requireActual('../../lib/runtime');
  });
  const entries: any[] = [];
  return { runtime: runtime!, entries, logger: { error: (entry) => entries.push(entry) } };
}

const windowOf = (...keys: string[]): any => ({ ...batchOf(...keys), window: { start: '', end: '' }, state: {} });
const LINE = { message: 'dynamo-stream-trigger: no trigger informed the function', streamArn: STREAM_ARN, requestId: 'request-1' };
const CONTEXT = { awsRequestId: 'request-1' };

afterEach(() => {
  delete process.env.AWS_LAMBDA_RUNTIME_API;
  delete process.env.DYNAMO_STREAM_TRIGGER;
});

test('on Lambda, a process says once that no trigger informed it', async () => {
  const { runtime, entries, logger } = newProcess();
  const handler = runtime.streamHandler({ logger, onRecord: () => undefined });
  await handler(batchOf('a'), CONTEXT);
  await handler(batchOf('b'), CONTEXT);
  await runtime.streamHandler({ logger, onRecord: () => undefined })(batchOf('c'), CONTEXT);

  expect(entries).toEqual([LINE]);
});

test('so does one with windows', async () => {
  const { runtime, entries, logger } = newProcess();
  const handler = runtime.windowHandler<number>({ logger, initialState: () => 0, onRecord: (sum) => sum + 1 });
  await handler(windowOf('a'), CONTEXT);
  await handler(windowOf('b'), CONTEXT);

  expect(entries).toEqual([LINE]);
});

test('a trigger of another stream has not informed it', async () => {
  const { runtime, entries, logger } = newProcess();
  process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 1, triggers: [{ stream: 'arn:other', report: true }] });
  await runtime.streamHandler({ logger, onRecord: () => undefined })(batchOf('a'), CONTEXT);

  expect(entries).toEqual([LINE]);
});

test('nothing is said where a trigger informed it, nor outside Lambda', async () => {
  const informed = newProcess();
  process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 1, triggers: [{ report: true }] });
  await informed.runtime.streamHandler({ logger: informed.logger, onRecord: () => undefined })(batchOf('a'), CONTEXT);
  expect(informed.entries).toEqual([]);

  delete process.env.DYNAMO_STREAM_TRIGGER;
  delete process.env.AWS_LAMBDA_RUNTIME_API;
  const outside = newProcess(false);
  await outside.runtime.streamHandler({ logger: outside.logger, onRecord: () => undefined })(batchOf('a'), CONTEXT);
  expect(outside.entries).toEqual([]);
});

test('a logger that throws changes nothing', async () => {
  const { runtime } = newProcess();
  const logger = {
    error: () => {
      throw new Error('no disk');
    },
  };
  expect(await runtime.streamHandler({ logger, onRecord: () => undefined })(batchOf('a'))).toEqual({ batchItemFailures: [] });
});
