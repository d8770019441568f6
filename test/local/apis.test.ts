import http, { request } from 'node:http';
import { LambdaApi, type VisibleMapping } from '../../lib/local/api/lambda-api';
import { type Api, type ApiAnswer, type ApiRequest, type ApiServer, ApiError, startApiServer } from '../../lib/local/api/server';
import { StoredValuesApi } from '../../lib/local/api/stored-values-api';
import { TableStreamsApi, type VisibleStream } from '../../lib/local/api/table-streams-api';
import type { LambdaFunction } from '../../lib/local/assembly/app';
import type { LocalFunctions } from '../../lib/local/function/functions';
import { Removals } from '../../lib/local/service/removals';
import { DEFAULT_SETTINGS } from '../default-settings';

interface Asked {
  readonly target?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function asked({ target, method = 'POST', path = '/', headers = {}, body = '' }: Asked): ApiRequest {
  const { pathname, searchParams: query } = new URL(path, 'http://127.0.0.1');
  return {
    method, path: pathname.split('/').slice(1).map(decodeURIComponent), query, body: Buffer.from(body),
    headers: { ...headers, ...(target && { 'x-amz-target': target }) },
  };
}

/** What an API answers; undefined if it is for another one. */
async function answerOf(api: Api, given: Asked): Promise<Omit<ApiAnswer, 'body'> & { body: any } | undefined> {
  const answer = await api(asked(given));
  return answer && { ...answer, body: answer.body === undefined ? undefined : JSON.parse(String(answer.body)) };
}

describe('Lambda\'s API', () => {
  const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:echo';
  const STREAM = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/1';
  const echo = {
    name: 'echo', arn: ARN, runtime: 'nodejs22.x', handler: 'index.handler', timeout: 777, memorySize: 256, reservedConcurrency: 1,
    environment: (endpoints: { api: string }) => ({ variables: { API: endpoints.api } }),
  } as unknown as LambdaFunction;
  const plain = { ...echo, name: 'plain', arn: ARN.replace('echo', 'plain'), reservedConcurrency: undefined };
  const settings = { ...DEFAULT_SETTINGS, startingPosition: 'TRIM_HORIZON' };
  const mappings = [
    {
      mapping: {
        function: echo, functionArn: `${ARN}:live`, destinationArn: 'arn:aws:sqs:us-east-1:000000000000:failures',
        settings: { ...settings, batchSize: 7, reportBatchItemFailures: true, filters: ['{"a":[1]}'] },
      },
      uuid: 'uuid-1', streamArn: STREAM,
    },
    { mapping: { function: plain, functionArn: plain.arn, settings: { ...settings, reportBatchItemFailures: false, enabled: false } }, uuid: 'uuid-2', streamArn: `${STREAM}0` },
  ] as unknown as VisibleMapping[];
  const invoked: unknown[][] = [];
  let outcome: object = { type: 'response', requestId: 'r', response: { done: true } };
  const functions = {
    of: ({ name }: LambdaFunction) => ({
      invoke: async (event: unknown, arn: string) => {
        invoked.push([name, event, arn]);
        return outcome;
      },
    }),
  } as unknown as LocalFunctions;
  const { answer: api } = new LambdaApi({ functions, mappings, endpoints: { api: 'http://127.0.0.1:3' } as never });
  const invoke = (name: string, { path = '', ...others }: Asked = {}) =>
    answerOf(api, { path: `/2015-03-31/functions/${encodeURIComponent(name)}/invocations${path}`, body: '{"n":1}', ...others });
  const get = async (path: string) => {
    const { status, body } = (await answerOf(api, { method: 'GET', path }))!;
    expect(status).toBe(200);
    return body;
  };
  beforeEach(() => invoked.length = 0);

  test.each([
    ['a name', 'echo', '', ARN, '$LATEST'],
    ['an ARN', ARN, '', ARN, '$LATEST'],
    ['a part of an ARN', '000000000000:function:echo', '', ARN, '$LATEST'],
    ['the account and a name', '000000000000:echo', '', ARN, '$LATEST'],
    ['a name with an alias', 'echo:live', '', `${ARN}:live`, 'live'],
    ['a name and a qualifier', 'echo', '?Qualifier=live', `${ARN}:live`, 'live'],
    ['an ARN with an alias', `${ARN}:live`, '', `${ARN}:live`, 'live'],
    ['the latest version', 'echo:$LATEST', '', `${ARN}:$LATEST`, '$LATEST'],
  ])('invokes a function by %s', async (_, name, path, arn, version) => {
    expect(await invoke(name, { path })).toEqual({ status: 200, headers: { 'x-amz-executed-version': version }, body: { done: true } });
    expect(invoked).toEqual([['echo', { n: 1 }, arn]]);
  });

  test('answers with what a function throws, and does not wait for an event', async () => {
    outcome = { type: 'error', requestId: 'r', errorType: 'TypeError', errorMessage: 'no such order' };
    expect(await invoke('plain', { body: '' })).toEqual({
      status: 200,
      headers: { 'x-amz-executed-version': '$LATEST', 'x-amz-function-error': 'Unhandled' },
      body: { errorType: 'TypeError', errorMessage: 'no such order' },
    });
    expect(await invoke('plain', { headers: { 'x-amz-invocation-type': 'Event' } })).toEqual({ status: 202, body: undefined });
    expect(invoked).toEqual([['plain', {}, plain.arn], ['plain', { n: 1 }, plain.arn]]);
  });

  test('runs nothing at a dry run, and takes an event of 6 MB', async () => {
    const headers = { 'x-amz-invocation-type': 'DryRun' };
    expect(await invoke('echo', { headers, body: '0'.padStart(6_291_456) })).toEqual({ status: 204, body: undefined });
    expect(invoked).toEqual([]);
  });

  const UNKNOWN = 'Only the functions of mappings run here, with the alias or version of the mapping: echo, plain.';
  test.each<[string, () => Promise<unknown>, number, string, string | RegExp, object]>([
    ['a function that is not there', () => invoke('nobody'), 404, 'ResourceNotFoundException', `Function not found: nobody. ${UNKNOWN}`, { Type: 'User' }],
    ['a version that is not there', () => invoke('echo:beta'), 404, 'ResourceNotFoundException', `Function not found: echo:beta. ${UNKNOWN}`, { Type: 'User' }],
    ['a function of another Region', () => invoke(ARN.replace('us-east-1', 'eu-west-1')), 404, 'ResourceNotFoundException',
      `Function not found: ${ARN.replace('us-east-1', 'eu-west-1')}. ${UNKNOWN}`, { Type: 'User' }],
    ['an event that is not JSON', () => invoke('echo', { body: '{' }), 400, 'InvalidRequestContentException', /^Could not parse request body into json: .*JSON/, { Type: 'User' }],
    ['an event above 6 MB', () => invoke('echo', { body: '0'.padStart(6_291_457) }), 413, 'RequestTooLargeException',
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation', {}],
    ['another type of invocation', () => invoke('echo', { headers: { 'x-amz-invocation-type': 'Later' } }), 400, 'InvalidParameterValueException',
      'The invocation type Later must be RequestResponse, Event or DryRun.', {}],
    ['more invocations than are reserved', () => {
      outcome = { type: 'throttled' };
      return invoke('echo');
    }, 429, 'TooManyRequestsException', 'Rate Exceeded.', { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User' }],
    ['a mapping that is not there', () => get('/2015-03-31/event-source-mappings/none'), 404, 'ResourceNotFoundException',
      'The resource you requested does not exist: the mapping none.', { Type: 'User' }],
  ])('refuses %s', async (_, call, status, type, message, details) => {
    const error: any = await Promise.resolve().then(call).catch((refusal) => refusal);
    expect(error).toMatchObject({ status, type, details });
    expect(error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  test('describes a function as in the template', async () => {
    expect(await get('/2015-03-31/functions/echo:live/configuration')).toEqual({
      FunctionName: 'echo', FunctionArn: `${ARN}:live`, Runtime: 'nodejs22.x', Handler: 'index.handler', Timeout: 777, MemorySize: 256, Version: 'live',
      Environment: { Variables: { API: 'http://127.0.0.1:3' } }, PackageType: 'Zip', State: 'Active', LastUpdateStatus: 'Successful',
    });
    expect(await get('/2019-09-30/functions/echo/concurrency')).toEqual({ ReservedConcurrentExecutions: 1 });
    expect(await get('/2019-09-30/functions/plain/concurrency')).toEqual({});
  });

  test('describes mappings with the words of the template', async () => {
    const [first, second] = (await get('/2015-03-31/event-source-mappings')).EventSourceMappings;
    expect(first).toEqual({
      UUID: 'uuid-1', EventSourceArn: STREAM, FunctionArn: `${ARN}:live`, StartingPosition: 'TRIM_HORIZON', BatchSize: 7,
      MaximumBatchingWindowInSeconds: 0, ParallelizationFactor: 1, MaximumRetryAttempts: 100, MaximumRecordAgeInSeconds: 79_200,
      BisectBatchOnFunctionError: true, TumblingWindowInSeconds: 0, FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: '{"a":[1]}' }] },
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:000000000000:failures' } },
      State: 'Enabled', StateTransitionReason: 'User action', LastModified: expect.any(Number),
    });
    expect(Math.abs(first.LastModified - Date.now() / 1000)).toBeLessThan(3600);
    expect(second).toMatchObject({ FunctionResponseTypes: [], DestinationConfig: { OnFailure: {} }, State: 'Disabled' });
    expect(second).not.toHaveProperty('FilterCriteria');
    expect(await get('/2015-03-31/event-source-mappings/uuid-2')).toEqual(second);
  });

  test.each([
    [`EventSourceArn=${STREAM}`, ['uuid-1']],
    [`EventSourceArn=${STREAM}1`, []],
    ['FunctionName=echo', []],
    ['FunctionName=echo:live', ['uuid-1']],
    [`FunctionName=plain&EventSourceArn=${STREAM}`, []],
    [`FunctionName=plain&EventSourceArn=${STREAM}0`, ['uuid-2']],
  ])('lists the mappings of %s', async (query, ids) => {
    const { EventSourceMappings: found } = await get(`/2015-03-31/event-source-mappings?${query}`);
    expect(found.map(({ UUID }: { UUID: string }) => UUID)).toEqual(ids);
  });

  test.each(['/', '/2015-03-31/functions/echo', '/2019-09-30/functions/echo/configuration'])('leaves %s to other APIs', async (path) => {
    expect(await answerOf(api, { method: 'GET', path })).toBeUndefined();
  });
});

describe('the parameters and secrets of the app', () => {
  const { answer: api } = new StoredValuesApi(() => ({
    parameters: [{ name: '/app/level', type: 'String', value: 'debug' }, { name: '/app/db/url', type: 'String', value: 'x' }, { name: 'plain', type: 'StringList', value: 'a,b' }],
    secrets: [{ name: 'login', arn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef', value: '{"user":"me"}' }],
  }));
  const ask = (target: string, input: object) => answerOf(api, { target, body: JSON.stringify(input) });
  const LEVEL = { Name: '/app/level', Type: 'String', Value: 'debug', Version: 1, LastModifiedDate: 0, DataType: 'text' };
  const PLAIN = { ...LEVEL, Name: 'plain', Type: 'StringList', Value: 'a,b' };
  const URL_ = { ...LEVEL, Name: '/app/db/url', Value: 'x' };

  test.each([
    ['GetParameter', { Name: '/app/level' }, { Parameter: LEVEL }],
    ['GetParameter', { Name: 'arn:aws:ssm:us-east-1:000000000000:parameter/app/level' }, { Parameter: LEVEL }],
    ['GetParameter', { Name: 'arn:aws:ssm:us-east-1:000000000000:parameter/plain' }, { Parameter: PLAIN }],
    ['GetParameters', { Names: ['plain', 'none'] }, { Parameters: [PLAIN], InvalidParameters: ['none'] }],
    ['GetParameters', {}, { Parameters: [], InvalidParameters: [] }],
    ['GetParametersByPath', { Path: '/app' }, { Parameters: [LEVEL] }],
    ['GetParametersByPath', { Path: '/app/', Recursive: true }, { Parameters: [LEVEL, URL_] }],
    ['GetParametersByPath', { Recursive: true }, { Parameters: [LEVEL, URL_] }],
  ])('are what %s of %j answers', async (action, input, body) => {
    expect(await ask(`AmazonSSM.${action}`, input)).toEqual({ status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body });
  });

  test.each(['login', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:login'])(
    'are what GetSecretValue of %s answers', async (SecretId) => {
      expect((await ask('secretsmanager.GetSecretValue', { SecretId }))!.body).toEqual({
        ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef', Name: 'login', SecretString: '{"user":"me"}',
        VersionId: 'local', VersionStages: ['AWSCURRENT'], CreatedDate: 0,
      });
    });

  const WAY_OUT = 'With --profile NAME, parameters and secrets are those on AWS.';
  test.each([
    ['AmazonSSM.GetParameter', { Name: 'none' }, 'ParameterNotFound', `The parameter none is not in this app. ${WAY_OUT}`],
    ['AmazonSSM.GetParameter', { Name: 'arn:aws:ssm:us-east-1:000000000000:parameter/app/plain' }, 'ParameterNotFound',
      `The parameter arn:aws:ssm:us-east-1:000000000000:parameter/app/plain is not in this app. ${WAY_OUT}`],
    ['AmazonSSM.PutParameter', {}, 'NotImplementedException',
      `Systems Manager has only GetParameter, GetParameters and GetParametersByPath here, not PutParameter. ${WAY_OUT}`],
    ['secretsmanager.GetSecretValue', { SecretId: 'none' }, 'ResourceNotFoundException', `The secret none is not in this app. ${WAY_OUT}`],
    ['secretsmanager.PutSecretValue', {}, 'NotImplementedException', `Secrets Manager has only GetSecretValue here, not PutSecretValue. ${WAY_OUT}`],
  ])('do not answer %s of %j', async (target, input, type, message) => {
    await expect(ask(target, input)).rejects.toMatchObject({ status: 400, type, message });
  });

  test('are asked for in JSON', async () => {
    await expect(answerOf(api, { target: 'AmazonSSM.GetParameter', body: '{' })).rejects
      .toMatchObject({ status: 400, type: 'SerializationException', message: expect.stringContaining('JSON') });
    await expect(answerOf(api, { target: 'AmazonSSM.GetParameter' })).rejects.toMatchObject({ type: 'ParameterNotFound' });
  });

  test('leave other requests to other APIs', async () => {
    expect(await answerOf(api, {})).toBeUndefined();
  });
});

describe('the API of table streams', () => {
  const LABEL = '2026-11-23T09:00:00.000';
  const streamOf = (name: string): VisibleStream => {
    const arn = `arn:aws:dynamodb:eu-west-1:000000000000:table/${name}`;
    return { table: { name, arn } as VisibleStream['table'], streamArn: `${arn}/stream/${LABEL}` };
  };
  const streams = [streamOf('orders'), streamOf('returns')];
  const [ORDERS, RETURNS] = streams.map(({ streamArn }) => streamArn);
  const namesOf = (TableName: string) => ({ StreamArn: streamOf(TableName).streamArn, StreamLabel: LABEL, TableName });
  /** What DynamoDB Local was asked, and what it answers by action: one after the other. */
  const sent: [action: string, input: any][] = [];
  let answers: Record<string, object[]>;
  const described = (StreamArn: string, StreamStatus: string, ...ids: string[]) =>
    ({ StreamDescription: { StreamArn, StreamStatus, Shards: ids.map((ShardId) => ({ ShardId })) } });
  beforeEach(() => {
    sent.length = 0;
    answers = {
      // Later streams may be listed first.
      ListStreams: [{ Streams: [{ StreamArn: 'stream/2' }, { StreamArn: 'stream/1' }] }],
      DescribeStream: [described('stream/2', 'ENABLED', 'c'), described('stream/1', 'DISABLED', 'a', 'b')],
      GetShardIterator: [{ ShardIterator: 'i1' }],
    };
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (endpoint, init) => {
      const { 'x-amz-target': target, ...headers } = init!.headers as Record<string, string>;
      expect([endpoint, init!.method, headers]).toEqual(['http://127.0.0.1:1', 'POST', {
        'content-type': 'application/x-amz-json-1.0', 'authorization': 'AWS4-HMAC-SHA256 any', 'x-amz-date': 'now',
      }]);
      const action = target.replace('DynamoDBStreams_20120810.', '');
      sent.push([action, JSON.parse(String(init!.body))]);
      const output = answers[action].shift()!;
      return Response.json(output, { status: '__type' in output ? 400 : 200 });
    });
  });
  afterEach(() => jest.restoreAllMocks());

  const { answer: api } = new TableStreamsApi('http://127.0.0.1:1', streams, new Removals());
  const ask = async (action: string, input: object) => {
    const { body, ...rest } = (await answerOf(api, {
      target: `DynamoDBStreams_20120810.${action}`, body: JSON.stringify(input), headers: { 'authorization': 'AWS4-HMAC-SHA256 any', 'x-amz-date': 'now' },
    }))!;
    expect(rest).toEqual({ status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' } });
    return body;
  };
  const iteratorAt = async (ShardIteratorType: string) => (await ask('GetShardIterator', { StreamArn: ORDERS, ShardId: 'b', ShardIteratorType })).ShardIterator;

  test.each([
    [{}, ['orders', 'returns']],
    [{ TableName: 'returns' }, ['returns']],
    [{ TableName: 'arn:aws:dynamodb:eu-west-1:000000000000:table/orders' }, ['orders']],
    [{ TableName: 'nothing' }, []],
  ])('lists the streams that %j asks for', async (input, names) => {
    expect(await ask('ListStreams', input)).toEqual({ Streams: names.map(namesOf) });
  });

  test('describes all streams that a table has had as one, with the shards of the first one first', async () => {
    expect(await ask('DescribeStream', { StreamArn: ORDERS })).toEqual({
      StreamDescription: { ...namesOf('orders'), StreamStatus: 'ENABLED', Shards: [{ ShardId: 'a' }, { ShardId: 'b' }, { ShardId: 'c' }] },
    });
    expect(sent).toEqual([
      ['ListStreams', { TableName: 'orders' }], ['DescribeStream', { StreamArn: 'stream/2' }], ['DescribeStream', { StreamArn: 'stream/1' }],
    ]);
  });

  test.each([
    [{ Limit: 2 }, ['a', 'b'], 'b'],
    [{ Limit: 3 }, ['a', 'b', 'c'], undefined],
    [{ ExclusiveStartShardId: 'a', Limit: 1 }, ['b'], 'b'],
    [{ ExclusiveStartShardId: 'a' }, ['b', 'c'], undefined],
    [{ ExclusiveStartShardId: 'c' }, [], undefined],
  ])('describes the shards that %j asks for', async (page, ids, last) => {
    const { StreamDescription: { Shards, LastEvaluatedShardId } } = await ask('DescribeStream', { StreamArn: ORDERS, ...page });
    expect([Shards, LastEvaluatedShardId]).toEqual([ids.map((ShardId) => ({ ShardId })), last]);
  });

  test('reads records as functions get them, and goes on behind the last one', async () => {
    jest.spyOn(Date, 'now').mockReturnValue(1_000_000_000);
    const ShardIterator = await iteratorAt('TRIM_HORIZON');
    expect(sent.at(-1)).toEqual(['GetShardIterator', { StreamArn: 'stream/1', ShardId: 'b', ShardIteratorType: 'TRIM_HORIZON' }]);
    const record = (SequenceNumber: string, more: object = {}) =>
      ({ eventID: 'a-b', eventName: 'INSERT', awsRegion: 'ddblocal', dynamodb: { SequenceNumber, ApproximateCreationDateTime: 60 }, ...more });
    answers.GetRecords = [
      { Records: [record('1', { dynamodb: { SequenceNumber: '1' } }), record('2', { eventName: 'UNKNOWN_TO_SDK_VERSION' })], NextShardIterator: 'i2' },
      { __type: 'com.amazonaws#TrimmedDataAccessException', message: 'trimmed' },
      { Records: [] },
    ];
    const first = await ask('GetRecords', { ShardIterator, Limit: 9 });
    expect(sent.at(-1)).toEqual(['GetRecords', { ShardIterator: 'i1', Limit: 9 }]);
    expect(first.Records).toEqual([
      { eventID: 'ab', eventName: 'INSERT', awsRegion: 'eu-west-1', dynamodb: { SequenceNumber: '1', ApproximateCreationDateTime: 1_000_000 } },
      {
        eventID: 'ab', eventName: 'REMOVE', awsRegion: 'eu-west-1', dynamodb: { SequenceNumber: '2', ApproximateCreationDateTime: 119 },
        userIdentity: { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' },
      },
    ]);
    answers.GetShardIterator = [{ ShardIterator: 'i3' }];
    expect(await ask('GetRecords', { ShardIterator: first.NextShardIterator })).toEqual({ Records: [] });
    expect(sent.slice(-3)).toEqual([
      ['GetRecords', { ShardIterator: 'i2' }],
      ['GetShardIterator', { StreamArn: 'stream/1', ShardId: 'b', ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '2' }],
      ['GetRecords', { ShardIterator: 'i3' }],
    ]);
  });

  test.each([['LATEST', 'TRIM_HORIZON'], ['TRIM_HORIZON', 'TRIM_HORIZON']])('reads a shard that was empty at %s again from %s', async (type, again) => {
    const ShardIterator = await iteratorAt(type);
    answers.GetRecords = [{ __type: 'com.amazonaws#TrimmedDataAccessException', message: 'trimmed' }, {}];
    answers.GetShardIterator = [{ ShardIterator: 'i2' }];
    expect(await ask('GetRecords', { ShardIterator })).toEqual({ Records: [] });
    expect(sent.slice(-2)).toEqual([
      ['GetShardIterator', { StreamArn: 'stream/1', ShardId: 'b', ShardIteratorType: again }], ['GetRecords', { ShardIterator: 'i2' }],
    ]);
  });

  test.each([[{ message: 'a limit' }, 'a limit'], [{ Message: 'another' }, 'another']])('passes on how DynamoDB Local refuses: %j', async (said, message) => {
    const ShardIterator = await iteratorAt('LATEST');
    answers.GetRecords = [{ __type: 'com.amazonaws#LimitExceededException', ...said }];
    await expect(ask('GetRecords', { ShardIterator })).rejects.toMatchObject({ status: 400, type: 'LimitExceededException', message });
  });

  test.each([
    ['another stream', 'DescribeStream', { StreamArn: `${ORDERS}0` }, 'ResourceNotFoundException',
      `Requested resource not found: Stream: ${ORDERS}0 not found. The streams here are: ${ORDERS}, ${RETURNS}`],
    ['another shard', 'GetShardIterator', { StreamArn: ORDERS, ShardId: 'x', ShardIteratorType: 'LATEST' }, 'ResourceNotFoundException',
      `Requested resource not found: Shard x in Stream ${ORDERS} not found`],
    ['an iterator of DynamoDB Local itself', 'GetRecords', { ShardIterator: '000|arn:aws:dynamodb:ddblocal:0:table/T/stream/1|x' }, 'ValidationException',
      'Invalid ShardIterator: it was not made here.'],
  ])('refuses %s', async (_, action, input, type, message) => {
    await expect(ask(action, input)).rejects.toMatchObject({ status: 400, type, message });
  });

  test('is asked in JSON, and leaves other requests to other APIs', async () => {
    await expect(Promise.resolve().then(() => answerOf(api, { target: 'DynamoDBStreams_20120810.ListStreams', body: '{' }))).rejects
      .toMatchObject({ status: 400, type: 'SerializationException', message: expect.stringContaining('JSON') });
    expect(await answerOf(api, { target: 'DynamoDB_20120810.ListTables' })).toBeUndefined();
    expect(await answerOf(api, {})).toBeUndefined();
  });
});

describe('the server of the APIs', () => {
  let server: ApiServer;
  beforeEach(async () => server = await startApiServer());
  afterEach(() => server.close());

  const SIGNED = { authorization: 'AWS4-HMAC-SHA256 any' };
  /** Status, headers and body of the answer. With `fetch`, no other host can be asked for. */
  const call = (headers: Record<string, string>, { path = '/', body = '{}', method = 'POST' } = {}) => new Promise<any[]>((resolve, reject) => {
    request(server.endpoint + path, { method, headers, agent: false }, async (response) => {
      const chunks = await response.toArray();
      resolve([response.statusCode, response.headers, JSON.parse(Buffer.concat(chunks).toString())]);
    }).on('error', reject).end(body);
  });

  test('asks one API after another', async () => {
    const heard: ApiRequest[] = [];
    server.serve([
      () => undefined,
      (one) => {
        heard.push(one);
        return Promise.resolve({ status: 201, headers: { 'x-own': '1' }, body: '"done"' });
      },
      () => Promise.reject(new Error('not asked')),
    ]);
    const [status, headers, body] = await call(SIGNED, { path: '/a//b%2Fc/?d=1', body: 'text' });
    expect([status, body]).toEqual([201, 'done']);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-own': '1', 'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(heard).toMatchObject([{ method: 'POST', path: ['a', 'b/c'], headers: SIGNED, body: Buffer.from('text') }]);
    expect(String(heard[0].query)).toBe('d=1');
  });

  const FOREIGN = 'Only programs on this machine are served, under the name 127.0.0.1 or localhost, and not pages in a browser.';
  test.each<[string, Record<string, string>, number, string, string]>([
    ['asks for another host', { ...SIGNED, host: 'evil.example' }, 403, 'AccessDeniedException', FOREIGN],
    ['asks for a host that only begins as this machine', { ...SIGNED, host: 'localhost.evil.example' }, 403, 'AccessDeniedException', FOREIGN],
    ['comes from a page', { ...SIGNED, origin: 'http://evil.example' }, 403, 'AccessDeniedException', FOREIGN],
    ['comes from a browser', { ...SIGNED, 'sec-fetch-site': 'none' }, 403, 'AccessDeniedException', FOREIGN],
    ['is not signed', {}, 403, 'MissingAuthenticationTokenException', 'The request is not signed. Any credentials will do.'],
    ['is signed in another way', { authorization: 'Basic any' }, 403, 'MissingAuthenticationTokenException', 'The request is not signed. Any credentials will do.'],
    ['is of an API that is not served', SIGNED, 501, 'NotImplementedException', 'POST /x is not served here. docs/guide/local.md lists what is.'],
    ['is of an action that is not served', { ...SIGNED, 'x-amz-target': 'SQS.Send' }, 501, 'NotImplementedException', 'SQS.Send is not served here. docs/guide/local.md lists what is.'],
  ])('refuses a request that %s', async (_, headers, status, type, message) => {
    server.serve([() => undefined]);
    const [answered, { 'x-amzn-errortype': ofHeader }, body] = await call(headers, { path: '/x?y=1' });
    expect([answered, ofHeader, body]).toEqual([status, type, { __type: type, message, Message: message }]);
  });

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]:80'])('serves this machine as %s', async (host) => {
    server.serve([() => Promise.resolve({ status: 200, body: '1' })]);
    expect((await call({ ...SIGNED, host }))[0]).toBe(200);
  });

  test('is reached from this machine only, at a port of its own, for as long as an invocation takes', async () => {
    const { endpoint } = server;
    await expect(fetch(endpoint.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow('fetch failed');
    const created = jest.spyOn(http, 'createServer');
    const other = await startApiServer();
    expect(other.endpoint).not.toBe(endpoint);
    expect(created.mock.results[0].value.requestTimeout).toBe(0);
    other.close();
    created.mockRestore();
  });

  test('has clients try again while the run is starting', async () => {
    const [status, , body] = await call(SIGNED);
    expect([status, body.__type, body.message]).toEqual([503, 'ServiceUnavailableException', 'The run is still starting.']);
  });

  test('answers with the error of an API', async () => {
    server.serve([() => Promise.reject(new ApiError(418, 'Teapot', 'No coffee.', { Type: 'User' }))]);
    const [status, headers, body] = await call(SIGNED);
    expect([status, headers['x-amzn-errortype'], body]).toEqual([418, 'Teapot', { __type: 'Teapot', message: 'No coffee.', Message: 'No coffee.', Type: 'User' }]);
    server.serve([() => Promise.reject(new TypeError('a bug'))]);
    expect((await call(SIGNED)).slice(0, 3)).toMatchObject([500, {}, { __type: 'InternalFailure', message: 'TypeError: a bug' }]);
  });

  test('ends with its connections', async () => {
    let heard!: () => void;
    const waits = new Promise<void>((resolve) => heard = resolve);
    server.serve([() => {
      heard();
      return new Promise(() => {});
    }]);
    const ended = expect(call(SIGNED)).rejects.toThrow('socket hang up');
    await waits;
    server.close();
    await ended;
    await expect(call(SIGNED)).rejects.toThrow('ECONNREFUSED');
  });
});
