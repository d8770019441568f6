import { FILTER_RULES } from '../rules/filter/filter-rules';
import { MAPPING_RULES } from '../rules/mapping-rules';
import { nearestName } from '../rules/nearest-name';
import { WIRING_RULES } from '../rules/wiring-rules';

/** Every rule that a template can be judged by. */
export const CHECKED_RULES = [...MAPPING_RULES, ...FILTER_RULES, ...WIRING_RULES].map(({ id, severity, summary }) => ({ id, severity, summary }));

/** What is wrong with ids that should be those of rules; undefined: nothing. */
export function unknownRules(ids: readonly string[]): string | undefined {
  const known = CHECKED_RULES.map(({ id }) => id);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length === 0) {
    return undefined;
  }
  const meant = unknown.map((id) => nearestName(id, known)).filter((id) => id !== undefined);
  return `${unknown.join(' and ')}, but ${unknown.length === 1 ? 'that is not a rule' : 'those are not rules'} that a template is checked by. ${
    meant.length === 0 ? '' : `Did you mean ${meant.join(' and ')}? `}The ids are:\n${known.join('\n')}`;
}
