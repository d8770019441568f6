import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { clientOptions } from './credentials';
import { startDestinations, type Destinations } from './destinations';
import { startDynamoDbLocal } from './dynamodb-local';
import { startExpiry } from './expiry';
import { Removals } from './removals';
import { tableStreams } from './table-streams';
import { createTables, type CreatedTables } from './tables';
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
  /** The tables that DynamoDB Local refuses, each with the reason. */
  readonly refusedTables: CreatedTables['refused'];
  /** What the run itself has removed from the tables. */
  readonly removals: Removals;
  streamsOf(table: LocalTable): TableStreams;
  stop(): Promise<void>;
}

/** @throws LocalRunError NO_PACKAGE, NO_JAVA, PORT_IN_USE, NOT_COMPILED, SERVICE_NOT_STARTED */
export async function startServices({ app, project, port, data, children, api, observer }: RunSetup): Promise<Services> {
  const note = (message: string) => observer({ type: 'warning', message });
  const [database, destinations] = await allStarted([
    startDynamoDbLocal(children, project, data, port, note),
    startDestinations(children, project, app, (destinationArn) => observer({ type: 'parked', destinationArn }), note),
  ]);
  const options = { ...clientOptions(database.endpoint), ...database.direct };
  const clients = { tables: new DynamoDBClient(options), streams: new DynamoDBStreamsClient(options) };
  // DynamoDB Local has a region of its own, so the ARN of a stream is another one than the app has.
  const { streams, refused } = await createTables(clients.tables, app.tables, note);
  const removals = new Removals(data && join(data, 'expired.json'));
  const endExpiry = startExpiry(clients.tables, app.tables.map(({ name }) => name), removals);
  const streamsByTable = new Map(app.tables.map((table) => [table, tableStreams(clients, table, streams.get(table.arn) ?? '', removals, note)]));
  const fate = data === undefined ? 'The tables were in memory and are gone.' : `The tables are in ${data}: start again to go on.`;
  return {
    endpoints: {
      dynamodb: database.endpoint,
      api: api.endpoint,
      destinations: destinations.endpoint,
      streamLabels: new Map([...streams].map(([tableArn, streamArn]) => [tableArn, streamArn.split('/stream/')[1]])),
    },
    destinations,
    refusedTables: refused,
    removals,
    streamsOf: (table) => streamsByTable.get(table)!,
    ended: Promise.race([
      database.ended.then((output) => new LocalRunError('SERVICE_ENDED', `DynamoDB Local ended. ${fate}\n${output}`)),
      destinations.ended.then((output) =>
        new LocalRunError('SERVICE_ENDED', `The local SQS, SNS and S3 ended. What they held was in memory and is gone.\n${output}`)),
    ]),
    stop: async () => {
      endExpiry();
      Object.values(clients).forEach((client) => client.destroy());
      await Promise.all([destinations.stop(), database.stop()]);
    },
  };
}
