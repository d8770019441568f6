import type { aws_dynamodb as dynamodb, aws_kms as kms, aws_lambda as lambda, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { StreamFilter } from './filter/stream-filter';
import type { StreamPermissions } from './role/permissions';

/**
 * A trigger's table, its function, and the settings of the mapping between them.
 *
 * The settings have the names and meanings of the CDK's `DynamoEventSourceProps`; the defaults differ. A value that is not allowed fails the
 * synthesis, with a message that names the property, the value, what is allowed, and the way out.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
 * @example
 * new DynamoStreamTrigger(this, 'OrderEvents', {
 *   table,
 *   handler,
 *   batchSize: 500,
 *   maxBatchingWindow: Duration.seconds(5),
 *   filters: [StreamFilter.eventName(StreamEventName.INSERT, StreamEventName.MODIFY)],
 *   onFailure: new FailureStore(this, 'Failures'),
 * });
 */
export interface DynamoStreamTriggerProps {
  /**
   * The table whose stream drives the function.
   *
   * Its stream must be on (`stream` of a `Table`, `dynamoStream` of a `TableV2`). Import a table together with its stream's ARN.
   */
  readonly table: dynamodb.ITable;

  /** The function that receives the records: any function, alias or version. */
  readonly handler: lambda.IFunction;

  /**
   * Whether the function gets the environment variable `DYNAMO_STREAM_TRIGGER`, which this package's runtime reads. Set it to true for a
   * function that is not a StreamFunction but has a `streamHandler`. Set it to false to leave the function's environment as it is.
   *
   * @default - true for a StreamFunction and for other Node.js functions of this app, but not for images
   */
  readonly informHandler?: boolean;

  /**
   * Where in the stream a new mapping starts.
   *
   * LATEST can miss records that are written while the mapping is created. AT_TIMESTAMP does not exist for DynamoDB streams.
   *
   * @default - TRIM_HORIZON, the oldest record that the stream still has: up to 24 hours back
   */
  readonly startingPosition?: lambda.StartingPosition;

  /**
   * The largest number of records in a batch, from 1 to 10,000. A batch also ends at 6 MB.
   *
   * @default 100
   */
  readonly batchSize?: number;

  /**
   * How long Lambda collects records for a batch, in whole seconds, up to 5 minutes.
   *
   * @default - 0 seconds: Lambda invokes the function as soon as there are records
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * How many batches of a shard are processed at the same time, from 1 to 10. Changes of one item stay in order.
   *
   * @default 1
   */
  readonly parallelizationFactor?: number;

  /**
   * How often a failed batch is retried before it goes to the failure destination, from 0 to 10,000, or -1 for no limit.
   *
   * Progress within a batch restarts the count. Throttles do not count. While a batch is retried, its shard waits. A `streamHandler` parks
   * a record that always fails, so that many retries carry it over an outage. Other handlers block the shard that long for one bad record.
   *
   * @default - 100 with a StreamFunction or `informHandler: true`, otherwise 10
   */
  readonly retryAttempts?: number;

  /**
   * How old a record may get before it goes to the failure destination: 60 seconds to 7 days, in whole seconds.
   *
   * The stream keeps records for 24 hours only, so 24 hours or more means no limit.
   *
   * @default Duration.hours(22)
   */
  readonly maxRecordAge?: Duration;

  /**
   * Whether a failed batch is split in two before it is retried. A split does not count as a retry.
   *
   * @default true
   */
  readonly bisectBatchOnError?: boolean;

  /**
   * Whether the function's response names the first record that is not done, so that only the rest of the batch is retried.
   *
   * If it is false, Lambda ignores such a response and treats the whole batch as done.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
   * @default true
   */
  readonly reportBatchItemFailures?: boolean;

  /**
   * The length of the tumbling windows, over each of which the function keeps a state: in whole seconds, up to 15 minutes.
   *
   * `parallelizationFactor` must be 1 then. The state of a shard has at most 1 MB.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
   * @default - no windows
   */
  readonly tumblingWindow?: Duration;

  /**
   * Whether the mapping polls the stream.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Which records reach the function: those that match at least one of these filters. Lambda allows 5, or 10 with a raised quota.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
   * @default - all records
   */
  readonly filters?: StreamFilter[];

  /**
   * The key that encrypts the filters.
   *
   * @default - a key that AWS owns
   */
  readonly filterEncryption?: kms.IKey;

  /**
   * Which metrics Lambda emits for the mapping. For DynamoDB streams there is one group, `EVENT_COUNT`: the metrics of the
   * `metric…EventCount` methods.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   * @default - none, unless an alarm of the app watches a metric of the mapping, or a StreamTriggerMonitoring the trigger
   */
  readonly metricsConfig?: lambda.MetricsConfig;

  /**
   * What receives the batches that Lambda gives up and the records that the function parks: a standard queue (`SqsDlq`), a standard
   * topic (`SnsDlq`), a bucket (`S3FailureDestination`), or a `FailureStore`, which keeps them whole. `NoFailureDestination.INSTANCE` drops them.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
   * @default - a queue that the trigger makes: standard, encrypted, TLS only, keeps messages for 14 days
   */
  readonly onFailure?: lambda.IEventSourceDlq;

  /**
   * What happens to the queue that the trigger makes when the trigger is removed.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly failureQueueRemovalPolicy?: RemovalPolicy;

  /**
   * The KMS key of the queue that the trigger makes. The function's role is granted its use.
   *
   * @default - a key that SQS owns
   */
  readonly failureQueueKey?: kms.IKey;

  /**
   * How the function's role may read the stream. Both ways include permissions for keys and for the failure destination.
   *
   * A template can't attach a managed policy to an imported role. Such a role gets the actions on the stream only.
   *
   * @default StreamPermissions.MANAGED_POLICY
   */
  readonly permissions?: StreamPermissions;
}

/** The names of all props; the compiler sees to it that none is missing. */
export const PROP_NAMES = Object.keys({
  table: true,
  handler: true,
  informHandler: true,
  startingPosition: true,
  batchSize: true,
  maxBatchingWindow: true,
  parallelizationFactor: true,
  retryAttempts: true,
  maxRecordAge: true,
  bisectBatchOnError: true,
  reportBatchItemFailures: true,
  tumblingWindow: true,
  enabled: true,
  filters: true,
  filterEncryption: true,
  metricsConfig: true,
  onFailure: true,
  failureQueueRemovalPolicy: true,
  failureQueueKey: true,
  permissions: true,
} satisfies { readonly [name in keyof Required<DynamoStreamTriggerProps>]: true }) as (keyof DynamoStreamTriggerProps)[];
