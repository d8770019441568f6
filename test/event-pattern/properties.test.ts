import * as fc from 'fast-check';
import { naiveMatcher } from './naive-matcher';
import { matchesEventPattern, parseEventPattern } from '../../lib/event-pattern';
import { runs } from '../runs';

const key = fc.constantFrom('a', 'b', 'c', 'a.b');
const plain = fc.constantFrom('x', 'y', 'xy', '', true, null);
const { record } = fc.letrec((tie) => ({
  record: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, plain, fc.array(tie('value'), { maxLength: 3 }), tie('record')),
})) as { record: fc.Arbitrary<object> };

const alternative = fc.oneof(
  plain,
  fc.record({ prefix: fc.constantFrom('x', 'y', '') }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ 'anything-but': fc.constantFrom('x', ['x', 'y']) }),
);
const { pattern } = fc.letrec((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.dictionary(key, tie('condition'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    fc.record({ $or: fc.array(tie('pattern'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ a: tie('condition'), $or: fc.array(tie('pattern'), { minLength: 2, maxLength: 2 }), b: tie('condition') }),
  ),
  condition: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.array(alternative, { minLength: 1, maxLength: 2 }), tie('pattern')),
})) as { pattern: fc.Arbitrary<object> };

test('matches as an independent matcher does', () => {
  fc.assert(fc.property(pattern, fc.array(record, { minLength: 1, maxLength: 5 }), (given, records) => {
    const parsed = parseEventPattern(JSON.stringify(given));
    const naivelyMatches = naiveMatcher(given);
    for (const one of records) {
      expect(parsed.valid && matchesEventPattern(parsed.pattern, one)).toBe(naivelyMatches(one));
    }
  }), runs(150));
});

test('a valid pattern never throws, whatever the record', () => {
  fc.assert(fc.property(pattern, fc.object({ key, withDate: true, withTypedArray: true, withBigInt: true }), (given, one) => {
    const parsed = parseEventPattern(JSON.stringify(given));
    expect(parsed.valid && typeof matchesEventPattern(parsed.pattern, one)).toBe('boolean');
  }));
});

test('any text is a pattern, or is refused with problems that say where', () => {
  const operators = fc.constantFrom('prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'cidr', 'numeric', 'exists', 'anything-but', 'exactly', '$or');
  const nearlyAPattern = fc.jsonValue({ maxDepth: 4 }).chain((value) => fc.constantFrom(
    value, { a: value }, { a: [value] }, { $or: [value, value] }, { a: ['>=', value, '<', value] },
  ));
  const withOperator = fc.tuple(operators, fc.oneof(nearlyAPattern, fc.constant(['>=', 1, '<', 2])))
    .map(([name, operand]) => ({ a: [{ [name]: operand }] }));
  const text = fc.oneof(fc.string(), nearlyAPattern.map((value) => JSON.stringify(value)), withOperator.map((value) => JSON.stringify(value)),
    fc.tuple(pattern, fc.nat(), fc.string({ maxLength: 2 })).map(([value, at, inserted]) => {
      const json = JSON.stringify(value);
      return json.slice(0, at % json.length) + inserted + json.slice(at % json.length + 1);
    }));
  const seen = { valid: 0, refused: 0 };
  fc.assert(fc.property(text, (given) => {
    const parsed = parseEventPattern(given);
    if (parsed.valid) {
      seen.valid++;
      expect(parsed.pattern.branches.length).toBeGreaterThan(0);
    } else {
      seen.refused++;
      expect(parsed.problems.length).toBeGreaterThan(0);
      const typed = { kind: expect.any(String), path: expect.any(String), message: expect.any(String) };
      parsed.problems.forEach((problem) => expect(problem).toEqual(typed));
    }
  }), runs(200));
  expect(Math.min(seen.valid, seen.refused)).toBeGreaterThan(10);
});

test('reads every JSON object that JSON.parse reads, and nothing that it doesn\'t', () => {
  const parses = (given: string) => {
    try {
      JSON.parse(given);
      return true;
    } catch {
      return false;
    }
  };
  const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '{', ']', '0', '\\', '\n', '\u0000', 'e')).map(([json, at, inserted]) =>
    json.slice(0, at % json.length) + inserted + json.slice(at % json.length + 1));
  fc.assert(fc.property(fc.oneof(fc.json(), damaged), (given) => {
    const parsed = parseEventPattern(`{"a": [${given}]}`);
    const isJson = parsed.valid || parsed.problems.every(({ kind }) => kind !== 'not-json');
    expect(isJson).toBe(parses(`{"a": [${given}]}`) || parsed.remarks.some(({ kind }) => kind === 'text-after-pattern'));
  }), runs(150));
});

/** The most places of a wildcard that a text may have reached at once: each star, and each beginning behind one that it ends with. `$` is the end of the text. */
function mostPlaces(literals: readonly string[]): number {
  const behindStars = [...literals.slice(1, -1), `${literals.at(-1)}$`];
  const beginnings = behindStars.flatMap((literal) => Array.from(literal, (_, last) => literal.slice(0, last + 1)));
  return behindStars.length + Math.max(...beginnings.map((text) => beginnings.filter((beginning) => text.endsWith(beginning)).length));
}

test('a wildcard is too complex if a text may have reached more than ten of its places at once', () => {
  const literal = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 });
  const atAnEnd = fc.oneof(literal, fc.constant(''));
  const wildcard = fc.tuple(atAnEnd, fc.array(literal, { maxLength: 6 }), atAnEnd).map(([first, inner, last]) => [first, ...inner, last]);
  const seen = { simple: 0, complex: 0 };
  fc.assert(fc.property(wildcard, (literals) => {
    const isComplex = mostPlaces(literals) > 10;
    seen[isComplex ? 'complex' : 'simple']++;
    const parsed = parseEventPattern(JSON.stringify({ a: [{ wildcard: literals.join('*') }] }));
    expect(parsed.valid ? [] : parsed.problems.map(({ kind }) => kind)).toEqual(isComplex ? ['too-complex'] : []);
  }), runs(300));
  expect(Math.min(seen.simple, seen.complex)).toBeGreaterThan(10);
});
