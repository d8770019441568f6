import { DynamoStreamTrigger } from '../../lib';
import { TestApp } from '../app';

test.each([
  ['batchSzie', 'Did you mean batchSize?'],
  ['maximumRecordAgeInSeconds', 'Did you mean maxRecordAge?'],
  ['bisectBatchOnFunctionError', 'Did you mean bisectBatchOnError?'],
  ['dlq', 'Did you mean onFailure?'],
  ['destination', 'Did you mean onFailure?'],
  ['scalingConfig', 'a property of SQS event sources'],
  ['loggingConfig', 'a property of Kafka event sources'],
  ['constructor', 'constructor is not a known property. Omit it.'],
  ['somethingElseEntirely', 'somethingElseEntirely is not a known property. Omit it.'],
])('a property %s is refused: %s', (name, message) => {
  const app = new TestApp();
  const props: any = { table: app.table(), handler: app.fn(), [name]: 1 };
  expect(() => new DynamoStreamTrigger(app.stack, 'Trigger', props)).toThrow(message);
});
