import { settingsInTemplate } from '../../lib/rules/cloudformation';
import { UNKNOWN } from '../../lib/rules/facts';
import { SETTINGS, SETTING_NAMES } from '../../lib/rules/settings';

/** The settings among the facts. */
function settingsOf(properties: { readonly [name: string]: unknown }): { readonly [name: string]: unknown } {
  const facts: { readonly [name: string]: unknown } = { ...settingsInTemplate(properties) };
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, facts[name]]));
}

test('what is absent is what Lambda does then', () => {
  expect(settingsOf({})).toEqual({
    startingPosition: undefined, batchSize: 100, maxBatchingWindow: 0, parallelizationFactor: 1, retryAttempts: -1, maxRecordAge: -1,
    bisectBatchOnError: false, reportBatchItemFailures: false, tumblingWindow: 0, enabled: true, filters: [],
  });
});

test('numbers and booleans may be text', () => {
  const found = settingsOf({ BatchSize: '7', MaximumRetryAttempts: '0', BisectBatchOnFunctionError: 'true', Enabled: 'false' });

  expect(found).toMatchObject({ batchSize: 7, retryAttempts: 0, bisectBatchOnError: true, enabled: false });
});

test('what is neither a number nor a boolean stays as it is written', () => {
  expect(settingsOf({ BatchSize: 'many', Enabled: 'maybe' })).toMatchObject({ batchSize: 'many', enabled: 'maybe' });
});

test.each<[string, unknown, unknown]>([
  ['lists it', ['ReportBatchItemFailures'], true],
  ['is empty', [], false],
  ['lists something that only the deployment knows', [{ 'Fn::If': ['Reports', 'ReportBatchItemFailures', { Ref: 'AWS::NoValue' }] }], UNKNOWN],
  ['is known only to the deployment', { 'Fn::If': ['Reports', ['ReportBatchItemFailures'], []] }, UNKNOWN],
])('reportBatchItemFailures, where the list of response types %s', (_, types, reports) => {
  expect(settingsOf({ FunctionResponseTypes: types }).reportBatchItemFailures).toBe(reports);
});

test.each(SETTING_NAMES.filter((name) => !['filters', 'reportBatchItemFailures'].includes(name)))('%s is unknown where only the deployment knows it', (name) => {
  expect(settingsOf({ [SETTINGS[name].property]: { Ref: 'Parameter' } })[name]).toBe(UNKNOWN);
});

test.each<[string, object]>([
  ['all filters', { FilterCriteria: { 'Fn::If': ['Filtered', { Filters: [] }, { Ref: 'AWS::NoValue' }] } }],
  ['the list of filters', { FilterCriteria: { Filters: { 'Fn::If': ['Filtered', [], []] } } }],
  ['a filter', { FilterCriteria: { Filters: [{ 'Fn::If': ['Filtered', { Pattern: '{}' }, { Ref: 'AWS::NoValue' }] }] } }],
  ['a pattern', { FilterCriteria: { Filters: [{ Pattern: { Ref: 'Pattern' } }] } }],
])('a filter is unknown where only the deployment knows %s', (_, properties) => {
  expect(settingsInTemplate(properties as {}).filters).toEqual([UNKNOWN]);
});

test.each<[string, object]>([
  ['the configuration', { MetricsConfig: { Ref: 'Metrics' } }],
  ['the list', { MetricsConfig: { Metrics: { Ref: 'Metrics' } } }],
  ['a group', { MetricsConfig: { Metrics: [{ Ref: 'Group' }] } }],
])('a group of metrics is unknown where only the deployment knows %s', (_, properties) => {
  expect(settingsInTemplate(properties as {}).metricsConfig).toEqual([UNKNOWN]);
});

test('what was written is known by the settings\' names, what belongs to other event sources by the template\'s', () => {
  const { written, names, startingPositionTimestamp } = settingsInTemplate({
    BatchSize: 1, ScalingConfig: {}, Topics: ['orders'], FunctionName: 'orders', StartingPositionTimestamp: 1, Tags: [], Queues: { Ref: 'Queues' },
  });

  expect({ written, unknown: names.unknown, startingPositionTimestamp })
    .toEqual({ written: ['batchSize'], unknown: ['ScalingConfig', 'Topics'], startingPositionTimestamp: true });
});
