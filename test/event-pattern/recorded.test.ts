import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { matchesEventPattern, parseEventPattern } from '../../lib/event-pattern';

/** What AWS's own pattern engine answered, where the recordings are there. */
const folder = resolve(__dirname, '..', '..', '..', 'shared', 'data');
const given = existsSync(folder);

interface Case {
  readonly name?: string;
  readonly pattern?: unknown;
  readonly patternText?: string;
  readonly event?: object;
  readonly eventText?: string;
  readonly expected?: 'match' | 'no-match' | 'invalid';
}

const answers = (file: string, list: string): Case[] => JSON.parse(readFileSync(join(folder, file), 'utf8'))[list];

function answer({ pattern, patternText, event, eventText }: Case): Case['expected'] {
  const parsed = parseEventPattern(patternText ?? JSON.stringify(pattern));
  if (!parsed.valid) {
    return 'invalid';
  }
  return matchesEventPattern(parsed.pattern, event ?? JSON.parse(eventText!)) ? 'match' : 'no-match';
}

if (!given) {
  test('SKIPPED, because ../shared/data is missing: agreement with the recorded answers of AWS', () => undefined);
} else {
  test.each(answers('aws-recorded-event-patterns.json', 'cases').map((one) => [one.name, one] as const))('as recorded: %s', (_, one) => {
    expect(answer(one)).toBe(one.expected);
  });

  test.each(answers('aws-recorded-event-patterns.json', 'rawCases').map((one) => [one.name, one] as const))('as recorded: %s', (_, one) => {
    expect(answer(one)).toBe(one.expected);
  });

  test('on stream records, as AWS\'s pattern engine answers', () => {
    const disagreements = answers('event-ruler-stream-patterns.json', 'cases').filter((one) => answer(one) !== one.expected);
    expect(disagreements).toEqual([]);
  });

  test('what a mapping refused is refused', () => {
    const accepted = answers('aws-recorded-stream-filters.json', 'invalidPatterns').filter((one) => answer(one) !== 'invalid');
    expect(accepted).toEqual([]);
  });
}
