import { Lazy, Stack, Token } from 'aws-cdk-lib';
import { atLeastOne, type AttributeCondition, conditionsUnder, type KeyCondition, type NumberRange } from './attribute-condition';
import { allOf, anyOf, FilterCompositionError, filterOf, type Ways, waysOf } from '../../rules/filter/filter-composition';
import { type FilterFacts, filterFacts } from '../../rules/filter/filter-facts';
import { TTL_IDENTITY } from '../../stream/record';

/**
 * What happened to the item.
 *
 * @example
 * const created = StreamFilter.eventName(StreamEventName.INSERT);
 */
export enum StreamEventName {
  /** The item is new. */
  INSERT = 'INSERT',
  /** An existing item changed. */
  MODIFY = 'MODIFY',
  /** The item is gone. */
  REMOVE = 'REMOVE',
}

/**
 * Which records of the stream reach the function. Lambda skips the others without an invocation.
 *
 * Several filters of a trigger are alternatives. `allOf` and `anyOf` make one filter of several. A trigger takes 5 filters, or 10 with
 * a raised quota, of up to 4,096 characters each.
 *
 * What can't be right in a filter is an error of the trigger, and what can never match is a warning.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
 * @example
 * new DynamoStreamTrigger(this, 'PaidOrders', {
 *   table,
 *   handler,
 *   filters: [StreamFilter.newImage('status', AttributeCondition.stringIs('PAID'))],
 * });
 */
export class StreamFilter {
  /**
   * Records of one of these kinds of change.
   *
   * @param names at least one
   * @example
   * const written = StreamFilter.eventName(StreamEventName.INSERT, StreamEventName.MODIFY);
   */
  static eventName(...names: StreamEventName[]): StreamFilter {
    return StreamFilter.condition(['eventName'], atLeastOne('StreamFilter.eventName', names));
  }

  /**
   * Records of items whose key attribute meets the condition.
   *
   * @param name the partition key or the sort key of the table
   * @param condition what the attribute must be
   * @example
   * const orders = StreamFilter.key('pk', AttributeCondition.stringMatches(TextCondition.prefix('ORDER#')));
   */
  static key(name: string, condition: KeyCondition): StreamFilter {
    return StreamFilter.attribute('Keys', name, condition);
  }

  /**
   * Records whose new image has an attribute that meets the condition. A REMOVE has no new image.
   *
   * @param name an attribute of the item; dots in it are part of the name
   * @param condition what the attribute must be
   * @example
   * const paid = StreamFilter.newImage('status', AttributeCondition.stringIs('PAID'));
   */
  static newImage(name: string, condition: AttributeCondition): StreamFilter {
    return StreamFilter.attribute('NewImage', name, condition);
  }

  /**
   * Records whose old image has an attribute that meets the condition. An INSERT has no old image.
   *
   * @param name an attribute of the item; dots in it are part of the name
   * @param condition what the attribute must be
   * @example
   * const wasOpen = StreamFilter.oldImage('status', AttributeCondition.stringIs('OPEN'));
   */
  static oldImage(name: string, condition: AttributeCondition): StreamFilter {
    return StreamFilter.attribute('OldImage', name, condition);
  }

  /**
   * Records of items that DynamoDB removed because their time to live was over.
   *
   * In a global table, only the Region that removed an item marks its record. Elsewhere it looks as if a user had removed the item.
   *
   * @example
   * new DynamoStreamTrigger(this, 'ExpiredSessions', { table, handler, filters: [StreamFilter.expired()] });
   */
  static expired(): StreamFilter {
    return StreamFilter.of([Object.entries(TTL_IDENTITY).map(([field, value]) => ({ keys: ['userIdentity', field], alternatives: [value] }))]);
  }

  /**
   * All records but those of items that DynamoDB removed because their time to live was over.
   *
   * @example
   * new DynamoStreamTrigger(this, 'Changes', { table, handler, filters: [StreamFilter.notExpired()] });
   */
  static notExpired(): StreamFilter {
    return StreamFilter.condition(['userIdentity', 'type'], [{ exists: false }]);
  }

  /**
   * Records of changes that were made at these times.
   *
   * @param numbers seconds since 1970-01-01T00:00:00Z
   * @example
   * const since2027 = StreamFilter.createdAt(NumberRange.atLeast(1798761600));
   */
  static createdAt(numbers: NumberRange): StreamFilter {
    return StreamFilter.condition(['dynamodb', 'ApproximateCreationDateTime'], [{ numeric: numbers._comparison }]);
  }

  /**
   * Records of this size, keys and images together.
   *
   * @param numbers bytes
   * @example
   * const small = StreamFilter.sizeBytes(NumberRange.below(100000));
   */
  static sizeBytes(numbers: NumberRange): StreamFilter {
    return StreamFilter.condition(['dynamodb', 'SizeBytes'], [{ numeric: numbers._comparison }]);
  }

  /**
   * Records that match all of the filters.
   *
   * No two of the filters may look at the same field, or into the same list: an event pattern has one condition for each field, and
   * all conditions on a list are on the same element.
   *
   * @param filters at least one
   * @throws FilterCompositionError if the filters can't be one filter, or if a filter has a token that does not stand for text.
   * @example
   * const newlyPaid = StreamFilter.allOf(
   *   StreamFilter.newImage('status', AttributeCondition.stringIs('PAID')),
   *   StreamFilter.oldImage('status', AttributeCondition.stringIs('OPEN')),
   * );
   */
  static allOf(...filters: StreamFilter[]): StreamFilter {
    return StreamFilter.of(allOf(filters.map(waysThrough)));
  }

  /**
   * Records that match at least one of the filters.
   *
   * For filters within `allOf`. The filters of a trigger are alternatives already.
   *
   * @param filters at least one
   * @throws FilterCompositionError if the filters can't be one filter, or if a filter has a token that does not stand for text.
   * @example
   * const paidOrLarge = StreamFilter.anyOf(
   *   StreamFilter.newImage('status', AttributeCondition.stringIs('PAID')),
   *   StreamFilter.sizeBytes(NumberRange.atLeast(100000)),
   * );
   * const created = StreamFilter.allOf(StreamFilter.eventName(StreamEventName.INSERT), paidOrLarge);
   */
  static anyOf(...filters: StreamFilter[]): StreamFilter {
    return StreamFilter.of(anyOf(filters.map(waysThrough)));
  }

  /**
   * An event pattern, as Lambda defines it, as an object. The trigger checks it, unless it holds tokens.
   *
   * @param pattern keys of the record, and lists of alternatives at the leaves; numbers of attributes are texts
   * @throws TypeError if it is not an object.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
   * @example
   * const paid = StreamFilter.fromPattern({ dynamodb: { NewImage: { status: { S: ['PAID'] } } } });
   */
  static fromPattern(pattern: { [key: string]: any }): StreamFilter {
    if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) {
      throw new TypeError(`StreamFilter.fromPattern got ${given(pattern)} but takes an object such as { eventName: ['INSERT'] }. `
        + 'Use StreamFilter.fromJson(…) for JSON text.');
    }
    return new StreamFilter(jsonOf(pattern));
  }

  /**
   * An event pattern, as Lambda defines it, as JSON text. The trigger checks it.
   *
   * @param json up to 4,096 characters
   * @throws TypeError if it is not a text.
   * @example
   * const created = StreamFilter.fromJson('{"eventName":["INSERT"]}');
   */
  static fromJson(json: string): StreamFilter {
    if (typeof json !== 'string') {
      throw new TypeError(`StreamFilter.fromJson got ${given(json)} but takes JSON text such as '{"eventName":["INSERT"]}'. `
        + 'Use StreamFilter.fromPattern(…) for an object.');
    }
    return new StreamFilter(json);
  }

  /**
   * What `lambda.FilterCriteria.filter(…)` returns. The trigger checks the pattern in it.
   *
   * For moving over from the CDK's `DynamoEventSource`.
   *
   * @param criteria an object whose `pattern` is JSON text
   * @throws TypeError if it has no pattern, or if a number in it is a token: `fromPattern` takes those.
   * @example
   * const created = StreamFilter.fromCriteria(lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.isEqual('INSERT') }));
   */
  static fromCriteria(criteria: { [key: string]: any }): StreamFilter {
    if (typeof criteria?.pattern !== 'string') {
      throw new TypeError(`StreamFilter.fromCriteria got ${given(criteria)} but takes what lambda.FilterCriteria.filter(…) returns. `
        + 'Use StreamFilter.fromPattern(…) for an event pattern itself.');
    }
    if (criteria.pattern.match(NUMBER)?.some((number) => Token.isUnresolved(Number(number)))) {
      throw new TypeError('StreamFilter.fromCriteria got a number that only the deployment knows (a token). FilterCriteria.filter(…) has '
        + 'written it into text, where the CDK can\'t replace it. Give the pattern itself to StreamFilter.fromPattern(…).');
    }
    return new StreamFilter(criteria.pattern);
  }

  private static attribute(image: string, name: string, condition: AttributeCondition): StreamFilter {
    return StreamFilter.of([conditionsUnder(['dynamodb', image, name], condition)]);
  }

  private static condition(keys: string[], alternatives: readonly unknown[]): StreamFilter {
    return StreamFilter.of([[{ keys, alternatives }]]);
  }

  private static of(ways: Ways): StreamFilter {
    const facts = filterOf(ways);
    return new StreamFilter(facts.text, facts, ways);
  }

  private constructor(private readonly json: string, private facts?: FilterFacts, private readonly ways?: Ways) {}

  /** The event pattern as JSON text, as it goes into the mapping. */
  toJson(): string {
    return this.json;
  }

  /**
   * What the rules look at. Only for a text that is known.
   *
   * @internal
   */
  get _facts(): FilterFacts {
    this.facts ??= filterFacts(this.json);
    return this.facts;
  }

  /** @internal */
  get _ways(): Ways {
    // Tokens within a text stand in its strings only, if it can be read.
    if (Token.isUnresolved(this.json) && !isJson(this._facts)) {
      throw new FilterCompositionError(`The filter ${this.json} can't be combined because more of it than texts is known at deployment only `
        + '(a token). Give it to the trigger as a filter of its own: a record passes if it matches one of the filters.');
    }
    return this.ways ?? waysOf(this._facts);
  }
}

/** The numbers in JSON text, and some in its strings. */
const NUMBER = /-?\d[\d.eE+-]*/g;

/** JSON text. Tokens for texts stay in it. Only the CDK can write those for numbers, lists and objects, once the app is finished. */
function jsonOf(pattern: object): string {
  let holdsOthers = false;
  const text = JSON.stringify(pattern, function (this: any, key, value) {
    // Of `this`, because JSON.stringify has already replaced a token that is an object by what its toJSON returns.
    holdsOthers ||= typeof this[key] !== 'string' && Token.isUnresolved(this[key]);
    return value;
  });
  return holdsOthers ? Lazy.uncachedString({ produce: ({ scope }) => Stack.of(scope).toJsonString(pattern) }) : text;
}

/** How a record passes a filter. Filters of another copy of this package have a text only. */
function waysThrough(filter: { toJson(): string }): Ways {
  if (typeof filter?.toJson !== 'function') {
    throw new TypeError(`StreamFilter.allOf and anyOf got ${given(filter)} but take StreamFilters, one after another. Give `
      + 'StreamFilter.fromCriteria(…) for what lambda.FilterCriteria.filter(…) returns, StreamFilter.fromPattern(…) for a pattern.');
  }
  return filter instanceof StreamFilter ? filter._ways : StreamFilter.fromJson(filter.toJson())._ways;
}

function isJson({ parsed }: FilterFacts): boolean {
  return parsed.valid || parsed.problems.every(({ kind }) => kind !== 'not-json');
}

/** What an untyped caller gave; `undefined` and functions have no JSON. */
function given(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
