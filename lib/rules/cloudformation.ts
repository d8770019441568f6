import { isKnown, type Known, UNKNOWN } from './facts';
import { filterFacts } from './filter/filter-facts';
import type { SettingFacts } from './mapping-rules';
import { foreignProperties } from './property-names';
import { eachSetting, SETTING_NAMES, SETTINGS } from './settings';
import { type ArnParts, arnParts } from '../stream/arn';

/**
 * The settings of an AWS::Lambda::EventSourceMapping in a template.
 *
 * @param properties of the resource, as the template has them
 * @param get gives the value of a setting's property; `UNKNOWN` where only the deployment knows it
 */
export function settingsInTemplate(
  properties: { readonly [name: string]: any }, get = (name: string) => ifKnown(properties[name]),
): SettingFacts {
  const names = Object.keys(properties).filter((name) => properties[name] !== undefined && !isIntrinsic(properties[name]));
  return {
    ...eachSetting((_, { property, absent }) => asWritten(get(property) ?? absent, absent)),
    reportBatchItemFailures: asksForReports(get('FunctionResponseTypes') ?? []),
    filters: elements(get('FilterCriteria'), 'Filters').map((filter) => typeof filter?.Pattern === 'string' && isKnown(filter.Pattern) ? filterFacts(filter.Pattern) : UNKNOWN),
    metricsConfig: elements(ifKnown(properties.MetricsConfig), 'Metrics').map(ifKnown),
    // CloudFormation takes an empty text for none.
    onFailure: (properties.DestinationConfig?.OnFailure?.Destination ?? '') !== '',
    startingPositionTimestamp: names.includes('StartingPositionTimestamp'),
    written: SETTING_NAMES.filter((name) => names.includes(SETTINGS[name].property)),
    names: { unknown: foreignProperties(names), known: [] },
  };
}

/** Whether a value of a template is one of CloudFormation's functions, such as `{ Ref: … }`. */
export function isIntrinsic(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));
}

/**
 * A value where a template should have a text. One that is not gives a text that names nothing.
 *
 * `String` can't be called with every value of JSON: an object may have a `toString` that is not a function.
 */
export function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** CloudFormation accepts a boolean as text too, also as `True`, which the Serverless Framework wrote. */
export function isTrue(value: unknown): boolean {
  return asText(value).toLowerCase() === 'true';
}

/** CloudFormation accepts numbers as text too. */
export function knownNumber(value: unknown): Known<number> {
  return /^\d+$/.test(asText(value)) ? Number(value) : UNKNOWN;
}

/** A part of an ARN; undefined if the ARN lacks it, or only the deployment knows it. */
export function knownPart(arn: string, part: keyof ArnParts): string | undefined {
  const found = arnParts(arn)[part];
  return found === '' || !isKnown(found) ? undefined : found;
}

/** The attributes of a resource that are its own ARN. */
export function arnAttributes(resourceType: string): readonly string[] {
  return resourceType === 'AWS::SNS::Topic' ? ['Ref', 'TopicArn'] : ['Arn'];
}

/** The service, as an ARN names it, whose resource an attribute is the ARN of. What another resource looks up may be of any. */
export function serviceOf(resourceType: string, attribute: string): Known<string> {
  const [, service] = /^AWS::(?!CloudFormation::|Serverless::)([^:]+)::/.exec(resourceType) ?? [];
  return service === undefined || !arnAttributes(resourceType).includes(attribute) ? UNKNOWN : service.toLowerCase();
}

/** The property that makes a queue or a topic a FIFO one. */
export function fifoProperty(resourceType: string): string {
  return resourceType === 'AWS::SNS::Topic' ? 'FifoTopic' : 'FifoQueue';
}

function ifKnown(value: any): any {
  return isIntrinsic(value) ? UNKNOWN : value;
}

/** CloudFormation accepts numbers and booleans as text too. What is neither stays as it is, for the rules. */
function asWritten(value: unknown, absent: unknown): unknown {
  switch (typeof absent) {
    case 'number': return typeof value !== 'object' && Number.isFinite(Number(value)) ? Number(value) : value;
    case 'boolean': return typeof value === 'string' && /^(true|false)$/i.test(value) ? isTrue(value) : value;
    default: return value;
  }
}

/** The flag is a list in a template. */
function asksForReports(types: unknown): Known<boolean> {
  if (!Array.isArray(types)) {
    return UNKNOWN;
  }
  return types.includes('ReportBatchItemFailures') || (types.some((type) => isIntrinsic(type) || !isKnown(type)) ? UNKNOWN : false);
}

/** The list in a property. One that only the deployment knows has one element, as unknown as the list. */
function elements(value: any, list: string): readonly any[] {
  const found = value === UNKNOWN ? UNKNOWN : value?.[list] ?? [];
  return Array.isArray(found) ? found : [UNKNOWN];
}
