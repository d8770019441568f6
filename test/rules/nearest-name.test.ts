import { nearestName } from '../../lib/rules/nearest-name';

const KNOWN = ['batchSize', 'retryAttempts', 'bisectBatchOnError', 'maxRecordAge'];

test.each([
  ['batchsize', 'batchSize'],
  ['maximumRetryAttempts', 'retryAttempts'],
  ['bisectBatchOnFunctionError', 'bisectBatchOnError'],
  ['maximumRecordAgeInSeconds', undefined],
  ['xyz', undefined],
  ['', undefined],
])('%p is meant to be %p', (given, meant) => {
  expect(nearestName(given, KNOWN)).toBe(meant);
});
