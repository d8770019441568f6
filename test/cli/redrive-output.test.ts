import { PassThrough, Writable } from 'node:stream';
import { type RedriveOutput, redriveJson, redriveText } from '../../lib/cli/redrive-output';
import { isWanted } from '../../lib/cli/redrive-question';
import { MessagesInFlight, type Overview, RedriveRefused, type Result } from '../../lib/redrive';

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
  [{ superseded: 'refresh' }, 'they are made again from their items'],
  [{ superseded: 'hold', toFile: 'events.jsonl' }, 'they are written too'],
])('what happens to superseded records with %j is said', (asked, said) => {
  expect(printed((out) => redriveText(out, asked).found(OVERVIEW))).toContain(`Superseded     4: their items have changed since; ${said}\n`);
});

const TALLY = { done: 0, overtaken: 0, skipped: 0, written: 0, held: 0, inexact: 0, failed: 0, tooLarge: 0, notTried: 0, lost: 0, unknown: 0 };
const resultOf = (tally: Partial<Result['tally']>, more: Partial<Result> = {}): Result => (
  { tally: { ...TALLY, ...tally }, removed: 0, givenBack: 0, left: 0, stopped: undefined, ...more }
);

test('an overview has a line for whatever there is', () => {
  const everything: Overview = {
    kinds: { batches: 2, records: 1, pointers: 3, unknown: 4, empty: 5 },
    messages: 12,
    left: 6,
    records: 9,
    items: 8,
    sendable: 7,
    inexact: 2,
    lost: 3,
    superseded: 4,
    ways: [
      { functionArn: 'arn:aws:lambda:us-east-1:111122223333:function:on-order:live', tableArn: 'arn:aws:dynamodb:us-east-1:111122223333:table/orders', records: 8 },
      { functionArn: 'on-bill', tableArn: 'bills', records: 1 },
    ],
    hoursLeft: 3.26,
    remarks: ['A remark.'],
    notes: ['A note.'],
  };
  expect(printed((out) => redriveText(out, { superseded: 'hold' }).found(everything))).toMatchInlineSnapshot(`
"Messages       12: 2 failed batches, 1 parked record, 4 unknown, 5 with nothing to do
Left           6 messages more: the limit is reached
Records        9, of 8 items
               8 from orders to on-order:live
               1 from bills to on-bill
Expire         the first in 3.3 hours (3 messages point at the stream)
Superseded     4: their items have changed since; they are held
Inexact        2: they may not have been in their batch
Lost           3: the stream no longer has them
Note: A remark.
Note: A note.
"
`);
  expect(printed((out) => redriveText(out, { superseded: 'hold' }).found({ ...OVERVIEW, superseded: 0, hoursLeft: undefined }))).toMatchInlineSnapshot(`
"Messages       1: 1 failed batch, 0 parked records
Records        4, of 1 item
"
`);
});

test('a result has a line for every outcome that there is, and what to do about it', () => {
  const tally = { done: 1, overtaken: 2, skipped: 3, written: 4, held: 5, inexact: 6, failed: 7, tooLarge: 8, notTried: 9, lost: 10, unknown: 11 };
  const result = resultOf(tally, { removed: 12, givenBack: 13, left: 14, stopped: 'the function is throttled', notGivenBack: 'Access denied.' });
  expect(printed((out) => redriveText(out, { superseded: 'hold', toFile: 'events.jsonl' }).ended(result, 3))).toMatchInlineSnapshot(`
"Stopped: the function is throttled.
Done           1
Overtaken      2  done, but their items changed meanwhile: compare them
Skipped        3  their items have changed since
Written        4  to events.jsonl
Held           5  items changed since: --superseded send, skip or refresh
Inexact        6  they may not have been in their batch: --inexact send
Failed         7  fix the function, and run this again
Too large      8  their event is above 6 MB: --to-file
Not tried      9  run this again
Lost           10  gone from the stream: scan the table, then --forget-lost
Unknown        11  not ours, or what they name can't be read
Messages       12 deleted, 13 given back, 14 not taken: run this again
Note: messages could not be given back, and are invisible until their visibility timeout is over. Access denied.
--report FILE says what became of each record.
"
`);
});

test('a result of a dry run says that it is one, and not that nothing was tried', () => {
  expect(printed((out) => redriveText(out, { superseded: 'hold', dryRun: true }).ended(resultOf({ notTried: 1 }, { givenBack: 1 }), 0))).toMatchInlineSnapshot(`
"A dry run: nothing was sent.
Messages       0 deleted, 1 given back
"
`);
});

test.each(['held', 'failed', 'inexact', 'overtaken', 'lost', 'unknown'] as const)('a report is offered where records are %s, unless there is one', (outcome) => {
  const offered = '--report FILE says what became of each record.\n';
  expect(printed((out) => redriveText(out, { superseded: 'hold' }).ended(resultOf({ [outcome]: 1 }), 3))).toContain(offered);
  expect(printed((out) => redriveText(out, { superseded: 'hold', report: 'report.jsonl' }).ended(resultOf({ [outcome]: 1 }), 3))).not.toContain(offered);
});

describe('while it runs', () => {
  const text = (show: (output: RedriveOutput) => void) => printed((out) => show(redriveText(out, { superseded: 'hold' })));

  test('it says what it reads, and that a bucket is nobody\'s alone', () => {
    expect(text((output) => output.started('the queue failed', false))).toBe('Reading the queue failed\n');
    expect(text((output) => output.started('the bucket failed', true)))
      .toBe('Reading the bucket failed\nNote: nothing keeps others from a bucket. Run one redrive at a time.\n');
  });

  test('it says for how many messages it waits, each number once', () => {
    expect(text((output) => [2, 2, 1].forEach((others) => output.waiting(others))))
      .toBe('Waiting for 2 messages that another run has\nWaiting for 1 message that another run has\n');
  });

  test('it says how it stops', () => {
    expect(text((output) => [false, true].forEach((again) => output.stopping(again))))
      .toBe('Stopping: waiting for what is under way. Ctrl-C again does not wait.\nStopping now.\n');
  });

  test.each([
    [69, '\u001b[1G50% of 4, 1/s, 2s left\u001b[0K'],
    [70, '\u001b[1G==========---------- 50% of 4 records, 1/s, 2s left\u001b[0K'],
  ])('on a terminal of %d columns there is the bar that fits, without a cursor, and nothing of it when all is settled', (columns, bar) => {
    jest.useFakeTimers();
    try {
      const shown = printed((out) => {
        const output = redriveText(Object.assign(out, { isTTY: true as const, columns }), { superseded: 'hold' });
        output.progress(1, 4);
        jest.advanceTimersByTime(2000);
        output.progress(2, 4);
        jest.advanceTimersByTime(1000);
        output.ended(resultOf({ done: 4 }), 0);
        jest.advanceTimersByTime(5000);
      });
      expect(shown).toContain(bar);
      expect(shown).toContain('\u001b[?25l');
      expect(shown.split('\u001b[?25h').at(-1)).toMatch(/\u001b\[2KDone {11}4\nMessages {7}0 deleted, 0 given back\n$/);
    } finally {
      jest.useRealTimers();
    }
  });
});

test.each([
  ['a refusal', new RedriveRefused('No such queue.'), 'No such queue.\n'],
  ['messages of another run', new MessagesInFlight('Another run has 2 messages.'), 'Another run has 2 messages.\n'],
  [
    'whatever else ends it', Object.assign(new Error('socket'), { stack: 'Error: socket\n    at read' }),
    'Unexpected: Error: socket\n    at read\nWhat is not done was given back, or comes back when its visibility timeout is over.\n',
  ],
])('%s is shown on the standard error', (_, error, expected) => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    expect(printed((out) => redriveText(out, { superseded: 'hold' }).failed(error))).toBe('');
    expect(write.mock.calls).toEqual([[expected]]);
  } finally {
    write.mockRestore();
  }
});

describe('before anything is sent', () => {
  /** Whether it is wanted, and what is shown at the terminal, where this is typed. */
  const answered = async (asked: Partial<Parameters<typeof isWanted>[0]>, { typed = '', inIsTTY = true, outIsTTY = true, sendable = 3 } = {}, stop = new AbortController().signal) => {
    const [input, output] = [Object.assign(new PassThrough(), { isTTY: inIsTTY }), Object.assign(new PassThrough(), { isTTY: outIsTTY })];
    input.write(typed);
    const wanted = await isWanted({ superseded: 'hold', ...asked }, { sendable, superseded: 2 }, stop, input as never, output as never);
    return [wanted, String(output.read() ?? '').includes('Send them? [y/N] ')];
  };

  test.each([['y\n', true], ['Yes \n', true], ['n\n', false], ['\n', false], ['yesterday\n', false]])('it asks, and takes %j for %s', async (typed, wanted) => {
    expect(await answered({}, { typed })).toEqual([wanted, true]);
  });

  test('it asks if everything that may be sent is superseded, but is not held', async () => {
    expect(await answered({ superseded: 'send' }, { typed: 'n\n', sendable: 2 })).toEqual([false, true]);
  });

  test.each<[string, ...Parameters<typeof answered>]>([
    ['with --yes', { yes: true }],
    ['in a dry run', { dryRun: true }],
    ['to a file', { toFile: 'events.jsonl' }],
    ['if nothing would be sent', {}, { sendable: 2 }],
    ['where nobody could answer', {}, { inIsTTY: false }],
    ['where nobody could read it', {}, { outIsTTY: false }],
  ])('%s it does not ask', async (_, ...of) => {
    expect(await answered(...of)).toEqual([true, false]);
  });

  test('Ctrl-C at the question is a signal, and a stop is a no', async () => {
    const stop = new AbortController();
    const onSignal = jest.fn(() => stop.abort());
    process.once('SIGINT', onSignal);
    expect(await answered({}, { typed: '\u0003' }, stop.signal)).toEqual([false, true]);
    expect(onSignal).toHaveBeenCalledTimes(1);
  });
});

test('as JSON, each is an object', () => {
  const objects = printed((out) => {
    const output = redriveJson(out);
    output.started('the queue failed', false);
    output.waiting(2);
    output.found(OVERVIEW);
    output.progress(1, 4);
    output.stopping(false);
    output.ended(resultOf({ done: 1 }), 0);
    output.failed(new RedriveRefused('No such queue.'));
  }).trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(objects).toEqual([
    { type: 'started', source: 'the queue failed' },
    { type: 'waiting', others: 2 },
    { type: 'found', ...OVERVIEW },
    { type: 'stopping' },
    { type: 'summary', tally: { ...TALLY, done: 1 }, removed: 0, givenBack: 0, left: 0, exitCode: 0 },
    { type: 'error', name: 'RedriveRefused', message: 'No such queue.' },
  ]);
});
