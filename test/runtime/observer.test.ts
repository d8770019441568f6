import { at } from './host';
import { batchOf, position, record, sequenceNumber, STREAM_ARN } from './records';
import { type RuntimeEvent, type StreamHandlerOptions, PoisonRecordError, streamHandler } from '../../lib/runtime';
import { HOST, type Host } from '../../lib/stream/boundary';
import { simulateTrigger, type StreamEvent } from '../../lib/testing';

beforeEach(() => {
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** An event in short: records by their positions, errors by their messages. */
function short(event: RuntimeEvent): unknown[] {
  const { type, requestId: _, ...rest } = event;
  return [type, ...Object.values(rest).map((value) => {
    const number = (value as StreamEvent['Records'][number])?.dynamodb?.SequenceNumber;
    return number ? position(number) : value instanceof Error ? value.message : value;
  })];
}

/** What an observer sees, one record at a time, of batches that come one after another. */
async function seen(options: StreamHandlerOptions, batches: StreamEvent[], overrides: Partial<Host> = {}): Promise<unknown[][]> {
  const events: RuntimeEvent[] = [];
  const handler = streamHandler({
    concurrency: 1, observer: (event) => {
      events.push(event);
    }, ...options,
  });
  const context = { [HOST]: { park: async () => undefined, sleep: async () => undefined, random: () => 0.5, ...overrides } } as any;
  for (const batch of batches) {
    await handler(batch, context);
  }
  return events.map(short);
}

test('what it does to a record changes neither the next try nor what is parked', async () => {
  const cards: unknown[] = [];
  const parked: any[] = [];
  const onRecord: StreamHandlerOptions['onRecord'] = ({ newImage }, { attempt }) => {
    cards.push(newImage!.card);
    throw new (attempt < 3 ? Error : PoisonRecordError)('no');
  };
  const observer: StreamHandlerOptions['observer'] = (event) => {
    if ('record' in event) {
      delete event.record.dynamodb!.NewImage!.card;
    }
  };
  await seen({ onRecord, observer }, [{ Records: [record(0, 'a', { newImage: { card: '4111' } })] }], {
    park: async (poison) => {
      parked.push(poison.record.dynamodb!.NewImage!.card);
    },
  });
  expect(cards).toEqual(['4111', '4111', '4111']);
  expect(parked).toEqual([{ S: '4111' }]);
});

test('a batch begins, its records are done or tried again, parked in the end, and it ends with the checkpoint', async () => {
  const failures = new Map([[1, 1], [2, 9]]);
  const onRecord: StreamHandlerOptions['onRecord'] = (change) => {
    const left = failures.get(at(change)) ?? 0;
    failures.set(at(change), left - 1);
    if (left > 0) {
      throw new (at(change) === 1 ? Error : PoisonRecordError)(`fails ${at(change)}`);
    }
  };
  expect(await seen({ onRecord }, [batchOf('a', 'b', 'c', 'c')])).toEqual([
    ['batchStarted', STREAM_ARN, 4],
    ['recordDone', 0],
    ['recordRetried', 1, 'fails 1', 2, 500],
    ['recordParked', 2, 'fails 2', 1],
    ['recordDone', 3],
    ['recordDone', 1],
    ['checkpoint', STREAM_ARN, undefined],
  ]);
});

test('a record that is not done is reported with the reason, and what was done beyond it is skipped when it comes again', async () => {
  let down = true;
  const onRecord: StreamHandlerOptions['onRecord'] = (change) => {
    if (down && at(change) === 0) {
      down = false; throw new Error('down');
    }
  };
  const { Records } = batchOf('a', 'b');
  expect(await seen({ onRecord, park: false, retry: { maxAttempts: 1 } }, [{ Records }, { Records }])).toEqual([
    ['batchStarted', STREAM_ARN, 2],
    ['recordFailed', 0, 'down', 1, 'not known to be poison'],
    ['recordDone', 1],
    ['checkpoint', STREAM_ARN, sequenceNumber(0)],
    ['batchStarted', STREAM_ARN, 2],
    ['recordDone', 0],
    ['recordSkipped', 1],
    ['checkpoint', STREAM_ARN, undefined],
  ]);
});

test('a destination that refuses is reported with its reason', async () => {
  const park = async () => {
    throw Object.assign(new Error('secret'), { name: 'AccessDenied' });
  };
  const events = await seen({
    onRecord: () => {
      throw new PoisonRecordError('bad');
    },
  }, [batchOf('a')], { park });
  expect(events).toContainEqual(['recordFailed', 0, 'bad', 1, 'not parked: AccessDenied']);
});

test('the end of the time is reported with how many calls it left behind', async () => {
  const events: unknown[][] = [];
  const handler = streamHandler({
    observer: (event) => {
      events.push(short(event));
    }, onRecord: async () => new Promise(() => undefined),
  });
  const mapping = { maxBatchingWindow: 10, retryAttempts: 0, bisectBatchOnError: false };
  await simulateTrigger({ handler, shards: [{ records: batchOf('a', 'a', 'a').Records }], timeout: 3, mapping });
  expect(events).toEqual([['batchStarted', STREAM_ARN, 3], ['deadline', 1], ['checkpoint', STREAM_ARN, sequenceNumber(0)]]);
});

test('calls that no longer settle end the process, which is reported', async () => {
  const events: unknown[][] = [];
  const handler = streamHandler({
    observer: (event) => {
      events.push(short(event));
    },
    onRecord: async () => new Promise(() => undefined),
  });
  const mapping = { maxBatchingWindow: 10, retryAttempts: 0, bisectBatchOnError: false };
  const run = await simulateTrigger({ handler, shards: [{ records: batchOf('a', 'b').Records }], timeout: 3, mapping });
  expect(events).toEqual([['batchStarted', STREAM_ARN, 2], ['exit', 2]]);
  expect(run.invocations.map(({ error }) => error?.errorType)).toEqual(['Runtime.ExitError']);
});

test('the answer waits for what the observer returns, but not beyond the time', async () => {
  const types: string[] = [];
  const observer = async ({ type }: RuntimeEvent) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    types.push(type);
  };
  const handler = streamHandler({ observer, onRecord: () => undefined });
  await handler(batchOf('a'));
  expect(types).toEqual(['batchStarted', 'recordDone', 'checkpoint']);
  const started = Date.now();
  await streamHandler({ observer: async () => new Promise(() => undefined), onRecord: () => undefined })(
    batchOf('a'), { getRemainingTimeInMillis: () => started + 1_000 - Date.now() },
  );
  expect(Date.now() - started).toBeLessThan(30_000);
});

test('what an observer throws is logged by its name, and has no other effect', async () => {
  const lines: any[] = [];
  jest.spyOn(console, 'error').mockImplementation((line) => {
    lines.push(JSON.parse(line));
  });
  for (const observer of [() => {
    throw new TypeError('secret');
  }, async () => {
    throw new TypeError('secret');
  }]) {
    lines.length = 0;
    expect(await streamHandler({ observer, onRecord: () => undefined })(batchOf('a'))).toEqual({ batchItemFailures: [] });
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ message: 'dynamo-stream-trigger: observer failed', error: 'TypeError' });
    expect(JSON.stringify(lines)).not.toContain('secret');
  }
});
