import { settingsInTemplate } from '../../lib/rules/cloudformation';
import { UNKNOWN } from '../../lib/rules/facts';
import { MAPPING_RULES, type SettingFacts } from '../../lib/rules/mapping-rules';
import { nameFacts } from '../../lib/rules/property-names';
import { judge } from '../../lib/rules/rule';
import { completed, SETTING_NAMES } from '../../lib/rules/settings';
import { SETTING_WORDS, TEMPLATE_WORDS, TRIGGER_WORDS, type Words } from '../../lib/rules/words';

/** The facts of settings, beside the defaults. */
function factsOf(settings: Partial<SettingFacts>): SettingFacts {
  return {
    ...completed({}),
    ...settings,
    filters: [],
    metricsConfig: [],
    onFailure: true,
    ...nameFacts(Object.keys(settings), SETTING_NAMES),
  };
}

/** The ids of the rules that settings break, beside the defaults. */
function broken(settings: Partial<SettingFacts>): string[] {
  return judge(MAPPING_RULES, factsOf(settings), SETTING_WORDS).filter(({ severity }) => severity === 'error').map(({ ruleId }) => ruleId);
}

test('the defaults break no rule, and get no warning', () => {
  expect(judge(MAPPING_RULES, factsOf({}), SETTING_WORDS)).toEqual([]);
});

describe.each([
  ['batch-size-range', 'batchSize', [1, 10_000], [0, -1, 10_001]],
  ['batching-window-range', 'maxBatchingWindow', [0, 300], [-1, 301]],
  ['parallelization-factor-range', 'parallelizationFactor', [1, 10], [0, 11]],
  ['retry-attempts-range', 'retryAttempts', [-1, 0, 10_000], [-2, 10_001]],
  ['record-age-range', 'maxRecordAge', [-1, 60, 604_800], [0, 59, 604_801]],
  ['tumbling-window-range', 'tumblingWindow', [0, 900], [-1, 901]],
] as const)('%s', (rule, setting, allowed, refused) => {
  test.each(allowed)('%p is allowed', (value) => {
    expect(broken({ [setting]: value })).toEqual([]);
  });

  test.each([...refused, 60.5, NaN, Infinity, -Infinity, '60', {}, true])('%p is refused', (value) => {
    expect(broken({ [setting]: value })).toEqual([rule]);
  });

  test('a token is not checked', () => {
    expect(broken({ [setting]: UNKNOWN })).toEqual([]);
  });
});

describe('warnings start exactly at their limits', () => {
  test.each<[string, Partial<SettingFacts>, string[]]>([
    ['an age of 24 hours', { maxRecordAge: 86_400 }, []],
    ['an age of more', { maxRecordAge: 86_401 }, ['record-age-over-retention']],
    ['an age of more, with unlimited retries', { maxRecordAge: 86_401, retryAttempts: -1 }, ['unlimited-retries']],
    ['an age of 24 hours, with unlimited retries', { maxRecordAge: 86_400, retryAttempts: -1 }, ['unlimited-retries']],
    ['an age of less, with unlimited retries', { maxRecordAge: 86_399, retryAttempts: -1 }, []],
    ['no age, with unlimited retries', { maxRecordAge: -1, retryAttempts: -1 }, ['unlimited-retries']],
    ['no age, with limited retries', { maxRecordAge: -1, retryAttempts: 0 }, []],
    ['no window, with several batches of a shard', { tumblingWindow: 0, parallelizationFactor: 2 }, []],
    ['a window, with several batches of a shard', { tumblingWindow: 1, parallelizationFactor: 2 }, ['tumbling-window-parallelization']],
    ['a window, with one batch of a shard', { tumblingWindow: 1, parallelizationFactor: 1 }, []],
    ['a split of one record', { bisectBatchOnError: true, batchSize: 1 }, ['bisect-single-record']],
    ['a split of one record, by default', { batchSize: 1 }, []],
    ['a split of two records', { bisectBatchOnError: true, batchSize: 2 }, []],
  ])('%s', (_, settings, ids) => {
    expect(judge(MAPPING_RULES, factsOf(settings), SETTING_WORDS).map(({ ruleId }) => ruleId)).toEqual(ids);
  });
});

test.each(['bisectBatchOnError', 'reportBatchItemFailures', 'enabled'] as const)('%s is true, false or a token', (setting) => {
  for (const value of [true, false, UNKNOWN]) {
    expect(broken({ [setting]: value })).toEqual([]);
  }
  for (const value of ['true', 1, null, undefined]) {
    expect(messages(factsOf({ ...factsOf({}), [setting]: value }), SETTING_WORDS))
      .toContain(`${setting} is ${typeof value === 'string' ? '"true"' : value} but must be true or false.`);
  }
});

/** What is wrong with settings, in the words of whoever wrote them. */
function messages(facts: SettingFacts, words: Words): string[] {
  return judge(MAPPING_RULES, facts, words).map(({ message }) => message);
}

describe('a message uses the words of whoever wrote the settings', () => {
  test('a simulation has plain numbers of seconds', () => {
    expect(messages(factsOf({ maxRecordAge: 59 }), SETTING_WORDS))
      .toEqual(['maxRecordAge is 59 seconds but must be a whole number of seconds from 60 to 604,800, or -1 for no limit. Omit it to use 22 hours.']);
  });

  test('a trigger has Durations, which can\'t be negative', () => {
    expect(messages(factsOf({ maxRecordAge: 59 }), TRIGGER_WORDS))
      .toEqual(['maxRecordAge is 59 seconds but must be a Duration of a whole number of seconds from 60 to 604,800. Omit it to use 22 hours.']);
  });

  test('a template has properties, and Lambda\'s defaults', () => {
    const template = {
      StartingPosition: 'BEGINNING', BatchSize: 0, MaximumRetryAttempts: -2, MaximumRecordAgeInSeconds: '59', ScalingConfig: { MaximumConcurrency: 2 },
    };

    expect(messages(settingsInTemplate(template), TEMPLATE_WORDS)).toEqual([
      'ScalingConfig is a property of SQS event sources and has no effect on a DynamoDB stream. Omit it.',
      'BatchSize is 0 but must be a whole number from 1 to 10,000. Omit it to use 100.',
      'MaximumRetryAttempts is -2 but must be a whole number from 0 to 10,000, or -1 for no limit. Omit it to have no limit.',
      'MaximumRecordAgeInSeconds is 59 seconds but must be a whole number of seconds from 60 to 604,800, or -1 for no limit. Omit it to have no limit.',
      'StartingPosition is "BEGINNING" but must be TRIM_HORIZON or LATEST. Use TRIM_HORIZON.',
      'DestinationConfig.OnFailure does not name a failure destination: the records of a batch that Lambda gives up are lost. '
        + 'Name a standard queue, a standard topic or a bucket.',
    ]);
  });
});
