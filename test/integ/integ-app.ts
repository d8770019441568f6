import { join } from 'node:path';
import { App, CfnOutput, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { StreamFunction } from '../../lib';

export function integApp(): App {
  return new App({ analyticsReporting: false });
}

/** A table with a stream, which goes with its stack. */
export function sourceTable(stack: Stack, id: string): TableV2 {
  return table(stack, id, StreamViewType.NEW_AND_OLD_IMAGES);
}

/** Where the functions write down what they have done. */
export function resultsTable(stack: Stack): TableV2 {
  return table(stack, 'Results');
}

/** Writes down each change it is given, under a name of its own, and fails at poison. */
export function changeFunction(stack: Stack, id: string, results: TableV2, environment: Record<string, string> = {}): StreamFunction {
  return writer(stack, id, 'on-change.ts', results, { CONSUMER: id, ...environment });
}

/** Writes down how many changes each window had. */
export function windowFunction(stack: Stack, id: string, results: TableV2): StreamFunction {
  return writer(stack, id, 'on-window.ts', results);
}

/** What the check has to find of a deployed app: the name of a table or bucket, or the URL of a queue. */
export function findable(stack: Stack, id: string, name: string): void {
  new CfnOutput(stack, outputOf(id), { value: name });
}

/** The output that has the name of this. */
export function outputOf(id: string): string {
  return `${id}Name`;
}

function table(stack: Stack, id: string, dynamoStream?: StreamViewType): TableV2 {
  const made = new TableV2(stack, id, {
    partitionKey: { name: 'id', type: AttributeType.STRING }, dynamoStream, removalPolicy: RemovalPolicy.DESTROY,
  });
  findable(stack, id, made.tableName);
  return made;
}

function writer(
  stack: Stack, id: string, file: string, results: TableV2, environment: Record<string, string> = {},
): StreamFunction {
  const made = new StreamFunction(stack, id, {
    entry: join(__dirname, file),
    environment: { RESULTS: results.tableName, ...environment },
    logRemovalPolicy: RemovalPolicy.DESTROY,
  });
  results.grantWriteData(made);
  return made;
}
