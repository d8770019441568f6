import { Aspects, aws_lambda as lambda, Fn } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { StreamEventName, StreamFilter } from '../../lib';
import { TestApp } from '../app';

const ENV = { account: '123456789012', region: 'eu-west-1' };
const FIFO = 'arn:aws:sqs:eu-west-1:123456789012:failures.fifo';

/** What a synthesis says that changes the mapping of a trigger on its way. */
function synthesize(change: (mapping: lambda.CfnEventSourceMapping) => void): { readonly errors: string[]; readonly warnings: string[] } {
  const app = new TestApp({ env: ENV });
  app.trigger({ filters: [StreamFilter.eventName(StreamEventName.INSERT)] });
  Aspects.of(app.app).add({
    visit: (node: IConstruct) => {
      if (node instanceof lambda.CfnEventSourceMapping) {
        change(node);
      }
    },
  });
  try {
    app.app.synth();
    return { errors: [], warnings: app.warnings() };
  } catch (error) {
    return { errors: [...(error as Error).message.matchAll(/\(([a-z-]+)\)$/gm)].map(([, id]) => id), warnings: app.warnings() };
  }
}

test.each<[string, (mapping: lambda.CfnEventSourceMapping) => void]>([
  ['record-age-range', (mapping) => mapping.maximumRecordAgeInSeconds = 30],
  ['record-age-range', (mapping) => mapping.addPropertyOverride('MaximumRecordAgeInSeconds', 0)],
  ['starting-position-timestamp', (mapping) => mapping.startingPosition = 'AT_TIMESTAMP'],
  ['tumbling-window-parallelization', (mapping) => Object.assign(mapping, { tumblingWindowInSeconds: 60, parallelizationFactor: 2 })],
  ['filter-field', (mapping) => mapping.filterCriteria = { filters: [{ pattern: '{"eventName":"INSERT"}' }] }],
  ['metrics-group', (mapping) => mapping.metricsConfig = { metrics: ['ErrorCount'] }],
  ['starting-position-timestamp', (mapping) => mapping.startingPositionTimestamp = 1_767_225_600],
  ['unknown-property', (mapping) => mapping.scalingConfig = { maximumConcurrency: 2 }],
  ['unknown-property', (mapping) => mapping.addPropertyOverride('LoggingConfig.SystemLogLevel', 'DEBUG')],
  ['stream-arn', (mapping) => mapping.addPropertyOverride('EventSourceArn', 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders')],
  ['destination-fifo', (mapping) => mapping.addPropertyOverride('DestinationConfig.OnFailure.Destination', FIFO)],
])('%s is judged again where a mapping was changed after its trigger was made', (ruleId, change) => {
  expect(synthesize(change).errors).toEqual([ruleId]);
});

test.each<[string, (mapping: lambda.CfnEventSourceMapping) => void]>([
  ['a legal change', (mapping) => Object.assign(mapping, { maximumRecordAgeInSeconds: -1, maximumRetryAttempts: -1, batchSize: 1 })],
  ['a token', (mapping) => mapping.addPropertyOverride('MaximumRecordAgeInSeconds', Fn.importValue('Age'))],
  ['a filter that only the deployment knows', (mapping) => mapping.filterCriteria = { filters: [{ pattern: Fn.importValue('Filter') }] }],
])('%s is let be', (_name, change) => {
  expect(synthesize(change).errors).toEqual([]);
});
