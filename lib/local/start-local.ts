import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { LocalEvent } from './events';
import type { LocalOptions, LocalRun } from './options';
import { startRun } from './run';
import { clientOptions } from './service/credentials';

/** What was given up: a failed batch with its failure destination, or a record that the runtime parked. */
export type LocalFailure = Extract<LocalEvent, { readonly type: 'delivered' | 'parked' }>;

/** A synthesized app at work on this machine, and what an integration test does with it. */
export interface RunningApp extends LocalRun {
  /** What was given up so far, in its order. After `drained()` it is all. */
  readonly failures: readonly LocalFailure[];
  /**
   * Writes an item to a table, as the app's users would.
   *
   * @param table the table's construct path, such as `Shop/Orders`, or its name
   * @param item in JavaScript: texts, numbers, bigints, booleans, null, Uint8Arrays, arrays, sets and objects. Properties that are undefined are omitted
   * @throws RangeError if the app has no such table
   */
  put(table: string, item: object): Promise<void>;
}

/**
 * Runs the triggers of a synthesized app on this machine: its tables on AWS's DynamoDB Local, its functions in processes of their
 * own behind the Lambda Runtime API, its failure destinations on local SQS, SNS and S3.
 *
 * Resolves when every mapping is polling: what is written from then on reaches the functions, whatever their starting position.
 *
 * @throws LocalRunError with the code of what is missing or wrong. Nothing is left running then.
 */
export async function startLocal(options: LocalOptions = {}): Promise<RunningApp> {
  const failures: LocalFailure[] = [];
  const run = await startRun({
    ...options,
    observer: (event) => {
      if (event.type === 'delivered' || event.type === 'parked') {
        failures.push(event);
      }
      options.observer?.(event);
    },
  });
  const client = new DynamoDBClient(clientOptions(run.endpoints.dynamodb, run.variables.AWS_REGION));
  return {
    endpoints: run.endpoints,
    variables: run.variables,
    get triggers() {
      return run.triggers;
    },
    get tables() {
      return run.tables;
    },
    get queues() {
      return run.queues;
    },
    get topics() {
      return run.topics;
    },
    get buckets() {
      return run.buckets;
    },
    failed: run.failed,
    drained: () => run.drained(),
    kill: (functionName) => run.kill(functionName),
    takeOver: () => run.takeOver(),
    failures,
    put: async (table, item) => {
      await client.send(new PutItemCommand({ TableName: nameOf(table, run), Item: marshall(item, { removeUndefinedValues: true }) }));
    },
    stop: async () => {
      client.destroy();
      await run.stop();
    },
  };
}

function nameOf(given: string, { tables }: LocalRun): string {
  const found = tables.find(({ path, name }) => path === given || name === given);
  if (found === undefined) {
    throw new RangeError(`The app has no table ${JSON.stringify(given)}. Give the construct path or the name of one that it has: ${tables.map(({ path }) => path).join(', ') || 'none'}.`);
  }
  return found.name;
}
