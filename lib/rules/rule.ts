import type { Words } from './words';

/** An error keeps the app from being synthesized; a warning can be acknowledged by its rule's id. */
export type Severity = 'error' | 'warning';

/** One thing that is checked, and why. The docs and the tests are checked against the tables of these. */
export interface Rule<Facts, RuleWords = Words> {
  /** Unique; what a user acknowledges a warning by. */
  readonly id: string;
  readonly severity: Severity;
  /** What is allowed, or what is warned of, in one sentence. */
  readonly summary: string;
  /** Every fact that `check` looks at. */
  readonly reads: readonly (keyof Facts & string)[];
  /** Where AWS documents it, or where it was seen. */
  readonly source: string;
  /** What is wrong, one message each: what was given, what is allowed, what to do. */
  readonly check: (facts: Facts, words: RuleWords) => readonly string[];
}

/** One breach of a rule. */
export interface Violation {
  readonly ruleId: string;
  readonly severity: Severity;
  readonly message: string;
}

/** Applies rules: everything that is wrong with the facts, in the order of the rules. */
export function judge<Facts, RuleWords>(rules: readonly Rule<Facts, RuleWords>[], facts: Facts, words: RuleWords): Violation[] {
  return rules.flatMap(({ id, severity, check }) => check(facts, words).map((message) => ({ ruleId: id, severity, message })));
}

/** Where rules find their facts. */
export const SOURCES = {
  apiModel: 'Lambda API, CreateEventSourceMapping',
  parameters: 'Lambda guide, services-ddb-params',
  filtering: 'Lambda guide, invocation-eventfiltering',
  filteringDynamoDb: 'Lambda guide, with-ddb-filtering',
  errorHandling: 'Lambda guide, services-dynamodb-errors',
  metrics: 'Lambda guide, monitoring-metrics-types',
  mapping: 'Lambda guide, services-dynamodb-eventsourcemapping',
  streams: 'DynamoDB guide, Streams',
  quotas: 'Lambda guide, gettingstarted-limits',
  recorded: 'Recorded on AWS',
} as const;
