import { isDeepStrictEqual } from 'node:util';
import { settingsInTemplate } from '../../rules/cloudformation';
import { UNKNOWN } from '../../rules/facts';
import type { FilterFacts } from '../../rules/filter/filter-facts';
import { FILTER_RULES } from '../../rules/filter/filter-rules';
import { MAPPING_RULES, type SettingFacts } from '../../rules/mapping-rules';
import { judge, type Violation } from '../../rules/rule';
import { type Range, SETTING_NAMES, SETTINGS } from '../../rules/settings';
import { TEMPLATE_WORDS, TRIGGER_WORDS, type Words } from '../../rules/words';

/**
 * What Lambda would refuse of settings that were changed after the trigger was made: by an aspect, a property injector or an
 * escape hatch. The trigger has applied the rules to all others.
 */
export function changedSettings(properties: { readonly [name: string]: any }, given: SettingFacts): Violation[] {
  const facts = deployedFacts(properties, given);
  return [...judge(MAPPING_RULES, facts, WORDS), ...judge(FILTER_RULES, facts, WORDS)]
    .filter(({ severity, ruleId }) => severity === 'error' && !isReportedByCdk(ruleId, facts));
}

/** Whoever changes a property calls it as the template does. Without the change it is the trigger's. */
const WORDS: Words = { ...TEMPLATE_WORDS, omit: TRIGGER_WORDS.omit };

function deployedFacts(properties: { readonly [name: string]: any }, given: SettingFacts): SettingFacts {
  const { FilterCriteria: filters, ...others } = properties;
  return {
    ...settingsInTemplate(isSame(filters, given.filters) ? others : properties),
    // What was a token to the trigger stays unknown.
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value === UNKNOWN)),
  };
}

/** Filters are the same if they can't be compared, because one was a token to the trigger. */
function isSame(deployed: any, given: SettingFacts['filters']): boolean {
  return given.includes(UNKNOWN) || isDeepStrictEqual(deployed?.Filters, given.map((filter) => ({ Pattern: (filter as FilterFacts).text })));
}

/** Whether CloudFormation's schema has a rule too: the CDK reports what breaks that. */
function isReportedByCdk(ruleId: string, facts: SettingFacts): boolean {
  return ruleId === 'starting-position' || SETTING_NAMES.some((name) => {
    const { range } = SETTINGS[name];
    return range?.rule === ruleId && !isMissedBySchema(range, Number(facts[name]));
  });
}

function isMissedBySchema({ min, schemaMin = min }: Range, value: number): boolean {
  return value >= schemaMin && value < min;
}
