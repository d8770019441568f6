/** What can be wrong with an event pattern, so that AWS's pattern engine refuses it. */
export type PatternProblemKind =
  /** The text is no JSON. */
  | 'not-json'
  /** The pattern is JSON, but no object. */
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
  /** The operator is known, its operand is not what it takes. */
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

/** Something AWS accepts in a pattern, but hardly what its author meant. */
export interface PatternRemark {
  readonly kind:
  /** One object has the same key more than once. */
    | 'duplicate-key'
  /** A later condition on the same field takes the place of this one, such as one inside `$or`. */
    | 'overridden-condition'
  /** A branch of `$or` that the engine takes for another one, and passes over. */
    | 'repeated-branch'
  /** The object ends before the text does. */
    | 'text-after-pattern';
  readonly path: string;
  readonly message: string;
}
