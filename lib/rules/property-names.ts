import { nearestName } from './nearest-name';

/** What was written, by its names. */
export interface NameFacts {
  /** The names of what was written, and so has no default. */
  readonly written: readonly string[];
  /** Names that no property has, and those that the properties have. */
  readonly names: { readonly unknown: readonly string[]; readonly known: readonly string[] };
  /** Whether there is a point in time to start from. */
  readonly startingPositionTimestamp: boolean;
}

export function nameFacts(written: readonly string[], known: readonly string[]): NameFacts {
  return {
    written,
    names: { unknown: written.filter((name) => !known.includes(name) && name !== TIMESTAMP), known },
    startingPositionTimestamp: written.includes(TIMESTAMP),
  };
}

/** The property that goes with the starting position AT_TIMESTAMP. */
const TIMESTAMP = 'startingPositionTimestamp';

/** What is wrong with a name that no setting has, and what was probably meant. */
export function unknownName(name: string, known: readonly string[]): string {
  const key = uncapitalized(name);
  if (Object.hasOwn(FOREIGN_PROPERTIES, key)) {
    return `${name} is a property of ${FOREIGN_PROPERTIES[key]} event sources and has no effect on a DynamoDB stream. Omit it.`;
  }
  const meant = Object.hasOwn(OTHER_NAMES, key) ? OTHER_NAMES[key] : nearestName(name, known);
  return `${name} is not a known property. ${meant === undefined ? 'Omit it.' : `Did you mean ${meant}?`}`;
}

/** Those of a template's properties that other event sources have and mappings of DynamoDB streams don't. */
export function foreignProperties(names: readonly string[]): string[] {
  return names.filter((name) => Object.hasOwn(FOREIGN_PROPERTIES, uncapitalized(name)));
}

/** CloudFormation's names start with a capital. */
function uncapitalized(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** Properties of other event sources, and of which. */
export const FOREIGN_PROPERTIES: { readonly [name: string]: string } = {
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

/** What CloudFormation and the CDK's other classes call a trigger's props. */
export const OTHER_NAMES: { readonly [name: string]: string } = {
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
