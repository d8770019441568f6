import { Token } from 'aws-cdk-lib';
import type { Conjunction } from '../../rules/filter/filter-composition';
import { plainNumber } from '../../stream/exact-number';

/**
 * What a text may be. Texts are compared letter by letter, with case, unless stated otherwise.
 *
 * Each method refuses an empty list with a TypeError: Lambda refuses a field without alternatives.
 *
 * @example
 * const inEurope = StreamFilter.newImage('region', AttributeCondition.stringMatches(TextCondition.prefix('eu-')));
 */
export class TextCondition {
  /**
   * It is one of these texts.
   *
   * @param texts at least one
   * @example
   * const open = StreamFilter.newImage('tags', AttributeCondition.stringSetHas(TextCondition.oneOf('new', 'open')));
   */
  static oneOf(...texts: string[]): TextCondition {
    return new TextCondition(atLeastOne('TextCondition.oneOf', texts));
  }

  /**
   * It is one of these texts, or differs from one in case only.
   *
   * @param texts at least one
   * @example
   * const paid = StreamFilter.newImage('status', AttributeCondition.stringMatches(TextCondition.oneOfIgnoringCase('paid')));
   */
  static oneOfIgnoringCase(...texts: string[]): TextCondition {
    return new TextCondition(atLeastOne('TextCondition.oneOfIgnoringCase', texts).map((text) => ({ 'equals-ignore-case': text })));
  }

  /**
   * It starts with one of these texts.
   *
   * @param texts at least one
   * @example
   * const orders = StreamFilter.key('pk', AttributeCondition.stringMatches(TextCondition.prefix('ORDER#')));
   */
  static prefix(...texts: string[]): TextCondition {
    return new TextCondition(atLeastOne('TextCondition.prefix', texts).map((prefix) => ({ prefix })));
  }

  /**
   * It ends with one of these texts.
   *
   * @param texts at least one
   * @example
   * const pictures = StreamFilter.newImage('file', AttributeCondition.stringMatches(TextCondition.suffix('.png', '.jpg')));
   */
  static suffix(...texts: string[]): TextCondition {
    return new TextCondition(atLeastOne('TextCondition.suffix', texts).map((suffix) => ({ suffix })));
  }

  /**
   * It is there, and is none of these texts.
   *
   * @param texts at least one
   * @example
   * const real = StreamFilter.newImage('source', AttributeCondition.stringMatches(TextCondition.noneOf('test', 'import')));
   */
  static noneOf(...texts: string[]): TextCondition {
    return new TextCondition([{ 'anything-but': atLeastOne('TextCondition.noneOf', texts) }]);
  }

  /**
   * One of the conditions holds.
   *
   * @param conditions at least one
   * @example
   * const text = TextCondition.anyOf(TextCondition.oneOf('none'), TextCondition.prefix('A-', 'B-'));
   * const known = StreamFilter.newImage('code', AttributeCondition.stringMatches(text));
   */
  static anyOf(...conditions: TextCondition[]): TextCondition {
    return new TextCondition(atLeastOne('TextCondition.anyOf', conditions).flatMap(alternativesOf));
  }

  /** @internal */
  readonly _alternatives: readonly unknown[];

  private constructor(alternatives: readonly unknown[]) {
    this._alternatives = alternatives;
  }
}

/** @throws TypeError if an untyped caller did not give a condition. */
function alternativesOf(condition: TextCondition): readonly unknown[] {
  if (condition?._alternatives === undefined) {
    throw new TypeError(`A filter got ${JSON.stringify(condition) ?? String(condition)} for a text but takes a TextCondition such as `
      + 'TextCondition.prefix(\'A-\').');
  }
  return condition._alternatives;
}

/**
 * What a number of the record itself may be. Not for attributes: stream records carry the numbers of attributes as texts.
 *
 * Each method refuses with a TypeError what is not a finite number, and tokens.
 *
 * @example
 * const small = StreamFilter.sizeBytes(NumberRange.below(100000));
 */
export class NumberRange {
  /**
   * It is below the limit.
   *
   * @param limit the first number that is not in the range
   * @example
   * const small = StreamFilter.sizeBytes(NumberRange.below(100000));
   */
  static below(limit: number): NumberRange {
    return new NumberRange(['<', finite(limit)]);
  }

  /**
   * It is the limit, or above it.
   *
   * @param limit the smallest number of the range
   * @example
   * const since2027 = StreamFilter.createdAt(NumberRange.atLeast(1798761600));
   */
  static atLeast(limit: number): NumberRange {
    return new NumberRange(['>=', finite(limit)]);
  }

  /**
   * It is the start or above it, and below the end.
   *
   * @param start the smallest number of the range
   * @param end the first number above the range
   * @example
   * const in2027 = StreamFilter.createdAt(NumberRange.between(1798761600, 1830297600));
   */
  static between(start: number, end: number): NumberRange {
    return new NumberRange(['>=', finite(start), '<', finite(end)]);
  }

  /** @internal */
  readonly _comparison: readonly unknown[];

  private constructor(comparison: readonly unknown[]) {
    this._comparison = comparison;
  }
}

/**
 * The types of attributes whose presence a filter can check. Lambda can't check the presence of a list or a map.
 *
 * @example
 * const withoutDiscount = StreamFilter.newImage('discount', AttributeCondition.notExists(AttributeDataType.NUMBER));
 */
export enum AttributeDataType {
  /** Text. */
  STRING = 'S',
  /** A number, whole or not. */
  NUMBER = 'N',
  /** Bytes. */
  BINARY = 'B',
  /** True or false. */
  BOOLEAN = 'BOOL',
  /** DynamoDB's null. */
  NULL = 'NULL',
  /** A set of texts. */
  STRING_SET = 'SS',
  /** A set of numbers. */
  NUMBER_SET = 'NS',
  /** A set of bytes. */
  BINARY_SET = 'BS',
}

/**
 * What an attribute must be. Each condition names a type: an attribute of another type never passes.
 *
 * The static methods make conditions. With a TypeError, they refuse an empty list, and numbers that a double does not hold exactly.
 *
 * @example
 * const paid = StreamFilter.newImage('status', AttributeCondition.stringIs('PAID'));
 */
export class AttributeCondition {
  /**
   * It is a text, one of these.
   *
   * @param texts at least one; compared with case
   * @example
   * const paid = StreamFilter.newImage('status', AttributeCondition.stringIs('PAID', 'SHIPPED'));
   */
  static stringIs(...texts: string[]): KeyCondition {
    return AttributeCondition.stringMatches(TextCondition.oneOf(...atLeastOne('AttributeCondition.stringIs', texts)));
  }

  /**
   * It is a text for which the condition holds.
   *
   * @param condition what the text must be
   * @example
   * const orders = StreamFilter.key('pk', AttributeCondition.stringMatches(TextCondition.prefix('ORDER#')));
   */
  static stringMatches(condition: TextCondition): KeyCondition {
    return KeyCondition._ofType('S', alternativesOf(condition));
  }

  /**
   * It is a number, one of these, however it was written: to DynamoDB 42, 42.0 and 4.2e1 are one number.
   *
   * Filters can't compare numbers by size: stream records carry them as texts.
   *
   * @param numbers at least one: whole numbers up to 9,007,199,254,740,991, or decimals of up to 15 digits; `exactNumberIs` takes others
   * @example
   * const free = StreamFilter.newImage('price', AttributeCondition.numberIs(0));
   */
  static numberIs(...numbers: number[]): KeyCondition {
    return KeyCondition._ofType('N', spelled('numberIs', numbers, 'to AttributeCondition.exactNumberIs(\'…\')'));
  }

  /**
   * It is a number, one of these, given as decimal texts.
   *
   * @param decimals at least one, each of up to 38 digits, which is what DynamoDB keeps of a number
   * @example
   * const account = StreamFilter.newImage('accountNumber', AttributeCondition.exactNumberIs('12345678901234567890'));
   */
  static exactNumberIs(...decimals: string[]): KeyCondition {
    return KeyCondition._ofType('N', spelled('exactNumberIs', decimals, ''));
  }

  /**
   * It is a number, and none of these.
   *
   * @param numbers at least one, of the same kinds as for `numberIs`
   * @example
   * const charged = StreamFilter.newImage('price', AttributeCondition.numberIsNot(0));
   */
  static numberIsNot(...numbers: number[]): KeyCondition {
    return KeyCondition._ofType('N', [{ 'anything-but': spelled('numberIsNot', numbers, inPattern('N: [{ \'anything-but\': [\'…\'] }]')) }]);
  }

  /**
   * It is this truth value.
   *
   * @param value true or false; a text such as "true" is another type, and does not pass
   * @example
   * const active = StreamFilter.newImage('active', AttributeCondition.booleanIs(true));
   */
  static booleanIs(value: boolean): AttributeCondition {
    return AttributeCondition.ofType('BOOL', [value]);
  }

  /**
   * It is DynamoDB's null. An attribute that is not there is not null.
   *
   * @example
   * const unassigned = StreamFilter.newImage('driver', AttributeCondition.isNull());
   */
  static isNull(): AttributeCondition {
    return AttributeCondition.ofType('NULL', [true]);
  }

  /**
   * It is a set of texts, and the condition holds for at least one of them.
   *
   * @param condition what one of the texts must be
   * @example
   * const urgent = StreamFilter.newImage('tags', AttributeCondition.stringSetHas(TextCondition.oneOf('urgent')));
   */
  static stringSetHas(condition: TextCondition): AttributeCondition {
    return AttributeCondition.ofType('SS', alternativesOf(condition));
  }

  /**
   * It is a set of numbers that has at least one of these.
   *
   * @param numbers at least one, of the same kinds as for `numberIs`
   * @example
   * const inFirstRow = StreamFilter.newImage('rows', AttributeCondition.numberSetHas(1));
   */
  static numberSetHas(...numbers: number[]): AttributeCondition {
    return AttributeCondition.ofType('NS', spelled('numberSetHas', numbers, inPattern('NS: [\'…\']')));
  }

  /**
   * It is a list, and the condition holds for at least one element.
   *
   * @param element what one of the elements must be
   * @example
   * const withGift = StreamFilter.newImage('lines', AttributeCondition.listHas(AttributeCondition.stringIs('GIFT')));
   */
  static listHas(element: AttributeCondition): AttributeCondition {
    return AttributeCondition.of(conditionsUnder(['L'], element));
  }

  /**
   * It is a map, and for each attribute named here the condition holds.
   *
   * @param attributes conditions by the name of the attribute in the map; others may be there, too
   * @example
   * const toFrance = StreamFilter.newImage('address', AttributeCondition.mapHas({ country: AttributeCondition.stringIs('FR') }));
   */
  static mapHas(attributes: { [name: string]: AttributeCondition }): AttributeCondition {
    return AttributeCondition.of(Object.entries(attributes).flatMap(([name, condition]) => conditionsUnder(['M', name], condition)));
  }

  /**
   * There is an attribute of the type.
   *
   * @param dataType what it must be; an attribute of another type does not pass
   * @example
   * const discounted = StreamFilter.newImage('discount', AttributeCondition.exists(AttributeDataType.NUMBER));
   */
  static exists(dataType: AttributeDataType): AttributeCondition {
    return AttributeCondition.ofType(dataType, [{ exists: true }]);
  }

  /**
   * There is no attribute of the type: none at all, or one of another type.
   *
   * This also passes where there is no such image: no record of a REMOVE has a new image.
   *
   * @param dataType the type that the attribute must not have
   * @example
   * const fullPrice = StreamFilter.newImage('discount', AttributeCondition.notExists(AttributeDataType.NUMBER));
   */
  static notExists(dataType: AttributeDataType): AttributeCondition {
    return AttributeCondition.ofType(dataType, [{ exists: false }]);
  }

  private static ofType(type: string, alternatives: readonly unknown[]): AttributeCondition {
    return AttributeCondition.of([{ keys: [type], alternatives }]);
  }

  private static of(conditions: Conjunction): AttributeCondition {
    const condition = new AttributeCondition();
    condition._conditions = conditions;
    return condition;
  }

  /** @internal */
  _conditions?: Conjunction;

  /** Makes nothing that a filter takes: the static methods make conditions. (Protected is public in some languages.) */
  protected constructor() {}
}

/**
 * What a key attribute must be: keys are texts, numbers or bytes.
 *
 * The methods of `AttributeCondition` for texts and numbers return it.
 *
 * @example
 * const orders = StreamFilter.key('pk', AttributeCondition.stringMatches(TextCondition.prefix('ORDER#')));
 */
export class KeyCondition extends AttributeCondition {
  /** @internal */
  static _ofType(type: string, alternatives: readonly unknown[]): KeyCondition {
    const condition = new KeyCondition();
    condition._conditions = [{ keys: [type], alternatives }];
    return condition;
  }

  /**
   * Sets the type apart from AttributeCondition, of which it would have the same shape.
   *
   * @internal
   */
  readonly _fitsKeys = true;
}

/**
 * Numbers as stream records spell them.
 *
 * @param asText where a number can be given as text
 */
function spelled(method: string, numbers: readonly (number | string)[], asText: string): string[] {
  return atLeastOne(`AttributeCondition.${method}`, numbers).map((number) => {
    if (typeof number === 'number' && !isExact(known(number))) {
      throw new TypeError(`A filter got the number ${number}, but a double holds whole numbers up to 9,007,199,254,740,991 and decimals of up to 15 digits exactly: `
        + `this may not be the number that was written. Give it as text, ${asText}.`);
    }
    return plainNumber(String(known(number)));
  });
}

/** Whether no other number that one can write becomes the same double, as far as the double shows it. */
function isExact(number: number): boolean {
  const [digits] = String(Math.abs(number)).split('e');
  return Number.isInteger(number) ? Number.isSafeInteger(number) : !Number.isFinite(number) || digits.replace(/^[0.]+|\./g, '').length <= 15;
}

function inPattern(condition: string): string {
  return `in a pattern of your own: StreamFilter.fromPattern({ dynamodb: { NewImage: { name: { ${condition} } } } })`;
}

/** @throws TypeError if there is none: AWS refuses a field without alternatives. */
export function atLeastOne<Value>(method: string, values: readonly Value[]): Value[] {
  if (values.length === 0) {
    throw new TypeError(`${method} got nothing but needs at least one value. Give it one, or omit the condition.`);
  }
  return [...values];
}

/** JSON can't write other numbers. */
function finite(number: number): number {
  if (!Number.isFinite(known(number))) {
    throw new TypeError(`A NumberRange got ${String(number)} but takes finite numbers. For a range with one end use below(…) or atLeast(…).`);
  }
  return number;
}

/** The pattern goes into the template as text, and the CDK can't resolve a number inside a text. Nor could anyone spell it as DynamoDB does. */
function known<Value extends number | string>(number: Value): Value {
  if (Token.isUnresolved(number)) {
    throw new TypeError('A filter got a number that only the deployment knows (a token), which can\'t be written into its event pattern. '
      + 'Give the number itself, or compare it in the function.');
  }
  return number;
}

/**
 * An attribute's conditions with the way to it.
 *
 * @throws TypeError if an untyped caller did not give a condition.
 */
export function conditionsUnder(way: readonly string[], condition: AttributeCondition): Conjunction {
  if (condition?._conditions === undefined) {
    throw new TypeError(`${way.join('.')} got ${JSON.stringify(condition) ?? String(condition)} but takes an AttributeCondition such as `
      + 'AttributeCondition.stringIs(\'PAID\').');
  }
  return condition._conditions.map(({ keys, alternatives }) => ({ keys: [...way, ...keys], alternatives }));
}
