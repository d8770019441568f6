import { at, host, logged, reported } from './host';
import { batchOf } from './records';
import { PoisonRecordError, type StreamHandlerOptions, streamHandler, TransientError } from '../../lib/runtime';

const lines = logged();
const failing = (error: unknown, options: Partial<StreamHandlerOptions> = {}) => streamHandler({
  ...options,
  onRecord: () => {
    throw error;
  },
});

test('a record is tried again, with growing waits', async () => {
  const { waits, context } = host();
  const attempts: number[] = [];
  const handler = streamHandler((_, { attempt }) => {
    attempts.push(attempt);
    if (attempt < 4) {
      throw new Error('not yet');
    }
  });
  expect(reported(await handler(batchOf('a'), context))).toEqual([]);
  expect(attempts).toEqual([1, 2, 3, 4]);
  expect(waits).toEqual([1_000, 2_000, 4_000]);
});

test('the wait is a random part of a bounded one', async () => {
  const { waits, context } = host({ random: () => 0.5 });
  await failing(new Error('no'), { retry: { maxAttempts: 5, baseDelay: 400, maxDelay: 1_000 } })(batchOf('a'), context);
  expect(waits).toEqual([200, 400, 500, 500]);
});

test.each<[string, Partial<StreamHandlerOptions>, number[]]>([
  ['for ten seconds', {}, [1_000, 2_000, 4_000]],
  ['for as long as maxTime says', { retry: { maxTime: 3_000 } }, [1_000, 2_000]],
  ['not at all', { retry: { maxTime: 0 } }, []],
  ['for as many tries as maxAttempts says', { retry: { maxAttempts: 2 } }, [1_000]],
])('a record that nothing shows to be poison is tried %s, and is the checkpoint then', async (_, options, expected) => {
  const { waits, parked, context } = host();
  expect(reported(await failing(new Error('no'), options)(batchOf('a'), context))).toEqual([0]);
  expect(waits).toEqual(expected);
  expect(parked).toEqual([]);
  expect(lines).toEqual([expect.objectContaining({ outcome: 'not known to be poison' })]);
});

test('retries take at most half of the time', async () => {
  const { waits, clock, context } = host();
  const end = clock.now + 8_000;
  await failing(new Error('no'))(batchOf('a'), { ...context, getRemainingTimeInMillis: () => end - clock.now });
  expect(waits).toEqual([1_000, 2_000]);
});

test('a record that waits takes no place among those that run', async () => {
  const done: number[] = [];
  let finish!: () => void;
  const { context } = host({
    sleep: async () => new Promise<void>((resolve) => {
      finish = resolve;
    }),
  });
  const response = streamHandler({
    concurrency: 1,
    onRecord: (change, { attempt }) => {
      if (at(change) === 0 && attempt === 1) {
        throw new Error('not yet');
      }
      done.push(at(change));
    },
  })(batchOf('a', 'b', 'a', 'c'), context);
  await new Promise(setImmediate);
  expect(done).toEqual([1, 3]);
  finish();
  expect(reported(await response)).toEqual([]);
  expect(done).toEqual([1, 3, 0, 2]);
});

test.each<[string, Partial<StreamHandlerOptions>, unknown]>([
  ['a PoisonRecordError', {}, new PoisonRecordError('bad')],
  ['one of another copy of the package', {}, Object.assign(new Error('bad'), { [Symbol.for('dynamo-stream-trigger/poison')]: true })],
  ['what isPoison knows', { isPoison: () => true }, new Error('bad')],
])('%s is parked without another try', async (_, options, error) => {
  const { parked, waits, context } = host();
  await failing(error, options)(batchOf('a'), context);
  expect(waits).toEqual([]);
  expect(parked).toHaveLength(1);
});

test('isPoison gets the error and the record, and an error in it is not an opinion', async () => {
  const { parked, context } = host();
  const asked: unknown[] = [];
  const handler = streamHandler({
    isPoison: (error, record) => {
      asked.push([(error as Error).message, at(record)]);
      return undefined;
    },
    retry: { maxAttempts: 1 },
    onRecord: () => {
      throw new Error('bad');
    },
  });
  expect(reported(await handler(batchOf('a', 'a'), context))).toEqual([0]);
  expect(asked).toEqual([['bad', 0]]);
  expect(parked).toEqual([]);
});

/** What a failure is taken for where 99 other records succeed at once: parked after three tries, or kept. */
async function isParkedAmongOthers(error: unknown, options: Partial<StreamHandlerOptions> = {}): Promise<boolean> {
  const { parked, context } = host();
  await streamHandler({
    ...options,
    onRecord: (change) => {
      if (at(change) === 0) {
        throw error;
      }
    },
  })(batchOf(...Array(100).keys()), context);
  return parked.length > 0;
}

test('a TransientError is named by its class', () => {
  expect(new TransientError('later')).toMatchObject({ name: 'TransientError', message: 'later' });
});

test.each<[string, unknown]>([
  ['a TransientError', new TransientError('later')],
  ['one of another copy of the package', Object.assign(new Error('later'), { [Symbol.for('dynamo-stream-trigger/transient')]: true })],
  ['throttling that the SDK marks', Object.assign(new Error('x'), { $retryable: { throttling: true } })],
  ['throttling by its name', Object.assign(new Error('x'), { name: 'ProvisionedThroughputExceededException', $fault: 'client' })],
  ['a service\'s own fault', Object.assign(new Error('x'), { name: 'InternalServerError', $fault: 'server' })],
  ['a conflict with a transaction', Object.assign(new Error('x'), { name: 'TransactionConflictException', $fault: 'client' })],
  ...['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'].map((Code): [string, unknown] => [
    `a transaction cancelled by ${Code}`,
    Object.assign(new Error('x'), { name: 'TransactionCanceledException', $fault: 'client', CancellationReasons: [{ Code: 'None' }, { Code }] }),
  ]),
  ['the status 429', Object.assign(new Error('x'), { $metadata: { httpStatusCode: 429 } })],
  ['the status 503', Object.assign(new Error('x'), { $metadata: { httpStatusCode: 503 } })],
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETDOWN', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT',
    'ERR_HTTP2_GOAWAY_SESSION', 'ERR_HTTP2_STREAM_ERROR'].map(
    (code): [string, unknown] => [`the code ${code}`, Object.assign(new Error('x'), { code })],
  ),
  ['what Promise.any throws, if all of it is transient', new AggregateError([1, 2].map(() => Object.assign(new Error('x'), { code: 'ECONNREFUSED' })))],
  ['a request that took too long for a service', Object.assign(new Error('x'), { name: 'RequestTimeoutException', $fault: 'client' })],
  ['what fetch throws', new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })],
  ['an abort', new DOMException('aborted', 'AbortError')],
  ['a timeout', new DOMException('late', 'TimeoutError')],
  ['a record in progress elsewhere', Object.assign(new Error('x'), { name: 'IdempotencyAlreadyInProgressError' })],
])('%s is transient: it waits, however well the others do', async (_, error) => {
  expect(await isParkedAmongOthers(error)).toBe(false);
});

test.each<[string, unknown, Partial<StreamHandlerOptions>, boolean]>([
  ['a plain Error', new Error('x'), {}, true],
  ['a TypeError', new TypeError('x'), {}, true],
  ['a failed condition of DynamoDB', Object.assign(new Error('x'), { name: 'ConditionalCheckFailedException', $fault: 'client', $metadata: { httpStatusCode: 400 } }), {}, true],
  ['a transaction cancelled by a failed condition', Object.assign(new Error('x'), {
    name: 'TransactionCanceledException', $fault: 'client', CancellationReasons: [{ Code: 'ConditionalCheckFailed' }, { Code: 'None' }],
  }), {}, true],
  ['an AggregateError that is not all transient', new AggregateError([new TransientError('x'), new Error('x')]), {}, true],
  ['an AggregateError of nothing', new AggregateError([]), {}, true],
  ['undefined', undefined, {}, true],
  ['an error that can\'t be read', new Proxy({}, {
    get: () => {
      throw new Error('in the getter');
    },
  }), {}, true],
  ['an error that isPoison excludes', new Error('x'), { isPoison: () => false }, false],
  ['a transient error that isPoison knows', new TransientError('x'), { isPoison: () => true }, false],
])('%s alone among others that succeed', async (_, error, options, parked) => {
  expect(await isParkedAmongOthers(error, options)).toBe(parked);
});
