import { FILTER_LENGTH, type FilterCondition, type FilterFacts } from './filter-facts';
import { nearestName } from '../nearest-name';
import { knownFields, pathOfField, type RecordPlace } from './record-shape';
import type { Alternative, Operator, PatternProblemKind, PatternRemark } from '../../event-pattern';
import { plainNumber } from '../../stream/exact-number';
import { EVENT_NAMES, type EventName } from '../../stream/record';
import { UNKNOWN } from '../facts';
import type { SettingFacts } from '../mapping-rules';
import { type Rule, SOURCES } from '../rule';

type Filters = Pick<SettingFacts, 'filters'>;

/** How many filters Lambda allows without and with a raised quota, and how long each may be. */
const LIMITS = { count: 10, countWithoutQuota: 5, length: FILTER_LENGTH } as const;

/** The operators that Lambda lists. AWS's pattern engine has more, which may or may not work in a mapping. */
const LISTED_OPERATORS = ['anything-but', 'equals-ignore-case', 'exists', 'numeric', 'prefix', 'suffix'];

/** Operators that compare a whole text. */
const WHOLE_TEXT_OPERATORS: readonly Operator[] = ['equals', 'exactly', 'equals-ignore-case', 'anything-but'];

/** What is wrong with filters, whatever stream they are for. */
export const FILTER_RULES: readonly Rule<Filters>[] = [
  {
    id: 'filter-count',
    severity: 'error',
    summary: `There are at most ${LIMITS.count} filters.`,
    reads: ['filters'],
    source: SOURCES.filtering,
    check: ({ filters }, { name, combineFilters }) => filters.length > LIMITS.count
      ? [`${name('filters')} has ${filters.length} entries but Lambda allows at most ${LIMITS.count}. ${combineFilters}`]
      : [],
  },
  {
    id: 'filter-length',
    severity: 'error',
    summary: `A filter has at most ${LIMITS.length.toLocaleString('en-US')} characters.`,
    reads: ['filters'],
    source: SOURCES.apiModel,
    check: eachFilter(({ text }) => text.length > LIMITS.length
      ? [`has ${text.length} characters but Lambda allows at most ${LIMITS.length}. Split it into several filters: a record passes if it matches one of them.`]
      : []),
  },
  problem('filter-json', 'A filter is a JSON object.', ['not-json', 'not-an-object']),
  problem('filter-field', 'A field of a filter holds an array of alternatives, or fields.', ['not-an-array', 'empty-object']),
  problem('filter-empty-array', 'A field of a filter has at least one alternative.', ['empty-array']),
  problem('filter-alternative', 'An alternative of a filter is a plain value or one operator.', ['bad-alternative']),
  problem('filter-operator', 'The operators of a filter exist.', ['unknown-operator']),
  problem('filter-operand', 'Each operator of a filter has an operand that it accepts.', ['bad-operand']),
  problem('filter-or', 'The `$or` of a filter holds at least two objects with fields.', ['bad-or']),
  problem('filter-complexity', 'The wildcards of a filter are simple enough for AWS.', ['too-complex']),
  {
    id: 'filter-empty',
    severity: 'warning',
    summary: 'A filter is not `{}`: AWS\'s pattern engine calls it invalid, and it is not known what a mapping does with it.',
    reads: ['filters'],
    source: 'AWS\'s pattern engine',
    check: eachFilter(({ parsed }) => !parsed.valid && parsed.problems.some(({ kind }) => kind === 'empty-pattern')
      ? ['is {}, which AWS\'s pattern engine calls invalid. It is not known what a mapping does with it. Omit the filter to let every record pass.']
      : []),
  },
  {
    id: 'filter-quota',
    severity: 'warning',
    summary: `More than ${LIMITS.countWithoutQuota} filters need a raised quota.`,
    reads: ['filters'],
    source: SOURCES.filtering,
    check: ({ filters }, { name, combineFilters }) => filters.length > LIMITS.countWithoutQuota && filters.length <= LIMITS.count
      ? [`${name('filters')} has ${filters.length} entries but Lambda allows ${LIMITS.countWithoutQuota} unless the account's quota is raised. `
        + `${combineFilters} Or acknowledge this once the quota is raised.`]
      : [],
  },
  {
    id: 'filter-duplicate-key',
    severity: 'warning',
    summary: 'A filter has each key once. Of two, AWS merges the contents and keeps the last condition on a field; JSON tools keep the last key only.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachFilter(remarks('duplicate-key')),
  },
  {
    id: 'filter-overridden-condition',
    severity: 'warning',
    summary: 'A filter has one condition on each field: of two, such as one inside `$or`, AWS keeps one.',
    reads: ['filters'],
    source: 'AWS\'s pattern engine',
    check: eachFilter(remarks('overridden-condition')),
  },
  {
    id: 'filter-repeated-alternative',
    severity: 'warning',
    summary: 'No two alternatives of `$or` overlap on all of their fields: AWS\'s pattern engine keeps only the first.',
    reads: ['filters'],
    source: 'AWS\'s pattern engine',
    check: eachFilter(remarks('repeated-branch')),
  },
  {
    id: 'filter-trailing-text',
    severity: 'warning',
    summary: 'Nothing follows a filter\'s JSON object.',
    reads: ['filters'],
    source: 'AWS\'s pattern engine',
    check: eachFilter(remarks('text-after-pattern')),
  },
  {
    id: 'filter-unknown-field',
    severity: 'warning',
    summary: 'The fields that a filter looks at exist in stream records.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachCondition(({ stray }) => stray === undefined || stray.parent.type === 'value'
      ? []
      : [`looks at ${stray.keys.join('.')}, which no stream record has${didYouMeanField(stray.keys.at(-1)!, stray.parent)}`]),
  },
  {
    id: 'filter-type-descriptor',
    severity: 'warning',
    summary: 'A filter looks at an attribute through its type descriptor.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachCondition(({ keys, place, stray, alternatives }) => {
      if (stray?.parent.type === 'value') {
        return [`looks at ${stray.keys.join('.')}, but the value of ${stray.keys.at(-2)} is under its type descriptor`
          + `${didYouMean(stray.keys.at(-1)!, knownFields(stray.parent))}`];
      }
      return place?.type === 'value' && !alternatives.some(isExists)
        ? [`compares ${keys.join('.')} itself, which is an object such as { "S": "…" } and never matches. `
          + `Put the type descriptor in between: { "${keys.at(-1)}": { "S": […] } }.`]
        : [];
    }),
  },
  {
    id: 'filter-object',
    severity: 'warning',
    summary: 'A filter compares the value at the end of a path, never an object.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachCondition(({ keys, place, alternatives }) =>
      (place?.type === 'object' || place?.type === 'attributes') && !alternatives.some(isExists)
        ? [`compares ${keys.join('.')}, which is an object and never matches. Name the field inside it.`]
        : []),
  },
  {
    id: 'filter-exists',
    severity: 'warning',
    summary: '`exists` looks at the value at the end of a path, never at an object.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachCondition(({ keys, place, alternatives }) => {
      if (place?.type !== 'object' && place?.type !== 'attributes' && place?.type !== 'value') {
        return [];
      }
      const wayOut = place.type === 'value' ? `${keys.join('.')}.S, or for the type descriptor that the attribute has` : `a field inside ${keys.join('.')}`;
      return alternatives.filter(isExists).map(({ operand }) => `asks whether ${keys.join('.')} exists, but for an object that `
        + `${operand ? 'never' : 'always'} matches. Ask for ${wayOut}.`);
    }),
  },
  {
    id: 'filter-value-type',
    severity: 'warning',
    summary: 'Numbers, texts and truth values are compared with values of the same type. Attributes of type N are texts.',
    reads: ['filters'],
    source: `${SOURCES.filteringDynamoDb}; ${SOURCES.recorded}`,
    check: eachCondition(wrongType),
  },
  {
    id: 'filter-number-spelling',
    severity: 'warning',
    summary: 'A filter spells the numbers of attributes as DynamoDB does: `42`, neither `42.0` nor `4.2e1`.',
    reads: ['filters'],
    source: `${SOURCES.filteringDynamoDb}; DynamoDB guide, HowItWorks.NamingRulesDataTypes`,
    check: eachCondition(misspelledNumbers),
  },
  {
    id: 'filter-event-name',
    severity: 'warning',
    summary: 'Event names are INSERT, MODIFY and REMOVE, and each alternative lets one of them pass.',
    reads: ['filters'],
    source: SOURCES.streams,
    check: eachCondition(wrongEventName),
  },
  {
    id: 'filter-operator-support',
    severity: 'warning',
    summary: `The operators of a filter are those that Lambda lists: ${LISTED_OPERATORS.join(', ')}, with plain operands.`,
    reads: ['filters'],
    source: SOURCES.filtering,
    check: eachCondition(({ keys, alternatives }) => alternatives.filter(isUnlisted)
      .map((alternative) => `uses ${written(alternative)} at ${keys.join('.')}, which AWS's pattern engine knows but Lambda does not list. `
        + 'Try it on AWS before you rely on it, or use other operators.')),
  },
];

/** Checks each filter whose text is known. Each message starts with the filter's name. */
function eachFilter(check: (filter: FilterFacts) => readonly string[]): Rule<Filters>['check'] {
  return ({ filters }, { name }) => filters.flatMap((filter, index) => filter === UNKNOWN
    ? []
    : check(filter).map((message) => `${name('filters')}[${index}] ${message}`));
}

/** Checks each condition of a valid filter. */
function eachCondition(check: (condition: FilterCondition) => readonly string[]): Rule<Filters>['check'] {
  return eachFilter(({ conditions }) => conditions.flatMap(check));
}

/** What the pattern engine refuses. */
function problem(id: string, summary: string, kinds: readonly PatternProblemKind[]): Rule<Filters> {
  return {
    id,
    severity: 'error',
    summary,
    reads: ['filters'],
    source: `${SOURCES.recorded}: "Invalid filter pattern definition"`,
    check: eachFilter(({ parsed }) => parsed.valid ? [] : parsed.problems.filter(({ kind }) => kinds.includes(kind)).map(found('is refused'))),
  };
}

function remarks(wanted: PatternRemark['kind']): (filter: FilterFacts) => readonly string[] {
  return ({ parsed }) => parsed.remarks.filter(({ kind }) => kind === wanted).map(found('is not what it seems'));
}

/** A finding with its place in the filter. */
function found(verdict: string): (finding: { path: string; message: string }) => string {
  return ({ path, message }) => `${verdict}${path && ` at ${path}`}: ${message}`;
}

function isExists({ operator }: Alternative): boolean {
  return operator === 'exists';
}

function isExclusion({ operator }: Alternative): boolean {
  return operator === 'anything-but';
}

function isUnlisted({ operator, operand }: Alternative): boolean {
  const plain = typeof operand !== 'object' || operand === null || Array.isArray(operand);
  return operator !== 'equals' && !(LISTED_OPERATORS.includes(operator) && plain);
}

/** An alternative as its author wrote it. */
function written({ operator, operand }: Alternative): string {
  return JSON.stringify(operator === 'equals' ? operand : { [operator]: operand });
}

/** The plain values among alternatives, those that `anything-but` excludes included. */
function literals(alternatives: readonly Alternative[]): unknown[] {
  return alternatives
    .filter(({ operator }) => operator === 'equals' || operator === 'anything-but')
    .flatMap(({ operand }) => operand)
    .filter((value) => typeof value !== 'object' || value === null);
}

/** What stream records carry at a place: its type as `typeof` names it, the same in words, and how to compare with it. */
interface Carried {
  readonly type: string;
  readonly words: string;
  readonly wayOut: string;
}

const TEXT: Carried = { type: 'string', words: 'text', wayOut: 'Write the value in quotes' };
const NUMBER: Carried = { type: 'number', words: 'a number', wayOut: 'Write a number without quotes, or a numeric range' };
const BOOLEAN: Carried = { type: 'boolean', words: 'true or false', wayOut: 'Write it without quotes' };
/** DynamoDB writes null as a truth value that is never false. */
const NULL: Carried = { type: 'boolean', words: 'true', wayOut: 'Write true, without quotes' };

function carried({ keys, place }: FilterCondition): Carried | undefined {
  const descriptor = keys.at(-1)!;
  switch (place?.type) {
    case 'text': return isNumeric(descriptor)
      ? { type: 'string', words: 'numbers as text', wayOut: `Only equality finds them: { "${descriptor}": ["42"] }` }
      : TEXT;
    case 'boolean': return descriptor === 'NULL' ? NULL : BOOLEAN;
    case 'number': return NUMBER;
    default: return undefined;
  }
}

function isNumeric(descriptor: string): boolean {
  return descriptor === 'N' || descriptor === 'NS';
}

function wrongType(condition: FilterCondition): string[] {
  const there = carried(condition);
  if (there === undefined) {
    return [];
  }
  const canBeEqual = (alternative: Alternative) => comparedType(alternative) === there.type && !(there === NULL && alternative.operand === false);
  return condition.alternatives.filter((alternative) => !isExists(alternative) && !canBeEqual(alternative))
    .map((alternative) => `compares ${condition.keys.join('.')} with ${written(alternative)}, but stream records carry ${there.words} there, so `
      + `it ${isExclusion(alternative) ? 'always' : 'never'} matches. ${there.wayOut}.`);
}

/** The type of the values that an alternative compares with, as `typeof` names it. `anything-but` has values of one type. */
function comparedType({ operator, operand }: Alternative): string {
  switch (operator) {
    case 'equals': return typeof operand;
    case 'numeric': return 'number';
    case 'anything-but': return [operand].flat().some((value) => typeof value === 'number') ? 'number' : 'string';
    default: return 'string';
  }
}

function misspelledNumbers({ keys, place, alternatives }: FilterCondition): string[] {
  if (place?.type !== 'text' || !isNumeric(keys.at(-1)!)) {
    return [];
  }
  return alternatives.filter(({ operator }) => WHOLE_TEXT_OPERATORS.includes(operator)).flatMap((alternative) =>
    [alternative.operand].flat().filter((value): value is string => typeof value === 'string').flatMap((text) => {
      const spelling = spellingOf(text);
      if (spelling === text) {
        return [];
      }
      return `compares ${keys.join('.')} with ${JSON.stringify(text)}, but ${spelling === undefined
        ? 'DynamoDB spells no number like that'
        : `stream records spell that number ${JSON.stringify(spelling)}`}, so it ${isExclusion(alternative) ? 'always' : 'never'} matches. `
        + `Write ${spelling === undefined ? 'decimal digits such as "42" or "0.5"' : JSON.stringify(spelling)}.`;
    }));
}

/** A number as DynamoDB spells it; undefined if it is not a number. */
function spellingOf(text: string): string | undefined {
  try {
    return plainNumber(text);
  } catch {
    return undefined;
  }
}

function wrongEventName({ keys, alternatives }: FilterCondition): string[] {
  if (keys.join('.') !== 'eventName') {
    return [];
  }
  return alternatives.flatMap((alternative) => {
    const unknown = literals([alternative]).filter((name): name is string =>
      typeof name === 'string' && !EVENT_NAMES.includes(name as EventName));
    if (unknown.length > 0) {
      return unknown.map((name) => `looks for the eventName ${JSON.stringify(name)}, which no record has${didYouMean(name, EVENT_NAMES)}`);
    }
    return comparedType(alternative) === 'string' && !EVENT_NAMES.some(alternative.passes)
      ? `asks for an eventName with ${written(alternative)}, which no event name matches${didYouMean('', EVENT_NAMES)}`
      : [];
  });
}

function didYouMeanField(name: string, parent: RecordPlace): string {
  const path = pathOfField(name);
  return path === undefined ? didYouMean(name, knownFields(parent)) : `. Did you mean ${path}?`;
}

function didYouMean(given: string, known: readonly string[] = []): string {
  const meant = nearestName(given, known);
  if (meant !== undefined) {
    return `. Did you mean ${meant}?`;
  }
  return known.length > 0 ? `. Known here: ${known.join(', ')}.` : '.';
}
