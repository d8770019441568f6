import { Writable } from 'node:stream';
import { redriveText } from '../../lib/cli/redrive-output';
import type { Overview } from '../../lib/redrive';

const OVERVIEW: Overview = {
  kinds: { batches: 1, records: 0, pointers: 1, unknown: 0, empty: 0 }, messages: 1, left: 0, records: 4, items: 1, sendable: 4, inexact: 0, lost: 0,
  superseded: 4, ways: [], hoursLeft: 3, remarks: [],
};

/** What is printed. */
function printed(print: (out: NodeJS.WriteStream) => void): string {
  let text = '';
  print(new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk;
      done();
    },
  }) as unknown as NodeJS.WriteStream);
  return text;
}

test.each([
  [{ superseded: 'hold' }, 'they are held'],
  [{ superseded: 'send' }, 'they are sent'],
  [{ superseded: 'skip' }, 'they are skipped'],
  [{ superseded: 'refresh' }, 'they are made anew'],
  [{ superseded: 'hold', toFile: 'events.jsonl' }, 'they are written, too'],
])('what happens to superseded records with %j is said', (asked, said) => {
  expect(printed((out) => redriveText(out, asked).found(OVERVIEW))).toContain(`Superseded     4: their items have changed since; ${said}\n`);
});

test('that messages could not be given back is said', () => {
  const result = { tally: { unknown: 0 } as any, removed: 0, givenBack: 1, left: 0, stopped: undefined, notGivenBack: 'Access denied.' };
  expect(printed((out) => redriveText(out, { superseded: 'hold' }).ended(result, 3)))
    .toContain('Note: messages could not be given back, and are invisible until their visibility timeout is over. Access denied.\n');
});
