import { join } from 'node:path';
import {
  aws_dynamodb as dynamodb, aws_ec2 as ec2, aws_iam as iam, aws_kms as kms, aws_lambda as lambda, aws_lambda_event_sources as sources,
  aws_s3 as s3, aws_sqs as sqs, Aws, CfnCondition, CfnOutput, Duration, type Environment, Fn, Lazy, NestedStack, RemovalPolicy, Stack, Stage, Token,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type DynamoStreamTriggerProps, NoFailureDestination, S3FailureDestination, StreamedTable, StreamEventName, StreamFilter, StreamFunction } from '../../lib';
import { UNKNOWN } from '../../lib/rules/facts';
import type { Rule } from '../../lib/rules/rule';
import { RULE_BOOK } from '../../lib/rules/rule-book';
import type { Words } from '../../lib/rules/words';
import { TestApp } from '../app';

const [ACCOUNT, REGION] = ['123456789012', 'eu-west-1'];
const STREAM_ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/orders/stream/2026-01-01T00:00:00.000`;
const TABLE_ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/orders`;
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/handler`;

/** Builds a trigger in an app. */
type Example = (app: TestApp) => unknown;

/** What an untyped caller can write. */
type Untyped = { readonly [name in keyof DynamoStreamTriggerProps]?: unknown } & { readonly [name: string]: unknown };

/** An example with a token among the facts of the rule, or with one that the facts leave out; or why there is none. */
type WithToken = Example | { readonly beforeFacts: Example } | string;

/** For each rule: what breaks it, what is just allowed, and the same with a token. */
const EXAMPLES: { readonly [ruleId: string]: { readonly trips: Example; readonly inside: Example; readonly token: WithToken } } = {
  'required-property': { trips: given({ table: null }), inside: given({}), token: 'a prop is given or is not' },
  'table-type': {
    trips: given({ table: 'orders' }), inside: (app) => app.trigger({ table: app.table() }), token: 'a construct is not a token',
  },
  'handler-type': {
    trips: given({ handler: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:imported` }),
    inside: (app) => app.trigger({ handler: app.fn().currentVersion }),
    token: 'a construct is not a token',
  },
  'inform-handler-type': {
    trips: given({ informHandler: 'yes' }), inside: given({ informHandler: true }), token: 'a token is refused: the trigger needs the value at synth',
  },
  'filter-encryption-type': {
    trips: given({ filterEncryption: 'alias/orders', filters: [inserts()] }),
    inside: (app) => app.trigger({ filterEncryption: new kms.Key(app.stack, 'Key'), filters: [inserts()] }),
    token: 'a construct is not a token',
  },
  'filter-encryption-without-filters': {
    trips: (app) => app.trigger({ filterEncryption: new kms.Key(app.stack, 'Key'), filters: [] }),
    inside: (app) => app.trigger({ filterEncryption: new kms.Key(app.stack, 'Key'), filters: [inserts()] }),
    token: 'it counts filters, and a token is one',
  },
  'removal-policy': {
    trips: given({ failureQueueRemovalPolicy: 'snapshot' }),
    inside: given({ failureQueueRemovalPolicy: 'destroy' }),
    token: 'a token is refused: the trigger needs the value at synth',
  },
  'failure-queue-key-type': {
    trips: given({ failureQueueKey: 'alias/orders' }),
    inside: (app) => app.trigger({ failureQueueKey: new kms.Key(app.stack, 'Key') }),
    token: 'a construct is not a token',
  },
  'permissions': {
    trips: given({ permissions: 'nonsense' }),
    inside: given({ permissions: 'LEAST_PRIVILEGE' }),
    token: 'a token is refused: the trigger needs the value at synth',
  },
  'not-a-filter': {
    trips: given({ filters: [lambda.FilterCriteria.filter({ eventName: ['INSERT'] })] }),
    inside: given({ filters: [StreamFilter.fromCriteria(lambda.FilterCriteria.filter({ eventName: ['INSERT'] }))] }),
    token: { beforeFacts: given({ filters: [any({ pattern: '{"eventName":["INSERT"]}' })] }) },
  },
  'destination-type': {
    trips: (app) => untyped(app, { onFailure: new sqs.Queue(app.stack, 'Queue') }),
    inside: (app) => app.trigger({ onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue')) }),
    token: { beforeFacts: destination((scope) => sqs.Queue.fromQueueArn(scope, 'Queue', string())) },
  },
  'stream-arn-missing': {
    trips: (app) => app.trigger({ table: dynamodb.Table.fromTableName(app.stack, 'Table', 'orders') }),
    inside: stream(STREAM_ARN),
    token: { beforeFacts: stream(string()) },
  },
  'stream-elsewhere': {
    trips: (app) => app.trigger({ table: app.table(), handler: app.fn() }, 'Trigger', elsewhere(app, { account: '999999999999', region: REGION })),
    inside: (app) => app.trigger({ table: app.table() }, 'Trigger', elsewhere(app, { account: ACCOUNT, region: REGION })),
    token: (app) => {
      const open = elsewhere(app, {});
      app.table();
      app.trigger({ table: app.table('Table', {}, open) }, 'Trigger', open);
    },
  },
  'handler-elsewhere': {
    trips: (app) => app.trigger({ handler: app.fn('Fn', { functionName: 'orders' }, elsewhere(app, { account: ACCOUNT, region: 'us-east-1' })) }),
    inside: (app) => app.trigger({ handler: app.fn('Fn', { functionName: 'orders' }, elsewhere(app, { account: ACCOUNT, region: REGION })) }),
    token: (app) => app.trigger({
      handler: lambda.Function.fromFunctionArn(app.stack, 'Imported', `arn:aws:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:function:orders`),
    }),
  },
  'another-stage': {
    trips: (app) => app.trigger({ table: app.table('Table', {}, new Stack(new Stage(app.app, 'Prod', { env: { account: ACCOUNT, region: REGION } }), 'Data')) }),
    inside: (app) => app.trigger({ table: app.table('Table', {}, anotherStack(app)) }),
    token: 'a construct is not a token',
  },
  'mixed-environments': {
    trips: (app) => app.trigger({ handler: app.fn('Fn', {}, elsewhere(app, {})) }),
    inside: (app) => app.trigger({ handler: app.fn('Fn', {}, anotherStack(app)) }),
    token: 'it is about stacks with and without one',
  },
  'failure-queue-unused': {
    trips: (app) => app.trigger({ failureQueueRemovalPolicy: RemovalPolicy.DESTROY, onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue')) }),
    inside: given({ failureQueueRemovalPolicy: RemovalPolicy.DESTROY }),
    token: 'a prop is given or is not',
  },
  'not-informed': {
    trips: (app) => app.trigger({ handler: streamFunction(app), informHandler: false }),
    inside: (app) => app.trigger({ handler: app.fn(), informHandler: false }),
    token: 'a construct is not a token',
  },
  'report-off': {
    trips: (app) => app.trigger({ handler: streamFunction(app), reportBatchItemFailures: false }),
    inside: (app) => app.trigger({ handler: streamFunction(app), reportBatchItemFailures: true }),
    token: (app) => untyped(app, { handler: streamFunction(app), reportBatchItemFailures: conditional(app) }),
  },

  'unknown-property': { trips: given({ batchSzie: 1 }), inside: given({ batchSize: 1 }), token: 'a name is not a token' },
  'batch-size-range': { trips: given({ batchSize: 10_001 }), inside: given({ batchSize: 10_000 }), token: given({ batchSize: number() }) },
  'batching-window-range': {
    trips: given({ maxBatchingWindow: Duration.seconds(301) }),
    inside: given({ maxBatchingWindow: Duration.seconds(300) }),
    token: given({ maxBatchingWindow: Duration.seconds(number()) }),
  },
  'parallelization-factor-range': {
    trips: given({ parallelizationFactor: 11 }), inside: given({ parallelizationFactor: 10 }), token: given({ parallelizationFactor: number() }),
  },
  'retry-attempts-range': { trips: given({ retryAttempts: -2 }), inside: given({ retryAttempts: -1 }), token: given({ retryAttempts: number() }) },
  'record-age-range': {
    trips: given({ maxRecordAge: Duration.seconds(59) }),
    inside: given({ maxRecordAge: Duration.seconds(60) }),
    token: given({ maxRecordAge: Duration.seconds(number()) }),
  },
  'tumbling-window-range': {
    trips: given({ tumblingWindow: Duration.seconds(901) }),
    inside: given({ tumblingWindow: Duration.seconds(900) }),
    token: given({ tumblingWindow: Duration.seconds(number()) }),
  },
  'not-a-boolean': { trips: given({ enabled: 'false' }), inside: given({ enabled: false }), token: given({ enabled: string() }) },
  'starting-position-timestamp': {
    trips: given({ startingPosition: lambda.StartingPosition.AT_TIMESTAMP }),
    inside: given({ startingPosition: lambda.StartingPosition.TRIM_HORIZON }),
    token: given({ startingPosition: string() }),
  },
  'starting-position': {
    trips: given({ startingPosition: 'BEGINNING' }),
    inside: given({ startingPosition: 'TRIM_HORIZON' }),
    token: given({ startingPosition: string() }),
  },
  'tumbling-window-parallelization': {
    trips: given({ tumblingWindow: Duration.seconds(1), parallelizationFactor: 2 }),
    inside: given({ tumblingWindow: Duration.seconds(0), parallelizationFactor: 2 }),
    token: given({ tumblingWindow: Duration.seconds(number()), parallelizationFactor: 2 }),
  },
  'metrics-group': {
    trips: given({ metricsConfig: { metrics: ['ErrorCount'] } }),
    inside: given({ metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] } }),
    token: given({ metricsConfig: { metrics: [string()] } }),
  },
  'record-age-over-retention': {
    trips: given({ maxRecordAge: Duration.seconds(86_401) }),
    inside: given({ maxRecordAge: Duration.hours(24) }),
    token: given({ maxRecordAge: Duration.seconds(number()) }),
  },
  'unlimited-retries': {
    trips: given({ retryAttempts: -1, maxRecordAge: Duration.hours(24) }),
    inside: given({ retryAttempts: -1 }),
    token: given({ retryAttempts: -1, maxRecordAge: Duration.seconds(number()) }),
  },
  'no-destination': {
    trips: given({ onFailure: NoFailureDestination.INSTANCE }), inside: given({}), token: 'a destination is there, whatever it stands for',
  },
  'bisect-single-record': {
    trips: given({ bisectBatchOnError: true, batchSize: 1 }),
    inside: given({ bisectBatchOnError: true, batchSize: 2 }),
    token: given({ bisectBatchOnError: true, batchSize: number() }),
  },
  'starting-position-latest': {
    trips: given({ startingPosition: lambda.StartingPosition.LATEST }), inside: given({}), token: given({ startingPosition: string() }),
  },

  'filter-count': { trips: given({ filters: inserts(11) }), inside: given({ filters: inserts(10) }), token: json(string()) },
  'filter-length': { trips: json(ofLength(4097)), inside: json(ofLength(4096)), token: json(`{"eventID":["${'x'.repeat(4097)}${Aws.STACK_NAME}"]}`) },
  'filter-json': { trips: json('{'), inside: json('{"eventName":["INSERT"]}'), token: json(string()) },
  'filter-field': { trips: json('{"eventName":"INSERT"}'), inside: json('{"eventName":["INSERT"]}'), token: json(string()) },
  'filter-empty-array': { trips: json('{"eventName":[]}'), inside: json('{"eventName":["INSERT"]}'), token: json(string()) },
  'filter-alternative': {
    trips: newImage('status', [['a']]), inside: newImage('status', ['a']), token: json(string()),
  },
  'filter-operator': {
    trips: newImage('status', [{ begins_with: 'a' }]), inside: newImage('status', [{ prefix: 'a' }]), token: json(string()),
  },
  'filter-operand': {
    trips: newImage('status', [{ prefix: 1 }]), inside: newImage('status', [{ prefix: 'a' }]), token: json(string()),
  },
  'filter-or': {
    trips: pattern({ $or: [] }), inside: pattern({ $or: [{ eventName: ['INSERT'] }, { eventID: ['1'] }] }), token: json(string()),
  },
  'filter-complexity': {
    trips: newImage('status', [{ wildcard: `${'*a'.repeat(40)}*` }]),
    inside: newImage('status', [{ wildcard: '*a*' }]),
    token: json(string()),
  },
  'filter-empty': { trips: json('{}'), inside: json('{"eventName":["INSERT"]}'), token: json(string()) },
  'filter-quota': { trips: given({ filters: inserts(6) }), inside: given({ filters: inserts(5) }), token: json(string()) },
  'filter-duplicate-key': {
    trips: json('{"eventName":["INSERT"],"eventName":["MODIFY"]}'),
    inside: json('{"eventName":["INSERT","MODIFY"]}'),
    token: json(string()),
  },
  'filter-overridden-condition': {
    trips: pattern({ eventName: ['INSERT'], $or: [{ eventName: ['MODIFY'] }, { eventID: ['1'] }] }),
    inside: pattern({ eventName: ['INSERT'], $or: [{ eventID: ['2'] }, { eventID: ['1'] }] }),
    token: json(string()),
  },
  'filter-repeated-alternative': {
    trips: pattern({ $or: [{ eventName: ['INSERT'] }, { eventName: ['INSERT', 'MODIFY'] }] }),
    inside: pattern({ $or: [{ eventName: ['INSERT'] }, { eventName: ['MODIFY'], eventID: ['1'] }] }),
    token: json(string()),
  },
  'filter-trailing-text': {
    trips: json('{"eventName":["INSERT"]} and more'), inside: json('{"eventName":["INSERT"]} '), token: json(string()),
  },
  'filter-unknown-field': {
    trips: pattern({ eventname: ['INSERT'] }), inside: pattern({ eventName: ['INSERT'] }), token: json(string()),
  },
  'filter-type-descriptor': {
    trips: pattern({ dynamodb: { NewImage: { status: ['a'] } } }),
    inside: pattern({ dynamodb: { NewImage: { status: { S: ['a'] } } } }),
    token: json(string()),
  },
  'filter-object': {
    trips: pattern({ dynamodb: { NewImage: ['a'] } }),
    inside: pattern({ dynamodb: { NewImage: { a: { S: ['a'] } } } }),
    token: json(string()),
  },
  'filter-exists': {
    trips: pattern({ dynamodb: { NewImage: { status: [{ exists: false }] } } }),
    inside: pattern({ dynamodb: { NewImage: { status: { S: [{ exists: false }] } } } }),
    token: json(string()),
  },
  'filter-value-type': {
    trips: pattern({ dynamodb: { NewImage: { total: { N: [{ numeric: ['>', 100] }] } } } }),
    inside: pattern({ dynamodb: { NewImage: { total: { N: ['100'] } }, SizeBytes: [{ numeric: ['>', 100] }] } }),
    token: json(string()),
  },
  'filter-number-spelling': {
    trips: newImage('total', ['42.0'], 'N'), inside: newImage('total', ['42'], 'N'), token: newImage('total', [string()], 'N'),
  },
  'filter-event-name': {
    trips: pattern({ eventName: ['INSERTED'] }), inside: pattern({ eventName: ['INSERT', 'MODIFY'] }), token: json(string()),
  },
  'filter-operator-support': {
    trips: newImage('status', [{ 'anything-but': { prefix: 'a' } }]),
    inside: newImage('status', [{ 'anything-but': ['a'] }]),
    token: json(string()),
  },

  'stream-off': {
    trips: (app) => app.trigger({ table: app.table('Off', { dynamoStream: undefined }) }),
    inside: (app) => {
      const table = new dynamodb.Table(app.stack, 'Late', { partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING } });
      app.trigger({ table });
      (table.node.defaultChild as dynamodb.CfnTable).addPropertyOverride('StreamSpecification.StreamViewType', 'KEYS_ONLY');
    },
    token: (app) => {
      const table = app.table('Token');
      (table.node.defaultChild as dynamodb.CfnGlobalTable).streamSpecification = { streamViewType: Fn.importValue('ViewType') };
      app.trigger({ table });
    },
  },
  'stream-arn': { trips: stream(TABLE_ARN), inside: stream(STREAM_ARN), token: stream(Token.asString({ Ref: 'AWS::StackName' })) },
  'stream-region': {
    trips: stream(STREAM_ARN.replace(REGION, 'us-east-1')), inside: stream(STREAM_ARN), token: stream(STREAM_ARN.replace(REGION, Aws.REGION)),
  },
  'duplicate-mapping': {
    trips: (app) => {
      const [table, handler] = [app.table(), app.fn()];
      app.trigger({ table, handler });
      handler.addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.LATEST }));
    },
    inside: (app) => {
      const [table, handler] = [app.table(), app.fn()];
      app.trigger({ table, handler }, 'Latest');
      app.trigger({ table, handler: handler.addAlias('live') }, 'Live');
    },
    token: {
      beforeFacts: (app) => {
        stream(Lazy.string({ produce: () => STREAM_ARN }), 'One')(app);
        stream(Lazy.string({ produce: () => STREAM_ARN }), 'Two')(app);
      },
    },
  },
  'tenant-isolation': {
    trips: (app) => app.trigger({ handler: app.fn('Tenants', { tenancyConfig: lambda.TenancyConfig.PER_TENANT }) }),
    inside: (app) => app.trigger({ handler: app.fn('All') }),
    token: 'the CDK takes a constant only',
  },
  'destination-fifo': {
    trips: destination((scope) => new sqs.Queue(scope, 'Queue', { fifo: true })),
    inside: destination((scope) => new sqs.Queue(scope, 'Queue', { fifo: false })),
    token: destination((scope) => sqs.Queue.fromQueueArn(scope, 'Queue', Token.asString({ Ref: 'AWS::StackName' }))),
  },
  'destination-service': {
    trips: given({ onFailure: { bind: () => ({ destination: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:failures` }) } }),
    inside: given({ onFailure: { bind: () => ({ destination: `arn:aws:sqs:${REGION}:${ACCOUNT}:failures` }) } }),
    token: given({ onFailure: { bind: () => ({ destination: Fn.importValue('Failures') }) } }),
  },
  'destination-kafka': {
    trips: given({ onFailure: new sources.KafkaDlq('failures') }),
    inside: given({}),
    token: given({ onFailure: { bind: () => ({ destination: Fn.importValue('Failures') }) } }),
  },
  'filter-image': {
    trips: (app) => app.trigger({ table: viewing(app, dynamodb.StreamViewType.NEW_IMAGE), filters: [looksAt('OldImage')] }),
    inside: (app) => app.trigger({ table: viewing(app, dynamodb.StreamViewType.NEW_IMAGE), filters: [looksAt('NewImage')] }),
    token: (app) => app.trigger({ filters: [StreamFilter.fromJson(string())] }),
  },
  'stream-readers': {
    trips: (app) => {
      const table = app.table();
      for (const id of ['One', 'Two', 'Three']) {
        app.trigger({ table }, id);
      }
    },
    inside: (app) => {
      const table = app.table();
      for (const id of ['One', 'Two']) {
        app.trigger({ table }, id);
      }
      app.trigger({ table: app.table('Other') }, 'Three');
    },
    token: (app) => {
      for (const id of ['One', 'Two', 'Three']) {
        stream(Token.asString({ 'Fn::ImportValue': id }), id)(app);
      }
    },
  },
  'cross-account-stream': {
    trips: stream(STREAM_ARN.replace(ACCOUNT, '999999999999')),
    inside: stream(STREAM_ARN),
    token: stream(STREAM_ARN.replace(ACCOUNT, Aws.ACCOUNT_ID)),
  },
  'cross-region-destination': {
    trips: destination((scope) => sqs.Queue.fromQueueArn(scope, 'Queue', `arn:aws:sqs:us-east-1:${ACCOUNT}:failures`)),
    inside: destination((scope) => sqs.Queue.fromQueueArn(scope, 'Queue', `arn:aws:sqs:${REGION}:${ACCOUNT}:failures`)),
    token: destination((scope) => sqs.Queue.fromQueueArn(scope, 'Queue', `arn:aws:sqs:${Aws.REGION}:${ACCOUNT}:failures`)),
  },
  'durable-timeout': {
    trips: (app) => app.trigger({ handler: durable(app, Duration.seconds(901)).currentVersion }),
    inside: (app) => app.trigger({ handler: durable(app, Duration.seconds(900)).currentVersion }),
    token: (app) => app.trigger({ handler: durable(app, Duration.seconds(number())).currentVersion }),
  },
  'durable-unqualified': {
    trips: (app) => app.trigger({ handler: durable(app, Duration.seconds(900)) }),
    inside: (app) => app.trigger({ handler: durable(app, Duration.seconds(900)).addAlias('live') }),
    token: 'what a token refers to is known',
  },
  'reserved-concurrency-zero': {
    trips: (app) => app.trigger({ handler: app.fn('Fn', { reservedConcurrentExecutions: 0 }) }),
    inside: (app) => app.trigger({ handler: app.fn('Fn', { reservedConcurrentExecutions: 0 }), enabled: false }),
    token: (app) => app.trigger({ handler: app.fn('Fn', { reservedConcurrentExecutions: number() }) }),
  },
  'reserved-concurrency-low': {
    trips: (app) => app.trigger({ handler: app.fn('Fn', { reservedConcurrentExecutions: 1 }), parallelizationFactor: 2 }),
    inside: (app) => app.trigger({ handler: app.fn('Fn', { reservedConcurrentExecutions: 2 }), parallelizationFactor: 2 }),
    token: (app) => app.trigger({ handler: app.fn('Fn', { reservedConcurrentExecutions: number() }), parallelizationFactor: 2 }),
  },
  'ttl-of-replica': {
    trips: (app) => app.trigger({ table: replicated(app), filters: [StreamFilter.expired()] }),
    inside: (app) => app.trigger({ filters: [StreamFilter.expired()] }),
    token: (app) => app.trigger({ table: replicated(app), filters: [StreamFilter.fromJson(string())] }),
  },
  'short-timeout': {
    trips: (app) => app.trigger({ handler: app.fn('Short', { timeout: Duration.seconds(3) }) }),
    inside: (app) => app.trigger({ handler: app.fn('Longer', { timeout: Duration.seconds(4) }) }),
    token: (app) => app.trigger({ handler: app.fn('Token', { timeout: Duration.seconds(Token.asNumber({ 'Fn::ImportValue': 'Seconds' })) }) }),
  },
  'grant-missing': {
    trips: (app) => app.trigger({ handler: importedFunction(app, iam.Role.fromRoleArn(app.stack, 'Role', ROLE_ARN, { mutable: false })) }),
    inside: (app) => app.trigger({ handler: importedFunction(app, iam.Role.fromRoleArn(app.stack, 'Role', ROLE_ARN)) }),
    token: (app) => app.trigger({ handler: importedFunction(app, iam.Role.fromRoleArn(app.stack, 'Role', string())) }),
  },
  'write-loop': {
    trips: writing({}),
    inside: writing({ filters: [inserts()] }),
    token: 'it counts filters, and a token is one',
  },
  'report-token': {
    trips: given({ reportBatchItemFailures: Token.asAny({ Ref: 'Reports' }) }),
    inside: (app) => untyped(app, { reportBatchItemFailures: conditional(app) }),
    token: { beforeFacts: given({ reportBatchItemFailures: any(false) }) },
  },
  'environment-size': {
    trips: (app) => app.trigger({ handler: app.fn('Fn', { environment: { MANY: 'x'.repeat(4100) } }) }),
    inside: (app) => app.trigger({ handler: app.fn('Fn', { environment: { MANY: 'x'.repeat(3800) } }) }),
    token: 'it counts bytes, with guesses for tokens',
  },
  'environment-size-estimate': {
    trips: (app) => app.trigger({ handler: app.fn('Fn', { environment: { MANY: 'x'.repeat(4020) } }) }),
    inside: (app) => app.trigger({ handler: app.fn('Fn', { environment: { MANY: 'x'.repeat(3800) } }) }),
    token: 'it counts bytes, with guesses for tokens',
  },
  'circular-dependency': {
    trips: (app) => nested(app, 'Functions'),
    inside: (app) => nested(app, 'Data'),
    token: 'what a token refers to is known',
  },
  'stream-of-another-table': {
    trips: stream(STREAM_ARN.replace('orders', 'places')), inside: stream(STREAM_ARN), token: stream(STREAM_ARN.replace('orders', Aws.STACK_NAME)),
  },
  'function-of-another': {
    trips: (app) => invoking(app, app.fn('Another').functionName),
    inside: (app) => {
      const handler = app.fn();
      invoking(app, handler.addAlias('live').functionArn, handler);
    },
    token: { beforeFacts: (app) => invoking(app, string()) },
  },
  'generated-table-name': { trips: inReplica({}), inside: inReplica({ tableName: 'orders' }), token: 'the CDK refuses a token for such a name' },
  'lookup-elsewhere': {
    trips: (app) => app.trigger({ table: StreamedTable.fromTableName(anotherStack(app), 'Table', 'orders') }),
    inside: (app) => app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Table', 'orders') }),
    token: (app) => app.trigger({ table: StreamedTable.fromTableName(app.stack, 'Table', string()) }),
  },
  'destination-owner': {
    trips: (app) => app.trigger({ onFailure: new S3FailureDestination(s3.Bucket.fromBucketName(app.stack, 'Bucket', 'failures')) }),
    inside: (app) => app.trigger({
      onFailure: new S3FailureDestination(s3.Bucket.fromBucketAttributes(app.stack, 'Bucket', { bucketName: 'failures', account: '210987654321' })),
    }),
    token: 'an account that only the deployment knows is the stack\'s own',
  },
  'destination-message-size': {
    trips: destination((scope) => new sqs.Queue(scope, 'Queue', { maxMessageSizeBytes: 262_144 })),
    inside: destination((scope) => new sqs.Queue(scope, 'Queue', { maxMessageSizeBytes: 1_048_576 })),
    token: destination((scope) => new sqs.Queue(scope, 'Queue', { maxMessageSizeBytes: Token.asNumber({ 'Fn::ImportValue': 'Bytes' }) })),
  },
  'parking-off': {
    trips: (app) => app.trigger({ handler: ofAnotherStack(app), onFailure: new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue')) }),
    inside: (app) => app.trigger({ handler: ofAnotherStack(app) }),
    token: (app) => {
      const handler = ofAnotherStack(app);
      app.trigger({ handler, onFailure: new sources.SqsDlq(new sqs.Queue(Stack.of(handler), 'Queue')) });
    },
  },
  'report-ambiguous': {
    trips: aliases({ reportBatchItemFailures: false }),
    inside: aliases({}),
    token: 'what only the deployment knows counts as no',
  },
  'variable-lost': {
    trips: withVariables(() => ({})),
    inside: withVariables((variables) => ({ ...variables, MINE: 'too' })),
    token: 'the variable is in the environment or is not',
  },
  'destination-unreachable': {
    trips: inVpc(() => {}),
    inside: inVpc((vpc) => vpc.addInterfaceEndpoint('Sqs', { service: ec2.InterfaceVpcEndpointAwsService.SQS })),
    token: (app) => app.trigger({ onFailure: { bind: () => ({ destination: string() }) } }),
  },
  'metrics-off': {
    trips: alarmed({ metricsConfig: { metrics: [] } }),
    inside: alarmed({}),
    token: alarmed({ metricsConfig: { metrics: [string() as lambda.MetricType] } }),
  },
  'two-copies': {
    trips: copies('node_modules/dynamo-stream-trigger', 'packages/api/node_modules/dynamo-stream-trigger'),
    inside: copies('node_modules/dynamo-stream-trigger'),
    token: 'a package is not a token',
  },
};

const RULES = RULE_BOOK.flatMap(({ rules }) => rules as readonly Rule<any>[]);

/** By rule, the facts that it has looked at, and whether there was a token among them. */
const looked = new Map(RULES.map(({ id }) => [id, { at: new Set<string>(), atToken: false }]));

beforeAll(() => {
  for (const rule of RULES) {
    const { check } = rule;
    const seen = looked.get(rule.id)!;
    const look = (facts: any, name: string) => {
      seen.at.add(name);
      seen.atToken ||= JSON.stringify(facts[name])?.includes(UNKNOWN) ?? false;
      return facts[name];
    };
    Object.assign(rule, { check: (facts: object, words: Words) => check(new Proxy(facts, { get: look as () => unknown }), words) });
  }
});

test('every rule has examples, and an id of its own', () => {
  expect(Object.keys(EXAMPLES)).toEqual(RULES.map(({ id }) => id));
});

describe.each(RULES.map(({ id, severity }) => [id, severity] as const))('%s', (id, severity) => {
  const { trips, inside, token } = EXAMPLES[id];

  test(severity === 'error' ? 'fails the synthesis' : 'warns, and the CDK does not', () => {
    const { errors, warnings, others, messages } = outcome(trips);

    expect(severity === 'error' ? errors : warnings).toContain(id);
    expect(messages.filter(([ruleId]) => ruleId === id).map(([, message]) => message)).toMatchSnapshot();
    expect(others).toEqual([]);
    if (severity === 'warning') {
      expect(errors).toEqual([]);
    }
  });

  test('allows what is just inside', () => {
    const { errors, warnings, others } = outcome(inside);

    expect([...errors, ...warnings]).not.toContain(id);
    expect(others).toEqual([]);
    expect(errors).toEqual([]);
  });

  if (typeof token !== 'string') {
    test('does not judge a token', () => {
      const seen = looked.get(id)!;
      seen.atToken = false;
      const { errors, warnings, others } = outcome(typeof token === 'function' ? token : token.beforeFacts);

      expect([...errors, ...warnings]).not.toContain(id);
      expect(others).toEqual([]);
      expect(seen.atToken).toBe(typeof token === 'function');
    });
  }
});

test('a rule reads the facts that it names, no more and no less', () => {
  expect(Object.fromEntries([...looked].map(([id, { at }]) => [id, [...at].sort()])))
    .toEqual(Object.fromEntries(RULES.map(({ id, reads }) => [id, [...reads].sort()])));
});

/** What the synthesis of an example reports: the ids of our rules, their messages, and the errors of others. */
function outcome(example: Example): { errors: string[]; warnings: string[]; others: string[]; messages: (readonly [string, string])[] } {
  const app = new TestApp({ env: { account: ACCOUNT, region: REGION } });
  let failure = '';
  try {
    example(app);
    app.app.synth();
  } catch (error) {
    failure = (error as Error).message;
  }
  const errors = [...failure.matchAll(/^\s*(?:- )?\[\S+\] (.*) \(([a-z-]+)\)$/gm)].map(([, message, id]) => [id, message] as const);
  const warnings = app.app.node.findAll().flatMap(({ node }) => node.metadata)
    .flatMap(({ data }) => [...String(data).matchAll(/^(.*) \[ack: dynamo-stream-trigger:([a-z-]+)\]$/g)])
    .map(([, message, id]) => [id, message] as const);
  return {
    errors: errors.map(([id]) => id),
    warnings: app.warnings(),
    others: failure !== '' && errors.length === 0 ? [failure] : [],
    messages: [...errors, ...warnings],
  };
}

function given(props: Untyped): Example {
  return (app) => untyped(app, props);
}

function untyped(app: TestApp, props: Untyped): unknown {
  return app.trigger(props as Partial<DynamoStreamTriggerProps>);
}

function json(text: string): Example {
  return (app) => app.trigger({ filters: [StreamFilter.fromJson(text)] });
}

function pattern(object: object): Example {
  return (app) => app.trigger({ filters: [StreamFilter.fromPattern(object)] });
}

function newImage(attribute: string, alternatives: unknown[], descriptor = 'S'): Example {
  return pattern({ dynamodb: { NewImage: { [attribute]: { [descriptor]: alternatives } } } });
}

function looksAt(image: string): StreamFilter {
  return StreamFilter.fromPattern({ dynamodb: { [image]: { status: { S: ['a'] } } } });
}

function inserts(): StreamFilter;
function inserts(count: number): StreamFilter[];
function inserts(count?: number): StreamFilter | StreamFilter[] {
  if (count === undefined) {
    return StreamFilter.eventName(StreamEventName.INSERT);
  }
  return Array.from({ length: count }, (_, index) => StreamFilter.fromPattern({ eventID: [String(index)] }));
}

function ofLength(length: number): string {
  const empty = '{"eventID":[""]}';
  return empty.replace('""', `"${'x'.repeat(length - empty.length)}"`);
}

/** What only the deployment knows. */
function number(): number {
  return Token.asNumber({ 'Fn::ImportValue': 'Number' });
}

function string(): string {
  return Fn.importValue('Text');
}

/** A flag that a condition decides. */
function conditional(app: TestApp): unknown {
  const { logicalId } = new CfnCondition(app.stack, 'Reports', { expression: Fn.conditionEquals(Aws.REGION, REGION) });
  return Fn.conditionIf(logicalId, true, false);
}

function any(value: unknown): unknown {
  return Lazy.any({ produce: () => value });
}

function stream(tableStreamArn: string, id = 'Imported'): Example {
  return (app) => app.trigger({ table: dynamodb.Table.fromTableAttributes(app.stack, id, { tableName: 'orders', tableStreamArn }) }, `${id}Trigger`);
}

function destination(queue: (scope: Construct) => sqs.IQueue): Example {
  return (app) => app.trigger({ onFailure: new sources.SqsDlq(queue(app.stack)) });
}

/** Nested stacks as Amplify makes them: the stack of the table uses a function of the other one. */
function nested(app: TestApp, place: 'Data' | 'Functions'): unknown {
  const stacks = { Data: new NestedStack(app.stack, 'Data'), Functions: new NestedStack(app.stack, 'Functions') };
  const table = app.table('Table', {}, stacks.Data);
  new CfnOutput(stacks.Data, 'Resolver', { value: app.fn('Resolver', {}, stacks.Functions).functionArn });
  return app.trigger({ table, handler: app.fn('Fn', {}, stacks.Functions) }, 'Trigger', stacks[place]);
}

function durable(app: TestApp, executionTimeout: Duration): lambda.Function {
  return app.fn('Durable', { durableConfig: { executionTimeout } });
}

function replicated(app: TestApp): dynamodb.ITable {
  return app.table('Table', { replicas: [{ region: 'us-east-1' }] });
}

/** A function in subnets without a way out. */
function inVpc(change: (vpc: ec2.Vpc) => unknown): Example {
  return (app) => {
    const vpc = new ec2.Vpc(app.stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    change(vpc);
    return app.trigger({ handler: app.fn('Fn', { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }), informHandler: true });
  };
}

/** A trigger whose mapping invokes something else in the end. */
function invoking(app: TestApp, functionName: string, handler = app.fn('Handler')): void {
  const { eventSourceMapping } = app.trigger({ handler });
  (eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping).functionName = functionName;
}

/** Triggers of two aliases of one function, on one stream, with one destination. */
function aliases(props: Partial<DynamoStreamTriggerProps>): Example {
  return (app) => {
    const [table, handler, onFailure] = [app.table(), app.fn(), new sources.SqsDlq(new sqs.Queue(app.stack, 'Queue'))];
    app.trigger({ table, handler: handler.addAlias('live'), onFailure }, 'Live');
    app.trigger({ table, handler: handler.addAlias('next'), onFailure, ...props }, 'Next');
  };
}

/** A function whose environment an escape hatch changes. */
function withVariables(change: (variables: object) => object): Example {
  return (app) => {
    const handler = app.fn();
    app.trigger({ handler });
    const fn = handler.node.defaultChild as lambda.CfnFunction;
    const { environment } = fn;
    fn.environment = Lazy.any({ produce: () => ({ variables: change(app.stack.resolve(environment).variables) }) });
  };
}

/** An app with copies of this package in these folders. */
function copies(...folders: string[]): Example {
  return (app) => {
    app.trigger();
    Object.assign(app.app, { [Symbol.for('dynamo-stream-trigger/packages')]: new Set(folders.map((folder) => join(process.cwd(), folder))) });
  };
}

function writing(props: Partial<DynamoStreamTriggerProps>): Example {
  return (app) => {
    const [table, handler] = [app.table(), app.fn()];
    table.grantWriteData(handler);
    return app.trigger({ table, handler, ...props });
  };
}

function alarmed(props: Partial<DynamoStreamTriggerProps>): Example {
  return (app) => app.trigger(props).metricDroppedEventCount().createAlarm(app.stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 });
}

function viewing(app: TestApp, dynamoStream: dynamodb.StreamViewType): dynamodb.ITable {
  return app.table('Viewing', { dynamoStream });
}

function streamFunction(app: TestApp): lambda.IFunction {
  return new StreamFunction(app.stack, 'OnOrder', { entry: join(__dirname, 'handlers', 'on-order.ts') });
}

function importedFunction(app: TestApp, role: iam.IRole): lambda.IFunction {
  return lambda.Function.fromFunctionAttributes(app.stack, 'Imported', {
    functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:imported`, role, sameEnvironment: true,
  });
}

function elsewhere(app: TestApp, env: Environment): Stack {
  return app.addStack('Elsewhere', { env });
}

function ofAnotherStack(app: TestApp): lambda.Function {
  return app.fn('Fn', {}, anotherStack(app));
}

function anotherStack(app: TestApp, region = REGION): Stack {
  return app.addStack('Another', { env: { account: ACCOUNT, region } });
}

/** A trigger in the Region of a table's replica. */
function inReplica(props: Partial<dynamodb.TablePropsV2>): Example {
  return (app) => {
    const stack = anotherStack(app, 'us-east-1');
    const table = app.table('Table', { replicas: [{ region: stack.region }], ...props });
    return app.trigger({ table: StreamedTable.fromTable(stack, 'Table', table) }, 'Trigger', stack);
  };
}

