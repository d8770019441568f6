export { check, CHECKED_RULES, type Checked, type CheckedMapping } from './check';
export { UnusableInput } from './unusable-input';
