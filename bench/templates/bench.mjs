// What is deployed for one trigger, beside what its users have today, on the same table and function, in one run. Compile first
// (npx projen compile), then: npm install && npm run bench
// Prints the table of docs/architecture.md. Sizes are those of the template's resources as JSON without white space.
import { createRequire } from 'node:module';

const project = createRequire(new URL('../../package.json', import.meta.url));
process.env.CDK_VALIDATION = 'false';
const { App, aws_lambda: lambda, aws_lambda_event_sources: sources, aws_sqs: sqs, Duration, RemovalPolicy, Stack } = project('aws-cdk-lib');
const { AttributeType, StreamViewType, Table } = project('aws-cdk-lib/aws-dynamodb');
const { DynamoStreamTrigger, StreamPermissions } = project('./build');
const { DynamoDBStreamsToLambda } = createRequire(import.meta.url)('@aws-solutions-constructs/aws-dynamodbstreams-lambda');

const settings = {
  startingPosition: lambda.StartingPosition.TRIM_HORIZON,
  batchSize: 100,
  retryAttempts: 100,
  maxRecordAge: Duration.hours(22),
  bisectBatchOnError: true,
  reportBatchItemFailures: true,
};
const failureQueue = (stack) => new sqs.Queue(stack, 'FailureQueue', {
  encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14), removalPolicy: RemovalPolicy.RETAIN,
});
const wirings = {
  'nothing': () => {},
  '`DynamoStreamTrigger`': (stack, table, handler) => new DynamoStreamTrigger(stack, 'Trigger', { table, handler }),
  '`DynamoStreamTrigger`, `LEAST_PRIVILEGE`': (stack, table, handler) =>
    new DynamoStreamTrigger(stack, 'Trigger', { table, handler, permissions: StreamPermissions.LEAST_PRIVILEGE }),
  '`DynamoEventSource` with the same queue and settings': (stack, table, handler) =>
    handler.addEventSource(new sources.DynamoEventSource(table, { ...settings, onFailure: new sources.SqsDlq(failureQueue(stack)) })),
  '`DynamoEventSource` with its defaults: no queue': (stack, table, handler) =>
    handler.addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.TRIM_HORIZON })),
  'Solutions Constructs': (stack, existingTableInterface, existingLambdaObj) =>
    new DynamoDBStreamsToLambda(stack, 'Trigger', { existingTableInterface, existingLambdaObj }),
};

/** The resources of a stack with a table, a function, and what is wired between them. */
function resources(wire) {
  const stack = new Stack(new App(), 'Orders');
  const table = new Table(stack, 'Table', {
    partitionKey: { name: 'id', type: AttributeType.STRING }, stream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  const handler = new lambda.Function(stack, 'Function', {
    runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'),
    timeout: Duration.minutes(1),
  });
  wire(stack, table, handler);
  return stack.node.root.synth().getStackByName('Orders').template.Resources;
}

const bytes = (value) => Buffer.byteLength(JSON.stringify(value));
const shortType = (type) => type.replace(/^AWS::/, '').replace('::', ' ');

const before = resources(wirings.nothing);
console.log('| wired by | resources | bytes | resources that are new |');
console.log('|---|---|---|---|');
for (const [name, wire] of Object.entries(wirings).slice(1)) {
  const after = resources(wire);
  const added = Object.keys(after).filter((id) => !(id in before));
  const types = added.map((id) => shortType(after[id].Type)).sort();
  console.log(`| ${name} | ${added.length} | ${(bytes(after) - bytes(before)).toLocaleString('en-US')} | ${types.join(', ')} |`);
}
