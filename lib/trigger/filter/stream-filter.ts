import { Lazy, Stack, Token } from 'aws-cdk-lib';
import { type AttributeCondition, conditionsUnder, type KeyCondition, type NumberRange } from './attribute-condition';
import { parseEventPattern } from '../../event-pattern';
import { allOf, anyOf, FilterCompositionError, patternText, type Ways, waysOf } from '../../rules/filter/filter-composition';

/** What happened to the item. */
export enum StreamEventName {
  /** The item is new. */
  INSERT = 'INSERT',
  /** An existing item changed. */
  MODIFY = 'MODIFY',
  /** The item is gone. */
  REMOVE = 'REMOVE',
}

/**
 * Which records of the stream reach the function. Lambda passes over the others, without an invocation.
 *
 * Several filters of a trigger are alternatives. `allOf` and `anyOf` make one filter of several.
 */
export class StreamFilter {
  /** Records of one of these kinds of change. */
  static eventName(...names: StreamEventName[]): StreamFilter {
    return StreamFilter.condition(['eventName'], names);
  }

  /** Records of items whose key attribute is as the condition says. */
  static key(name: string, condition: KeyCondition): StreamFilter {
    return StreamFilter.attribute('Keys', name, condition);
  }

  /** Records whose new image has an attribute as the condition says. A REMOVE has no new image. */
  static newImage(name: string, condition: AttributeCondition): StreamFilter {
    return StreamFilter.attribute('NewImage', name, condition);
  }

  /** Records whose old image has an attribute as the condition says. An INSERT has no old image. */
  static oldImage(name: string, condition: AttributeCondition): StreamFilter {
    return StreamFilter.attribute('OldImage', name, condition);
  }

  /** Removals that DynamoDB made because the item's time to live was over. */
  static expired(): StreamFilter {
    return StreamFilter.of([[
      { keys: ['userIdentity', 'type'], alternatives: ['Service'] },
      { keys: ['userIdentity', 'principalId'], alternatives: ['dynamodb.amazonaws.com'] },
    ]]);
  }

  /** Everything but removals that DynamoDB made because the item's time to live was over. */
  static notExpired(): StreamFilter {
    return StreamFilter.condition(['userIdentity', 'type'], [{ exists: false }]);
  }

  /** Records of changes that were made at these times, in seconds since the epoch. */
  static createdAt(numbers: NumberRange): StreamFilter {
    return StreamFilter.condition(['dynamodb', 'ApproximateCreationDateTime'], [{ numeric: numbers._comparison }]);
  }

  /** Records of this size, keys and images together, in bytes. */
  static sizeBytes(numbers: NumberRange): StreamFilter {
    return StreamFilter.condition(['dynamodb', 'SizeBytes'], [{ numeric: numbers._comparison }]);
  }

  /**
   * Records that all of the filters let through.
   *
   * Each may look at other fields, and into other lists, only: an event pattern has one condition for each field, and those on one
   * list are all on the same element.
   *
   * @throws FilterCompositionError if the filters can't be one, or more of one than texts is a token.
   */
  static allOf(...filters: StreamFilter[]): StreamFilter {
    return StreamFilter.of(allOf(filters.map((filter) => StreamFilter.waysOf(filter))));
  }

  /**
   * Records that one of the filters lets through.
   *
   * @throws FilterCompositionError if the filters can't be one, or more of one than texts is a token.
   */
  static anyOf(...filters: StreamFilter[]): StreamFilter {
    return StreamFilter.of(anyOf(filters.map((filter) => StreamFilter.waysOf(filter))));
  }

  /**
   * An event pattern as Lambda takes it, as an object. The trigger says what is wrong with it, unless it holds tokens.
   *
   * @throws TypeError if it is no object.
   */
  static fromPattern(pattern: { [key: string]: any }): StreamFilter {
    if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) {
      throw new TypeError(`StreamFilter.fromPattern got ${given(pattern)}, but takes an object such as { eventName: ['INSERT'] }. `
        + 'For JSON text there is StreamFilter.fromJson(…).');
    }
    return new StreamFilter(jsonOf(pattern));
  }

  /**
   * An event pattern as Lambda takes it, as JSON text. The trigger says what is wrong with it.
   *
   * @throws TypeError if it is no text.
   */
  static fromJson(json: string): StreamFilter {
    if (typeof json !== 'string') {
      throw new TypeError(`StreamFilter.fromJson got ${given(json)}, but takes JSON text such as '{"eventName":["INSERT"]}'. `
        + 'For an object there is StreamFilter.fromPattern(…).');
    }
    return new StreamFilter(json);
  }

  /**
   * What `lambda.FilterCriteria.filter(…)` returns. The trigger says what is wrong with the pattern in it.
   *
   * @throws TypeError if there is no pattern in it, or a number that is a token: `fromPattern` takes those.
   */
  static fromCriteria(criteria: { [key: string]: any }): StreamFilter {
    if (typeof criteria?.pattern !== 'string') {
      throw new TypeError(`StreamFilter.fromCriteria got ${given(criteria)}, but takes what lambda.FilterCriteria.filter(…) returns. `
        + 'For an event pattern itself there is StreamFilter.fromPattern(…).');
    }
    if (criteria.pattern.match(NUMBER)?.some((number) => Token.isUnresolved(Number(number)))) {
      throw new TypeError('StreamFilter.fromCriteria got a number that only the deployment knows (a token), which FilterCriteria.filter(…) has '
        + 'written into text where the CDK can\'t replace it. Give the pattern itself to StreamFilter.fromPattern(…).');
    }
    return new StreamFilter(criteria.pattern);
  }

  private static attribute(image: string, name: string, condition: AttributeCondition): StreamFilter {
    return StreamFilter.of([conditionsUnder(['dynamodb', image, name], condition)]);
  }

  private static condition(keys: string[], alternatives: readonly unknown[]): StreamFilter {
    return StreamFilter.of([[{ keys, alternatives }]]);
  }

  private static of(ways: any): StreamFilter {
    return new StreamFilter(patternText(ways));
  }

  private static waysOf(filter: StreamFilter): any {
    if (typeof filter?.toJson !== 'function') {
      throw new TypeError(`StreamFilter.allOf and anyOf got ${given(filter)}, but take StreamFilters, one after another. Give `
        + 'StreamFilter.fromCriteria(…) for what lambda.FilterCriteria.filter(…) returns, StreamFilter.fromPattern(…) for a pattern.');
    }
    const json = filter.toJson();
    if (Token.isUnresolved(json) && !isJson(json)) {
      throw new FilterCompositionError(`The filter ${json} can't be combined, because more of it than texts is known to the deployment only `
        + '(a token). Give it to the trigger as a filter of its own: a record passes that one of them lets through.');
    }
    return waysOf(json) satisfies Ways;
  }

  private constructor(private readonly json: string) {}

  /** The event pattern as JSON text, as it goes into the mapping. */
  toJson(): string {
    return this.json;
  }
}

/** The numbers in JSON text; those in its strings do no harm. */
const NUMBER = /-?\d[\d.eE+-]*/g;

/** JSON text. Tokens for texts stay in it; only the CDK can write those for numbers, lists and objects, once the app is finished. */
function jsonOf(pattern: object): string {
  let holdsOthers = false;
  const text = JSON.stringify(pattern, function (this: any, key, value) {
    // Of `this`, because a token that is an object is called upon to write itself before it gets here.
    holdsOthers ||= typeof this[key] !== 'string' && Token.isUnresolved(this[key]);
    return value;
  });
  return holdsOthers ? Lazy.uncachedString({ produce: ({ scope }) => Stack.of(scope).toJsonString(pattern) }) : text;
}

/** Whether tokens within a text stand in its strings only, so that it can be read. */
function isJson(text: string): boolean {
  const parsed = parseEventPattern(text);
  return parsed.valid || parsed.problems.every(({ kind }) => kind !== 'not-json');
}

/** What an untyped caller gave; `undefined` and functions have no JSON. */
function given(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
