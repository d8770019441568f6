import { drawBatches, mostRecords } from './draw-batches';
import { Paths, round, textAt } from './paths';
import { eachVisible, type Frame, type Pixels, pixelsOf } from './pixels';
import { HEAD, type Row, type Rows } from './rows';
import { firstWhere, ticks } from './scale';
import type { EventKind, View } from './view';
import { spanText } from './words';
import { STREAM_RETENTION } from '../stream/shard';

/** In pixels. */
const TICK_WIDTH = 96;

/**
 * Draws a part of a view as the content of an SVG. However much there is, its elements are few: marks of a look are one path, and those
 * too close to be told apart are one shape. Failures are on top, and never too small to be seen.
 */
export function draw(view: View, { rows, height }: Rows, frame: Frame): string {
  const place = pixelsOf(view, frame);
  const texts: string[] = [];
  const paths = new Paths(place.left, place.right);
  const most = mostRecords(view);
  for (const { at, text } of ticks(view, frame.axis, frame.range, Math.max(2, Math.floor((place.right - place.left) / TICK_WIDTH)))) {
    const x = place.left + (at - frame.range.from) / (frame.range.to - frame.range.from) * (place.right - place.left);
    paths.line('grid', x, HEAD - 6, x, height - 4);
    const isLast = x + text.length * 3.5 > place.right;
    texts.push(textAt(isLast ? place.right : x, 12, text, 'tick', isLast ? 'end' : 'middle'));
  }
  for (const row of rows) {
    if (row.label !== '') {
      texts.push(textAt(4, row.y - 5, row.label, 'label', 'start'));
    }
    if (row.kind !== 'environment') {
      paths.rect('band', place.left, row.y, place.right - place.left, row.height);
    }
    switch (row.kind) {
      case 'shard':
        drawBatches(view, row, most, place, paths, texts);
        break;
      case 'environment':
        paths.line('grid', place.left, row.y + row.height, place.right, row.y + row.height);
        drawEnvironment(view, row, place, paths, texts);
        break;
      case 'destination':
        drawEvents(view, row, place, paths, texts);
        break;
      case 'age':
        drawAge(view, row, place, paths, texts);
        break;
    }
  }
  return `${paths.svg()}${texts.join('')}`;
}

function drawEnvironment(view: View, row: Row, place: Pixels, paths: Paths, texts: string[]): void {
  const { y, height, marks } = row;
  const first = marks[0]?.kind === 'batch' ? marks[0].batch.environment : undefined;
  if (first !== undefined) {
    texts.push(textAt(place.left - 5, y + height - 2, `${view.environments[first].number}`, 'tick', 'end'));
  }
  eachVisible(view, row, place, (mark) => {
    if (mark.kind === 'batch') {
      const x = place.of(mark.from);
      // Taller where it failed, for those who can't tell the colours apart.
      const inset = mark.batch.outcome === 'failed' ? 1 : 3;
      paths.bar(mark.batch.outcome, x, y + inset, Math.max(2, place.of(mark.to) - x - 0.5), height - 2 * inset);
    }
  });
}

function drawEvents(view: View, row: Row, place: Pixels, paths: Paths, texts: string[]): void {
  const { y, height } = row;
  const middle = y + height / 2;
  let free = -Infinity;
  eachVisible(view, row, place, (mark) => {
    if (mark.kind !== 'event') {
      return;
    }
    const { event: { kind, records } } = mark;
    const x = place.of(mark.from);
    paths.add(kind, `M${round(x)} ${middle}${SIGNS[kind]}`);
    if (records > 1 && x > free) {
      const text = records.toLocaleString('en');
      texts.push(textAt(x + 9, middle + 4, text, 'tick', 'start'));
      free = x + 14 + text.length * 7;
    }
  });
}

/** Relative to the middle. */
const SIGNS: Readonly<Record<EventKind, string>> = {
  parked: 'm-7 0l7-7l7 7l-7 7z',
  givenUp: 'm-6-6h12v12h-12z',
  refused: 'm-6-6h12v12h-12zl12 12m0-12l-12 12',
  lost: 'm-6-6l12 12m0-12l-12 12',
};

/** The highest age of all shards, from invocation to invocation. */
function drawAge(view: View, { y, height }: Row, place: Pixels, paths: Paths, texts: string[]): void {
  const retention = STREAM_RETENTION * 1000;
  const { highestAge } = view.figures;
  const top = highestAge > retention / 3 ? Math.max(retention, highestAge) : Math.max(highestAge, 1000);
  const yOf = (age: number) => y + height - 2 - Math.max(0, age) / top * (height - 6);
  const points: Point[] = [];
  const { batches } = view;
  let index = firstWhere(batches.length, (at) => place.of(batches[at].from) >= place.left);
  do {
    index--;
  } while (index >= 0 && batches[index].age === undefined);
  for (index = Math.max(0, index); index < batches.length; index++) {
    const { from, age } = batches[index];
    if (age === undefined) {
      continue;
    }
    const [x, ofAge] = [place.of(from), yOf(age)];
    const last = points[points.length - 1];
    if (last && (x < place.left || x - last.x < 1)) {
      // Of those that share a pixel, the highest age. Of those to the left, the last one.
      points[points.length - 1] = x < place.left ? { x, y: ofAge } : { x: last.x, y: Math.min(last.y, ofAge) };
    } else {
      points.push({ x, y: ofAge });
    }
    if (x > place.right) {
      break;
    }
  }
  const line = cut(points, place).map((point) => `${round(point.x)} ${round(point.y)}`).join('L');
  paths.add('age', line === '' ? '' : `M${line}`);
  texts.push(textAt(place.left - 5, y + 9, spanText(top).replace(/ \d+ (min|s)$/, ''), 'tick', 'end'), textAt(place.left - 5, y + height, '0', 'tick', 'end'));
  if (top >= retention) {
    paths.line('limit', place.left, yOf(retention), place.right, yOf(retention));
    texts.push(textAt(place.right - 4, yOf(retention) + 13, 'expired', 'tick', 'end'));
  }
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The visible part of a line. Its first and its last point may be out of sight, to the left and to the right. */
function cut(points: readonly Point[], { left, right }: Pixels): Point[] {
  const at = (x: number, one: Point, other: Point) => ({ x, y: one.y + (other.y - one.y) * (x - one.x) / (other.x - one.x || 1) });
  return points.flatMap((point, index) => {
    const other = point.x < left ? points[index + 1] : points[index - 1];
    return point.x >= left && point.x <= right ? point : other ? at(point.x < left ? left : right, point, other) : [];
  });
}
