import type { LocalChange } from './changes';
import type { LocalObserver } from './events';
import type { NamedResource } from './named-resource';

export interface LocalOptions {
  /**
   * The synthesized app.
   *
   * @default 'cdk.out'
   */
  readonly assembly?: string;
  /**
   * The port of DynamoDB Local.
   *
   * @default - a free one
   */
  readonly port?: number;
  /**
   * A folder that keeps the tables and how far each trigger has read them. The next run with it goes on from there.
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
   * Lets a debugger attach to the functions: `true` at port 9229, a number at that port. Each further process has the next free port; events of
   * type `debugger` name it. The functions neither time out nor freeze then.
   *
   * @default false
   */
  readonly inspect?: boolean | number;
  /**
   * As `inspect`, which it replaces, and each process waits for its debugger and stops there before the first line of the function's code.
   *
   * @default false
   */
  readonly inspectBrk?: boolean | number;
  /**
   * A file of lines `NAME=value`: environment variables for all functions, over those of the template.
   *
   * @default - those of the template
   */
  readonly envFile?: string;
  /**
   * A file of JSON, as for `sam local --env-vars`: objects with the environment variables of a function, by its logical id, name or construct
   * path, and with those of all functions in `Parameters`. They are set over those of `envFile`.
   *
   * @default - those of the template
   */
  readonly envVars?: string;
  /**
   * A profile of the AWS configuration. Its credentials are for every service except DynamoDB, Lambda, SQS, SNS and S3, which run here.
   *
   * @default - the functions reach no other service
   */
  readonly profile?: string;
  /**
   * Where the functions reach other services, such as `{ eventbridge: 'http://127.0.0.1:4566' }`.
   *
   * @default - nowhere, or with `profile` at AWS
   */
  readonly endpoints?: Readonly<Record<string, string>>;
  /**
   * Watches the sources of each StreamFunction whose bundle esbuild alone makes. When one changes, the function goes on with the new code, as after
   * `takeOver`, without a synthesis. The sources count from the start on: the synthesized app may be older.
   *
   * @default false
   */
  readonly watch?: boolean;
  /** Called for everything that happens. */
  readonly observer?: LocalObserver;
}

/** A synthesized app at work on this machine. */
export interface LocalRun {
  readonly endpoints: {
    /** DynamoDB Local. */
    readonly dynamodb: string;
    /** The streams of the app's tables under the ARNs that the app knows. DynamoDB Local has others. */
    readonly dynamodbStreams: string;
    readonly lambda: string;
    readonly sqs: string;
    readonly sns: string;
    readonly s3: string;
  };
  /** Environment variables that send AWS's SDKs and tools to these endpoints. */
  readonly variables: Readonly<Record<string, string>>;
  readonly triggers: readonly LocalTrigger[];
  readonly tables: readonly NamedResource[];
  readonly queues: readonly (NamedResource & { readonly url: string })[];
  readonly topics: readonly NamedResource[];
  readonly buckets: readonly NamedResource[];
  /** Resolves when a part of the run ended by itself. Everything has been stopped then. */
  readonly failed: Promise<Error>;
  /**
   * Resolves when every record written so far is done with or on its failure destination. This includes what the functions write to
   * other tables with triggers meanwhile. Rejects with the error that ended the run before.
   */
  drained(): Promise<void>;
  /** Kills the processes that are running the handler of this function, as a crash would, and returns how many there were. */
  kill(functionName: string): number;
  /**
   * Takes over the app that is in the folder of the assembly now, without a restart: tables, what they hold, and how far each trigger has read them
   * stay. Functions that have changed get new processes, in which the next invocations run; triggers that have changed go on where they are, once
   * what is under way has ended; new parts are started, and triggers that are no longer in the app end.
   *
   * Resolves with what has changed when it runs, and every new trigger is polling. Rejects with a LocalRunError if the app can't be read, or has no
   * trigger that can run here: the old one goes on then.
   */
  takeOver(): Promise<readonly LocalChange[]>;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** A mapping of the app. */
export interface LocalTrigger {
  /** The construct path. */
  readonly path: string;
  readonly tableName: string;
  /** As the function sees it. DynamoDB Local has another ARN for it, with a region of its own. */
  readonly streamArn: string;
  readonly functionName: string;
  /** The failure destination: a queue's, topic's or bucket's ARN. */
  readonly destinationArn?: string;
}
