import { join } from 'node:path';
import { type App, CfnOutput, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { StreamFunction } from '../../lib';
import { BUNDLING, newApp } from '../app';

/** An app that can be deployed. */
export function integApp(): App {
  return newApp({ context: BUNDLING });
}

/** A table with a stream. It is deleted with its stack. */
export function sourceTable(stack: Stack, id: string): TableV2 {
  return table(stack, id, StreamViewType.NEW_AND_OLD_IMAGES);
}

/** The table to which the functions write what they have done. */
export function resultsTable(stack: Stack): TableV2 {
  return table(stack, 'Results');
}

/** A function that writes down each change it gets, with its own id, and fails at poison. */
export function changeFunction(stack: Stack, id: string, results: TableV2, environment: Record<string, string> = {}): StreamFunction {
  return writer(stack, id, 'on-change.ts', results, { CONSUMER: id, ...environment });
}

/** A function that writes down how many changes each window had. */
export function windowFunction(stack: Stack, id: string, results: TableV2): StreamFunction {
  return writer(stack, id, 'on-window.ts', results);
}

/** Lets the check find a part of the deployed app, by the name of a table or bucket or by the URL of a queue. */
export function findable(stack: Stack, id: string, name: string): void {
  new CfnOutput(stack, outputOf(id), { value: name });
}

/** The output with that name. */
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
