import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { checks } from './checks';
import { Deployment, type Place } from './deployment';
import { outputOf } from './integ-app';
import { startLocal, type LocalRun } from '../../lib/local';
import { newFolder } from '../folder';

/**
 * The integration apps without an AWS account. On this machine they pass the checks that they must pass on AWS, except that nothing here
 * enforces permissions: those are read from the templates.
 */

const integrationApp = (name: string): App => jest.requireActual<{ readonly app: App }>(join(__dirname, `${name}.integ`)).app;
const assemblies = Object.fromEntries(Object.keys(checks).map((name) => [name, integrationApp(name).synth()]));

/** All of them at once: a run for each would take most of the time to start. */
let run: LocalRun;
beforeAll(async () => {
  run = await startLocal({ assembly: together(Object.values(assemblies).map(({ directory }) => directory)) });
});
afterAll(() => run?.stop());

/** One folder with what is in these cloud assemblies. */
function together(directories: readonly string[]): string {
  const all = newFolder();
  directories.forEach((directory) => cpSync(directory, all, { recursive: true }));
  const [first, ...others] = directories.map((directory) => JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')));
  writeFileSync(join(all, 'manifest.json'), JSON.stringify({ ...first, artifacts: Object.assign({}, ...[first, ...others].map(({ artifacts }) => artifacts)) }));
  return all;
}

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

const mapping = (FunctionName: string, table: string, failures: string, differing: object = {}) => ({
  ...DEFAULT_SETTINGS, FunctionName, EventSourceArn: `${table}.StreamArn`, DestinationConfig: { OnFailure: { Destination: `${failures}.Arn` } }, ...differing,
});

/** The mappings of each app. A resource is named by its id; `Orders.Arn` is an attribute of one. */
const MAPPINGS: { readonly [app: string]: readonly object[] } = {
  'default': [mapping('OnChange', 'Orders', 'TriggerFailureQueue')],
  'least-privilege': [mapping('OnChange', 'Orders', 'Failures', {
    BatchSize: 1,
    MaximumRetryAttempts: 1,
    BisectBatchOnFunctionError: false,
    FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"NewImage":{"kind":{"S":["order"]}}}}' }] },
  })],
  'failure-store': [
    mapping('Parking', 'Orders', 'FailuresBucket'),
    mapping('Failing', 'Orders', 'FailuresBucket', { BatchSize: 1, MaximumRetryAttempts: 0, BisectBatchOnFunctionError: false }),
  ],
  'shared': [
    mapping('Ledger', 'Orders', 'OrdersToLedgerFailureQueue'),
    mapping('Ledger', 'Refunds', 'RefundsToLedgerFailureQueue'),
    mapping('Mail', 'Orders', 'OrdersToMailFailureQueue'),
  ],
  'two-stacks': [mapping('OnChange', 'Orders', 'OnChangeFailureQueueIntegOrdersTrigger')],
  'windows': [mapping('OnWindow', 'Orders', 'TriggerFailureQueue', { TumblingWindowInSeconds: 10 })],
};

const READ_STREAMS = 'arn:AWS::Partition:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole';
const allow = (resource: string, ...actions: string[]) => actions.map((action) => `${action} ${resource}`);
const sendTo = (...queues: string[]) => queues.flatMap((queue) => allow(`${queue}.Arn`, 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'));
const READ_ORDERS = allow(
  'Orders.StreamArn', 'dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams',
);
const OF_THIS_ACCOUNT = ' {"StringEquals":{"s3:ResourceAccount":"AWS::AccountId"}}';

const writeTo = (bucket: string) => [
  ...allow(`${bucket}.Arn${OF_THIS_ACCOUNT}`, 's3:ListBucket'), ...allow(`${bucket}.Arn/*${OF_THIS_ACCOUNT}`, 's3:PutObject'),
];

/** What the role of each function is allowed for the trigger, beside writing results and logs. */
const GRANTED: { readonly [app: string]: { readonly [role: string]: readonly string[] } } = {
  'default': { OnChange: [READ_STREAMS, ...sendTo('TriggerFailureQueue')] },
  'failure-store': { Parking: [...READ_ORDERS, ...writeTo('FailuresBucket')], Failing: [...READ_ORDERS, ...writeTo('FailuresBucket')] },
  'least-privilege': { OnChange: [...READ_ORDERS, ...writeTo('Failures')] },
  'shared': {
    Ledger: [READ_STREAMS, ...sendTo('OrdersToLedgerFailureQueue', 'RefundsToLedgerFailureQueue')],
    Mail: [READ_STREAMS, ...sendTo('OrdersToMailFailureQueue')],
  },
  'two-stacks': { OnChange: [READ_STREAMS, ...sendTo('OnChangeFailureQueueIntegOrdersTrigger')] },
  'windows': { OnWindow: [READ_STREAMS, ...sendTo('TriggerFailureQueue')] },
};

const resultsAndLogs = (id: string) => [
  ...allow('Results.Arn', 'dynamodb:BatchWriteItem', 'dynamodb:DeleteItem', 'dynamodb:DescribeTable', 'dynamodb:PutItem', 'dynamodb:UpdateItem'),
  ...allow(`${id}Logs.Arn`, 'logs:CreateLogStream', 'logs:PutLogEvents'),
];

describe.each(Object.keys(checks))('%s', (name) => {
  const templates = (): any[] => assemblies[name].stacks.map(({ template }) => template);
  const resources = (): [id: string, resource: any][] => templates().flatMap(({ Resources }) => Object.entries(Resources));
  const named = (type: string): [id: string, properties: any][] => resources().filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [nameOf(id), withNames(Properties, templates())]);

  test('has mappings from the tables to the functions, with the settings that it is about', () => {
    expect(named('AWS::Lambda::EventSourceMapping').map(([, properties]) => properties)).toEqual(MAPPINGS[name]);
  });

  test('allows each function what the trigger needs, and no more', () => {
    const granted = new Map<string, string[]>(named('AWS::IAM::Role').map(([role, { ManagedPolicyArns = [] }]) => [role, ManagedPolicyArns]));
    for (const [, { Roles, PolicyDocument }] of named('AWS::IAM::Policy')) {
      for (const { Effect, Action, Resource, Condition } of PolicyDocument.Statement) {
        const what = [Resource].flat().map((resource) => Condition ? `${resource} ${JSON.stringify(Condition)}` : resource);
        expect(Effect).toBe('Allow');
        Roles.forEach((role: string) => granted.get(role)!.push(...what.flatMap((resource) => allow(resource, ...[Action].flat()))));
      }
    }

    expect(Object.fromEntries([...granted].map(([role, all]) => [role.replace(/ServiceRole$/, ''), all.sort()])))
      .toEqual(Object.fromEntries(Object.entries(GRANTED[name]).map(([id, all]) => [id, [...all, ...resultsAndLogs(id)].sort()])));
  });

  test('leaves nothing in the account when it is destroyed', () => {
    expect(resources().filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete')).toEqual([]);
  });

  test('passes its check', async () => {
    const deployment = new Deployment(placeOf(name));
    try {
      await checks[name](deployment, { every: 500, upTo: 200_000 });
    } finally {
      deployment.end();
    }
  });
});

/** A part of a template in which references are the names of what they refer to, also across stacks. */
function withNames(value: any, templates: readonly any[]): any {
  const named = (part: any): any => withNames(part, templates);
  if (Array.isArray(value)) {
    return value.map(named);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': joined, 'Fn::ImportValue': imported } = value;
  if (imported !== undefined) {
    return named(templates.flatMap(({ Outputs = {} }) => Object.values<any>(Outputs)).find(({ Export }) => Export?.Name === imported).Value);
  }
  if (joined !== undefined) {
    return joined[1].map(named).join(joined[0]);
  }
  if (attribute !== undefined) {
    return `${nameOf(attribute[0])}.${attribute[1]}`;
  }
  return Ref === undefined ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, named(part)])) : nameOf(Ref);
}

/** A logical id without the hashes that the CDK adds. */
function nameOf(logicalId: string): string {
  return logicalId.replace(/([0-9A-F]{8})+$/, '');
}

function placeOf(name: string): Place {
  const { endpoints, tables, queues, buckets } = run;
  const client = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' } });
  const stackOf = (id: string) => assemblies[name].stacks.find(({ template }) => template.Outputs?.[outputOf(id)])!;
  return {
    nameOf: (id) => {
      const { id: stackId, template } = stackOf(id);
      const isNamed = ({ path, logicalId }: { readonly path: string; readonly logicalId: string }) =>
        path.startsWith(`${stackId}/`) && logicalId === template.Outputs[outputOf(id)].Value.Ref;
      return queues.find(isNamed)?.url ?? [...tables, ...buckets].find(isNamed)!.name;
    },
    dynamodb: client(endpoints.dynamodb),
    sqs: client(endpoints.sqs),
    s3: { ...client(endpoints.s3), forcePathStyle: true },
  };
}
