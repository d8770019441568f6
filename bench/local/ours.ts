import { App, Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, FilterCriteria, Function, Runtime, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { type BenchFunction, fileOf } from './function';
import { type LocalRun, startLocal } from '../../lib/local';

process.env.CDK_VALIDATION = 'false';
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** This package's local run of these functions, with a table and a failure queue for each. */
export function startOurs(functions: readonly BenchFunction[]): Promise<LocalRun> {
  return startLocal({ assembly: synthOurs(functions) });
}

/** The folder of the synthesized app. */
export function synthOurs(functions: readonly BenchFunction[]): string {
  const app = new App({ outdir: fileOf(`cdk.out-${functions[0].name}`), analyticsReporting: false });
  const stack = new Stack(app, 'Bench');
  functions.forEach((one) => addTrigger(stack, one));
  return app.synth().directory;
}

function addTrigger(stack: Stack, one: BenchFunction): void {
  const table = new Table(stack, `${one.name}Table`, {
    tableName: one.tableName,
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: 'expires',
  });
  const handler = new Function(stack, one.name, {
    functionName: one.name,
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromAsset(one.folder),
    timeout: Duration.seconds(one.timeout),
    environment: one.environment,
  });
  handler.addEventSource(new DynamoEventSource(table, {
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: one.batchSize,
    retryAttempts: one.retryAttempts,
    parallelizationFactor: one.parallelizationFactor,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    onFailure: new SqsDlq(new Queue(stack, `${one.name}Queue`, { queueName: one.name })),
    filters: one.filter && [FilterCriteria.filter(one.filter)],
  }));
  // The peer's failures go to a queue of their own.
  new Queue(stack, `${one.name}PeerQueue`, { queueName: `${one.name}-peer` });
}

/** Options of the SDK's clients. */
export function clientOptions(endpoint: string) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}
