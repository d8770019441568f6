import { settingsFromCloudFormation } from '../../rules/cloudformation';
import { FILTER_RULES, type JudgedFilters } from '../../rules/filter/filter-rules';
import { judge, UNKNOWN, type Violation } from '../../rules/rule';
import { foreignProperties, type JudgedSettings, SETTING_RULES } from '../../rules/setting-rules';
import { RANGES } from '../../rules/settings';

/** Rules that CloudFormation's schema has too: the CDK tells by itself of what breaks them. */
const RULES_OF_SCHEMA: readonly string[] = [
  'batch-size-range', 'batching-window-range', 'parallelization-factor-range', 'retry-attempts-range', 'tumbling-window-range', 'starting-position',
];

/**
 * What Lambda would refuse of settings that were changed after the trigger was made: by an aspect, a property injector or an
 * escape hatch. The trigger has judged all others.
 */
export function changedSettings(properties: { readonly [name: string]: any }, judged: JudgedSettings & JudgedFilters): Violation[] {
  const literal = (name: string) => isIntrinsic(properties[name]) ? undefined : properties[name];
  const settings = settingsFromCloudFormation((name) => name === 'FilterCriteria' ? undefined : literal(name));
  const filters = literal('FilterCriteria')?.Filters;
  const metrics = literal('MetricsConfig')?.Metrics;
  // What was a token to the trigger stays unknown, and what is one to the template is as good as absent.
  const changed: JudgedSettings & JudgedFilters = {
    ...judged,
    written: [...judged.written, ...foreignProperties(Object.keys(properties).filter((name) => literal(name) !== undefined))],
    settings: { ...settings, ...unknowns(judged.settings) },
    filters: judged.filters.includes(UNKNOWN) ? [] : elements(filters).map((filter) => typeof filter?.Pattern === 'string' ? filter.Pattern : UNKNOWN),
    metrics: judged.metrics === UNKNOWN || judged.metrics?.includes(UNKNOWN) ? UNKNOWN : elements(metrics).filter((group) => !isIntrinsic(group)),
  };
  const { max } = RANGES.maxRecordAge;
  // The schema's range starts at -1, so that it takes what is too short.
  const isInSchema = (ruleId: string) => ruleId === 'record-age-range'
    ? settings.maxRecordAge < -1 || settings.maxRecordAge > max
    : RULES_OF_SCHEMA.includes(ruleId);
  return [...judge(SETTING_RULES, changed), ...judge(FILTER_RULES, changed)]
    .filter(({ severity, ruleId }) => severity === 'error' && !isInSchema(ruleId));
}

/** The settings that are not known. */
function unknowns(settings: JudgedSettings['settings']): Partial<Record<keyof JudgedSettings['settings'], typeof UNKNOWN>> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value === UNKNOWN));
}

function isIntrinsic(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));
}

function elements(list: unknown): any[] {
  return Array.isArray(list) ? list : [];
}
