import { UNKNOWN } from './facts';
import { filterFacts } from './filter/filter-facts';
import type { SettingFacts } from './mapping-rules';
import { foreignProperties } from './property-names';
import { eachSetting, SETTING_NAMES, SETTINGS } from './settings';

/**
 * What a template says about the settings of an AWS::Lambda::EventSourceMapping.
 *
 * @param properties of the resource, as the template has them
 * @param get gives the value of a property; `UNKNOWN` where only the deployment knows it
 */
export function settingsInTemplate(
  properties: { readonly [name: string]: any }, get = (name: string) => isIntrinsic(properties[name]) ? UNKNOWN : properties[name],
): SettingFacts {
  const names = Object.keys(properties).filter((name) => properties[name] !== undefined && !isIntrinsic(properties[name]));
  return {
    ...eachSetting((_, { property, absent }) => asWritten(get(property) ?? absent, absent)),
    reportBatchItemFailures: (get('FunctionResponseTypes') ?? []).includes('ReportBatchItemFailures'),
    filters: elements(get('FilterCriteria'), 'Filters').map(({ Pattern }) => typeof Pattern === 'string' ? filterFacts(Pattern) : UNKNOWN),
    metricsConfig: elements(get('MetricsConfig'), 'Metrics').map((group) => isIntrinsic(group) ? UNKNOWN : group),
    filterEncryption: properties.KmsKeyArn !== undefined,
    onFailure: properties.DestinationConfig?.OnFailure !== undefined,
    startingPositionTimestamp: names.includes('StartingPositionTimestamp'),
    written: SETTING_NAMES.filter((name) => names.includes(SETTINGS[name].property)),
    names: { unknown: foreignProperties(names), known: [] },
  };
}

/** Whether a value of a template is one of CloudFormation's functions, such as `{ Ref: … }`. */
export function isIntrinsic(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));
}

/** CloudFormation accepts numbers and booleans as text too. */
function asWritten(value: unknown, absent: unknown): unknown {
  if (value === UNKNOWN) {
    return value;
  }
  switch (typeof absent) {
    case 'number': return Number(value);
    case 'boolean': return String(value) === 'true';
    default: return value;
  }
}

/** The list in a property. One that only the deployment knows has one element, as unknown as the list. */
function elements(value: any, list: string): readonly any[] {
  const found = value === UNKNOWN ? UNKNOWN : value?.[list] ?? [];
  return Array.isArray(found) ? found : [UNKNOWN];
}
