/** An error keeps the app from being synthesized; a warning can be acknowledged by its rule's id. */
export type Severity = 'error' | 'warning';

/** One thing that is checked, and why. The docs and the tests are checked against the tables of these. */
export interface Rule<Subject> {
  /** Unique; what a user acknowledges a warning by. */
  readonly id: string;
  readonly severity: Severity;
  /** What is allowed, or what is warned of, in one sentence. */
  readonly summary: string;
  /** The properties it looks at. */
  readonly reads: readonly string[];
  /** Where AWS says so, or where it was seen. */
  readonly source: string;
  /** What is wrong with the subject, one message each: what was given, what is allowed, what to do. */
  readonly check: (subject: Subject) => string | readonly string[] | undefined;
}

/** One breach of a rule. */
export interface Violation {
  readonly ruleId: string;
  readonly severity: Severity;
  readonly message: string;
}

/** Everything that is wrong with a subject, in the order of the rules. */
export function judge<Subject>(rules: readonly Rule<Subject>[], subject: Subject): Violation[] {
  return rules.flatMap(({ id, severity, check }) =>
    [check(subject) ?? []].flat().map((message) => ({ ruleId: id, severity, message })));
}

/** Stands for a value that only the deployment knows: a token. No rule judges it. */
export const UNKNOWN = Symbol('known at deployment only');

/** A value that is known, or a token. */
export type Known<Value> = Value | typeof UNKNOWN;

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
  recorded: 'Recorded on AWS',
} as const;
