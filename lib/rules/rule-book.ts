import { FILTER_RULES } from './filter/filter-rules';
import { MAPPING_RULES } from './mapping-rules';
import type { Rule } from './rule';
import { TRIGGER_RULES } from './trigger-rules';
import { TRIGGER_WIRING_RULES } from './trigger-wiring-rules';
import { WIRING_RULES } from './wiring-rules';

/** Every rule there is, and when it is applied. */
export const RULE_BOOK: readonly { readonly when: string; readonly rules: readonly Rule<never, never>[] }[] = [
  { when: 'When the trigger is created: props', rules: TRIGGER_RULES },
  { when: 'When the trigger is created: settings of the mapping', rules: MAPPING_RULES },
  { when: 'When the trigger is created: filters', rules: FILTER_RULES },
  { when: 'When the app is synthesized: what any mapping is wired to', rules: WIRING_RULES },
  { when: 'When the app is synthesized: what the trigger is wired to', rules: TRIGGER_WIRING_RULES },
];
