export { matchesEventPattern } from './match';
export { parseEventPattern } from './parse';
export type { EventPattern, ParsedPattern } from './parse';
export type { PatternProblem, PatternProblemKind, PatternRemark } from './problem';
