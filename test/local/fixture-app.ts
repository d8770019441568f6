import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type App, Duration, RemovalPolicy, Stack, type Environment } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { BUNDLING, newApp } from '../app';
import { folderWith, newFolder } from '../folder';

/** Synthesizes an app of one stack, `Shop`, and says where to. */
export function synthesize(build: (stack: Stack) => void, env?: Environment): string {
  const app = localApp();
  build(new Stack(app, 'Shop', { env }));
  return app.synth().directory;
}

/** An app for a local run: its functions are bundled. */
export function localApp(outdir = newFolder()): App {
  return newApp({ outdir, context: BUNDLING });
}

/** A table with a stream and a composite key. */
export function ordersTable(scope: Construct, id = 'Orders', props: Partial<dynamodb.TableProps> = {}): dynamodb.Table {
  return new dynamodb.Table(scope, id, {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
    stream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
    removalPolicy: RemovalPolicy.DESTROY,
    ...props,
  });
}

/** A function with this code in its `index.js`. */
export function functionOf(scope: Construct, id: string, code: string, props: Partial<lambda.FunctionProps> = {}): lambda.Function {
  return new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(folderWith({ 'index.js': code })),
    // Longer than any test takes: no timeout, where it is not what is tested.
    timeout: Duration.minutes(15),
    memorySize: 256,
    ...props,
  });
}

/** The first that a process prints. Throws if it ends without a word. */
export async function firstOutputOf(child: ChildProcess): Promise<string> {
  const ended = once(child, 'close').then(([code, signal]) => {
    throw new Error(`The process has ended by ${signal ?? `exit code ${code}`} before it printed anything.`);
  });
  const [output] = await Promise.race([once(child.stdout!, 'data'), ended]);
  return String(output).trim();
}
