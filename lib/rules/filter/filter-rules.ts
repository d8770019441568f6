import { conditionsOf, type FilterCondition } from './filter-facts';
import { nearestName } from '../nearest-name';
import { knownFields, pathOfField, type Place } from './record-shape';
import { parseEventPattern, type Alternative, type Operator, type PatternProblem, type PatternProblemKind } from '../../event-pattern';
import { plainNumber } from '../../stream/exact-number';
import { EVENT_NAMES, type EventName } from '../../stream/record';
import { type Known, type Rule, SOURCES } from '../rule';

/** The filters of one trigger: JSON text, a token, or what an untyped caller gave in place of a filter. */
export interface JudgedFilters {
  readonly filters: readonly (Known<string> | NotAFilter)[];
}

/** What an untyped caller gave in place of a filter, in words. */
export interface NotAFilter {
  readonly notAFilter: string;
}

/** How many filters Lambda takes without and with a raised quota, and how long each may be. */
export const FILTER_LIMITS = { count: 10, countWithoutQuota: 5, length: 4096 } as const;

/** The operators that Lambda lists; what else AWS's pattern engine knows may or may not work in a mapping. */
const LISTED_OPERATORS = ['anything-but', 'equals-ignore-case', 'exists', 'numeric', 'prefix', 'suffix'];

/** Operators that compare a whole text. */
const WHOLE_TEXT_OPERATORS: readonly Operator[] = ['equals', 'exactly', 'equals-ignore-case', 'anything-but'];

/** What is wrong with filters, whatever stream they are for. */
export const FILTER_RULES: readonly Rule<JudgedFilters>[] = [
  {
    id: 'not-a-filter',
    severity: 'error',
    summary: 'Every entry of `filters` is a `StreamFilter`.',
    reads: ['filters'],
    source: SOURCES.apiModel,
    check: ({ filters }) => filters.flatMap((filter, index) => isNotAFilter(filter)
      ? `filters[${index}] is ${filter.notAFilter}, but has to be a StreamFilter. Give `
        + 'StreamFilter.fromCriteria(…) for what lambda.FilterCriteria.filter(…) returns, StreamFilter.fromPattern(…) for a pattern.'
      : []),
  },
  {
    id: 'filter-count',
    severity: 'error',
    summary: `There are at most ${FILTER_LIMITS.count} filters.`,
    reads: ['filters'],
    source: SOURCES.filtering,
    check: ({ filters }) => filters.length > FILTER_LIMITS.count
      ? `filters has ${filters.length} entries, but Lambda takes at most ${FILTER_LIMITS.count}. Join some with StreamFilter.anyOf(…).`
      : undefined,
  },
  {
    id: 'filter-length',
    severity: 'error',
    summary: `A filter has at most ${FILTER_LIMITS.length.toLocaleString('en-US')} characters.`,
    reads: ['filters'],
    source: SOURCES.apiModel,
    check: eachText((text) => text.length > FILTER_LIMITS.length
      ? [`has ${text.length} characters, but Lambda takes at most ${FILTER_LIMITS.length}. Split it: filters are alternatives.`]
      : []),
  },
  problem('filter-json', 'A filter is a JSON object.', ['not-json', 'not-an-object']),
  problem('filter-field', 'A field of a filter holds an array of alternatives, or fields.', ['not-an-array', 'empty-object']),
  problem('filter-empty-array', 'A field of a filter has at least one alternative.', ['empty-array']),
  problem('filter-alternative', 'An alternative of a filter is a plain value or one operator.', ['bad-alternative']),
  problem('filter-operator', 'The operators of a filter exist.', ['unknown-operator']),
  problem('filter-operand', 'The operators of a filter have the operands that they take.', ['bad-operand']),
  problem('filter-or', 'The `$or` of a filter holds at least two objects with fields.', ['bad-or']),
  problem('filter-complexity', 'The wildcards of a filter are simple enough for AWS.', ['too-complex']),
  {
    id: 'filter-empty',
    severity: 'warning',
    summary: 'A filter is not `{}`: the pattern engine calls it invalid, what a mapping does with it is not known.',
    reads: ['filters'],
    source: 'AWS\'s pattern engine',
    check: eachText((text) => problemsOf(text).some(({ kind }) => kind === 'empty-pattern')
      ? ['is {}, which AWS\'s pattern engine calls invalid, and what a mapping does with it is not known. To let every record pass, give no filter.']
      : []),
  },
  {
    id: 'filter-quota',
    severity: 'warning',
    summary: `More than ${FILTER_LIMITS.countWithoutQuota} filters need a raised quota.`,
    reads: ['filters'],
    source: SOURCES.filtering,
    check: ({ filters }) => filters.length > FILTER_LIMITS.countWithoutQuota && filters.length <= FILTER_LIMITS.count
      ? `filters has ${filters.length} entries, but Lambda takes ${FILTER_LIMITS.countWithoutQuota} unless the account's quota is raised. `
        + 'Join some with StreamFilter.anyOf(…), or acknowledge this once the quota is raised.'
      : undefined,
  },
  {
    id: 'filter-duplicate-key',
    severity: 'warning',
    summary: 'A filter has each key once: AWS merges what two hold and keeps the last condition on a field, JSON tools keep the last key only.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachText((text) => remarks(text, 'duplicate-key')),
  },
  {
    id: 'filter-overridden-condition',
    severity: 'warning',
    summary: 'A filter has one condition on each field: of two, such as one inside `$or`, AWS keeps one.',
    reads: ['filters'],
    source: 'AWS\'s pattern engine',
    check: eachText((text) => remarks(text, 'overridden-condition')),
  },
  {
    id: 'filter-repeated-alternative',
    severity: 'warning',
    summary: 'No two alternatives of `$or` overlap on all of their fields: AWS\'s pattern engine keeps the first alone.',
    reads: ['filters'],
    source: 'AWS\'s pattern engine',
    check: eachText((text) => remarks(text, 'repeated-branch')),
  },
  {
    id: 'filter-trailing-text',
    severity: 'warning',
    summary: 'Nothing follows a filter\'s JSON object.',
    reads: ['filters'],
    source: 'AWS\'s pattern engine',
    check: eachText((text) => remarks(text, 'text-after-pattern')),
  },
  {
    id: 'filter-unknown-field',
    severity: 'warning',
    summary: 'The fields that a filter looks at exist in stream records.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachCondition(({ stray }) => stray === undefined || stray.parent.type === 'value'
      ? undefined
      : `looks at ${stray.keys.join('.')}, which no stream record has${didYouMeanField(stray.keys.at(-1)!, stray.parent)}`),
  },
  {
    id: 'filter-type-descriptor',
    severity: 'warning',
    summary: 'A filter looks at an attribute through its type descriptor.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachCondition(({ keys, place, stray, alternatives }) => {
      if (stray?.parent.type === 'value') {
        return `looks at ${stray.keys.join('.')}, but the value of ${stray.keys.at(-2)} stands under its type descriptor`
          + `${didYouMean(stray.keys.at(-1)!, knownFields(stray.parent))}`;
      }
      return place?.type === 'value' && !alternatives.some(isExists)
        ? `compares ${keys.join('.')} itself, which is an object such as { "S": "…" } and never matches. `
          + `Put the type descriptor in between: { "${keys.at(-1)}": { "S": […] } }.`
        : undefined;
    }),
  },
  {
    id: 'filter-object',
    severity: 'warning',
    summary: 'A filter compares what stands at the end of a path, never an object.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachCondition(({ keys, place, alternatives }) =>
      (place?.type === 'object' || place?.type === 'attributes') && !alternatives.some(isExists)
        ? `compares ${keys.join('.')}, which is an object and never matches. Name the field inside it.`
        : undefined),
  },
  {
    id: 'filter-exists',
    severity: 'warning',
    summary: '`exists` looks at what stands at the end of a path, never at an object.',
    reads: ['filters'],
    source: SOURCES.filteringDynamoDb,
    check: eachCondition(({ keys, place, alternatives }) => {
      if (place?.type !== 'object' && place?.type !== 'attributes' && place?.type !== 'value') {
        return [];
      }
      const wayOut = place.type === 'value' ? `${keys.join('.')}.S, or whatever its type descriptor is` : `a field inside ${keys.join('.')}`;
      return alternatives.filter(isExists).map(({ operand }) => `asks whether ${keys.join('.')} exists, but for an object that `
        + `${operand ? 'never' : 'always'} matches. Ask for ${wayOut}.`);
    }),
  },
  {
    id: 'filter-value-type',
    severity: 'warning',
    summary: 'Numbers, texts and truth values are compared with their like. Attributes of type N are texts.',
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
      .map((alternative) => `uses ${written(alternative)} at ${keys.join('.')}, which AWS's pattern engine knows, but Lambda does not list. `
        + 'Try it on AWS before relying on it, or write it with other operators.')),
  },
];

/** Checks each filter whose text is known. What the check says comes after the name of the filter. */
function eachText(check: (text: string) => readonly string[]): (subject: JudgedFilters) => string[] {
  return ({ filters }) => filters.flatMap((filter, index) => typeof filter === 'string'
    ? check(filter).map((message) => `filters[${index}] ${message}`)
    : []);
}

/** Checks each condition of a valid filter. */
function eachCondition(check: (condition: FilterCondition) => string | readonly string[] | undefined): (subject: JudgedFilters) => string[] {
  return eachText((text) => conditionsOf(text).flatMap((condition) => check(condition) ?? []));
}

/** What the pattern engine refuses. */
function problem(id: string, summary: string, kinds: readonly PatternProblemKind[]): Rule<JudgedFilters> {
  return {
    id,
    severity: 'error',
    summary,
    reads: ['filters'],
    source: `${SOURCES.recorded}: "Invalid filter pattern definition"`,
    check: eachText((text) => problemsOf(text).filter(({ kind }) => kinds.includes(kind)).map(found('is refused'))),
  };
}

function problemsOf(text: string): readonly PatternProblem[] {
  const parsed = parseEventPattern(text);
  return parsed.valid ? [] : parsed.problems;
}

function remarks(text: string, wanted: string): string[] {
  return parseEventPattern(text).remarks.filter(({ kind }) => kind === wanted).map(found('is not what it seems'));
}

/** Names the place in the filter that a finding is about. */
function found(verdict: string): (finding: { path: string; message: string }) => string {
  return ({ path, message }) => `${verdict}${path && ` at ${path}`}: ${message}`;
}

function isNotAFilter(filter: JudgedFilters['filters'][number]): filter is NotAFilter {
  return typeof filter === 'object';
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

/** DynamoDB's null is told by a truth value that is never false. */
const ONLY_TRUE = { type: 'boolean', words: 'true there, without quotes' };

/** What stream records carry at a place, as `typeof` names it and in words. */
function carried(keys: readonly string[], type: string | undefined): { type: string; words: string } | undefined {
  switch (type) {
    case 'text': return {
      type: 'string',
      words: ['N', 'NS'].includes(keys.at(-1)!) ? `numbers as text, which only equality finds: { "${keys.at(-1)}": ["42"] }` : 'text there, in quotes',
    };
    case 'boolean': return keys.at(-1) === 'NULL' ? ONLY_TRUE : { type: 'boolean', words: 'true or false there, without quotes' };
    case 'number': return { type: 'number', words: 'a number there' };
    default: return undefined;
  }
}

function wrongType({ keys, place, alternatives }: FilterCondition): string[] {
  const there = carried(keys, place?.type);
  return alternatives.filter((alternative) => there && !isExists(alternative)
    && (comparedType(alternative) !== there.type || (there === ONLY_TRUE && alternative.operand === false)))
    .map((alternative) => `compares ${keys.join('.')} with ${written(alternative)}, but stream records carry ${there?.words}. `
      + `The two are never equal${isExclusion(alternative) ? ', so that this always passes' : ''}.`);
}

/** What an alternative can tell apart, as `typeof` names it. The engine takes `anything-but` of one type only. */
function comparedType({ operator, operand }: Alternative): string {
  switch (operator) {
    case 'equals': return typeof operand;
    case 'numeric': return 'number';
    case 'anything-but': return [operand].flat().some((value) => typeof value === 'number') ? 'number' : 'string';
    default: return 'string';
  }
}

function misspelledNumbers({ keys, place, alternatives }: FilterCondition): string[] {
  if (place?.type !== 'text' || !['N', 'NS'].includes(keys.at(-1)!)) {
    return [];
  }
  return alternatives.filter(({ operator }) => WHOLE_TEXT_OPERATORS.includes(operator)).flatMap((alternative) =>
    [alternative.operand].flat().filter((value): value is string => typeof value === 'string').flatMap((text) => {
      const spelling = spellingOf(text);
      if (spelling === text) {
        return [];
      }
      return `compares ${keys.join('.')} with ${JSON.stringify(text)}, but ${spelling === undefined
        ? 'no number of DynamoDB is spelled so. Give decimal digits such as "42" or "0.5"'
        : `stream records spell that number ${JSON.stringify(spelling)}. Write it so`}: as it stands, it `
        + `${isExclusion(alternative) ? 'excludes nothing' : 'never matches'}.`;
    }));
}

/** A number as DynamoDB spells it; undefined if it is none. */
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
      ? `asks of the eventName ${written(alternative)}, which none meets${didYouMean('', EVENT_NAMES)}`
      : [];
  });
}

function didYouMeanField(name: string, parent: Place): string {
  const path = pathOfField(name);
  return path === undefined ? didYouMean(name, knownFields(parent)) : `. Did you mean ${path}?`;
}

function didYouMean(given: string, known: readonly string[] = []): string {
  const meant = nearestName(given, known);
  if (meant !== undefined) {
    return `. Did you mean ${meant}?`;
  }
  return known.length > 0 ? `. There ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}.` : '.';
}
