/**
 * What is deployed for one trigger, beside what its users have today, on the same table and function, in one run. Prints the table of
 * docs/contribute/architecture.md. Sizes are those of the template's resources as JSON without white space.
 *
 *     npx projen compile && cd bench/templates && npm install && npm run bench
 */
import { aws_lambda as lambda, aws_lambda_event_sources as sources, aws_sqs as sqs, Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { DynamoDBStreamsToLambda } from './solutions-constructs';
import { resourcesOf } from './stack';
import { DynamoStreamTrigger, StreamPermissions } from '../../build';

type Wiring = (stack: Stack, table: Table, handler: lambda.Function) => unknown;

const settings = {
  startingPosition: lambda.StartingPosition.TRIM_HORIZON,
  batchSize: 100,
  retryAttempts: 100,
  maxRecordAge: Duration.hours(22),
  bisectBatchOnError: true,
  reportBatchItemFailures: true,
};
const failureQueue = (stack: Stack) => new sqs.Queue(stack, 'FailureQueue', {
  encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14), removalPolicy: RemovalPolicy.RETAIN,
});
const wirings: Readonly<Record<string, Wiring>> = {
  '`DynamoStreamTrigger`': (stack, table, handler) => new DynamoStreamTrigger(stack, 'Trigger', { table, handler }),
  '`DynamoStreamTrigger`, `LEAST_PRIVILEGE`': (stack, table, handler) =>
    new DynamoStreamTrigger(stack, 'Trigger', { table, handler, permissions: StreamPermissions.LEAST_PRIVILEGE }),
  '`DynamoEventSource` with the same queue and settings': (stack, table, handler) =>
    handler.addEventSource(new sources.DynamoEventSource(table, { ...settings, onFailure: new sources.SqsDlq(failureQueue(stack)) })),
  '`DynamoEventSource` with its defaults: no queue': (_stack, table, handler) =>
    handler.addEventSource(new sources.DynamoEventSource(table, { startingPosition: lambda.StartingPosition.TRIM_HORIZON })),
  'Solutions Constructs': (stack, existingTableInterface, existingLambdaObj) =>
    new DynamoDBStreamsToLambda(stack, 'Trigger', { existingTableInterface, existingLambdaObj }),
};

/** The resources of a stack with a table, a function, and what is wired between them. */
function wired(wire: Wiring) {
  return resourcesOf((stack) => {
    const table = new Table(stack, 'Table', {
      partitionKey: { name: 'id', type: AttributeType.STRING }, stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    const handler = new lambda.Function(stack, 'Function', {
      runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'),
      timeout: Duration.minutes(1),
    });
    wire(stack, table, handler);
  });
}

const bytes = (value: object) => Buffer.byteLength(JSON.stringify(value));
const shortType = (type: string) => type.replace(/^AWS::/, '').replace('::', ' ');

const before = wired(() => {});
console.log('| wired by | resources | bytes | resources that are new |');
console.log('|---|---|---|---|');
for (const [name, wire] of Object.entries(wirings)) {
  const after = wired(wire);
  const added = Object.keys(after).filter((id) => !(id in before));
  const types = added.map((id) => shortType(after[id].Type)).sort();
  console.log(`| ${name} | ${added.length} | ${(bytes(after) - bytes(before)).toLocaleString('en-US')} | ${types.join(', ')} |`);
}
