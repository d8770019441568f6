import { type Box, callBoxes, LANES_FROM, placeOfBatch } from '../draw-batches';
import type { Pixels } from '../pixels';
import type { Mark, Row, Rows } from '../rows';
import { BATCH_OUTCOMES, type View, type ViewBatch } from '../view';
import { aboutBatch, aboutCall, aboutEvent } from '../words';

/** A mark: where it is in its row, and in a batch the number of a call. */
export interface Selection {
  readonly row: number;
  readonly index: number;
  readonly call?: number;
}

/** All about a mark. */
export function linesOf(view: View, { rows }: Rows, { row, index, call }: Selection): string[] {
  const { marks } = rows[row];
  const mark = marks[index];
  if (mark.kind === 'event') {
    return aboutEvent(view, mark.event);
  }
  const calls = mark.batch.calls ?? [];
  if (call !== undefined) {
    return [...aboutCall(view, calls[call]), `call ${call + 1} of ${calls.length}`];
  }
  return [...aboutBatch(view, mark.batch), ...calls.length > 0 ? [`${calls.length} calls of the handler: zoom in, or press Enter`] : []];
}

export function boxOf(view: View, { rows }: Rows, place: Pixels, { row: at, index, call }: Selection): Box {
  const row = rows[at];
  const mark = row.marks[index];
  const x = place.of(mark.from);
  if (mark.kind === 'event') {
    return { x: x - 8, y: row.y + row.height / 2 - 8, width: 16, height: 16 };
  }
  if (row.kind === 'environment') {
    return { x, y: row.y + 1, width: Math.max(2, place.of(mark.to) - x), height: row.height - 2 };
  }
  const box = placeOfBatch(view, mark.batch, row, place);
  return call === undefined ? box : callBoxes(view, mark.batch, box)[call];
}

/** Pixels: a mark within this distance is meant. */
const NEAR = 7;

/** The mark at a point, or close to it. Of several, the one that went worst. */
export function markAt(view: View, all: Rows, place: Pixels, point: { readonly x: number; readonly y: number }): Selection | undefined {
  const at = all.rows.findIndex(({ y, height, kind }) => point.y >= y - 2 && point.y < y + height + (kind === 'shard' ? 8 : 0));
  const row: Row | undefined = all.rows[at];
  if (!row) {
    return undefined;
  }
  const slot = Math.min(row.slots - 1, Math.max(0, Math.floor((point.y - row.y) / (row.height / row.slots))));
  let best: { readonly index: number; readonly away: number; readonly badness: number } | undefined;
  row.marks.forEach((mark, index) => {
    if (mark.kind === 'batch' && row.kind === 'shard' && mark.batch.slot !== slot) {
      return;
    }
    const away = Math.max(place.of(mark.from) - point.x, point.x - place.of(mark.to), 0);
    const badness = mark.kind === 'batch' ? BATCH_OUTCOMES.indexOf(mark.batch.outcome) : 0;
    const isIn = away <= 1;
    const isBetter = !best || (isIn !== best.away <= 1 ? isIn : badness !== best.badness ? badness > best.badness : away < best.away);
    if (away <= NEAR && isBetter) {
      best = { index, away, badness };
    }
  });
  return best && { row: at, index: best.index, ...callAt(view, row.marks[best.index], row, place, point) };
}

function callAt(view: View, mark: Mark, row: Row, place: Pixels, { x, y }: { readonly x: number; readonly y: number }): { readonly call?: number } {
  if (mark.kind !== 'batch' || !mark.batch.calls || row.kind !== 'shard') {
    return {};
  }
  const box = placeOfBatch(view, mark.batch, row, place);
  const call = box.width < LANES_FROM ? -1 : callBoxes(view, mark.batch, box)
    .findIndex((one) => x >= one.x - 1 && x <= one.x + one.width + 1 && y >= one.y - 1 && y <= one.y + one.height + 1);
  return call < 0 ? {} : { call };
}

/** The same mark where more has happened: there may be other rows above its own. */
export function followed(before: Rows, { rows }: Rows, { row, index, call }: Selection): Selection | undefined {
  const { kind, marks } = before.rows[row];
  const subject = subjectOf(marks[index]);
  const places = rows.map((one) => one.kind === kind ? one.marks.findIndex((mark) => subjectOf(mark) === subject) : -1);
  const at = places.findIndex((place) => place >= 0);
  return at < 0 ? undefined : { row: at, index: places[at], call };
}

const subjectOf = (mark: Mark) => mark.kind === 'batch' ? mark.batch : mark.event;

/** Where a key leads. Undefined: nowhere. */
export function moved({ rows }: Rows, from: Selection | undefined, key: string): Selection | undefined {
  if (!from) {
    const row = rows.findIndex(({ marks }) => marks.length > 0);
    return row < 0 ? undefined : { row, index: 0 };
  }
  const { marks } = rows[from.row];
  const mark = marks[from.index];
  if (from.call !== undefined && mark.kind === 'batch') {
    return movedInBatch(mark.batch, from, from.call, key);
  }
  const along = (index: number) => index >= 0 && index < marks.length ? { row: from.row, index } : undefined;
  switch (key) {
    case 'ArrowLeft': return along(from.index - 1);
    case 'ArrowRight': return along(from.index + 1);
    case 'PageUp': return along(Math.max(0, from.index - 20));
    case 'PageDown': return along(Math.min(marks.length - 1, from.index + 20));
    case 'Home': return along(0);
    case 'End': return along(marks.length - 1);
    case 'ArrowUp': return across(rows, from, -1);
    case 'ArrowDown': return across(rows, from, 1);
    default: return undefined;
  }
}

/** To the nearest mark of the next row that has any. */
function across(rows: readonly Row[], { row, index }: Selection, step: number): Selection | undefined {
  const { from } = rows[row].marks[index];
  for (let at = row + step; at >= 0 && at < rows.length; at += step) {
    const { marks } = rows[at];
    if (marks.length > 0) {
      const away = marks.map((mark) => Math.abs(mark.from - from));
      return { row: at, index: away.indexOf(away.reduce((least, one) => Math.min(least, one), Infinity)) };
    }
  }
  return undefined;
}

function movedInBatch({ calls = [] }: ViewBatch, { row, index }: Selection, call: number, key: string): Selection | undefined {
  const to = (next: number) => next >= 0 && next < calls.length ? { row, index, call: next } : undefined;
  const ofLane = (step: number) => {
    const lanes = [...new Set(calls.map(({ lane }) => lane))];
    const lane = lanes[lanes.indexOf(calls[call].lane) + step];
    return lane === undefined ? undefined : to(calls.findIndex((one) => one.lane === lane));
  };
  switch (key) {
    case 'Escape': return { row, index };
    case 'ArrowLeft': return to(call - 1);
    case 'ArrowRight': return to(call + 1);
    case 'Home': return to(0);
    case 'End': return to(calls.length - 1);
    case 'ArrowUp': return ofLane(-1);
    case 'ArrowDown': return ofLane(1);
    default: return undefined;
  }
}
