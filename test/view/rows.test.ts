import { knownRun, viewOf } from './known-run';
import { manyInvocations } from './many-invocations';
import { boxOf, followed, linesOf, markAt, moved, type Selection } from '../../lib/view/browser/selection';
import { draw } from '../../lib/view/draw';
import { type Pixels, pixelsOf } from '../../lib/view/pixels';
import { type Rows, rowsOf } from '../../lib/view/rows';
import { type Axis, type AxisRange, wholeRange } from '../../lib/view/scale';
import { EVENT_KINDS, BATCH_OUTCOMES, type View } from '../../lib/view/view';
import { aboutCall, story, summary } from '../../lib/view/words';

const START = 1_735_689_600_000;
const calls = [
  { lane: 'a', record: '1', from: START, to: START + 20 },
  { lane: 'b', record: '2', from: START + 10, to: START + 70, error: 'Error: no' },
  { lane: 'a', record: '3', from: START + 30 },
];

/** A batch of every outcome, an event of every kind, and whatever a batch can have. */
const EVERYTHING: View = {
  times: [0, 100, 250, 400, 2_000, 70_000, 200_000, 8_000_000].map((after) => START + after),
  places: [0, 1, 2, 3, 4, 5, 6, 7],
  shards: [
    { trigger: 'Orders', shardId: 'shardId-00000001735689600000-abcdef01', slots: 2 },
    { trigger: 'Orders', shardId: 'shardId-7', parentShardId: 'shardId-00000001735689600000-abcdef01', slots: 1 },
    { trigger: 'Bills', shardId: 'shardId-7', slots: 4 },
  ],
  environments: Array.from({ length: 13 }, (_, index) => ({ name: 'Fn', number: index + 1 })),
  batches: BATCH_OUTCOMES.flatMap((outcome, index) => [
    {
      shard: 0, slot: index % 2, from: index, to: outcome === 'running' ? undefined : index + 1, records: 3, left: 2, outcome, environment: index * 3,
      first: '1', last: '3', age: 1, ...outcome === 'done' && { calls },
    },
    {
      shard: 1, slot: 0, from: index, to: index + 2, records: 1, left: 1, outcome, first: '4', error: 'Error: why.', age: (index + 1) * 20_000_000,
      retry: { attempt: index, until: START + 9_000_000 }, split: [1, 2] as const, checkpoint: '9',
      remarks: (['skipped', 'parked', 'failed'] as const).flatMap((state) => [{ record: '5', state }, { record: '6', state, reason: 'a reason' }]),
    },
  ]),
  events: EVENT_KINDS.map((kind, index) => ({
    kind, moment: index + 1, records: index, text: index % 2 === 0 ? '' : 'a text', shard: index === 3 ? undefined : index,
  })),
  figures: {
    invocations: 1_234, failed: 1, partial: 2, throttled: 3, retries: 1, splits: 5, filtered: 6, parked: 7, givenUp: 8, refused: 9, lost: 10,
    highestAge: 100_000_000,
  },
};

/** Each mark, and each call of those that show them. */
const marksOf = (rows: Rows): Selection[] => rows.rows.flatMap(({ kind, marks }, row) => marks.flatMap((mark, index) => [
  { row, index }, ...mark.kind === 'batch' && kind === 'shard' ? (mark.batch.calls ?? []).map((_, call) => ({ row, index, call })) : [],
]));
const placed = (view: View, width: number): Pixels => pixelsOf(view, { axis: 'steps', range: wholeRange(view, 'steps'), width });
const rows = rowsOf(EVERYTHING);

test('what is said of every mark, every row, and of all', () => {
  expect(rows.rows.map(({ kind, label, y, height, slots, marks }) => [kind, label, y, height, slots, marks.length])).toMatchSnapshot('rows');
  expect([...new Set(marksOf(rows).map((mark) => linesOf(EVERYTHING, rows, mark).join('\n')))]).toMatchSnapshot('marks');
  expect(calls.map((call) => aboutCall(EVERYTHING, call))).toMatchSnapshot('calls');
  expect([summary(EVERYTHING), story(EVERYTHING, 9)]).toMatchSnapshot('summary and story');
});

test('a child names its parent, which is a shard of its own trigger', () => {
  const others = [['Bills', 'parent'], ['Orders', 'other'], ['Orders', 'parent']].map(([trigger, shardId]) => ({ trigger, shardId, slots: 1 }));
  const shards = [...others, { trigger: 'Orders', shardId: 'child', parentShardId: 'parent', slots: 1 }];
  const labels = rowsOf({ ...EVERYTHING, batches: [], shards }).rows
    .filter(({ kind }) => kind === 'shard').map(({ label }) => label);

  expect(labels).toMatchInlineSnapshot(`
[
  "Bills, shard parent",
  "Orders, shard other",
  "Orders, shard parent",
  "Orders, shard child, a child of Orders, shard parent",
]
`);
});

/** One element a line. */
const drawing = (view: View, range: AxisRange, axis: Axis = 'steps', width = 1_000) =>
  draw(view, rowsOf(view), { axis, range, width }).replace(/></g, '>\n<').split('\n');

test('what is drawn: all of it, on a narrow screen, on the axis of time, and a batch with its calls', () => {
  expect(drawing(EVERYTHING, wholeRange(EVERYTHING, 'steps'))).toMatchSnapshot('all');
  expect(drawing(EVERYTHING, wholeRange(EVERYTHING, 'steps'), 'steps', 300)).toMatchSnapshot('narrow');
  expect(drawing(EVERYTHING, { from: START, to: START + 3_000 }, 'time')).toMatchSnapshot('time');
  expect(drawing(EVERYTHING, { from: 3.6, to: 6.2 }, 'steps')).toMatchSnapshot('calls');
});

test('what a batch says of too many errors and remarks ends with their number', () => {
  const [batch] = EVERYTHING.batches;
  const many = Array.from({ length: 22 }, (_, index) => ({ lane: `${index}`, record: '1', from: START, error: 'Error: no', state: 'failed' as const }));
  const view = { ...EVERYTHING, batches: [{ ...batch, calls: many, remarks: many }] };

  expect(linesOf(view, rowsOf(view), { row: 0, index: 0 }).filter((line) => line.startsWith('and '))).toEqual(['and 2 more', 'and 2 more']);
});

test.each([['everything', EVERYTHING], ['many', manyInvocations(300)]])('a point in a box means its mark, or one that went as badly: %s', (_name, view) => {
  const all = rowsOf(view);
  for (const width of [400, 4_000]) {
    const place = placed(view, width);
    for (const mark of marksOf(all)) {
      const box = boxOf(view, all, place, mark);
      expect([box.x, box.y, box.width, box.height].every(Number.isFinite) && box.width > 0 && box.height > 0).toBe(true);
      const found = markAt(view, all, place, { x: box.x + box.width / 2, y: box.y + box.height / 2 })!;
      const worst = (of: Selection) => {
        const it = all.rows[of.row].marks[of.index];
        return it.kind === 'batch' ? BATCH_OUTCOMES.indexOf(it.batch.outcome) : 0;
      };
      expect(found.row).toBe(mark.row);
      expect(worst(found)).toBeGreaterThanOrEqual(worst(mark));
    }
  }
});

test('beside everything there is no mark: above, below, and more than seven pixels away', async () => {
  const view = viewOf(await knownRun());
  const all = rowsOf(view);
  const place = placed(view, 1_000);
  const [{ y, height, marks: [first] }] = all.rows;
  const at = (x: number, down: number) => markAt(view, all, place, { x, y: down });
  const x = place.of(first.from);

  expect([at(x, y - 3), at(x, all.height + 100), at(x - 8, y + height / 2)]).toEqual([undefined, undefined, undefined]);
  expect([at(x, y - 2), at(x - 7, y + height / 2)]).toEqual([{ row: 0, index: 0 }, { row: 0, index: 0 }]);
  expect(at(x, y + height + 7)).toEqual({ row: 0, index: 0 });
});

test('a wide batch shows its calls, which can be pointed at', () => {
  const place = placed(EVERYTHING, 4_000);
  const box = boxOf(EVERYTHING, rows, place, { row: 0, index: 0, call: 1 });

  expect(markAt(EVERYTHING, rows, place, { x: box.x + box.width / 2, y: box.y + box.height / 2 })).toEqual({ row: 0, index: 0, call: 1 });
  expect(markAt(EVERYTHING, rows, placed(EVERYTHING, 600), { x: placed(EVERYTHING, 600).of(0), y: box.y })).not.toHaveProperty('call');
});

test('the keys lead from mark to mark', () => {
  const spelled = ({ row, index, call }: Selection) => [row, index, call].join(' ');
  const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', 'Escape', 'x'];
  const from = (row: number, index: number, call?: number) => keys.flatMap((key) => {
    const to = moved(rows, { row, index, ...call !== undefined && { call } }, key);
    return to === undefined ? [] : `${key} from ${spelled({ row, index, call })} to ${spelled(to)}`;
  });

  expect(moved(rows, undefined, 'ArrowLeft')).toEqual({ row: 0, index: 0 });
  expect(moved({ rows: [], height: 0 }, undefined, 'ArrowLeft')).toBeUndefined();
  expect([from(0, 0), from(1, 2), from(1, 4), from(0, 0, 0), from(0, 0, 1), from(0, 0, 2)]).toMatchSnapshot();
});

test('a selection stays with its mark when more happens: rows and marks may come between', () => {
  const [first, ...others] = EVERYTHING.batches;
  const more: View = {
    ...EVERYTHING,
    shards: [...EVERYTHING.shards, { trigger: 'New', shardId: 'new', slots: 1 }],
    batches: [...EVERYTHING.batches, { ...first, shard: 3, environment: 12, from: 7, to: undefined }],
  };
  const grown = [[EVERYTHING, more], [{ ...EVERYTHING, events: [] }, EVERYTHING], [{ ...EVERYTHING, batches: others }, EVERYTHING]];
  for (const [before, after] of grown) {
    const [old, next] = [rowsOf(before), rowsOf(after)];
    const said = (view: View, of: Rows) => (mark: Selection) => [of.rows[mark.row].kind, linesOf(view, of, mark)];

    expect(marksOf(old).map((mark) => said(after, next)(followed(old, next, mark)!))).toEqual(marksOf(old).map(said(before, old)));
  }
  expect(followed(rows, rowsOf({ ...EVERYTHING, batches: [] }), { row: 0, index: 0 })).toBeUndefined();
});

test('a page key leads twenty marks on', () => {
  const many = rowsOf(manyInvocations(300));

  expect(moved(many, { row: 0, index: 30 }, 'PageDown')).toEqual({ row: 0, index: 50 });
  expect(moved(many, { row: 0, index: 30 }, 'PageUp')).toEqual({ row: 0, index: 10 });
});
