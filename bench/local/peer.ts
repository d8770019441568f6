import { createRequire } from 'node:module';
import { relative } from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type BenchFunction, folder } from './function';

/** serverless-offline-dynamodb-streams, which is installed in this folder. */
interface Plugin {
  dynamodbStreams: { sqsClient?: SQSClient };
  start(): Promise<void>;
  end(skipExit: boolean): Promise<void>;
}
const PeerPlugin: new (serverless: object, options: object, utilities: object) => Plugin
  = createRequire(__filename)('serverless-offline-dynamodb-streams');

export interface PeerFunction extends BenchFunction {
  readonly queueArn?: string;
}

/** The plugin with these functions, started as the Serverless Framework would start it. */
export async function startPeer(
  functions: readonly PeerFunction[], { dynamodb, sqs }: { readonly dynamodb: string; readonly sqs?: SQSClient },
): Promise<Plugin> {
  // It reads on after its end, and does not listen to the errors that it gets then.
  process.on('uncaughtException', ignoreEnd);
  const byName = Object.fromEntries(functions.map((one) => [one.name, definitionOf(one)]));
  const silent = () => {};
  const log = { debug: silent, info: silent, notice: silent, warning: silent, error: silent };
  const plugin = new PeerPlugin({
    config: { servicePath: folder, serverlessPath: folder },
    serviceDir: folder,
    service: {
      provider: { name: 'aws', region: 'us-east-1', runtime: 'nodejs20.x', stage: 'dev' },
      custom: {
        'serverless-offline-dynamodb-streams': {
          endpoint: dynamodb, region: 'us-east-1', accountId: '000000000000', accessKeyId: 'local', secretAccessKey: 'local',
          simulateDestinations: true,
        },
      },
      functions: byName,
      resources: { Resources: {} },
      getAllFunctions: () => Object.keys(byName),
      getFunction: (name: string) => byName[name],
      getAllEventsInFunction: (name: string) => byName[name].events,
    },
  }, { location: '.' }, { log });
  await plugin.start();
  // It takes one endpoint for DynamoDB and SQS.
  plugin.dynamodbStreams.sqsClient = sqs;
  return plugin;
}

function definitionOf(one: PeerFunction) {
  return {
    name: one.name,
    handler: `${relative(folder, one.folder)}/index.handler`,
    timeout: one.timeout,
    environment: one.environment,
    events: [{
      stream: {
        type: 'dynamodb',
        tableName: one.tableName,
        startingPosition: 'TRIM_HORIZON',
        batchSize: one.batchSize,
        maximumRetryAttempts: one.retryAttempts,
        parallelizationFactor: one.parallelizationFactor,
        bisectBatchOnFunctionError: true,
        functionResponseType: 'ReportBatchItemFailures',
        ...(one.filter && { filterPatterns: [one.filter] }),
      },
    }],
    destinations: { onFailure: one.queueArn },
  };
}

function ignoreEnd(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ECONNREFUSED') {
    throw error;
  }
}
