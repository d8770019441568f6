import { FILTER_RULES } from './filter/filter-rules';
import { judge } from './rule';
import { SETTING_RULES } from './setting-rules';
import type { MappingSettings } from './settings';

/** A warning for who deploys it, but nobody can say what a mapping does then, and so the engine can't do it. */
const UNDECIDED = 'filter-empty';

/**
 * What keeps a mapping from having these settings, in messages for who wrote them; whatever its table and its function are.
 *
 * @param written the names of the settings that were written, where they can be wrong
 * @param properties the names there are
 */
export function refusalsOf(settings: MappingSettings, written: readonly string[] = [], properties: readonly string[] = []): string[] {
  const { filters } = settings;
  const violations = [
    ...judge(SETTING_RULES, {
      settings,
      written: ['table', 'handler', ...written],
      properties: ['table', 'handler', ...properties],
      filterCount: filters.length,
      metrics: [],
      misfits: {},
      streamNamed: true,
      destination: 'made',
      handlerIsStreamFunction: true,
    }),
    ...judge(FILTER_RULES, { filters: Array.isArray(filters) ? filters : [{ notAFilter: JSON.stringify(filters) }] }),
  ];
  return violations.filter(({ severity, ruleId }) => severity === 'error' || ruleId === UNDECIDED).map(({ message }) => message);
}
