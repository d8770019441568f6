import { nearestName } from './nearest-name';
import { type Known, type Rule, SOURCES, UNKNOWN } from './rule';
import { type MappingSettings, type Range, RANGES, STREAM_RETENTION } from './settings';

/** What the caller of a constructor wrote, as plain values. From an untyped caller they can be anything. */
export interface JudgedSettings {
  /** Defaults for what was not written; durations as numbers of seconds. */
  readonly settings: { readonly [setting in Exclude<keyof MappingSettings, 'filters'>]: unknown };
  /** The names of the properties that were written, right or wrong. */
  readonly written: readonly string[];
  /** The names there are. */
  readonly properties: readonly string[];
  /** How many filters there are. */
  readonly filterCount: number;
  /** The groups of metrics; undefined: what was given holds no list of them. */
  readonly metrics: Known<readonly unknown[]> | undefined;
  /** The properties that hold something of another kind than they are for, and what that is, in words. */
  readonly misfits: { readonly [property in Shaped]?: string };
  /** Whether the table has a stream, or may get one before the tree is finished. */
  readonly streamNamed: boolean;
  /** Where a table of this app and the trigger are, if they are known not to be at the same place. */
  readonly streamElsewhere?: Places;
  /** Where the function and the trigger are, if they are known not to be at the same place. */
  readonly handlerElsewhere?: Places;
  /** Of one that was given, whether it can be bound, and then whether it named what receives the batches. */
  readonly destination: 'made' | 'given' | 'none' | 'not a destination' | 'nameless';
  readonly handlerIsStreamFunction: boolean;
}

/** Accounts and Regions of something and of its trigger. */
export interface Places {
  readonly there: string;
  readonly trigger: string;
}

/** What an untyped caller gave in place of a duration, in words. */
export class NoDuration {
  constructor(readonly given: string) {}
}

/** The properties that are no plain values. */
export type Shaped = 'table' | 'handler' | 'filterEncryption' | 'failureQueueRemovalPolicy' | 'permissions';

/** The only group of metrics that mappings of DynamoDB streams have. */
const EVENT_COUNT = 'EventCount';

/** The property that goes with AT_TIMESTAMP. */
const TIMESTAMP = 'startingPositionTimestamp';

/** Properties of other event sources, and of what. */
const FOREIGN_PROPERTIES: { readonly [name: string]: string } = {
  provisionedPollerConfig: 'SQS and Kafka',
  maxConcurrency: 'SQS',
  maximumConcurrency: 'SQS',
  scalingConfig: 'SQS',
  logLevel: 'Kafka',
  loggingConfig: 'Kafka',
  systemLogLevel: 'Kafka',
  kafkaBootstrapServers: 'Kafka',
  kafkaConsumerGroupId: 'Kafka',
  kafkaTopic: 'Kafka',
  consumerGroupId: 'Kafka',
  bootstrapServers: 'Kafka',
  clusterArn: 'Kafka',
  topic: 'Kafka',
  topics: 'Kafka',
  secret: 'Kafka',
  authenticationMethod: 'Kafka',
  rootCACertificate: 'Kafka',
  vpc: 'Kafka',
  vpcSubnets: 'Kafka',
  securityGroup: 'Kafka',
  selfManagedEventSource: 'Kafka',
  amazonManagedKafkaEventSourceConfig: 'Kafka',
  selfManagedKafkaEventSourceConfig: 'Kafka',
  schemaRegistryConfig: 'Kafka',
  sourceAccessConfigurations: 'Kafka and message broker',
  queues: 'message broker',
  documentDBEventSourceConfig: 'DocumentDB',
};

/** What CloudFormation and the CDK's other classes call the same thing. */
const OTHER_NAMES: { readonly [name: string]: string } = {
  functionResponseTypes: 'reportBatchItemFailures',
  filterCriteria: 'filters',
  destinationConfig: 'onFailure',
  deadLetterQueue: 'onFailure',
  dlq: 'onFailure',
  destination: 'onFailure',
  failureDestination: 'onFailure',
  maximumRecordAgeInSeconds: 'maxRecordAge',
  maximumRetryAttempts: 'retryAttempts',
  maximumBatchingWindowInSeconds: 'maxBatchingWindow',
  tumblingWindowInSeconds: 'tumblingWindow',
  bisectBatchOnFunctionError: 'bisectBatchOnError',
  kmsKey: 'filterEncryption',
  kmsKeyArn: 'filterEncryption',
  target: 'handler',
  function: 'handler',
  eventSourceArn: 'table',
  streamArn: 'table',
};

/** What is wrong with the settings themselves, whatever they are wired to. */
export const SETTING_RULES: readonly Rule<JudgedSettings>[] = [
  {
    id: 'required-property',
    severity: 'error',
    summary: '`table` and `handler` are given.',
    reads: ['table', 'handler'],
    source: SOURCES.apiModel,
    check: ({ written }) => ['table', 'handler']
      .filter((name) => !written.includes(name))
      .map((name) => `${name} is not given, but a trigger connects a table with a function. Give both.`),
  },
  {
    id: 'unknown-property',
    severity: 'error',
    summary: 'Every property is one of the trigger\'s; those of other event sources are not.',
    reads: ['*'],
    source: SOURCES.apiModel,
    check: ({ written, properties }) => written
      .filter((name) => !properties.includes(name) && name !== TIMESTAMP)
      .map((name) => unknownProperty(name, properties)),
  },
  shape('table-type', 'table', 'a table', 'Give a Table or a TableV2, or import one with TableV2.fromTableAttributes(…).'),
  shape('handler-type', 'handler', 'a function', 'Give a Function, an Alias or a Version, or import one with Function.fromFunctionAttributes(…).'),
  shape('filter-encryption-type', 'filterEncryption', 'a key', 'Give a kms.Key, or import one with kms.Key.fromKeyArn(…).'),
  shape('removal-policy', 'failureQueueRemovalPolicy', 'a RemovalPolicy', 'Leave it out for RemovalPolicy.RETAIN.'),
  shape('permissions', 'permissions', 'MANAGED_POLICY or LEAST_PRIVILEGE', 'Leave it out for StreamPermissions.MANAGED_POLICY.'),
  range('batch-size-range', 'batchSize', 'Leave it out for 100.'),
  range('batching-window-range', 'maxBatchingWindow', 'Leave it out to invoke as soon as there are records.', 'seconds'),
  range('parallelization-factor-range', 'parallelizationFactor', 'Leave it out for one batch of a shard at a time.'),
  range('retry-attempts-range', 'retryAttempts', 'Leave it out for 100.'),
  range('record-age-range', 'maxRecordAge', 'Leave it out for 22 hours.', 'seconds'),
  range('tumbling-window-range', 'tumblingWindow', 'Leave it out to have no windows.', 'seconds'),
  {
    id: 'not-a-boolean',
    severity: 'error',
    summary: '`bisectBatchOnError`, `reportBatchItemFailures` and `enabled` are `true` or `false`.',
    reads: ['bisectBatchOnError', 'reportBatchItemFailures', 'enabled'],
    source: SOURCES.apiModel,
    check: ({ settings }) => (['bisectBatchOnError', 'reportBatchItemFailures', 'enabled'] as const)
      .filter((name) => settings[name] !== UNKNOWN && typeof settings[name] !== 'boolean')
      .map((name) => `${name} is ${show(settings[name])}, but has to be true or false.`),
  },
  {
    id: 'starting-position-timestamp',
    severity: 'error',
    summary: 'A DynamoDB stream can\'t be read from a point in time.',
    reads: ['startingPosition', TIMESTAMP],
    source: `${SOURCES.recorded}: "Unsupported starting position for arn type"; ${SOURCES.parameters}`,
    check: ({ settings, written }) => settings.startingPosition === 'AT_TIMESTAMP' || written.includes(TIMESTAMP)
      ? `${settings.startingPosition === 'AT_TIMESTAMP' ? 'startingPosition is AT_TIMESTAMP' : `${TIMESTAMP} is given`}, `
        + 'but Lambda reads a DynamoDB stream from TRIM_HORIZON or LATEST only. '
        + 'Leave it out to start with the oldest record, and let the function pass over what is too old.'
      : undefined,
  },
  {
    id: 'starting-position',
    severity: 'error',
    summary: '`startingPosition` is TRIM_HORIZON or LATEST.',
    reads: ['startingPosition'],
    source: SOURCES.parameters,
    check: ({ settings: { startingPosition } }) => ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP', UNKNOWN].includes(startingPosition as string)
      ? undefined
      : `startingPosition is ${show(startingPosition)}, but has to be TRIM_HORIZON or LATEST. Leave it out for TRIM_HORIZON.`,
  },
  {
    id: 'tumbling-window-parallelization',
    severity: 'error',
    summary: 'With a `tumblingWindow`, `parallelizationFactor` is 1.',
    reads: ['tumblingWindow', 'parallelizationFactor'],
    source: `${SOURCES.recorded}: "Parallelization factor must be equal to 1 when tumbling window period is configured"`,
    check: ({ settings: { tumblingWindow, parallelizationFactor } }) =>
      isAtLeast(tumblingWindow, 1) && isAtLeast(parallelizationFactor, 2)
        ? `parallelizationFactor is ${parallelizationFactor} and tumblingWindow ${tumblingWindow} s, but a window needs the batches of a `
          + 'shard one after another. Leave one of the two out.'
        : undefined,
  },
  {
    id: 'filter-encryption-without-filters',
    severity: 'error',
    summary: '`filterEncryption` comes with `filters`.',
    reads: ['filterEncryption', 'filters'],
    source: SOURCES.filtering,
    check: ({ written, filterCount }) => written.includes('filterEncryption') && filterCount === 0
      ? 'filterEncryption is given, but there are no filters for it to encrypt. Leave it out, or give filters.'
      : undefined,
  },
  {
    id: 'metrics-group',
    severity: 'error',
    summary: '`metricsConfig` names EVENT_COUNT, the only group that mappings of DynamoDB streams have.',
    reads: ['metricsConfig'],
    source: SOURCES.metrics,
    check: ({ metrics }) => {
      if (metrics === UNKNOWN) {
        return undefined;
      }
      if (metrics === undefined) {
        return 'metricsConfig holds no list, but has to be { metrics: [lambda.MetricType.EVENT_COUNT] }. Or leave it out.';
      }
      return metrics
        .filter((group) => group !== UNKNOWN && group !== EVENT_COUNT)
        .map((group) => `metricsConfig asks for ${show(group)}, but DynamoDB streams have ${EVENT_COUNT} only. `
          + 'Give lambda.MetricType.EVENT_COUNT, or leave it out.');
    },
  },
  {
    id: 'destination-type',
    severity: 'error',
    summary: '`onFailure` is an `IEventSourceDlq`, which names the ARN of a destination when it is bound.',
    reads: ['onFailure'],
    source: SOURCES.errorHandling,
    check: ({ destination }) => {
      switch (destination) {
        case 'not a destination': return 'onFailure is no destination, but has to be one that can be bound. Wrap a queue in new SqsDlq(queue), '
          + 'a topic in new SnsDlq(topic).';
        case 'nameless': return 'onFailure names no destination, but its bind(…) has to return { destination } with the ARN of a queue, a topic '
          + 'or a bucket. Return that, or give NoFailureDestination.INSTANCE to have none.';
        default: return undefined;
      }
    },
  },
  {
    id: 'stream-arn-missing',
    severity: 'error',
    summary: 'An imported table is imported with its stream\'s ARN, or as a `StreamedTable`.',
    reads: ['table'],
    source: SOURCES.apiModel,
    check: ({ streamNamed, written, misfits }) => streamNamed || !written.includes('table') || misfits.table !== undefined
      ? undefined
      : 'table is imported without the ARN of its stream, which a mapping reads. '
        + 'Have it looked up at deployment with StreamedTable.fromTableName(scope, id, name), or import the table with '
        + 'Table.fromTableAttributes(scope, id, { tableArn, tableStreamArn }).',
  },
  {
    id: 'stream-elsewhere',
    severity: 'error',
    summary: 'The stream of a table in another account or Region is looked up, not referred to.',
    reads: ['table'],
    source: 'CloudFormation: references don\'t cross accounts and Regions',
    check: ({ streamElsewhere }) => streamElsewhere === undefined
      ? undefined
      : `table is in ${streamElsewhere.there}, the trigger in ${streamElsewhere.trigger}, and no template can refer to a stream from there. Have `
        + 'the stream looked up with StreamedTable.fromTable(this, id, table): that of the replica, in another Region.',
  },
  {
    id: 'handler-elsewhere',
    severity: 'error',
    summary: 'The function is in the account and Region of the trigger\'s stack.',
    reads: ['handler'],
    source: 'Seen on AWS: "Functions from … are not reachable in this region"',
    check: ({ handlerElsewhere }) => handlerElsewhere === undefined
      ? undefined
      : `handler is in ${handlerElsewhere.there}, the trigger in ${handlerElsewhere.trigger}, and a mapping invokes a function of its own account and Region `
        + 'only: it would look for one of the same name there. Put the trigger into a stack where the function is, or make the function in this one.',
  },
  {
    id: 'record-age-over-retention',
    severity: 'warning',
    summary: '`maxRecordAge` is at most the 24 hours that a stream keeps its records.',
    reads: ['maxRecordAge'],
    source: SOURCES.streams,
    check: ({ settings: { maxRecordAge, retryAttempts } }) => isAtLeast(maxRecordAge, STREAM_RETENTION + 1) && retryAttempts !== -1
      ? `maxRecordAge is ${maxRecordAge} s, but the stream keeps records for ${STREAM_RETENTION} s (24 hours): `
        + 'what Lambda has not given up by then is gone without reaching the failure destination. Give less, such as Duration.hours(22).'
      : undefined,
  },
  {
    id: 'unlimited-retries',
    severity: 'warning',
    summary: 'Retries are limited by their number or by an age under 24 hours.',
    reads: ['retryAttempts', 'maxRecordAge'],
    source: SOURCES.errorHandling,
    check: ({ settings: { maxRecordAge, retryAttempts } }) =>
      retryAttempts === -1 && (maxRecordAge === -1 || isAtLeast(maxRecordAge, STREAM_RETENTION))
        ? 'retryAttempts is -1 and maxRecordAge reaches the 24 hours that the stream keeps records: a batch that always fails blocks its '
          + 'shard until the stream drops the records, and none reaches the failure destination. Limit one of the two.'
        : undefined,
  },
  {
    id: 'no-destination',
    severity: 'warning',
    summary: 'There is a failure destination.',
    reads: ['onFailure'],
    source: SOURCES.errorHandling,
    check: ({ destination }) => destination === 'none'
      ? 'onFailure is NoFailureDestination: the records of a batch that Lambda gives up are lost. Leave it out to have a queue made for them.'
      : undefined,
  },
  {
    id: 'report-off',
    severity: 'warning',
    summary: 'A `StreamFunction` is driven with `reportBatchItemFailures` on.',
    reads: ['reportBatchItemFailures', 'handler'],
    source: 'Lambda guide, services-ddb-batchfailurereporting',
    check: ({ settings, handlerIsStreamFunction }) => settings.reportBatchItemFailures === false && handlerIsStreamFunction
      ? 'reportBatchItemFailures is off: Lambda does not listen to the first record not done, so that one failure fails, and repeats, '
        + 'the whole batch. Leave it out.'
      : undefined,
  },
  {
    id: 'bisect-single-record',
    severity: 'warning',
    summary: 'A batch that is split has more than one record.',
    reads: ['bisectBatchOnError', 'batchSize'],
    source: SOURCES.errorHandling,
    check: ({ settings: { bisectBatchOnError, batchSize }, written }) =>
      bisectBatchOnError === true && batchSize === 1 && written.includes('bisectBatchOnError')
        ? 'bisectBatchOnError is on, but batchSize is 1, and one record can\'t be split. Leave one of the two out.'
        : undefined,
  },
  {
    id: 'starting-position-latest',
    severity: 'warning',
    summary: 'A mapping starts from TRIM_HORIZON.',
    reads: ['startingPosition'],
    source: 'Lambda guide, with-ddb',
    check: ({ settings }) => settings.startingPosition === 'LATEST'
      ? 'startingPosition is LATEST: records that are written while the mapping is created or updated, which takes minutes, can be missed. '
        + 'Leave it out for TRIM_HORIZON.'
      : undefined,
  },
];

function shape(id: string, property: Shaped, allowed: string, wayOut: string): Rule<JudgedSettings> {
  return {
    id,
    severity: 'error',
    summary: `\`${property}\` is ${allowed}.`,
    reads: [property],
    source: SOURCES.apiModel,
    check: ({ misfits: { [property]: given } }) => given === undefined
      ? undefined
      : `${property} is ${given}, but has to be ${allowed}. ${wayOut}`,
  };
}

function range(id: string, setting: keyof typeof RANGES, wayOut: string, unit?: 'seconds'): Rule<JudgedSettings> {
  const allowed = describe(RANGES[setting], unit);
  return {
    id,
    severity: 'error',
    summary: `\`${setting}\` is ${allowed}.`,
    reads: [setting],
    source: SOURCES.apiModel,
    check: ({ settings }) => {
      const value = settings[setting];
      return value === UNKNOWN || within(RANGES[setting], value)
        ? undefined
        : `${setting} is ${show(value)}${unit && typeof value === 'number' ? ` ${unit}` : ''}, but has to be ${allowed}. ${wayOut}`;
    },
  };
}

function within({ min, max, unlimited }: Range, value: unknown): boolean {
  return Number.isInteger(value) && (value === unlimited || (Number(value) >= min && Number(value) <= max));
}

function describe({ min, max, unlimited }: Range, unit?: string): string {
  const number = unit === undefined ? 'a whole number' : `a Duration of a whole number of ${unit}`;
  // A Duration can't be negative.
  const orWithoutLimit = unlimited === undefined || unit !== undefined ? '' : `, or ${unlimited} for no limit`;
  return `${number} from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}${orWithoutLimit}`;
}

function isAtLeast(value: unknown, least: number): value is number {
  return typeof value === 'number' && value >= least;
}

/** Those properties that other event sources have and mappings of DynamoDB streams don't, from CloudFormation's names. */
export function foreignProperties(names: readonly string[]): string[] {
  return names.map(uncapitalized).filter((name) => name === TIMESTAMP || Object.hasOwn(FOREIGN_PROPERTIES, name));
}

function uncapitalized(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function unknownProperty(name: string, properties: readonly string[]): string {
  // CloudFormation's names start with a capital.
  const key = uncapitalized(name);
  if (Object.hasOwn(FOREIGN_PROPERTIES, key)) {
    return `${name} is a property of ${FOREIGN_PROPERTIES[key]} event sources, and means nothing to a DynamoDB stream. Leave it out.`;
  }
  const meant = Object.hasOwn(OTHER_NAMES, key) ? OTHER_NAMES[key] : nearestName(name, properties);
  return `${name} is no property of a DynamoStreamTrigger. ${meant === undefined ? 'Leave it out.' : `Did you mean ${meant}?`}`;
}

/** A value as its author would recognize it. */
function show(value: unknown): string {
  if (value instanceof NoDuration) {
    return value.given;
  }
  return typeof value === 'string' || (typeof value === 'object' && value !== null) ? JSON.stringify(value) : String(value);
}
