import {
  aws_ec2 as ec2, aws_kms as kms, aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sns as sns, aws_sqs as sqs,
  type CfnResource, Duration, type Stack,
} from 'aws-cdk-lib';
import { DynamoStreamTrigger, StreamFilter, StreamFunction } from '../../lib';
import { TestApp } from '../app';

/** A public app: what it is made of, and the props of its event source. */
interface PublicApp {
  readonly fn: (app: TestApp) => lambda.Function;
  readonly tables?: number;
  readonly source: (app: TestApp) => sources.DynamoEventSourceProps;
  /** The rules that warn after the move, rightly. */
  readonly warnings?: readonly string[];
}

const { TRIM_HORIZON, LATEST } = lambda.StartingPosition;
const minute = { timeout: Duration.minutes(1) };

/** The kinds of apps that were found in public: serverless-patterns and aws-cdk-examples. */
const APPS: { readonly [kind: string]: PublicApp } = {
  'many tables in a loop, a KMS queue, a VPC (ddbstream-lambda-sfn)': {
    tables: 3,
    fn: (app) => app.fn('Fn', { ...minute, vpc: new ec2.Vpc(app.stack, 'Vpc', { restrictDefaultSecurityGroup: false }) }),
    source: ({ stack }) => ({
      startingPosition: TRIM_HORIZON,
      retryAttempts: 3,
      bisectBatchOnError: true,
      onFailure: new sources.SqsDlq(stack.node.tryFindChild('Dlq') as sqs.Queue
        ?? new sqs.Queue(stack, 'Dlq', { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: new kms.Key(stack, 'Key') })),
    }),
  },
  'Python, from LATEST (cloudtrail-lambda-dynamodb)': {
    fn: (app) => app.fn('Fn', { runtime: lambda.Runtime.PYTHON_3_13, handler: 'index.handler' }),
    source: () => ({ startingPosition: LATEST }),
    warnings: ['short-timeout', 'starting-position-latest'],
  },
  'an outbox with filters (outbox-pattern)': {
    fn: (app) => new StreamFunction(app.stack, 'Fn', { entry: `${__dirname}/handlers/on-order.ts` }),
    source: () => ({
      startingPosition: TRIM_HORIZON, reportBatchItemFailures: true, filters: [lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.isEqual('INSERT') })],
    }),
  },
  'a topic as failure destination (ddb-stream-lambda-sns)': {
    fn: (app) => app.fn(),
    source: ({ stack }) => ({ startingPosition: LATEST, batchSize: 5, onFailure: new sources.SnsDlq(new sns.Topic(stack, 'Topic')), retryAttempts: 10 }),
    warnings: ['short-timeout', 'starting-position-latest'],
  },
  'no retries (dynamodb-lambda)': {
    fn: (app) => app.fn('Fn', minute),
    source: () => ({ startingPosition: TRIM_HORIZON, retryAttempts: 0 }),
  },
};

function before({ fn, source, tables = 1 }: PublicApp): TestApp {
  const app = new TestApp();
  const handler = fn(app);
  for (let index = 0; index < tables; index++) {
    handler.addEventSource(new sources.DynamoEventSource(app.table(`Table${index}`), source(app)));
  }
  return app;
}

/** The same app with triggers, each of which takes over a deployed mapping. */
function after({ fn, source, tables = 1 }: PublicApp, mappings: readonly string[]): TestApp {
  const app = new TestApp();
  const handler = fn(app);
  for (let index = 0; index < tables; index++) {
    const { filters, ...props } = source(app);
    const trigger = new DynamoStreamTrigger(app.stack, `Trigger${index}`, {
      ...props, table: app.table(`Table${index}`), handler, filters: filters?.map((criteria) => StreamFilter.fromCriteria(criteria)),
    });
    (trigger.eventSourceMapping.node.defaultChild as CfnResource).overrideLogicalId(mappings[index]);
  }
  return app;
}

function resources(stack: Stack, app: TestApp): { [id: string]: { Type: string; Properties: any } } {
  return app.template(stack).toJSON().Resources;
}

const OF_TABLES = ['AWS::DynamoDB::GlobalTable', 'AWS::Lambda::EventSourceMapping', 'AWS::Lambda::Function'];

test.each(Object.keys(APPS))('moves without a surprise: %s', (kind) => {
  const old = before(APPS[kind]);
  const deployed = resources(old.stack, old);
  const mappings = Object.keys(deployed).filter((id) => deployed[id].Type === 'AWS::Lambda::EventSourceMapping');
  const moved = after(APPS[kind], mappings);
  const now = resources(moved.stack, moved);

  expect(moved.warnings().sort()).toEqual(APPS[kind].warnings ?? []);
  // Tables, functions and mappings stay, and what was set stays as it was.
  for (const id of Object.keys(deployed).filter((each) => OF_TABLES.includes(deployed[each].Type))) {
    const { Environment, ...properties } = deployed[id].Properties;
    expect(now[id].Type).toBe(deployed[id].Type);
    expect(now[id].Properties).toMatchObject(properties);
  }
});

/** Patterns of public apps. */
const COMMON_FILTERS: readonly object[] = [
  { eventName: ['INSERT'] },
  { eventName: ['INSERT', 'MODIFY'] },
  { eventName: ['REMOVE'] },
  { eventName: ['REMOVE'], userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] } },
  { dynamodb: { Keys: { pk: { S: [{ prefix: 'ORDER#' }] } } } },
  { dynamodb: { Keys: { pk: { S: ['a'] }, sk: { S: [{ prefix: 'META' }] } } } },
  { dynamodb: { NewImage: { status: { S: ['PAID', 'SHIPPED'] } } } },
  { dynamodb: { NewImage: { status: { S: [{ 'anything-but': ['DRAFT'] }] } } } },
  { dynamodb: { NewImage: { deleted: { BOOL: [true] } } } },
  { dynamodb: { NewImage: { total: { N: ['100'] } } } },
  { dynamodb: { NewImage: { email: { S: [{ exists: true }] } } } },
  { dynamodb: { NewImage: { email: { S: [{ exists: false }] } } } },
  { dynamodb: { NewImage: { detail: { M: { kind: { S: ['gift'] } } } } } },
  { eventName: ['MODIFY'], dynamodb: { OldImage: { status: { S: ['NEW'] } }, NewImage: { status: { S: ['DONE'] } } } },
  { $or: [{ eventName: ['INSERT'] }, { dynamodb: { NewImage: { status: { S: ['DONE'] } } } }] },
  { dynamodb: { NewImage: { name: { S: [{ suffix: '.jpg' }] } } } },
  { dynamodb: { NewImage: { name: { S: [{ 'equals-ignore-case': 'jane' }] } } } },
];

test.each(COMMON_FILTERS)('says nothing about a common filter: %j', (pattern) => {
  const app = new TestApp();
  app.trigger({ handler: app.fn('Fn', minute), filters: [StreamFilter.fromPattern(pattern)] });
  app.app.synth();

  expect(app.warnings()).toEqual([]);
});
