import type { View } from './view';
import { spanText } from './words';

/** What is from left to right: time as it passes, or step by step, where everything that happens has room and waits are short. */
export type Axis = 'steps' | 'time';

/** A part of an axis, in its units. */
export interface AxisRange {
  readonly from: number;
  readonly to: number;
}

/** The whole axis, with some room at the ends. */
export function wholeRange(view: View, axis: Axis): AxisRange {
  const at = view[axis === 'time' ? 'times' : 'places'];
  const [from, to] = [at[0] ?? 0, at[at.length - 1] ?? 0];
  const room = Math.max((to - from) * 0.02, axis === 'time' ? 1 : 0.5);
  return { from: from - room, to: to + room };
}

/**
 * The axis on which more can be seen. Most of a simulation often happens at once, between long waits: as it passes, time would hide it.
 */
export function bestAxis({ times, batches }: View): Axis {
  const pixel = ((times[times.length - 1] ?? 0) - (times[0] ?? 0)) / 400;
  const distinct = new Set(batches.map(({ from }) => Math.floor((times[from] - times[0]) / (pixel || 1))));
  return distinct.size < Math.min(batches.length, 200) / 2 || pixel === 0 ? 'steps' : 'time';
}

/** Where a time is on an axis. */
export function onAxis({ times, places }: View, axis: Axis, time: number): number {
  return axis === 'time' ? time : between(times, places, time);
}

/** Which time is at a place of an axis. */
export function timeAt({ times, places }: View, axis: Axis, place: number): number {
  return axis === 'time' ? place : between(places, times, place);
}

/** Goes from one never falling list to another, along straight lines. */
function between(from: readonly number[], to: readonly number[], value: number): number {
  const last = from.length - 1;
  if (last < 0 || value <= from[0]) {
    return to[0] ?? 0;
  }
  if (value >= from[last]) {
    return to[last];
  }
  const low = firstWhere(from.length, (index) => from[index] > value) - 1;
  return to[low] + (to[low + 1] - to[low]) * (value - from[low]) / (from[low + 1] - from[low] || 1);
}

/** The first index of which it is true, where it is true of all after it. */
export function firstWhere(length: number, isTrue: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isTrue(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** A label of an axis. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** Labels of an axis, as many as have room: times since the start. */
export function ticks(view: View, axis: Axis, { from, to }: AxisRange, most: number): Tick[] {
  const start = view.times[0] ?? 0;
  if (axis === 'time') {
    const step = STEPS.find((one) => (to - from) / one <= most) ?? Math.ceil((to - from) / most / DAY) * DAY;
    const first = Math.ceil((from - start) / step);
    return Array.from({ length: Math.max(0, Math.floor((to - start) / step) - first + 1) }, (_, index) => (
      { at: start + (first + index) * step, text: `+${spanText((first + index) * step)}` }
    )).filter(({ at }) => at >= start);
  }
  const all = Array.from({ length: most }, (_, index) => from + (to - from) * (index + 0.5) / most)
    .map((at): Tick => ({ at, text: `+${spanText(timeAt(view, axis, at) - start)}` }));
  return all.filter(({ text }, index) => text !== all[index - 1]?.text);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY,
];
