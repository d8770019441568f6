import { settingsInTemplate } from '../../lib/rules/cloudformation';
import { validSettings } from '../../lib/rules/valid-settings';
import { TEMPLATE_WORDS } from '../../lib/rules/words';
import { DEFAULT_SETTINGS } from '../default-settings';

/** What keeps a mapping of a template from running, or nothing. */
function refusals(properties: { readonly [name: string]: unknown }): readonly string[] {
  let found: readonly string[] = [];
  try {
    validSettings(settingsInTemplate({ StartingPosition: 'LATEST', ...properties }), TEMPLATE_WORDS, (messages) => {
      found = messages;
      throw new Error('refused');
    });
  } catch {
    // What was found is the answer.
  }
  return found;
}

test('all that keeps a mapping from running is named at once', () => {
  expect(refusals({
    BatchSize: 'many', Enabled: { Ref: 'On' }, FilterCriteria: { Filters: [{ Pattern: '{}' }, { Pattern: { Ref: 'Pattern' } }] },
  })).toEqual([
    'BatchSize is "many" but must be a whole number from 1 to 10,000. Omit it to use 100.',
    'FilterCriteria.Filters[0] is {}, which AWS\'s pattern engine calls invalid. It is not known what a mapping does with it. Omit the filter to let every record pass.',
    'Enabled is known at deployment only. Give the value itself.',
    'FilterCriteria.Filters[1] is known at deployment only. Give the value itself.',
  ]);
});

test('what AWS was not seen to refuse does not keep a mapping from running: a key without filters, metrics that only the deployment knows', () => {
  expect(refusals({ KmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/k', MetricsConfig: { Ref: 'Metrics' } })).toEqual([]);
});

test('a trigger that is given no setting has one safe set', () => {
  expect(DEFAULT_SETTINGS).toEqual({
    startingPosition: 'TRIM_HORIZON', batchSize: 100, maxBatchingWindow: 0, parallelizationFactor: 1, retryAttempts: 100, maxRecordAge: 22 * 3_600,
    bisectBatchOnError: true, reportBatchItemFailures: true, tumblingWindow: 0, enabled: true, filters: [],
  });
});
