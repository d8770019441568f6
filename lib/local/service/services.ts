import { DescribeTableCommand, DynamoDBClient, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { clientOptions } from './credentials';
import { startDestinations, type Destinations } from './destinations';
import { startDynamoDbLocal } from './dynamodb-local';
import { createTables } from './tables';
import { streamReader } from '../../reader/stream-reader';
import type { LocalTable } from '../assembly/app';
import type { Endpoints } from '../assembly/resource-names';
import { LocalRunError } from '../errors';
import { allStarted } from '../process/all-started';
import type { RunSetup } from '../run-setup';
import type { TableStreams } from '../stream';

/** What the functions and mappings of an app work with: its tables on DynamoDB Local, and local SQS, SNS and S3. */
export interface Services {
  readonly endpoints: Endpoints;
  readonly destinations: Destinations;
  /** Resolves when one of them ends without being asked to. */
  readonly ended: Promise<LocalRunError>;
  streamsOf(table: LocalTable): TableStreams;
  stop(): Promise<void>;
}

/** @throws LocalRunError NO_PACKAGE, NO_JAVA, PORT_IN_USE, NOT_COMPILED, SERVICE_NOT_STARTED, TABLE_REFUSED */
export async function startServices({ app, project, port, data, children, api, observer }: RunSetup): Promise<Services> {
  const [database, destinations] = await allStarted([
    startDynamoDbLocal(children, project, data, port),
    startDestinations(children, project, app, (destinationArn) => observer({ type: 'parked', destinationArn }),
      (message) => observer({ type: 'warning', message })),
  ]);
  // DynamoDB Local has a region of its own, so the ARN of a stream is another one than the app has.
  const streamArns = await createTables(database.endpoint, app.tables);
  const options = clientOptions(database.endpoint);
  const clients = { tables: new DynamoDBClient(options), streams: new DynamoDBStreamsClient(options) };
  const fate = data === undefined ? 'The tables were in memory and are gone.' : `The tables are in ${data}: start again to go on.`;
  return {
    endpoints: {
      dynamodb: database.endpoint,
      api: api.endpoint,
      destinations: destinations.endpoint,
      streamLabels: new Map([...streamArns].map(([tableArn, streamArn]) => [tableArn, streamArn.split('/stream/')[1]])),
    },
    destinations,
    streamsOf: ({ arn, name }) => ({
      first: streamArns.get(arn)!,
      latest: () => latestStream(clients.tables, name),
      reader: (streamArn, sourceArn) => streamReader(clients.streams, streamArn, { sourceArn }),
    }),
    ended: Promise.race([
      database.ended.then((output) => new LocalRunError('SERVICE_ENDED', `DynamoDB Local ended. ${fate}\n${output}`)),
      destinations.ended.then((output) =>
        new LocalRunError('SERVICE_ENDED', `The local SQS, SNS and S3 ended. What they held was in memory and is gone.\n${output}`)),
    ]),
    stop: async () => {
      Object.values(clients).forEach((client) => client.destroy());
      await Promise.all([destinations.stop(), database.stop()]);
    },
  };
}

async function latestStream(client: DynamoDBClient, TableName: string): Promise<string | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table?.LatestStreamArn;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) {
      return undefined;
    }
    throw error;
  }
}
