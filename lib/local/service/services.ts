import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { clientOptions } from './credentials';
import { startDestinations, type Destinations } from './destinations';
import { startDynamoDbLocal } from './dynamodb-local';
import { startExpiry } from './expiry';
import { Removals } from './removals';
import { LocalTables } from './tables';
import type { LocalApp, LocalTable } from '../assembly/app';
import type { Endpoints } from '../assembly/resource-names';
import { LocalRunError } from '../errors';
import type { Missing } from '../missing';
import { allStarted } from '../process/all-started';
import type { RunSetup } from '../run-setup';
import type { TableStreams } from '../stream';

/**
 * What the functions and mappings of a run work with: its tables on DynamoDB Local, and local SQS, SNS and S3. It stays as long as the run does,
 * and takes one version of the app after another.
 */
export interface Services {
  readonly endpoints: Endpoints;
  readonly destinations: Destinations;
  /** Resolves when one of them ends without being asked to. */
  readonly ended: Promise<LocalRunError>;
  /** What the run itself has removed from the tables. */
  readonly removals: Removals;
  /** Makes the tables, queues, topics and buckets of the app, and changes those that are there. Others stay. Returns the tables that are refused. */
  take(app: LocalApp): Promise<Missing[]>;
  /** The table as it is here, by its ARN. Undefined if it was refused. */
  tableOf(table: LocalTable): LocalTable | undefined;
  streamsOf(table: LocalTable): TableStreams;
  stop(): Promise<void>;
}

/** @throws LocalRunError NO_PACKAGE, NO_JAVA, PORT_IN_USE, NOT_COMPILED, SERVICE_NOT_STARTED */
export async function startServices({ project, port, data, children, api, observer, note }: RunSetup): Promise<Services> {
  const warn = (message: string) => observer({ type: 'warning', message });
  const [database, destinations] = await allStarted([
    startDynamoDbLocal(children, project, data, port, warn),
    startDestinations(children, project, (destinationArn) => observer({ type: 'parked', destinationArn }), note),
  ]);
  const options = { ...clientOptions(database.endpoint), ...database.direct };
  const clients = { tables: new DynamoDBClient(options), streams: new DynamoDBStreamsClient(options) };
  const removals = new Removals(data && join(data, 'expired.json'));
  const tables = new LocalTables(clients, removals, warn);
  const endExpiry = startExpiry(clients.tables, () => [...tables.known.values()].map(({ name }) => name), removals);
  const fate = data === undefined ? 'The tables were in memory and are gone.' : `The tables are in ${data}: start again to go on.`;
  return {
    endpoints: { dynamodb: database.endpoint, api: api.endpoint, destinations: destinations.endpoint, streamLabels: tables.streamLabels },
    destinations,
    removals,
    take: async (app) => {
      const [refused] = await allStarted([tables.take(app.tables), destinations.take(app)]);
      return missingTables(refused);
    },
    tableOf: ({ arn }) => tables.known.get(arn),
    streamsOf: (table) => tables.streamsOf(table),
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

function missingTables(refused: ReadonlyMap<LocalTable, string>): Missing[] {
  return [...refused].map(([table, reason]) => ({
    message: `DynamoDB Local refuses the table ${table.path} (${table.name}): ${reason.replace(/\.$/, '')}.`,
    stops: (mapping) => mapping.table === table,
  }));
}
