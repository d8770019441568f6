import { marshall } from '@aws-sdk/util-dynamodb';
import { host, logged } from './host';
import { batchOf, STREAM_ARN } from './records';
import { PoisonRecordError, streamHandler, TransientError, windowHandler } from '../../lib/runtime';
import type { TriggerFacts } from '../../lib/stream/boundary';

logged();

const ON: TriggerFacts = { report: true, metrics: true };

/** What the runtime writes to measure an invocation, and the context of that. */
function measured(trigger: TriggerFacts = ON, overrides = {}) {
  const lines: string[] = [];
  const { context, clock } = host({ triggers: [trigger], measure: (line) => lines.push(line), ...overrides });
  return { lines, context: { functionName: 'on-order', ...context }, clock };
}

const busy = async () => {
  throw new TransientError('busy');
};

test('an invocation in which a record was parked writes one line, of which CloudWatch makes a metric of the function and the table', async () => {
  const { lines, context } = measured();
  await streamHandler(async () => {
    throw new PoisonRecordError('secret');
  })(batchOf('a', 'b'), context);

  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]*\n$/);
  expect(JSON.parse(lines[0])).toEqual({
    _aws: {
      Timestamp: 1_700_000_000_000,
      CloudWatchMetrics: [{ Namespace: 'DynamoStreamTrigger', Dimensions: [['FunctionName', 'TableName']], Metrics: [{ Name: 'ParkedRecords', Unit: 'Count' }] }],
    },
    FunctionName: 'on-order', TableName: 'Orders', ParkedRecords: 2,
  });
});

test.each<[string, TriggerFacts]>([['does not want them', { report: true }], ['says no', { report: true, metrics: false }]])(
  'nothing is written where the trigger %s', async (_, trigger) => {
    const { lines, context } = measured(trigger);
    await streamHandler(async () => {
      throw new PoisonRecordError('bad');
    })(batchOf('a'), context);

    expect(lines).toEqual([]);
  },
);

test('nothing is written where nothing happened', async () => {
  const { lines, context } = measured();
  await streamHandler(async () => undefined)(batchOf('a'), context);

  expect(lines).toEqual([]);
});

test('each try after the first is counted, and each that failed of something else than the record', async () => {
  const { lines, context } = measured();
  let tries = 0;
  await streamHandler(async () => {
    if (++tries < 4) {
      throw tries === 3 ? new Error('unknown') : new TransientError('busy');
    }
  })(batchOf('a'), context);

  expect(JSON.parse(lines[0])).toMatchObject({ TransientFailures: 2, RetriedRecords: 3 });
  expect(JSON.parse(lines[0])).not.toHaveProperty('ParkedRecords');
});

/** Lets the time run out when the calls have begun. */
function runningOut(overrides = {}) {
  const due: (() => void)[] = [];
  const { context, lines } = measured(ON, {
    timer: (callback: () => void) => {
      due.push(callback);
      return () => undefined;
    }, ...overrides,
  });
  let left = 1_000;
  const pass = async (steps = 3) => {
    for (; steps > 0; steps--) {
      await new Promise(setImmediate);
      left = 0;
      due.splice(0).forEach((callback) => callback());
    }
  };
  return { lines, pass, context: { ...context, getRemainingTimeInMillis: () => left } };
}

test('the end of the time is counted, and not the errors that come from it', async () => {
  const { lines, context, pass } = runningOut();
  const answer = streamHandler(async (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))))(
    batchOf('a'), context);
  await pass();
  await answer;

  expect(JSON.parse(lines[0])).toMatchObject({ Deadlines: 1 });
  expect(lines[0]).not.toContain('TransientFailures');
});

test('a process that ends itself writes its line before', async () => {
  const order: string[] = [];
  const { context, pass } = runningOut({ measure: (line: string) => order.push(line), exit: () => order.push('exit') });
  void streamHandler(async () => new Promise(() => undefined))(batchOf('a', 'b'), context);
  await pass();

  expect(order).toHaveLength(2);
  expect(JSON.parse(order[0])).toMatchObject({ SickEnvironments: 1 });
});

test('what a redrive sends again is not counted', async () => {
  const { lines, context } = measured();
  await streamHandler({ onRecord: busy, retry: { maxAttempts: 2 } })(
    { ...batchOf('a'), redriven: { v: 1, run: 'r', superseded: [] } } as never, context);

  expect(lines).toEqual([]);
});

test('a line that can\'t be written changes nothing', async () => {
  const broken = () => {
    throw new Error('EPIPE');
  };
  const { context } = measured(ON, { measure: broken });
  const response = await streamHandler(async () => {
    throw new PoisonRecordError('bad');
  })(batchOf('a'), context);

  expect(response).toEqual({ batchItemFailures: [] });
});

test('a window\'s deadline is counted', async () => {
  const { lines, context, pass } = runningOut();
  const event: any = { ...batchOf('a', 'b'), window: { start: '', end: '' }, state: { n: 1 }, eventSourceARN: STREAM_ARN, shardId: 's' };
  let calls = 0;
  const onRecord = async (state: object) => calls++ === 0 ? state : new Promise<object>(() => undefined);
  const answer = windowHandler<object>({ initialState: () => ({}), onRecord })(event, context);
  await pass();
  await answer;

  expect(JSON.parse(lines[0])).toMatchObject({ TableName: 'Orders', Deadlines: 1 });
});

test('a line holds nothing of an item', async () => {
  const { lines, context } = measured();
  const event = batchOf('secret-key');
  event.Records[0].dynamodb!.NewImage = marshall({ name: 'secret-name' }) as any;
  await streamHandler(async () => {
    throw new PoisonRecordError('secret-message');
  })(event, context);

  expect(lines[0]).not.toContain('secret');
});

test('without a host the line goes to the standard output, past the console', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 1, triggers: [ON] });
  try {
    await streamHandler({ onRecord: busy, retry: { maxAttempts: 1 } })(batchOf('a'), { functionName: 'on-order' });
  } finally {
    delete process.env.DYNAMO_STREAM_TRIGGER;
  }

  expect(write.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([expect.objectContaining({ FunctionName: 'on-order', TransientFailures: 1 })]);
});
