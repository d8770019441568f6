import { bucketSource, clientsOf } from '../../lib/redrive/aws';
import { s3Buckets } from '../../lib/redrive/aws/bucket';
import type { Clients } from '../../lib/redrive/aws/clients';
import { lambdaFunctions } from '../../lib/redrive/aws/functions';

/** Each call by its action, with its input. */
let calls: [action: string, input: any][];
let answer: (input: any, action: string) => unknown;
const client = {
  send: async (command: { input: object }) => {
    const action = command.constructor.name.replace('Command', '');
    calls.push([action, command.input]);
    return answer(command.input, action);
  },
} as any;
const failing = (name: string, status?: number, more: object = {}) => () => {
  throw Object.assign(new Error('why'), { name, $metadata: { httpStatusCode: status }, ...more });
};
beforeEach(() => calls = []);

describe('an object of a bucket', () => {
  const { read, remove } = s3Buckets(client);

  test('is read as text', async () => {
    answer = () => ({ Body: { transformToString: async () => 'text' } });
    expect(await read('b', 'k')).toBe('text');
    expect(calls).toEqual([['GetObject', { Bucket: 'b', Key: 'k' }]]);
  });

  test('of 64 MB is read, a larger one is not', async () => {
    let destroyed = 0;
    const sized = (ContentLength: number) => () => ({ ContentLength, Body: { transformToString: async () => 'text', destroy: () => destroyed++ } });
    answer = sized(67_108_864);
    expect([await read('b', 'k'), destroyed]).toEqual(['text', 0]);
    answer = sized(67_108_865);
    await expect(read('b', 'k')).rejects.toMatchObject({
      name: 'Unreadable', message: 'The object k has 67108865 bytes, but a failed batch has fewer',
    });
    expect(destroyed).toBe(1);
  });

  test('that is gone is undefined', async () => {
    answer = failing('NoSuchKey', 404);
    expect(await read('b', 'k')).toBeUndefined();
  });

  test.each<[string, number | undefined, object, string, string]>([
    ['InvalidBucketName', 400, {}, 'Unreadable', 'The object k of the bucket b can\'t be read: InvalidBucketName: why'],
    ['NoSuchBucket', 404, {}, 'Unreadable', 'The object k of the bucket b can\'t be read: NoSuchBucket: why'],
    ['TypeError', undefined, {}, 'Unreadable', 'The object k of the bucket b can\'t be read: TypeError: why'],
    ['AccessDenied', 403, {}, 'RedriveRefused', 'Access denied: AccessDenied: why. Needed: s3:GetObject and s3:ListBucket on the bucket b.'],
    ['Forbidden', 403, {}, 'Forbidden', 'why'],
    ['InternalError', 500, {}, 'InternalError', 'why'],
    ['Error', undefined, { code: 'ECONNREFUSED' }, 'Error', 'why'],
  ])('that can\'t be read because of %s (%s, %j) is %s: %s', async (reason, status, more, name, message) => {
    answer = failing(reason, status, more);
    await expect(read('b', 'k')).rejects.toMatchObject({ name, message });
  });

  test('is deleted', async () => {
    answer = () => ({});
    await remove('b', 'k');
    expect(calls).toEqual([['DeleteObject', { Bucket: 'b', Key: 'k' }]]);
    answer = failing('AccessDenied', 403);
    await expect(remove('b', 'k')).rejects.toThrow('Access denied: AccessDenied: why. Needed: s3:DeleteObject on the bucket b.');
    answer = failing('NoSuchBucket', 404);
    await expect(remove('b', 'k')).rejects.toThrow('The bucket b does not exist.');
  });
});

describe('the objects of a bucket', () => {
  const collect = async (prefix: string | undefined, limit = 10, stop = new AbortController().signal) => {
    const taken: unknown[] = [];
    const take = (received: unknown) => taken.push(received);
    const { left } = await bucketSource(client, 'b', prefix).collect({ limit, stop, take, wait: false, waiting: () => {}, discard: async () => {} });
    return { left, taken };
  };

  test('are taken page by page, up to the limit; the others are counted', async () => {
    answer = ({ ContinuationToken: token }) => token === undefined
      ? { Contents: [{ Key: 'p/1' }, { Key: 'p/2' }], NextContinuationToken: 'next' }
      : { Contents: [{ Key: 'p/3' }] };
    expect(await collect('p/', 2)).toEqual({
      left: 1, taken: ['p/1', 'p/2'].map((key) => ({ id: key, handle: key, object: { bucket: 'b', key } })),
    });
    expect(calls).toEqual([
      ['ListObjectsV2', { Bucket: 'b', Prefix: 'p/', ContinuationToken: undefined }], ['ListObjectsV2', { Bucket: 'b', Prefix: 'p/', ContinuationToken: 'next' }],
    ]);
  });

  test('are those with the prefixes of failures, where none is given', async () => {
    answer = () => ({});
    expect(await collect(undefined)).toEqual({ left: 0, taken: [] });
    expect(calls.map(([, { Prefix }]) => Prefix)).toEqual(['aws/lambda/', 'dynamo-stream-trigger/parked/']);
  });

  test('are refused with the permission that is needed, or because the bucket does not exist', async () => {
    answer = failing('AccessDenied', 403);
    await expect(collect('p/')).rejects.toThrow('Access denied: AccessDenied: why. Needed: s3:ListBucket on the bucket b.');
    answer = failing('NoSuchBucket', 404);
    await expect(collect('p/')).rejects.toThrow('The bucket b does not exist.');
  });

  test('are kept, deleted and given back without a call: nothing keeps others from them', async () => {
    const source = bucketSource(client, 'b');
    await Promise.all([source.keep(['k']), source.remove(['k']), source.giveBack(['k'], 0)]);
    expect([source.name, source.keepEvery, calls]).toEqual(['b', undefined, []]);
  });
});

describe('a function', () => {
  const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:f';
  const STREAM = 'arn:aws:dynamodb:eu-west-2:123456789012:table/t/stream/2025-01-01T00:00:00.000';
  const MISSING = `The function ${FUNCTION} does not exist. Name the one that is to get its records with --function.`;
  const asked: string[] = [];
  const functions = lambdaFunctions({
    lambda: (region: string) => (asked.push(`lambda ${region}`), client), invoker: (region: string) => (asked.push(`invoker ${region}`), client),
  } as unknown as Clients);
  beforeEach(() => asked.length = 0);

  test('has a timeout, in milliseconds', async () => {
    answer = () => ({ Timeout: 7 });
    expect(await functions.describe(FUNCTION)).toEqual({ timeout: 7000 });
    expect([asked, calls]).toEqual([['lambda eu-west-1'], [['GetFunctionConfiguration', { FunctionName: FUNCTION }]]]);
  });

  test('that does not exist, or may not be looked at, is refused', async () => {
    answer = failing('ResourceNotFoundException', 404);
    await expect(functions.describe(FUNCTION)).rejects.toThrow(MISSING);
    answer = failing('AccessDeniedException', 403);
    await expect(functions.describe(FUNCTION)).rejects.toThrow(`Access denied: AccessDeniedException: why. Needed: lambda:GetFunctionConfiguration on ${FUNCTION}.`);
  });

  test('has mappings, page by page', async () => {
    const pages: Record<string, object> = {
      first: { EventSourceMappings: [{ FunctionArn: 'a' }], NextMarker: 'second' },
      second: {
        EventSourceMappings: [
          {
            FunctionArn: 'b', FilterCriteria: { Filters: [{ Pattern: '{}' }, {}] }, ParallelizationFactor: 2, TumblingWindowInSeconds: 1, LastModified: new Date(5),
            KMSKeyArn: 'key',
          },
          { FunctionArn: 'c', KMSKeyArn: 'key', TumblingWindowInSeconds: 0 },
        ],
      },
    };
    answer = ({ Marker = 'first' }) => pages[Marker];
    expect(await functions.mappings(STREAM)).toEqual([
      { functionArn: 'a', filters: [], parallelizationFactor: 1, hasWindow: false },
      { functionArn: 'b', filters: ['{}'], parallelizationFactor: 2, hasWindow: true, changed: 5 },
      { functionArn: 'c', filters: undefined, parallelizationFactor: 1, hasWindow: false },
    ]);
    expect(asked).toEqual(['lambda eu-west-2', 'lambda eu-west-2']);
    expect(calls[1]).toEqual(['ListEventSourceMappings', { EventSourceArn: STREAM, Marker: 'second' }]);
    answer = failing('AccessDeniedException', 403);
    await expect(functions.mappings(STREAM)).rejects.toThrow('Access denied: AccessDeniedException: why. Needed: lambda:ListEventSourceMappings on *.');
  });

  const payload = (text: string) => ({ transformToString: () => text });
  test.each<[string, object, object]>([
    ['nothing', {}, { type: 'answer', response: undefined }],
    ['JSON', { Payload: payload('{"a":1}') }, { type: 'answer', response: { a: 1 } }],
    ['text', { Payload: payload('{') }, { type: 'answer', response: '{' }],
    ['an error', { FunctionError: 'Unhandled', Payload: payload('{"errorType":"E","errorMessage":"m"}') }, { type: 'error', name: 'E', message: 'm' }],
    ['an error without a payload', { FunctionError: 'Unhandled' }, { type: 'error', name: 'Unhandled', message: 'the function failed' }],
  ])('that answers %s', async (_, given, invoked) => {
    answer = () => given;
    expect(await functions.invoke(FUNCTION, 'event', 1000)).toEqual(invoked);
    expect([asked, calls]).toEqual([['invoker eu-west-1'], [['Invoke', { FunctionName: FUNCTION, InvocationType: 'RequestResponse', Payload: 'event' }]]]);
  });

  test.each<[string, number | undefined, object, object]>([
    ['TooManyRequestsException', 429, { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' }, { type: 'throttled', message: 'why', isReserved: true }],
    ['TooManyRequestsException', 429, { Reason: 'ConcurrentInvocationLimitExceeded' }, { type: 'throttled', message: 'why', isReserved: false }],
    ['RequestTooLargeException', undefined, {}, { type: 'tooLarge' }],
    ['Error', 413, {}, { type: 'tooLarge' }],
    ['InvalidRequestContentException', 400, {}, { type: 'error', name: 'InvalidRequestContentException', message: 'why' }],
    ['Teapot', 499, {}, { type: 'error', name: 'Teapot', message: 'why' }],
    ['ServiceException', 500, {}, { type: 'noAnswer', message: 'ServiceException: why' }],
    ['TimeoutError', undefined, {}, { type: 'noAnswer', message: 'TimeoutError: why' }],
  ])('that is not answered for, with %s, %s and %j, is %j', async (name, status, more, invoked) => {
    answer = failing(name, status, more);
    expect(await functions.invoke(FUNCTION, 'event', 1000)).toEqual(invoked);
  });

  test('that may not be invoked, or does not exist, is refused', async () => {
    answer = failing('AccessDeniedException', 403);
    await expect(functions.invoke(FUNCTION, 'event', 1000)).rejects.toThrow(`Access denied: AccessDeniedException: why. Needed: lambda:InvokeFunction on ${FUNCTION}.`);
    answer = failing('ResourceNotFoundException', 404);
    await expect(functions.invoke(FUNCTION, 'event', 1000)).rejects.toThrow(MISSING);
  });
});

describe('clients', () => {
  test('are of the Region that is named, or else of the one that was given; one for each service and Region', async () => {
    const clients = clientsOf({ region: 'eu-west-1', profile: 'p' });
    const { sqs, s3, lambda, invoker, dynamodb, streams } = clients;
    const each = [sqs, lambda, invoker, dynamodb, streams];
    expect(await Promise.all(each.map((make) => make('eu-west-2').config.region()))).toEqual(each.map(() => 'eu-west-2'));
    expect(await Promise.all([...each, s3].map((make) => make().config.region()))).toEqual([...each, s3].map(() => 'eu-west-1'));
    // A second attempt of an invocation could run beside the first, and reading a stream tries again itself.
    expect(await Promise.all([...each, s3].map((make) => make().config.maxAttempts()))).toEqual([5, 5, 1, 5, 1, 5]);
    expect(each.every((make) => make('eu-west-2') === make('eu-west-2') && make('eu-west-2') !== make())).toBe(true);
    expect(new Set([...each, s3].map((make) => make())).size).toBe(6);
    const destroyed = [...each.map((make) => make('eu-west-2')), ...[...each, s3].map((make) => make())].map((one) => jest.spyOn(one, 'destroy'));
    clients.destroy();
    expect(destroyed.map(({ mock }) => mock.calls.length)).toEqual(destroyed.map(() => 1));
  });

  test.each<[NodeJS.ProcessEnv, boolean]>([
    [{}, true], [{ AWS_ENDPOINT_URL_SQS: 'http://a' }, false], [{ AWS_ENDPOINT_URL: 'http://a' }, false],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, true],
  ])('with %j in the environment, that the host of a queue\'s URL counts is %s', (variables, counts) => {
    const before = process.env;
    process.env = variables;
    try {
      expect(clientsOf({ region: 'eu-west-1' }).sqs().config.useQueueUrlAsEndpoint).toBe(counts);
    } finally {
      process.env = before;
    }
  });
});
