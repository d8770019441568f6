import { type Mark, reach, type Row } from './rows';
import { type Axis, firstWhere, onAxis, type AxisRange } from './scale';
import type { View } from './view';

/** The part of a view that is drawn, and its width. */
export interface Frame {
  readonly axis: Axis;
  readonly range: AxisRange;
  /** In pixels. */
  readonly width: number;
}

/** Left of the marks: the numbers of environments, and of the line of ages. */
export const GUTTER = 46;
export const RIGHT = 8;

/** From an axis to pixels. */
export interface Pixels {
  /** Of a moment. */
  readonly of: (moment: number) => number;
  /** Of a time. */
  readonly at: (time: number) => number;
  readonly left: number;
  readonly right: number;
}

export function pixelsOf(view: View, { axis, range: { from, to }, width }: Frame): Pixels {
  const [left, right] = [GUTTER, width - RIGHT];
  const scale = (right - left) / (to - from);
  const positions = view[axis === 'time' ? 'times' : 'places'];
  return { of: (moment) => left + (positions[moment] - from) * scale, at: (time) => left + (onAxis(view, axis, time) - from) * scale, left, right };
}

/** Hands over those of which a part is between left and right, without a look at those before and after. */
export function eachVisible(view: View, { marks, ends }: Row, { of, left, right }: Pixels, take: (mark: Mark) => void): void {
  for (let index = firstWhere(marks.length, (at) => of(ends[at]) >= left - 2); index < marks.length; index++) {
    const mark = marks[index];
    if (of(mark.from) > right + 2) {
      return;
    }
    if (of(mark.to) >= left - 2 || of(reach(view, mark)) >= left) {
      take(mark);
    }
  }
}
