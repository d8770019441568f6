export { check, type Checked, type CheckedMapping } from './check';
export { CHECKED_RULES, unknownRules } from './checked-rules';
export { UnusableInput } from './unusable-input';
