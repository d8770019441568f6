import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { checks } from './checks';
import { Deployment, type Place } from './deployment';
import { outputOf } from './integ-app';
import { startLocal, type LocalRun } from '../../lib/local';

/**
 * The integration apps without an AWS account. On this machine they pass the checks that they must pass on AWS, except that nothing here
 * enforces permissions: those are read from the templates.
 */

let run: LocalRun | undefined;
let deployment: Deployment | undefined;
afterEach(async () => {
  deployment?.end();
  await run?.stop();
});

const integrationApp = (name: string): App => jest.requireActual<{ readonly app: App }>(join(__dirname, `${name}.integ`)).app;

test('every integration app has a check', () => {
  const apps = readdirSync(__dirname).filter((file) => file.endsWith('.integ.ts'));

  expect(Object.keys(checks).sort()).toEqual(apps.map((file) => file.replace('.integ.ts', '')).sort());
});

const DEFAULT_SETTINGS = {
  StartingPosition: 'TRIM_HORIZON',
  BatchSize: 100,
  MaximumRetryAttempts: 100,
  MaximumRecordAgeInSeconds: 79_200,
  BisectBatchOnFunctionError: true,
  FunctionResponseTypes: ['ReportBatchItemFailures'],
};

/** How the mappings of each app differ from the defaults. */
const SETTINGS: { readonly [app: string]: readonly object[] } = {
  'default': [{}],
  'least-privilege': [{
    BatchSize: 1,
    MaximumRetryAttempts: 1,
    BisectBatchOnFunctionError: false,
    FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"NewImage":{"kind":{"S":["order"]}}}}' }] },
  }],
  'shared': [{}, {}, {}],
  'two-stacks': [{}],
  'windows': [{ TumblingWindowInSeconds: 10 }],
};

/** What the roles are allowed for the trigger, beside writing results and logs. */
const MANAGED = ['service-role/AWSLambdaDynamoDBExecutionRole', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];
const GRANTED: { readonly [app: string]: readonly string[] } = {
  'default': MANAGED,
  'least-privilege': [
    'dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams', 's3:ListBucket', 's3:PutObject',
  ],
  'shared': MANAGED,
  'two-stacks': MANAGED,
  'windows': MANAGED,
};

describe.each(Object.keys(checks))('%s', (name) => {
  const resources = (): any[] => integrationApp(name).synth().stacks.flatMap(({ template }) => Object.values(template.Resources));
  const propertiesOf = (type: string) => resources().filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

  test('has mappings with the settings that it is about', () => {
    const settings = propertiesOf('AWS::Lambda::EventSourceMapping')
      .map(({ EventSourceArn, FunctionName, DestinationConfig, ...rest }) => rest);

    expect(settings).toEqual(SETTINGS[name].map((differing) => ({ ...DEFAULT_SETTINGS, ...differing })));
  });

  test('allows its functions what the trigger needs, and no more', () => {
    const managed = propertiesOf('AWS::IAM::Role').flatMap(({ ManagedPolicyArns = [] }) => ManagedPolicyArns)
      .map((arn) => arn['Fn::Join'][1].at(-1).replace(':iam::aws:policy/', ''));
    const actions = propertiesOf('AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .flatMap(({ Action }) => Action).filter((action) => !RESULTS_AND_LOGS.test(action));

    expect([...new Set([...managed, ...actions])].sort()).toEqual(GRANTED[name]);
  });

  test('leaves nothing in the account when it is destroyed', () => {
    expect(resources().filter(({ DeletionPolicy = 'Delete' }) => DeletionPolicy !== 'Delete')).toEqual([]);
  });

  test('passes its check', async () => {
    const assembly = integrationApp(name).synth();
    run = await startLocal({ assembly: assembly.directory });
    deployment = new Deployment(placeOf(run, assembly.stacks.map(({ template }) => template)));

    await checks[name](deployment, { every: 500, upTo: 200_000 });
  });
});

const RESULTS_AND_LOGS = /^(logs:|dynamodb:(BatchWriteItem|PutItem|UpdateItem|DeleteItem|DescribeTable)$)/;

function placeOf({ endpoints, tables, queues, buckets }: LocalRun, templates: readonly any[]): Place {
  const client = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
  const outputs = Object.assign({}, ...templates.map(({ Outputs }) => Outputs));
  return {
    nameOf: (id) => {
      const isNamed = ({ logicalId }: { readonly logicalId: string }) => logicalId === outputs[outputOf(id)].Value.Ref;
      return queues.find(isNamed)?.url ?? [...tables, ...buckets].find(isNamed)!.name;
    },
    dynamodb: client(endpoints.dynamodb),
    sqs: client(endpoints.sqs),
    s3: { ...client(endpoints.s3), forcePathStyle: true },
  };
}
