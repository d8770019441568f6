import * as fc from 'fast-check';
import { knownRun, viewOf } from './known-run';
import { createModel, type ViewNotice } from '../../lib/view';
import { draw } from '../../lib/view/draw';
import { rowsOf } from '../../lib/view/rows';
import { type Axis, onAxis, ticks, timeAt, wholeRange } from '../../lib/view/scale';
import type { View } from '../../lib/view/view';
import { spanText, story, titleOf } from '../../lib/view/words';
import { runs } from '../runs';
import { plans, tell } from '../testing/mapping-plan';

const START = 1_735_689_600_000;
const AXES: readonly Axis[] = ['steps', 'time'];
let notices: ViewNotice[];
beforeEach(() => notices = []);

const at = (seconds: number, notice: Omit<ViewNotice, 'at'> & { type: ViewNotice['type'] }) => notices.push({ at: START + seconds * 1000, ...notice } as ViewNotice);
const batch = (from: number, to: number, invocation: number, about: object = {}) => {
  at(from, { type: 'invocationStarted', invocation, shardId: 's', records: 10, first: '1', ...about } as never);
  at(to, { type: 'invocationEnded', invocation, shardId: 's', records: 10, outcome: { type: 'response' }, ...about } as never);
};
const engine = (seconds: number, notice: object) => at(seconds, { type: 'notice', notice: { shardId: 's', ...notice } } as never);
const view = (): View => viewOf({ notices });

test('a run is shown as the simulation has it: batches, what was done in part, what was parked', async () => {
  const { batches, events, environments, figures } = viewOf(await knownRun());

  expect(batches.map(({ outcome, records, left, checkpoint }) => [outcome, records, left, checkpoint?.at(-1)])).toEqual([
    ['done', 4, 0, '4'], ['partial', 4, 3, '5'], ['done', 3, 0, '8'],
  ]);
  expect(batches[1].calls!.map(({ lane, error }) => [lane, error])).toEqual([
    ['<img src=x> 1', undefined], ['<img src=x> 0', 'Error: not yet'], ['<img src=x> 1', undefined],
  ]);
  expect(batches[1].remarks).toEqual([{ record: expect.stringMatching(/6$/), state: 'failed', reason: 'not known to be poison' }]);
  expect(events).toMatchObject([{ kind: 'parked', records: 1, shard: 0 }]);
  expect(environments.map(({ number }) => number)).toEqual([1, 2]);
  expect(figures).toMatchObject({ invocations: 3, partial: 1, failed: 0, parked: 1, highestAge: 200 });
});

test('what the engine says after an invocation is about its batch', () => {
  batch(0, 1, 1, { outcome: { type: 'error', errorType: 'E', errorMessage: 'm' } });
  engine(1, { type: 'count', name: 'FailedInvokeEventCount', value: 10 });
  engine(1, { type: 'split', first: 5, second: 5 });
  engine(1, { type: 'retrying', records: 5, attempt: 2, at: START + 2000 });
  batch(2, 3, 2);
  engine(3, { type: 'count', name: 'FailedInvokeEventCount', value: 10 });

  expect(view().batches).toMatchObject([
    { outcome: 'failed', left: 10, error: 'E: m', split: [5, 5], retry: { attempt: 2, until: START + 2000 } },
    { outcome: 'failed', left: 10, error: 'It answered that nothing is done.' },
  ]);
  expect(view().figures).toMatchObject({ failed: 2, splits: 1, retries: 1 });
});

test('batches that are under way at once are side by side, and a batch that comes again is where it was', () => {
  at(0, { type: 'invocationStarted', invocation: 1, shardId: 's', records: 1, first: '1' } as never);
  at(0, { type: 'invocationStarted', invocation: 2, shardId: 's', records: 1, first: '2' } as never);
  at(1, { type: 'invocationEnded', invocation: 2, shardId: 's', records: 1, outcome: { type: 'throttled' } } as never);
  engine(1, { type: 'retrying', records: 1, attempt: 1, at: START + 5000 });
  at(2, { type: 'invocationEnded', invocation: 1, shardId: 's', records: 1, outcome: { type: 'response' } } as never);
  batch(3, 4, 3, { first: '3' });
  batch(5, 6, 4, { first: '2' });

  expect(view().batches.map(({ slot, first }) => [first, slot])).toEqual([['1', 0], ['2', 1], ['3', 0], ['2', 1]]);
  expect(view().shards).toMatchObject([{ slots: 2 }]);
});

test('what is given up, refused or lost is an event, and what no version knows has no effect', () => {
  const message = { requestContext: { condition: 'RetryAttemptsExhausted' }, DDBStreamBatchInfo: { shardId: 's' } };
  batch(0, 1, 1);
  at(1, { type: 'delivered', message, records: 3, accepted: true } as never);
  at(1, { type: 'delivered', message, records: 2, accepted: false, reason: 'denied' } as never);
  engine(1, { type: 'dropped', records: 4, reason: 'retention' });
  at(1, { type: 'call', invocation: 99, record: '1', item: 'a' } as never);
  at(1, { type: 'later' } as never);

  expect(view().events).toMatchObject([
    { kind: 'givenUp', records: 3, text: 'RetryAttemptsExhausted' },
    { kind: 'refused', records: 2, text: 'RetryAttemptsExhausted, refused: denied' },
    { kind: 'lost', records: 4, text: 'retention' },
  ]);
});

test('a batch that is too large failed without an invocation; what was trimmed, or parked without an error, has its reason', () => {
  engine(0, { type: 'tooLarge', records: 7 });
  engine(1, { type: 'trimmed' });
  engine(2, { type: 'trimmed', after: '17' });
  at(3, { type: 'delivered', message: { requestContext: { condition: 'C' }, DDBStreamBatchInfo: { shardId: 's' } }, records: 2, accepted: false } as never);

  expect(view().batches).toMatchObject([{
    outcome: 'failed', records: 7, left: 7, error: 'The event is larger than the 6 MB that Lambda takes, so the function was not invoked.',
  }]);
  expect(view().events).toMatchObject([
    { kind: 'lost', records: 0, text: 'the stream no longer holds what came after its start' },
    { kind: 'lost', records: 0, text: 'the stream no longer holds what came after 17' },
    { kind: 'refused', records: 2, text: 'C, refused: no reason is known' },
  ]);
});

test('the view can be written as JSON, at any time', () => {
  const model = createModel();
  batch(0, 1, 1);
  notices.forEach((notice, index) => {
    model.add(notice);
    expect(JSON.parse(JSON.stringify(model.view))).toEqual(model.view);
    expect(model.view.batches).toMatchObject([{ outcome: ['running', 'done'][index] }]);
  });
});

/** Histories of several kinds, cut anywhere: drawn and written as JSON between the pieces, it must not show. */
test('fed in pieces, and drawn between them, it is what it is when fed at once', async () => {
  const told = fc.sample(plans, { numRuns: 8, seed: 1 }).map(async (plan) => (await tell(plan)).run);
  const histories = (await Promise.all([knownRun(), ...told])).map(({ notices: all }) => all);
  const drawing = (it: View, axis: Axis) => draw(it, rowsOf(it), { axis, range: wholeRange(it, axis), width: 800 });
  const wholes = histories.map((all) => {
    const whole = viewOf({ notices: all });
    return { whole, drawings: AXES.map((axis) => drawing(whole, axis)) };
  });
  const kinds = wholes.flatMap(({ whole: { batches, events } }) => [...batches.map(({ outcome }) => outcome), ...events.map(({ kind }) => kind)]);
  expect([...new Set<string>(kinds)]).toEqual(expect.arrayContaining(['done', 'failed', 'givenUp', 'parked', 'partial', 'refused', 'throttled']));
  const cuts = fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

  fc.assert(fc.property(fc.nat(histories.length - 1), cuts, fc.constantFrom(...AXES), (index, shares, axis) => {
    const [all, { whole, drawings }] = [histories[index], wholes[index]];
    const ends = [...shares.map((share) => Math.floor(share * all.length)).sort((one, other) => one - other), all.length];
    const model = createModel();
    ends.forEach((end, piece) => {
      all.slice(ends[piece - 1] ?? 0, end).forEach((notice) => model.add(JSON.parse(JSON.stringify(notice))));
      const before = JSON.stringify(model.view);
      drawing(model.view, axis);
      expect(JSON.stringify(model.view)).toBe(before);
    });

    expect(model.view).toEqual(whole);
    expect(AXES.map((one) => drawing(model.view, one))).toEqual(drawings);
  }), runs(15, 1));
});

test('events with the same words are one line', () => {
  for (let time = 0; time < 5; time++) {
    batch(time * 10, time * 10 + 1, time, { outcome: { type: 'error', errorType: 'E', errorMessage: time < 4 ? 'down' : 'up' } });
    engine(time * 10 + 1, { type: 'retrying', records: 10, attempt: time + 2, at: START + time * 10_000 + 10_000 });
  }
  at(50, { type: 'parked', shardId: 's', record: '1', error: 'E: bad' } as never);
  at(51, { type: 'parked', shardId: 's', record: '2', error: 'E: bad' } as never);

  expect(story(view(), 60)).toEqual({
    lines: [
      '+1 s to +31 s, shard s: 10 records failed, 4 times. The first: E: down. Try 5 at +40 s',
      '+41 s, shard s: 10 records failed. E: up. Try 6 at +50 s',
      '+50 s to +51 s, shard s: 1 record parked, 2 times. The first: record 1: E: bad',
    ],
    omitted: 0,
  });
  expect(story(view(), 1)).toMatchObject({ lines: [expect.any(String)], omitted: 3 });
});

test('of the errors of a batch, the first is shown, and the number of the others', () => {
  batch(0, 1, 1);
  ['E: one', 'E: two', 'E: three', 'E: one'].forEach((error, record) =>
    at(1, { type: 'call', invocation: 1, record: `${record}`, item: `${record}`, endedAt: START + 1000, error } as never));
  engine(1, { type: 'count', name: 'FailedInvokeEventCount', value: 4 });
  const [line] = story(view(), 60).lines;

  expect(line).toMatchInlineSnapshot('"+1 s, shard s: 6 of 10 records done, 4 not. 0: E: one, and 3 more errors"');
});

test.each([[[], 'Local run, '], [['A'], 'Local run of A, '], [['A', 'B'], 'Local run of A and B, '], [['A', 'B', 'C'], 'Local run of A and 2 other triggers, ']])(
  'the title of %j begins "%s"', (triggers, title) => {
    batch(0, 1, 1);
    triggers.forEach((trigger) => batch(1, 2, 1, { trigger }));

    expect(titleOf(view())).toBe(`${title}2025-01-01 00:00 UTC`);
  });

test('an hour without anything takes little room on the axis of steps, and all of it can be found again', () => {
  batch(0, 0, 1);
  batch(0, 0, 2);
  batch(3600, 3600, 3);
  const it = view();
  const { from, to } = wholeRange(it, 'steps');

  expect(it.places.at(-1)! - it.places[0]).toBeLessThan(12);
  expect(Math.min(...it.places.slice(1).map((place, index) => place - it.places[index]))).toBeGreaterThanOrEqual(1);
  for (const time of [START + 1, START + 1_800_000, START + 3_599_999]) {
    expect(timeAt(it, 'steps', onAxis(it, 'steps', time))).toBeCloseTo(time, 3);
  }
  expect(ticks(it, 'steps', { from, to }, 6).length).toBeGreaterThan(2);
  expect(ticks(it, 'time', { from: START, to: START + 3_600_000 }, 6).map(({ text }) => text)).toEqual(['+0 ms', '+10 min', '+20 min', '+30 min', '+40 min', '+50 min', '+1 h'].slice(0, 7));
});

/** Where the shapes of a look begin, in pixels, in a drawing that is 1,000 wide. */
function drawn(look: string, from: number, to: number): number[] {
  const it = view();
  const svg = draw(it, rowsOf(it), { axis: 'time', range: { from: START + from * 1000, to: START + to * 1000 }, width: 1000 });
  return [...(new RegExp(`class="${look}" d="([^"]*)"`).exec(svg)?.[1] ?? '').matchAll(/M(-?[\d.]+)/g)].map(([, x]) => Number(x));
}

test('a wait for a retry is drawn also where the try before it is out of sight, and nothing covers the numbers on the left', () => {
  batch(0, 1, 1, { outcome: { type: 'error', errorType: 'E', errorMessage: 'm' } });
  engine(1, { type: 'retrying', records: 10, attempt: 2, at: START + 100_000 });
  batch(100, 140, 2);

  expect(drawn('wait', 50, 60)).toEqual([46]);
  expect(drawn('failed', 50, 60)).toEqual([]);
  expect(drawn('done', 110, 120)).toEqual([46]);
  expect(drawn('wait', 110, 120)).toEqual([]);
});

test('what is done in part shows that it is, however narrow it is, and does not cover what failed', () => {
  batch(0, 1, 1);
  engine(1, { type: 'count', name: 'FailedInvokeEventCount', value: 4 });
  batch(5000, 5001, 2);

  const it = view();
  const svg = draw(it, rowsOf(it), { axis: 'time', range: wholeRange(it, 'time'), width: 1000 });
  expect(drawn('rest', -10, 5000)).toHaveLength(1);
  expect(drawn('partial', -10, 5000)).toEqual([]);
  expect([drawn('rest', 0, 2).length, drawn('partial', 0, 2).length]).toEqual([1, 1]);
  // Its number is in the part that is done, whose colour it is made for.
  expect(/<text class="number" x="([\d.]+)"/.exec(draw(it, rowsOf(it), { axis: 'time', range: { from: START, to: START + 2000 }, width: 1000 }))![1]).toBe(`${46 + 472 * 0.3}`);
  expect(svg.indexOf('"failed"') === -1 || svg.indexOf('"rest"') < svg.indexOf('"failed"')).toBe(true);
});

test('the line of ages ends at the edges of its band', () => {
  [0, 10, 20, 30].forEach((from, index) => batch(from, from + 1, index, { iteratorAgeMs: from * 1000 }));
  const line = (from: number, to: number) => {
    const it = view();
    const svg = draw(it, rowsOf(it), { axis: 'time', range: { from: START + from * 1000, to: START + to * 1000 }, width: 1000 });
    return [.../class="age" d="M([^"]*)"/.exec(svg)![1].matchAll(/([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  };

  const [[left, high], , [right, low]] = line(5, 15);
  expect([left, right]).toEqual([46, 992]);
  // A straight line from edge to edge: its middle is at the batch.
  expect(line(5, 15)[1]).toEqual([519, expect.closeTo((high + low) / 2, 0)]);
  expect(line(12, 18).map(([x]) => x)).toEqual([46, 992]);
});

test('in a batch that is large enough, the calls are drawn, with the waits between the tries of a record, and the timeout', () => {
  const call = (from: number, to: number, record: string, error?: string) =>
    at(from, { type: 'call', invocation: 1, record, item: record, endedAt: START + to * 1000, error } as never);
  batch(0, 20, 1, { deadline: START + 30_000 });
  call(0, 1, 'a', 'no');
  call(0, 2, 'b');
  call(5, 6, 'a', 'no');
  call(16, 20, 'a');

  expect(drawn('lane', 0, 40)).toHaveLength(1);
  expect([drawn('good', 0, 40).length, drawn('bad', 0, 40).length, drawn('wait', 0, 40).length]).toEqual([2, 2, 2]);
  expect(drawn('limit', 0, 40)).toEqual([46 + 946 * 30 / 40]);
  expect(drawn('good', 0, 1000)).toEqual([]);
});

test.each([
  [0, '0 ms'], [999.6, '1 s'], [1234, '1.23 s'], [59_999, '60 s'], [60_000, '1 min'], [125_000, '2 min 5 s'], [3_599_900, '1 h'], [11_400_000, '3 h 10 min'],
])('%d ms are "%s"', (milliseconds, text) => {
  expect(spanText(milliseconds)).toBe(text);
});
