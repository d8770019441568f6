import { UNKNOWN } from './facts';
import type { FilterFacts } from './filter/filter-facts';
import { FILTER_RULES } from './filter/filter-rules';
import { MAPPING_RULES, type SettingFacts } from './mapping-rules';
import { judge } from './rule';
import { eachSetting, markValid, SETTING_NAMES, type ValidSettings } from './settings';
import type { Words } from './words';

/** Only a warning at synth. But nobody knows what AWS does then, so that nothing can simulate it. */
const UNDECIDED = 'filter-empty';

/**
 * The settings of a mapping that can run, whatever its table and its function are.
 *
 * @param refuse gets what keeps the mapping from having these settings, in messages for whoever wrote them
 */
export function validSettings(facts: SettingFacts, words: Words, refuse: (refusals: readonly string[]) => never): ValidSettings {
  const violations = [...judge(MAPPING_RULES, facts, words), ...judge(FILTER_RULES, facts, words)];
  const refusals = violations.filter(({ severity, ruleId }) => severity === 'error' || ruleId === UNDECIDED).map(({ message }) => message);
  const unknown = [
    ...SETTING_NAMES.filter((name) => facts[name] === UNKNOWN).map(words.name),
    ...facts.filters.flatMap((filter, index) => filter === UNKNOWN ? [`${words.name('filters')}[${index}]`] : []),
  ].map((what) => `${what} is known at deployment only. Give the value itself.`);
  if (refusals.length + unknown.length > 0) {
    refuse([...refusals, ...unknown]);
  }
  const filters = facts.filters.map((filter) => (filter as FilterFacts).text);
  return markValid({ ...eachSetting((name) => facts[name]), filters });
}
