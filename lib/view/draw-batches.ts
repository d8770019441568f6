import { type Paths, round, textAt } from './paths';
import { eachVisible, type Pixels } from './pixels';
import type { Row } from './rows';
import type { View, ViewBatch } from './view';

/** From how many pixels on a batch shows the calls of the handler. */
export const LANES_FROM = 130;

/** That a number fits in. */
const LEAST_HEIGHT = 12;
const LEAST_WIDTH = 9;

/** In pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The batches of a shard: how large each is, how it went, what waits between them, and below them where the checkpoint moved.
 *
 * @param most as mostRecords has it
 */
export function drawBatches(view: View, row: Row, most: number, place: Pixels, paths: Paths, texts: string[]): void {
  const slotHeight = row.height / row.slots;
  const bottom = row.y + row.height;
  let checkpointFree = -Infinity;
  eachVisible(view, row, place, (mark) => {
    if (mark.kind !== 'batch') {
      return;
    }
    const { batch } = mark;
    const box = batchBox(most, batch, row.y + batch.slot * slotHeight, slotHeight, place.of(mark.from), place.of(mark.to));
    drawBatch(view, batch, box, place, paths, texts);
    const end = box.x + box.width;
    if (batch.retry) {
      const until = place.at(batch.retry.until);
      const y = row.y + (batch.slot + 0.5) * slotHeight;
      if (until > end + 3) {
        paths.line('wait', end + 2, y, until - 1, y);
      }
    }
    if (end < place.left) {
      return;
    }
    if (batch.split && slotHeight > 14) {
      paths.add('split', `M${round(end + 1)} ${round(row.y + (batch.slot + 0.5) * slotHeight)}h3l4-5m-4 5l4 5`);
    }
    if (batch.outcome === 'failed') {
      paths.bar('drip', box.x, bottom + 1, 2, 7);
    } else if (batch.checkpoint !== undefined && end > checkpointFree) {
      paths.add('checkpoint', `M${round(end - 0.5)} ${bottom + 2}l3.5 5h-7z`);
      checkpointFree = end + 8;
    }
  });
}

function batchBox(most: number, { records }: ViewBatch, top: number, slotHeight: number, from: number, to: number): Box {
  const share = 0.4 + 0.6 * Math.min(1, records / most);
  const height = Math.max((slotHeight - 3) * share, Math.min(slotHeight - 3, LEAST_HEIGHT));
  const width = Math.max(2, to - from - (to - from > 4 ? 1 : 0));
  return { x: from, y: top + slotHeight - 1 - height, width, height };
}

/** The most records that a batch has. */
export function mostRecords({ batches }: View): number {
  return batches.reduce((most, { records }) => Math.max(most, records), 1);
}

function drawBatch(view: View, batch: ViewBatch, box: Box, place: Pixels, paths: Paths, texts: string[]): void {
  const { outcome, records, left, calls } = batch;
  const { x, y, width, height } = box;
  if (calls && width >= LANES_FROM) {
    paths.rect('lane', x, y, width, height);
    drawLanes(view, batch, box, place, paths);
    return;
  }
  // Too narrow to be cut in two: what is not done matters more.
  const isCut = outcome === 'partial' && width >= 3;
  paths.bar(outcome === 'partial' && !isCut ? 'rest' : outcome, x, y, width, height);
  // What is not done is to the right, as its records are later.
  const notDone = isCut ? Math.max(1, width * left / records) : 0;
  if (isCut) {
    paths.rect('rest', x + width - notDone, y, notDone, height);
  }
  const from = Math.max(x, place.left);
  const shown = Math.min(x + width - notDone, place.right) - from;
  if (height < LEAST_HEIGHT || shown < LEAST_WIDTH) {
    return;
  }
  const middle = y + height / 2;
  const text = records.toLocaleString('en');
  const room = text.length * 7 + 4;
  const isCrossed = outcome === 'failed';
  const hasNumber = shown >= room + (isCrossed ? 12 : 0);
  if (isCrossed) {
    const center = hasNumber ? from + 8 : from + shown / 2;
    paths.add('cross', `M${round(center - 3)} ${round(middle - 3)}l6 6m0-6l-6 6`);
  }
  if (hasNumber) {
    texts.push(textAt(from + shown / 2 + (isCrossed ? 5 : 0), middle + 4, text, 'number'));
  }
}

/** The calls of the handler: a line for each item, and from left to right as they came. Between the tries of a record, its wait; and the deadline. */
function drawLanes(view: View, batch: ViewBatch, box: Box, place: Pixels, paths: Paths): void {
  const failed = new Map<string, number>();
  const { calls = [], deadline } = batch;
  for (const [index, { x, y, width, height, isGood }] of callBoxes(view, batch, box).entries()) {
    const { record, error } = calls[index];
    const since = failed.get(record);
    if (since !== undefined && x > since + 1) {
      paths.line('wait', since + 1, y + height / 2, x - 1, y + height / 2);
    }
    if (error === undefined) {
      failed.delete(record);
    } else {
      failed.set(record, x + width);
    }
    if (x + width < place.left || x > place.right) {
      continue;
    }
    paths.rect(isGood ? 'good' : 'bad', x, y, width, height);
    if (!isGood && width >= LEAST_WIDTH && height > 4) {
      paths.add('cross', `M${round(x + width / 2 - 2)} ${round(y + height / 2 - 2)}l4 4m0-4l-4 4`);
    }
  }
  if (deadline !== undefined) {
    const at = deadline === view.times[batch.to ?? -1] ? box.x + box.width : place.at(deadline);
    if (at >= place.left && at <= place.right) {
      paths.line('limit', at, box.y - 2, at, box.y + box.height + 2);
    }
  }
}

/** Where each call of a batch is drawn, in their order. */
export function callBoxes(
  { times }: View, { calls = [], from, to }: ViewBatch, { x, y, width, height }: Box,
): (Box & { readonly isGood: boolean })[] {
  const lanes = new Map<string, number>();
  calls.forEach(({ lane }) => lanes.has(lane) || lanes.set(lane, lanes.size));
  const laneHeight = Math.max(2, Math.min(8, (height - 4) / lanes.size));
  const fitting = Math.max(1, Math.floor((height - 4) / laneHeight));
  const start = times[from];
  const end = to === undefined ? times[times.length - 1] : times[to];
  // Where no time passes, the order is all there is.
  const isInstant = end === start;
  return calls.map((call, index) => {
    const began = isInstant ? index / calls.length : (call.from - start) / (end - start);
    const ended = isInstant ? (index + 1) / calls.length : ((call.to ?? end) - start) / (end - start);
    return {
      x: x + 3 + (width - 6) * began,
      y: y + 2 + (lanes.get(call.lane)! % fitting) * laneHeight,
      width: Math.max(2, (width - 6) * (ended - began) - 1),
      height: laneHeight - 1,
      isGood: call.error === undefined && call.to !== undefined,
    };
  });
}

/** Where a batch is drawn. */
export function placeOfBatch(view: View, batch: ViewBatch, row: Row, place: Pixels): Box {
  const slotHeight = row.height / row.slots;
  const [from, to] = [place.of(batch.from), place.of(batch.to ?? view.times.length - 1)];
  return batchBox(mostRecords(view), batch, row.y + batch.slot * slotHeight, slotHeight, from, to);
}
