import { judge, UNKNOWN } from '../../lib/rules/rule';
import { type JudgedSettings, SETTING_RULES } from '../../lib/rules/setting-rules';
import { DEFAULT_SETTINGS } from '../../lib/rules/settings';

/** The ids of the rules that settings break, beside the defaults. */
function broken(settings: Partial<JudgedSettings['settings']>): string[] {
  const judged: JudgedSettings = {
    settings: { ...DEFAULT_SETTINGS, ...settings },
    written: ['table', 'handler', ...Object.keys(settings)],
    properties: ['table', 'handler', ...Object.keys(DEFAULT_SETTINGS)],
    filterCount: 0,
    metrics: [],
    misfits: {},
    streamNamed: true,
    destination: 'made',
    handlerIsStreamFunction: true,
  };
  return judge(SETTING_RULES, judged).filter(({ severity }) => severity === 'error').map(({ ruleId }) => ruleId);
}

test('the defaults break no rule', () => {
  expect(broken({})).toEqual([]);
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

  test('a token is not judged', () => {
    expect(broken({ [setting]: UNKNOWN })).toEqual([]);
  });
});
