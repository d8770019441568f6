import { isDeepStrictEqual } from 'node:util';
import { type CfnResource, Token } from 'aws-cdk-lib';
import { settingsInTemplate } from '../../rules/cloudformation';
import { UNKNOWN } from '../../rules/facts';
import { FILTER_RULES } from '../../rules/filter/filter-rules';
import { MAPPING_RULES, type SettingFacts } from '../../rules/mapping-rules';
import { judge, type Rule, type Violation } from '../../rules/rule';
import { SETTING_NAMES } from '../../rules/settings';
import { TEMPLATE_WORDS, TRIGGER_WORDS, type Words } from '../../rules/words';
import { mayBeOverridden, rawProperties } from '../template/cdk-internals';

/**
 * The settings as the template will have them: those that the trigger was given, unless an aspect, a property injector or an escape hatch
 * changed them, or a token turned out to be a value.
 */
export function deployedSettings(properties: { readonly [name: string]: any }, given: SettingFacts): SettingFacts {
  const inTemplate = settingsInTemplate(properties);
  const deployed = {
    ...inTemplate,
    filters: isSame(properties.FilterCriteria, given.filters) ? given.filters : inTemplate.filters,
    startingPositionTimestamp: inTemplate.startingPositionTimestamp || given.startingPositionTimestamp,
    names: inTemplate.names.unknown.length > 0 ? inTemplate.names : given.names,
  };
  const changed = SETTING_NAMES.filter((name) => !isDeepStrictEqual(deployed[name], given[name]));
  return { ...deployed, written: changed.length > 0 ? [...new Set([...given.written, ...changed])] : given.written };
}

/**
 * Tells later whether the properties of a mapping are still as they are now. If that is not certain, they are not. To read them all from the
 * template takes long, and few mappings are changed.
 */
export function changesOf(mapping: CfnResource): () => boolean {
  const before = snapshotOf(mapping);
  return () => {
    const after = mayBeOverridden(mapping) ? undefined : snapshotOf(mapping);
    return before === undefined || after === undefined || [...after].some(([name, value]) => before.get(name) !== value);
  };
}

/**
 * The properties, with the text of each that may be changed in place. Undefined if there are tokens in one of them: one token object looks like
 * another.
 */
function snapshotOf(mapping: CfnResource): ReadonlyMap<string, unknown> | undefined {
  const { tags, ...properties } = rawProperties(mapping) ?? { tags: undefined, unknown: '<unresolved' };
  const values = Object.entries(properties).map(([name, value]) => [name, isStructure(value) ? JSON.stringify(value) : value] as const);
  return values.some(([, value]) => typeof value === 'string' && value.includes('<unresolved')) ? undefined : new Map(values);
}

function isStructure(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Token.isUnresolved(value);
}

/** What is wrong with settings that are not as the trigger was given them. The trigger has applied the rules to all others. */
export function changedSettings(deployed: SettingFacts, given: SettingFacts): Violation[] {
  const words = wordsFor(given);
  return [...judgeChanged(MAPPING_RULES, given, deployed, words), ...judgeChanged(FILTER_RULES, given, deployed, words)];
}

/** What is wrong with facts that have changed. A rule that reads nothing new has been applied before. */
export function judgeChanged<Facts>(rules: readonly Rule<Facts>[], before: Facts, after: Facts, words: Words): Violation[] {
  return judge(rules.filter(({ reads }) => reads.some((name) => !isDeepStrictEqual(before[name], after[name]))), after, words);
}

/** Whoever changes a property calls it as the template does. A token was a prop. Without the change it is the trigger's. */
function wordsFor(given: SettingFacts): Words {
  const wordsOf = (name: string) => [given[name as keyof SettingFacts]].flat().includes(UNKNOWN) ? TRIGGER_WORDS : TEMPLATE_WORDS;
  return {
    ...TEMPLATE_WORDS,
    name: (name) => wordsOf(name).name(name),
    allowed: (name, range) => wordsOf(name).allowed(name, range),
    omit: TRIGGER_WORDS.omit,
  };
}

/** Filters are the same if they can't be compared, because the deployment decides on one of them. */
function isSame(deployed: any, given: SettingFacts['filters']): boolean {
  const texts = given.map((filter) => filter === UNKNOWN ? UNKNOWN : filter.text);
  const patterns = (deployed?.Filters ?? []) as { readonly Pattern?: unknown }[];
  return Array.isArray(patterns) && isDeepStrictEqual(patterns.map(({ Pattern }) => typeof Pattern === 'string' ? Pattern : UNKNOWN), texts);
}
