import { FOREIGN_PROPERTIES, foreignProperties, OTHER_NAMES, unknownName } from '../../lib/rules/property-names';
import { PROP_NAMES } from '../../lib/trigger/props';

test.each(Object.entries(FOREIGN_PROPERTIES))('%s belongs to %s event sources, whatever its first letter', (name, source) => {
  for (const written of [name, name.charAt(0).toUpperCase() + name.slice(1)]) {
    expect(unknownName(written, PROP_NAMES)).toBe(`${written} is a property of ${source} event sources and has no effect on a DynamoDB stream. Omit it.`);
    expect(foreignProperties(['BatchSize', written])).toEqual([written]);
  }
});

test('each of them is of these event sources', () => {
  const bySource = (source: string) => Object.keys(FOREIGN_PROPERTIES).filter((name) => FOREIGN_PROPERTIES[name] === source).join(' ');

  expect(Object.fromEntries([...new Set(Object.values(FOREIGN_PROPERTIES))].map((source) => [source, bySource(source)]))).toEqual({
    'SQS and Kafka': 'provisionedPollerConfig',
    'SQS': 'maxConcurrency maximumConcurrency scalingConfig',
    'Kafka': 'logLevel loggingConfig systemLogLevel kafkaBootstrapServers kafkaConsumerGroupId kafkaTopic consumerGroupId bootstrapServers clusterArn topic topics secret '
      + 'authenticationMethod rootCACertificate vpc vpcSubnets securityGroup selfManagedEventSource amazonManagedKafkaEventSourceConfig '
      + 'selfManagedKafkaEventSourceConfig schemaRegistryConfig',
    'Kafka and message broker': 'sourceAccessConfigurations',
    'message broker': 'queues',
    'DocumentDB': 'documentDBEventSourceConfig',
  });
});

test.each(Object.entries(OTHER_NAMES))('%s is meant to be %s, which is a prop', (name, meant) => {
  expect(unknownName(name, PROP_NAMES)).toBe(`${name} is not a known property. Did you mean ${meant}?`);
  expect(PROP_NAMES).toContain(meant);
});

test('what every object inherits is not a known property', () => {
  expect(unknownName('constructor', PROP_NAMES)).toBe('constructor is not a known property. Omit it.');
});
