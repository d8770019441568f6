export { asksForAbsence, type Alternative, type Operator } from './alternative';
export { compileFilters } from './filters';
export { matchesEventPattern } from './match';
export { MAX_BRANCHES, parseEventPattern, type ParsedPattern } from './parse';
export type { Branch, Condition, EventPattern } from './pattern';
export { alternativeKey } from './repeated-branch';
export type { PatternProblem, PatternProblemKind, PatternRemark } from './problem';
