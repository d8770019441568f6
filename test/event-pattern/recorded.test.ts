import { matchesEventPattern, parseEventPattern } from '../../lib/event-pattern';
import { recorded } from '../recorded';

interface Case {
  readonly name?: string;
  readonly pattern?: unknown;
  readonly patternText?: string;
  readonly event?: object;
  readonly eventText?: string;
  readonly expected?: 'match' | 'no-match' | 'invalid';
}

const patterns = recorded<{ readonly cases: Case[]; readonly rawCases: Case[] }>('aws-recorded-event-patterns.json');
const rulerPatterns = recorded<{ readonly cases: Case[] }>('event-ruler-stream-patterns.json');
const filters = recorded<{ readonly invalidPatterns: Case[] }>('aws-recorded-stream-filters.json');

function answer({ pattern, patternText, event, eventText }: Case): Case['expected'] {
  const parsed = parseEventPattern(patternText ?? JSON.stringify(pattern));
  if (!parsed.valid) {
    return 'invalid';
  }
  return matchesEventPattern(parsed.pattern, event ?? JSON.parse(eventText!)) ? 'match' : 'no-match';
}

const differing = (cases: readonly Case[]) => cases.filter((one) => answer(one) !== one.expected);

patterns.test('matches as EventBridge did', () => {
  expect(differing(patterns.data!.cases)).toEqual([]);
});

patterns.test('reads JSON that is out of the ordinary as EventBridge did', () => {
  expect(differing(patterns.data!.rawCases)).toEqual([]);
});

rulerPatterns.test('matches stream records as AWS\'s own pattern engine does', () => {
  expect(differing(rulerPatterns.data!.cases)).toEqual([]);
});

filters.test('refuses what a mapping refused', () => {
  expect(filters.data!.invalidPatterns.filter((one) => answer(one) !== 'invalid')).toEqual([]);
});

test.each<Required<Pick<Case, 'pattern' | 'event' | 'expected'>>>([
  { pattern: { a: ['x'] }, event: { a: 'x' }, expected: 'match' },
  { pattern: { a: ['x'] }, event: { a: 'y' }, expected: 'no-match' },
  { pattern: { a: 'x' }, event: { a: 'x' }, expected: 'invalid' },
])('a case of our own: $pattern and $event: $expected', (one) => {
  expect(answer(one)).toBe(one.expected);
});
