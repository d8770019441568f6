import { createRequire } from 'node:module';
import { relative } from 'node:path';

const Plugin = createRequire(import.meta.url)('serverless-offline-dynamodb-streams');

/** serverless-offline-dynamodb-streams with these functions, as the Serverless Framework would start it. */
export async function startPeer({ folder, dynamodb, sqs, functions }) {
  const byName = Object.fromEntries(functions.map((one) => [one.name, {
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
  }]));
  const silent = () => {};
  const log = { debug: silent, info: silent, notice: silent, warning: silent, error: silent };
  const plugin = new Plugin({
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
      getFunction: (name) => byName[name],
      getAllEventsInFunction: (name) => byName[name].events,
    },
  }, { location: '.' }, { log });
  await plugin.start();
  // It takes one endpoint for DynamoDB and SQS.
  plugin.dynamodbStreams.sqsClient = sqs;
  return plugin;
}
