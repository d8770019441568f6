import { devNull } from 'node:os';
import type { LambdaFunction } from '../../lib/local/assembly/app';
import { awsHost, serviceId } from '../../lib/local/function/aws-services';
import { givenVariables } from '../../lib/local/function/given-variables';
import { requireProfile } from '../../lib/local/function/profiles';
import { requestTarget } from '../../lib/local/function/request-target';
import { accessNotes, accessVariables } from '../../lib/local/function/service-access';
import { folderWith } from '../folder';

test.each([
  ['dynamodb.eu-west-1.amazonaws.com', 'DYNAMODB', undefined],
  ['dynamodb-fips.us-east-1.amazonaws.com', 'DYNAMODB', undefined],
  ['123456789012.ddb.eu-west-1.amazonaws.com', 'DYNAMODB', undefined],
  ['dynamodb.eu-west-1.api.aws', 'DYNAMODB', undefined],
  ['streams.dynamodb.us-east-1.amazonaws.com', 'DYNAMODB_STREAMS', undefined],
  ['sqs.us-gov-west-1.amazonaws.com', 'SQS', undefined],
  ['eu-west-1.queue.amazonaws.com', 'SQS', undefined],
  ['sns.cn-north-1.amazonaws.com.cn', 'SNS', undefined],
  ['s3.amazonaws.com', 'S3', undefined],
  ['s3.us-east-1.amazonaws.com', 'S3', undefined],
  ['s3-eu-west-1.amazonaws.com', 'S3', undefined],
  ['files.s3.amazonaws.com', 'S3', 'files'],
  ['my.files.s3.dualstack.eu-west-1.amazonaws.com', 'S3', 'my.files'],
  ['events.us-east-1.amazonaws.com', 'EVENTBRIDGE', undefined],
  ['api.ecr.us-east-1.amazonaws.com', 'ECR', undefined],
  ['abc123.execute-api.us-east-1.amazonaws.com', 'APIGATEWAYMANAGEMENTAPI', undefined],
  ['codepipeline.us-east-1.amazonaws.com', 'CODEPIPELINE', undefined],
])('%s is %s', (host, id, bucket) => {
  expect(awsHost(host)).toEqual({ service: { title: expect.any(String), id }, ...(bucket !== undefined && { bucket }) });
});

test('services are called as people call them, and have the variable that AWS\'s SDKs read', () => {
  const hosts = [
    'api.ecr', 'api.sagemaker', 'appconfigdata', 'appsync', 'athena', 'batch', 'bedrock-agent-runtime', 'bedrock-runtime', 'cloudformation', 'cognito-identity',
    'cognito-idp', 'data.iot', 'data-ats.iot', 'dynamodb', 'email', 'es', 'events', 'execute-api', 'firehose', 'glue', 'kinesis', 'lambda', 'logs', 'monitoring',
    'pipes', 'queue', 'rds-data', 'redshift-data', 'rekognition', 'runtime.sagemaker', 's3', 'scheduler', 'secretsmanager', 'sns', 'sqs', 'ssm', 'states',
    'streams.dynamodb', 'xray', 'kms', 'codepipeline', 'app-mesh',
  ];
  expect(`\n${hosts.map((host) => {
    const { title, id } = awsHost(`${host}.eu-west-1.amazonaws.com`)!.service;
    return `${host}: ${title}, ${id}`;
  }).join('\n')}\n`).toMatchSnapshot();
});

test.each(['api.stripe.com', 'amazonaws.com.example.org', '127.0.0.1', 'localhost', 'abc.on.aws'])('%s is none of AWS\'s', (host) => {
  expect(awsHost(host)).toBeUndefined();
});

test.each([
  ['events', 'EVENTBRIDGE'], ['EventBridge', 'EVENTBRIDGE'], ['step-functions', 'SFN'], ['states', 'SFN'], ['secretsmanager', 'SECRETS_MANAGER'],
  ['SECRETS_MANAGER', 'SECRETS_MANAGER'], ['code-pipeline', 'CODE_PIPELINE'],
])('--endpoint %s= is AWS_ENDPOINT_URL_%s', (name, id) => {
  expect(serviceId(name)).toBe(id);
});

describe('a request of a function', () => {
  const before = process.env;
  beforeEach(() => process.env = {
    AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:2', AWS_ENDPOINT_URL_SFN: 'https://stub.example:8443/aws/',
  });
  afterEach(() => process.env = before);

  const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=AKIAREAL/20261130/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0';
  const signed = (hostname: string, path = '/', port?: number) =>
    requestTarget({ hostname, path, ...(port && { port }), headers: { 'Authorization': AUTHORIZATION, 'Host': hostname, 'X-Amz-Security-Token': 'session', 'x-amz-target': 'a' } });

  test('goes to the service that runs here, without the credentials that signed it', () => {
    expect(signed('dynamodb.us-east-1.amazonaws.com')).toEqual({
      options: {
        protocol: 'http:', hostname: '127.0.0.1', port: '1', path: '/',
        headers: { 'Authorization': AUTHORIZATION.replace('AKIAREAL', 'local'), 'host': '127.0.0.1:1', 'x-amz-target': 'a' },
      },
    });
  });

  test('of a bucket names it in its path', () => {
    expect(signed('files.s3.amazonaws.com', '/a/b?x=1')).toMatchObject({ options: { port: '2', path: '/files/a/b?x=1' } });
    const path = '/a?X-Amz-Credential=AKIAREAL%2F20261130&X-Amz-Security-Token=session&X-Amz-Signature=0';
    expect(requestTarget({ host: 'files.s3.amazonaws.com', path })).toMatchObject({ options: { path: '/files/a?X-Amz-Credential=local%2F20261130&X-Amz-Signature=0' } });
  });

  test('goes to an endpoint of the user\'s, below its path', () => {
    expect(signed('states.us-east-1.amazonaws.com', '/x')).toMatchObject({
      options: { protocol: 'https:', hostname: 'stub.example', port: '8443', path: '/aws/x', headers: { host: 'stub.example:8443' } },
    });
  });

  test('to another service is refused, and the way out is named', () => {
    expect(signed('events.us-east-1.amazonaws.com')).toEqual({
      refusal: 'EventBridge is not run here. Give it an endpoint with --endpoint eventbridge=URL, or real credentials with --profile NAME.',
    });
  });

  test('with a profile goes to AWS, except to what runs here, which never gets its credentials', () => {
    process.env.AWS_PROFILE = 'dev';
    expect(signed('events.us-east-1.amazonaws.com')).toBeUndefined();
    expect(signed('dynamodb.us-east-1.amazonaws.com')).toMatchObject({ options: { hostname: '127.0.0.1' } });
    expect(signed('127.0.0.1', '/', 1)).toEqual({
      options: expect.objectContaining({
        hostname: '127.0.0.1', headers: expect.not.objectContaining({ 'X-Amz-Security-Token': 'session' }),
      }),
    });
    expect(JSON.stringify(signed('127.0.0.1', '/', 1))).not.toContain('AKIAREAL');
    expect(signed('127.0.0.1', '/', 9)).toBeUndefined();
  });

  test('that is not signed, or not to AWS, goes its way', () => {
    expect(requestTarget({ hostname: 'cognito-idp.us-east-1.amazonaws.com', path: '/pool/.well-known/jwks.json' })).toBeUndefined();
    expect(requestTarget({ hostname: 'dynamodb.us-east-1.amazonaws.com', headers: ['a', 'b'] })).toBeUndefined();
    expect(signed('api.stripe.com')).toBeUndefined();
    expect(signed('127.0.0.1', '/', 1)).toBeUndefined();
  });
});

describe('the services that a function reaches', () => {
  const before = process.env;
  const local = { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:2', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  const api = { api: 'http://127.0.0.1:3' } as never;

  test('are those that run here, and the parameters and secrets of the app', () => {
    expect(accessVariables({ endpoints: {} }, local, api)).toEqual({
      ...local, AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:3', AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:3', AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull, AWS_EC2_METADATA_DISABLED: 'true', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    expect(accessNotes({ endpoints: {} })).toEqual([]);
  });

  test('with a profile are all, and no other credentials are in the way', () => {
    process.env = { AWS_CONFIG_FILE: '/of/user' };
    const variables = accessVariables({ profile: 'dev', endpoints: { events: 'http://127.0.0.1:4' } }, local, api);
    process.env = before;
    expect(variables).toEqual({
      AWS_PROFILE: 'dev', AWS_SDK_LOAD_CONFIG: '1', AWS_CONFIG_FILE: '/of/user', AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:2',
      AWS_ENDPOINT_URL_EVENTBRIDGE: 'http://127.0.0.1:4', AWS_EC2_METADATA_DISABLED: 'true', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    expect(accessNotes({ profile: 'dev', endpoints: { SQS: 'http://127.0.0.1:4' } })).toEqual([
      'The functions use the real credentials of the profile dev for every service except DynamoDB, Lambda, SQS, SNS and S3. What they do there is real.',
      'The functions do not reach the SQS that runs here: --endpoint gives them another one.',
    ]);
  });
});

describe('environment variables that are given', () => {
  const onOrder = { logicalId: 'OnOrder1A2B', name: 'on-order', path: 'Shop/OnOrder' } as LambdaFunction;
  const other = { logicalId: 'Other', name: 'other', path: 'Shop/Other' } as LambdaFunction;
  const folder = folderWith({
    '.env': '# a comment\nLEVEL=debug\nexport URL="https://example.org/#x"\nAWS_ACCESS_KEY_ID=AKIAREAL\nEMPTY=\n',
    'vars.json': JSON.stringify({ 'Parameters': { LEVEL: 'info', NUMBER: 7 }, 'on-order': { LEVEL: 'warn' }, 'Shop/Other': { LIST: [1] }, 'Nobody': { A: '1' } }),
    'list.json': '[]',
  });
  const file = (name: string) => `${folder}/${name}`;

  test('are those of the file, of all functions and of the function, by its logical id, name or path', () => {
    const given = givenVariables({ envFile: file('.env'), envVars: file('vars.json') });
    expect(given.of(onOrder)).toEqual({ LEVEL: 'warn', URL: 'https://example.org/#x', EMPTY: '', NUMBER: '7' });
    expect(given.of(other)).toEqual({ LEVEL: 'info', URL: 'https://example.org/#x', EMPTY: '', NUMBER: '7', LIST: '[1]' });
  });

  test('are named where they have no effect', () => {
    expect(givenVariables({ envFile: file('.env'), envVars: file('vars.json') }).notes([onOrder, other])).toEqual([
      'AWS_ACCESS_KEY_ID of the given variables can\'t be set here. --profile gives the functions credentials.',
      '--env-vars names Nobody, but no function of a trigger has such a logical id, name or path.',
    ]);
    expect(givenVariables({}).notes([onOrder])).toEqual([]);
  });

  test.each([
    [{ envFile: file('missing') }, `--env-file ${file('missing')} can't be read: ENOENT`],
    [{ envVars: file('.env') }, `--env-vars ${file('.env')} can't be read: `],
    [{ envVars: file('list.json') }, `--env-vars ${file('list.json')} can't be read: `
      + 'it must be an object of objects: {"Parameters": {"NAME": "value"}, "OnOrder": {"NAME": "value"}}'],
  ])('%j can\'t be read', (options, message) => {
    expect(() => givenVariables(options)).toThrow(expect.objectContaining({ code: 'VARIABLES_UNREADABLE', message: expect.stringContaining(message) }));
  });
});

describe('a profile', () => {
  const before = { ...process.env };
  const folder = folderWith({
    config: '[default]\nregion = eu-west-1\n[profile dev]\n[ profile "two words" ]\n[sso-session company]\n[services here]\n# [profile off]\n',
    credentials: '[ci]\naws_access_key_id = x\n',
  });
  beforeEach(() => Object.assign(process.env, { AWS_CONFIG_FILE: `${folder}/config`, AWS_SHARED_CREDENTIALS_FILE: `${folder}/credentials` }));
  afterEach(() => process.env = before);

  test.each(['default', 'dev', 'two words', 'ci'])('%s is known', (name) => {
    expect(() => requireProfile(name)).not.toThrow();
  });

  test.each(['company', 'here', 'off', 'profile dev', ''])('%s is not, and the message names those that are', (name) => {
    expect(() => requireProfile(name)).toThrow(expect.objectContaining({
      code: 'NO_PROFILE',
      message: `--profile is ${name}, but ${folder}/config and ${folder}/credentials have no such profile. They have default, dev, two words, ci.`,
    }));
  });

  test('cannot be known without files', () => {
    Object.assign(process.env, { AWS_CONFIG_FILE: `${folder}/none`, AWS_SHARED_CREDENTIALS_FILE: `${folder}/none` });
    expect(() => requireProfile('dev')).toThrow('They have none.');
  });
});
