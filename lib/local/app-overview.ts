import type { LocalApp, LocalTable } from './assembly/app';
import { queueUrl, type Endpoints } from './assembly/resource-names';
import type { NamedResource } from './named-resource';
import type { LocalRun } from './options';
import { sdkVariables } from './service/sdk-variables';
import type { Services } from './service/services';

/** The parts of the app that run. */
export type AppOverview = Pick<LocalRun, 'triggers' | 'tables' | 'queues' | 'topics' | 'buckets'>;

export function appOverview(app: LocalApp, { endpoints, tableOf, destinations: { refused } }: Services): AppOverview {
  const made = <T extends NamedResource>(resources: readonly T[]) => resources.filter(({ arn }) => !refused.has(arn));
  return {
    triggers: app.mappings.map((mapping) => ({
      path: mapping.path,
      tableName: mapping.table.name,
      streamArn: localStreamArn(mapping.table, endpoints),
      functionName: mapping.function.name,
      ...(mapping.destinationArn && { destinationArn: mapping.destinationArn }),
    })),
    tables: app.tables.filter((table) => tableOf(table) !== undefined),
    queues: made(app.queues).map((queue) => ({ ...queue, url: queueUrl(queue.name, endpoints) })),
    topics: made(app.topics),
    buckets: made(app.buckets),
  };
}

/** Where the run is reached, whatever the app. */
export function runOverview(endpoints: Endpoints, region: string): Pick<LocalRun, 'endpoints' | 'variables'> {
  const { dynamodb, api, destinations } = endpoints;
  return {
    endpoints: { dynamodb, dynamodbStreams: api, lambda: api, sqs: destinations, sns: destinations, s3: destinations },
    variables: sdkVariables(endpoints, region),
  };
}

export function localStreamArn(table: LocalTable, { streamLabels }: Endpoints): string {
  return `${table.arn}/stream/${streamLabels.get(table.arn)}`;
}
