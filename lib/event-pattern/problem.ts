/** The reasons why AWS's pattern engine refuses an event pattern. */
export type PatternProblemKind =
  /** The text is not JSON. */
  | 'not-json'
  /** The pattern is JSON, but not an object. */
  | 'not-an-object'
  /** The pattern is `{}`. */
  | 'empty-pattern'
  /** A field inside the pattern holds `{}`. */
  | 'empty-object'
  /** A field holds a plain value where an array of alternatives, or an object of further fields, belongs. */
  | 'not-an-array'
  /** An array without alternatives. */
  | 'empty-array'
  /** An alternative is an array, or an object without or with several operators. */
  | 'bad-alternative'
  /** An object in an array names an operator that doesn't exist. */
  | 'unknown-operator'
  /** The operator is known, but does not allow its operand. */
  | 'bad-operand'
  /** `$or` that isn't an array of at least two objects, or that holds a field named like an operator. */
  | 'bad-or'
  /** A wildcard with so many `*` and repetitions that AWS refuses it. */
  | 'too-complex';

/** One thing wrong with a pattern. */
export interface PatternProblem {
  readonly kind: PatternProblemKind;
  /** Where: keys and array indices, such as `dynamodb.NewImage.status.S[0].prefix`; empty for the whole pattern. */
  readonly path: string;
  /** What was given, what is allowed and what to do. */
  readonly message: string;
}

/** Something that AWS accepts in a pattern, but that its author probably did not mean. */
export interface PatternRemark {
  readonly kind:
  /** One object has the same key more than once. */
    | 'duplicate-key'
  /** A later condition on the same field, such as one inside `$or`, replaces this one. */
    | 'overridden-condition'
  /** A branch of `$or` that the engine treats as a repetition of another one, and ignores. */
    | 'repeated-branch'
  /** The object ends before the text does. */
    | 'text-after-pattern';
  readonly path: string;
  readonly message: string;
}
