import { at, host, logged, reported } from './host';
import { batchOf, record, STREAM_ARN } from './records';
import { VirtualLambda } from './virtual-lambda';
import { type ParkedRecord, PoisonRecordError, streamHandler } from '../../lib/runtime';
import { NotParkedError } from '../../lib/runtime/destination';
import { parkAt } from '../../lib/runtime/park';

const lines = logged();

/** For which every record is poison. */
const poison = (message = 'secret in the message') => streamHandler({
  isPoison: () => true,
  onRecord: () => {
    throw new TypeError(message);
  },
});

test('a poison record is parked whole, and then done', async () => {
  const { parked, context } = host();
  const raw = record(0, 'a', { newImage: { name: 'secret of the item' } });
  expect(reported(await poison()({ Records: [raw] }, context))).toEqual([]);
  expect(parked).toEqual([{
    kind: 'dynamo-stream-trigger/parked-record',
    version: '1.0',
    record: raw,
    streamArn: STREAM_ARN,
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f',
    executedVersion: '7',
    requestId: 'request-1',
    error: { name: 'TypeError', message: 'secret in the message', stack: expect.stringContaining('parking.test') },
    tries: 1,
    firstTriedAt: '2023-11-14T22:13:20.000Z',
    lastTriedAt: '2023-11-14T22:13:20.000Z',
  }]);
});

test('the line printed for it holds nothing of the item', async () => {
  const { context } = host();
  await poison()({ Records: [record(0, 'key-secret', { newImage: { name: 'image-secret' } })] }, context);
  expect(lines).toEqual([expect.objectContaining({ outcome: 'parked', eventId: 'event-0', tries: 1, error: 'TypeError' })]);
  expect(lines[0].at[0]).toContain('parking.test');
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test.each<[string, unknown]>([
  ['an error without a stack', { name: 'Rpc', message: 'm', stack: null }],
  ['an error that can\'t be read', {
    get name() {
      throw new Error('in the getter');
    },
  }],
  ['an error that can\'t be printed', { message: { toString: null, valueOf: null } }],
  ['an error whose issues are a circle', new PoisonRecordError('bad', {
    issues: [((circle: any) => {
      circle.self = circle; return circle;
    })({})],
  })],
  ['an error whose issues are not a list', Object.assign(new TypeError('bad'), { issues: { total: 2 } })],
  ['nothing', undefined],
])('%s is parked like any other', async (_, thrown) => {
  const { parked, context } = host();
  expect(reported(await streamHandler({
    isPoison: () => true,
    onRecord: () => {
      throw thrown;
    },
  })(batchOf('a'), context))).toEqual([]);
  expect(() => JSON.stringify(parked)).not.toThrow();
  expect(lines).toEqual([expect.objectContaining({ outcome: 'parked' })]);
});

test('the text of an error does not make a record too large to be parked', async () => {
  const { parked, context } = host();
  const issues = Array.from({ length: 1_000 }, (_, line) => ({ message: 'x'.repeat(1_000), path: [BigInt(line)] }));
  const handler = streamHandler(() => {
    throw new PoisonRecordError('y'.repeat(1_000_000), { issues });
  });
  await handler(batchOf('a'), context);
  expect(JSON.stringify(parked[0]).length).toBeLessThan(30_000);
  expect(parked[0].error.issues![1]).toEqual({ message: 'x'.repeat(1_000), path: ['1'] });
});

test.each<[string, unknown]>([
  ['that is an image', { name: 'secret', stack: 'at secret' }],
  ['whose message was changed', Object.assign(new Error('look at secret'), { message: 'changed' })],
  ['whose message looks like a stack', new Error('no\n    at secret (of the item)')],
  ['with data for a name', Object.assign(new Error('no'), { name: 'secret of the item' })],
])('of an error %s nothing is printed', async (_, thrown) => {
  const { context } = host();
  await streamHandler(() => {
    throw thrown;
  })(batchOf('a'), context);
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('of a destination that refuses, the error\'s name and code are printed', async () => {
  const refusal = Object.assign(new Error('Invalid body: secret'), { name: 'InvalidMessageContents', code: 'E400' });
  const { context } = host({
    park: async () => {
      throw refusal;
    },
  });
  await poison()(batchOf('a'), context);
  expect(lines).toEqual([expect.objectContaining({ outcome: 'not parked: InvalidMessageContents E400' })]);
});

test('of a destination that refuses with data for a code, nothing of it is printed', async () => {
  const { context } = host({
    park: async () => {
      throw Object.assign(new Error('secret'), { name: 'no secret name', code: 'a secret code' });
    },
  });
  await poison()(batchOf('a'), context);
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('the rest of its lane goes on', async () => {
  const { context } = host();
  const done: number[] = [];
  const handler = streamHandler((change) => {
    if (at(change) === 0) {
      throw new PoisonRecordError('no');
    }
    done.push(at(change));
  });
  expect(reported(await handler(batchOf('a', 'a', 'b'), context))).toEqual([]);
  expect(done.sort()).toEqual([1, 2]);
});

test.each<[string, object, object]>([
  ['nothing takes parked records', {}, { park: undefined }],
  ['parking is off', { park: false }, {}],
  ['the destination refuses', {}, {
    park: async () => {
      throw new Error('AccessDenied');
    },
  }],
])('where %s it is the checkpoint', async (_, options, overrides) => {
  const { context } = host(overrides);
  const handler = streamHandler({
    ...options, onRecord: (change) => {
      if (at(change) === 1) {
        throw new PoisonRecordError('no');
      }
    },
  });
  expect(reported(await handler(batchOf('a', 'b', 'c'), context))).toEqual([1]);
  expect(lines).toHaveLength(1);
});

test('a record whose parking outlasts its invocation is skipped when it comes again', async () => {
  let accept!: () => void;
  const parked: string[] = [];
  const lambda = new VirtualLambda({
    park: async (poisoned) => {
      parked.push(poisoned.record.eventID!);
      if (parked.length === 1) {
        await new Promise<void>((resolve) => {
          accept = resolve;
        });
      }
    },
  });
  const skipped: string[] = [];
  const handler = streamHandler({
    onRecord: () => {
      throw new PoisonRecordError('down');
    },
    observer: (event) => {
      if (event.type === 'recordSkipped') {
        skipped.push(event.record.eventID!);
      }
    },
  });
  expect(reported(await lambda.invoke(handler, batchOf('a'), 300))).toEqual([0]);
  const again = lambda.invoke(handler, batchOf('a', 'a'), 300);
  accept();
  expect(reported(await again)).toEqual([]);
  expect(skipped).toEqual(['event-0']);
  expect(parked).toEqual(['event-0', 'event-1']);
});

describe('onPark', () => {
  const raw = () => record(0, 'a', { newImage: { name: 'n', card: 'secret' }, oldImage: { card: 'secret' } });
  const parkWith = async (onPark: any, event = raw()) => {
    const { parked, context } = host();
    const handler = streamHandler({
      onPark, onRecord: () => {
        throw new PoisonRecordError('no card secret', { issues: [{ message: 'secret' }] });
      },
    });
    expect(reported(await handler({ Records: [event] }, context))).toEqual([]);
    return parked[0];
  };
  const withoutStack = ({ error, ...rest }: ParkedRecord) => ({ ...rest, error: { ...error, stack: undefined } });

  test('changes images and error, and the record says which images are not as they were delivered', async () => {
    const parked = await parkWith((given: ParkedRecord) => {
      const { NewImage, OldImage: _, ...dynamodb } = given.record.dynamodb!;
      return { ...given, record: { ...given.record, dynamodb: { ...dynamodb, NewImage: { ...NewImage, card: { S: '***' } } } }, error: { name: 'E', message: 'm' } };
    });
    expect(parked.record.dynamodb).toEqual({ ...raw().dynamodb, NewImage: { name: { S: 'n' }, card: { S: '***' } }, OldImage: undefined });
    expect([parked.altered, parked.error]).toEqual([['NewImage', 'OldImage'], { name: 'E', message: 'm' }]);
    expect(JSON.stringify(parked)).not.toContain('secret');
  });

  test('that answers what it got leaves the record as it is', async () => {
    expect(withoutStack(await parkWith((given: ParkedRecord) => given))).toEqual(withoutStack(await parkWith(undefined)));
  });

  test('may change what it got: the event stays as it was delivered', async () => {
    const event = raw();
    const parked = await parkWith((given: ParkedRecord) => {
      delete given.record.dynamodb!.NewImage;
      return given;
    }, event);
    expect([parked.altered, parked.record.dynamodb!.NewImage]).toEqual([['NewImage'], undefined]);
    expect(event).toEqual(raw());
  });

  test('can\'t change what record it is', async () => {
    const parked = await parkWith((given: any) => ({
      ...given, kind: 'x', version: '9', streamArn: 'x', functionArn: 'x', requestId: 'x', tries: 9,
      record: { eventID: 'x', dynamodb: { ...given.record.dynamodb, Keys: {}, SequenceNumber: '1' } },
    }));
    expect(withoutStack(parked)).toEqual(withoutStack(await parkWith(undefined)));
  });

  const circle: any = {};
  circle.record = circle;
  test.each<[string, (given: any) => unknown]>([
    ['throws', () => {
      throw new TypeError('secret');
    }],
    ['answers nothing', () => undefined],
    ['answers null', () => null],
    ['answers a text', () => 'secret'],
    ['answers a promise', async (given) => given],
    ['answers a promise that rejects', async () => {
      throw new Error('secret');
    }],
    ['answers a record without a change', ({ record: { dynamodb: _, ...rest }, ...given }) => ({ ...given, record: rest })],
    ['answers an image that is none', (given) => ({ ...given, record: { dynamodb: { NewImage: 'secret' } } })],
    ['answers an image in JavaScript', (given) => ({ ...given, record: { dynamodb: { NewImage: { card: 'secret' } } } })],
    ['answers a number that is none', (given) => ({ ...given, record: { dynamodb: { NewImage: { card: { N: 'secret' } } } } })],
    ['answers what JSON can\'t hold', (given) => ({ ...given, record: { dynamodb: { NewImage: { card: { N: 1n } } } } })],
    ['answers a circle', () => circle],
  ])('that %s does not hold up the shard: the record goes without images and text of the error', async (_, onPark) => {
    const parked = await parkWith(onPark);
    expect(parked).toMatchObject({ record: { eventID: 'event-0', dynamodb: { Keys: raw().dynamodb!.Keys } }, altered: ['NewImage', 'OldImage'] });
    expect(parked.error).toEqual({ name: 'Error', message: 'onPark failed' });
    expect(lines.map(({ message }) => message)).toEqual(['dynamo-stream-trigger: onPark failed', 'dynamo-stream-trigger: record failed']);
    expect(JSON.stringify([parked, lines])).not.toContain('secret');
  });
});

test('a destination that is none refuses what is parked there', async () => {
  await expect(parkAt('arn:aws:kinesis:eu-west-1:111122223333:stream/x')({} as ParkedRecord)).rejects
    .toThrow(new NotParkedError('arn:aws:kinesis:eu-west-1:111122223333:stream/x is not an SQS queue, SNS topic or S3 bucket'));
});
