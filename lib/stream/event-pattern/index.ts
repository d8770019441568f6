export { matchesEventPattern } from './match';
export { parseEventPattern } from './parse';
export type { ParsedPattern } from './parse';
export type { Branch, Condition, EventPattern } from './pattern';
export type { Alternative, Operator } from './alternative';
export type { PatternProblem, PatternProblemKind, PatternRemark } from './problem';
