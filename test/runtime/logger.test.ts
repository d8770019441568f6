import { createHash } from 'node:crypto';
import { batchOf, record } from './records';
import { type StreamHandlerOptions, PoisonRecordError, streamHandler } from '../../lib/runtime';

afterEach(() => {
  jest.restoreAllMocks();
  delete process.env.AWS_LAMBDA_LOG_FORMAT;
});

/** What is logged of a record whose handler throws something. */
async function logOf(thrown: unknown, options: Partial<StreamHandlerOptions> = {}): Promise<any[]> {
  const entries: any[] = [];
  await streamHandler({
    retry: { maxAttempts: 1 },
    logger: { error: (entry) => entries.push(entry) },
    ...options,
    onRecord: () => {
      throw thrown;
    },
  })({ Records: [record(0, 'secret', { newImage: { name: 'secret' } })] }, { awsRequestId: 'request-1' });
  return entries;
}

test('a logger gets one object for a failure', async () => {
  expect(await logOf(new TypeError('no'))).toEqual([{
    message: 'dynamo-stream-trigger: record failed',
    outcome: 'not known to be poison',
    sequenceNumber: '100000000000000000000',
    eventId: 'event-0',
    eventName: 'MODIFY',
    streamArn: expect.stringContaining('table/Orders'),
    requestId: 'request-1',
    tries: 1,
    error: 'TypeError',
    at: expect.arrayContaining([expect.stringContaining('logger.test')]),
  }]);
});

test('a local run gets the error itself, and Lambda, which names its streams otherwise, does not', async () => {
  const thrownWhere = async (stream: string) => {
    process.env.AWS_LAMBDA_LOG_STREAM_NAME = stream;
    const [{ thrown }] = await logOf(new TypeError('no secret'));
    delete process.env.AWS_LAMBDA_LOG_STREAM_NAME;
    return thrown;
  };
  expect(await thrownWhere('local')).toMatchObject({ name: 'TypeError', message: 'no secret', stack: expect.stringContaining('logger.test') });
  expect(await thrownWhere('2026/11/30/[$LATEST]0123456789abcdef')).toBeUndefined();
});

describe('which item a record is of', () => {
  const items = async (salt: string | undefined, ...keys: string[]) => {
    process.env.DYNAMO_STREAM_TRIGGER = JSON.stringify({ v: 1, triggers: [{ report: true }], salt });
    const entries: any[] = [];
    const handler = streamHandler({
      retry: { maxAttempts: 1 },
      order: 'item',
      logger: { error: (entry: any) => entries.push(entry) },
      onRecord: () => {
        throw new Error('no');
      },
    });
    for (const key of keys) {
      await handler(batchOf(key));
    }
    delete process.env.DYNAMO_STREAM_TRIGGER;
    return entries.map(({ item }) => item);
  };

  test('is shown by a hash that all records of the item have, keyed with what the log does not have', async () => {
    const [one, same, other] = await items('salt', 'a', 'a', 'b');

    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect([same, other !== one]).toEqual([one, true]);
    expect(await items('another', 'a')).not.toEqual([one]);
    expect(createHash('sha256').update('Sa').digest('hex')).not.toContain(one);
  });

  test('is not shown without a salt', async () => {
    expect(await items(undefined, 'a')).toEqual([undefined]);
  });
});

test.each([['JSON', expect.objectContaining({ outcome: 'no parking' })], ['Text', expect.stringMatching(/^\{"level":"ERROR".*\}$/)]])(
  'with Lambda\'s log format %s, the console gets what can be queried', async (format, expected) => {
    process.env.AWS_LAMBDA_LOG_FORMAT = format;
    const print = jest.spyOn(console, 'error').mockImplementation();
    await logOf(new PoisonRecordError('no'), { logger: undefined });
    expect(print.mock.calls).toEqual([[expected]]);
  },
);

const staged = (message: string, change: (error: any) => void = () => undefined) => {
  const error = new Error(message);
  void error.stack;
  change(error);
  return error;
};

test.each<[string, unknown]>([
  ['a message', new Error('secret')],
  ['a message that looks like a frame', staged('Cannot ship to\nat secret 10 Downing Street')],
  ['one that was changed later', staged('Cannot ship to\n    at secret (of the item)', (error) => {
    error.message = 'redacted';
  })],
  ['a stack with data', staged('no', (error) => {
    error.stack = 'GraphQLError: no\n    at email "secret@example.com" (3:4)';
  })],
  ['a name with data', staged('no', (error) => {
    error.name = 'secret of the item';
  })],
  ['a name that is a word of the item', staged('no', (error) => Object.assign(error, { name: 'secret' }))],
  ['a code with data', staged('no', (error) => {
    error.code = 'a secret code';
  })],
  ['the item itself', { name: 'secret', message: 'secret' }],
  ['a text', 'secret'],
])('of %s nothing is logged, unless logErrors is set', async (_, thrown) => {
  expect(JSON.stringify(await logOf(thrown))).not.toContain('secret');
  const [{ thrown: described }] = await logOf(thrown, { logErrors: true });
  expect(described).toEqual(expect.objectContaining({ name: expect.any(String), message: expect.any(String) }));
});

class OrderRefused extends Error {
  override readonly name = 'secret';
}

test.each<[string, string, unknown]>([
  ['its own, if it looks like one', 'AxiosError', Object.assign(new Error('no'), { name: 'AxiosError' })],
  ['its own, if an AWS service gave it', 'SlowDown', Object.assign(new Error('no'), { name: 'SlowDown', $metadata: {} })],
  ['its class\'s, otherwise', 'OrderRefused', new OrderRefused('no')],
  ['Error, if its class has none', 'Error', Object.setPrototypeOf(staged('no'), Object.create(Error.prototype, { constructor: { value: undefined } }))],
])('the name of an error is %s', async (_, name, thrown) => {
  expect(await logOf(thrown)).toMatchObject([{ error: name }]);
});

test('what can\'t be read is logged and observed, too', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const observed: string[] = [];
  expect(await logOf(proxy, { observer: ({ type }) => void observed.push(type) })).toMatchObject([{ error: 'object', tries: 1 }]);
  expect(observed).toContain('recordFailed');
  expect(await logOf(proxy, { logErrors: true })).toMatchObject([{ thrown: { name: 'Error', message: 'unreadable' } }]);
  const trap = () => {
    throw new Error('secret');
  };
  expect(await logOf(new Proxy(new Error('secret'), { has: trap, get: trap, getPrototypeOf: () => Error.prototype }))).toHaveLength(1);
});

test('a logger that throws changes nothing', async () => {
  const handler = streamHandler({
    retry: { maxAttempts: 1 },
    logger: {
      error: () => {
        throw new Error('no disk');
      },
    },
    onRecord: ({ keys }) => {
      if (keys.sk === 'b') {
        throw new Error('no');
      }
    },
  });
  expect((await handler(batchOf('a', 'b'))).batchItemFailures).toHaveLength(1);
});
