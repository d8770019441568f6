import { randomUUID } from 'node:crypto';
import { LambdaApi, type VisibleMapping } from './api/lambda-api';
import { startApiServer } from './api/server';
import { StoredValuesApi } from './api/stored-values-api';
import { TableStreamsApi, type VisibleStream } from './api/table-streams-api';
import type { LocalApp, LocalTable } from './assembly/app';
import { readApp } from './assembly/read-app';
import { queueUrl, type Endpoints } from './assembly/resource-names';
import { checkpointsIn, NO_CHECKPOINTS } from './checkpoints';
import { takeDataFolder } from './data-folder';
import type { Driver } from './driver';
import { LocalRunError } from './errors';
import { debuggingFor } from './function/debugging';
import { startFunctions, type LocalFunctions } from './function/functions';
import { givenVariables } from './function/given-variables';
import { nodeProgram, versionWarning, type NodeProgram } from './function/node-program';
import { requireProfile } from './function/profiles';
import { accessNotes } from './function/service-access';
import type { LocalOptions, LocalRun } from './local-run';
import { startMapping } from './mapping-run';
import { type Missing, withoutMissing } from './missing';
import type { NamedResource } from './named-resource';
import { endLeftovers, recordChildren } from './process/children';
import type { FunctionWorld, RunSetup } from './run-setup';
import { sdkVariables } from './service/sdk-variables';
import { startServices, type Services } from './service/services';
import { localStream } from './stream';

/** See startLocal in running-app.ts. */
export async function startRun(options: LocalOptions): Promise<LocalRun> {
  const { assembly = 'cdk.out', port, profile, endpoints = {}, observer = () => {} } = options;
  const app = readApp(assembly);
  if (profile !== undefined) {
    requireProfile(profile);
  }
  const world = { variables: givenVariables(options), access: { ...(profile !== undefined && { profile }), endpoints } };
  const node = nodeProgram(options.node);
  const leftovers = await endLeftovers();
  observer({ type: 'app', functions: app.functions.map(({ name, path }) => ({ name, path })), triggers: app.mappings.map(({ path }) => path) });
  for (const message of notes(app, world, node, leftovers.length)) {
    observer({ type: 'warning', message });
  }
  const children = recordChildren();
  const api = await startApiServer();
  try {
    const data = options.data === undefined ? undefined : await takeDataFolder(children, options.data, (message) => observer({ type: 'warning', message }));
    const checkpoints = data === undefined ? NO_CHECKPOINTS : checkpointsIn(data);
    return await start({ app, project: process.cwd(), port, data, checkpoints, node, debugging: debuggingFor(options), world, children, api, observer });
  } catch (error) {
    api.close();
    children.killAll();
    throw error;
  }
}

/** What the user must know before the run. */
function notes(app: LocalApp, { variables, access }: FunctionWorld, node: NodeProgram, leftovers: number): string[] {
  return [
    ...app.notRunning.map((what) => `Not running here: ${what.replace(/\.$/, '')}.`),
    ...app.notes,
    ...variables.notes(app.functions),
    ...accessNotes(access),
    ...app.functions.flatMap((target) => versionWarning(node, target) ?? []),
    ...leftovers > 0 ? [`Ended ${leftovers} process${leftovers === 1 ? '' : 'es'} of a run that was killed.`] : [],
  ];
}

async function start(setup: RunSetup): Promise<LocalRun> {
  const services = await startServices(setup);
  try {
    return await startWith(services, setup);
  } catch (error) {
    await services.stop();
    throw error;
  }
}

async function startWith(services: Services, given: RunSetup): Promise<LocalRun> {
  const withTables = { ...given, app: withoutMissing(given.app, refusedTables(services), 'TABLE_REFUSED', given.observer) };
  const functions = await startFunctions(withTables, services.endpoints);
  const setup = { ...withTables, app: withoutMissing(withTables.app, functions.notLoaded, 'FUNCTION_NOT_LOADED', given.observer) };
  const mappings = visibleMappings(setup.app, services.endpoints);
  const prepared = await preparedMappings(setup, mappings, services, functions);
  setup.api.serve([
    new LambdaApi({ functions, mappings, endpoints: services.endpoints }).answer,
    new StoredValuesApi(setup.app.storedValues(services.endpoints)).answer,
    new TableStreamsApi(services.endpoints.dynamodb, streamsOf(setup.app, services), services.removals).answer,
  ]);

  let fail!: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => fail = resolve);
  // What ended the run counts, and not what came of stopping the rest.
  const end = (error: Error) => void stop(error).catch(() => {}).then(() => fail(error));
  const drivers = prepared.map((begin) => begin(end));
  void services.ended.then(end);
  try {
    await Promise.all(drivers.map((driver) => driver.polling));
  } catch {
    throw await failed;
  }

  return {
    ...overview(setup.app, services),
    failed,
    drained: () => drained(drivers),
    kill: functions.kill,
    stop: () => stop(new LocalRunError('STOPPED', 'The run was stopped before everything was done.')),
  };

  async function stop(reason: Error): Promise<void> {
    drivers.forEach((driver) => driver.stop(reason));
    setup.api.close();
    await Promise.all([functions.stop(), services.stop()]);
    setup.children.killAll();
  }
}

/** The app's mappings, each ready to begin where it starts in its stream. */
async function preparedMappings(
  { checkpoints, observer }: RunSetup, mappings: readonly VisibleMapping[], services: Services, functions: LocalFunctions,
): Promise<((onFailure: (error: Error) => void) => Driver)[]> {
  return Promise.all(mappings.map(async ({ mapping, uuid, streamArn }) => {
    const streams = services.streamsOf(mapping.table);
    const position = await checkpoints.startOf(mapping, streams.reader(streams.first));
    const stream = localStream(streams, {
      streamArn,
      now: Date.now,
      onReplaced: (latest) => checkpoints.restart(mapping, latest),
    });
    return (onFailure: (error: Error) => void) => startMapping(mapping, {
      uuid,
      stream,
      start: position,
      target: functions.of(mapping.function),
      destinations: services.destinations,
      observer,
      onCheckpoint: (shardId, sequenceNumber) => checkpoints.save(mapping, shardId, sequenceNumber),
      onFailure,
    });
  }));
}

/** A function may write to a table whose stream was drained already, so all are drained until none of them did anything. */
async function drained(drivers: readonly Driver[]): Promise<void> {
  const invocations = () => drivers.reduce((sum, driver) => sum + driver.invocations, 0);
  let before: number;
  do {
    before = invocations();
    await Promise.all(drivers.map((driver) => driver.drained()));
  } while (invocations() > before);
}

function refusedTables({ refusedTables: refused }: Services): Missing[] {
  return [...refused].map(([table, reason]) => ({
    message: `DynamoDB Local refuses the table ${table.path} (${table.name}): ${reason.replace(/\.$/, '')}.`,
    stops: (mapping) => mapping.table === table,
  }));
}

/** What of the app runs, and where it is reached. */
function overview(app: LocalApp, { endpoints, refusedTables: refused, destinations: { refused: refusedArns } }: Services): Pick<LocalRun, 'endpoints' | 'variables' | 'triggers' | 'tables' | 'queues' | 'topics' | 'buckets'> {
  const { dynamodb, api, destinations } = endpoints;
  const made = <T extends NamedResource>(resources: readonly T[]) => resources.filter(({ arn }) => !refusedArns.has(arn));
  return {
    endpoints: { dynamodb, dynamodbStreams: api, lambda: api, sqs: destinations, sns: destinations, s3: destinations },
    variables: sdkVariables(endpoints, app.functions[0].region),
    triggers: app.mappings.map((mapping) => ({
      path: mapping.path,
      tableName: mapping.table.name,
      streamArn: streamArnOf(mapping.table, endpoints),
      functionName: mapping.function.name,
      ...(mapping.destinationArn && { destinationArn: mapping.destinationArn }),
    })),
    tables: app.tables.filter((table) => !refused.has(table)),
    queues: made(app.queues).map((queue) => ({ ...queue, url: queueUrl(queue.name, endpoints) })),
    topics: made(app.topics),
    buckets: made(app.buckets),
  };
}

function visibleMappings(app: LocalApp, endpoints: Endpoints): VisibleMapping[] {
  return app.mappings.map((mapping) => ({ mapping, uuid: randomUUID(), streamArn: streamArnOf(mapping.table, endpoints) }));
}

function streamsOf(app: LocalApp, { endpoints }: Services): VisibleStream[] {
  return app.tables.filter(({ arn }) => endpoints.streamLabels.has(arn))
    .map((table) => ({ table, streamArn: streamArnOf(table, endpoints) }));
}

function streamArnOf(table: LocalTable, { streamLabels }: Endpoints): string {
  return `${table.arn}/stream/${streamLabels.get(table.arn)}`;
}
