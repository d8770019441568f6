import { counted } from './counted';
import { firstWhere } from './scale';
import { EVENT_KINDS, type View, type ViewBatch, type ViewEvent } from './view';
import { shardName, spanText, untilExpiry } from './words';

/** Something that is drawn, and that can be pointed at. */
export type Mark =
  | { readonly kind: 'batch'; readonly batch: ViewBatch; readonly from: number; readonly to: number }
  | { readonly kind: 'event'; readonly event: ViewEvent; readonly from: number; readonly to: number };

/** A row of the view, across the whole of time. `from` and `to` of its marks are moments. */
export interface Row {
  readonly kind: 'shard' | 'destination' | 'environment' | 'age';
  readonly label: string;
  /** Of the band that marks are in, below the label. */
  readonly y: number;
  readonly height: number;
  /** How many marks may be one above another. */
  readonly slots: number;
  /** In the order in which they begin. */
  readonly marks: readonly Mark[];
  /** For each mark, the last moment at which it or one before it ends, its wait for a retry included: it never falls. */
  readonly ends: readonly number[];
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly height: number;
}

/** Above the first row: the labels of the axis. */
export const HEAD = 22;
const LABEL = 18;
/** Below a band of batches: what failed, and the checkpoints. */
const FOOT = 9;
const GAP = 6;
/** Environments beyond share a row. */
const MOST_ENVIRONMENTS = 12;

/** What is drawn below each other. */
export function rowsOf(view: View): Rows {
  const { shards, environments, batches, events, times } = view;
  const rows: Row[] = [];
  let y = HEAD;
  const add = (kind: Row['kind'], label: string, slots: number, slotHeight: number, marks: readonly Mark[], foot = GAP) => {
    y += label === '' ? 0 : LABEL;
    let end = 0;
    rows.push({ kind, label, y, height: slots * slotHeight, slots, marks, ends: marks.map((mark) => end = Math.max(end, reach(view, mark))) });
    y += slots * slotHeight + foot;
  };
  const byShard = shards.map((): Mark[] => []);
  const byEnvironment = Array.from({ length: Math.min(environments.length, MOST_ENVIRONMENTS) }, (): Mark[] => []);
  for (const batch of batches) {
    const mark: Mark = { kind: 'batch', batch, from: batch.from, to: batch.to ?? times.length - 1 };
    byShard[batch.shard].push(mark);
    if (batch.environment !== undefined) {
      byEnvironment[batch.environment % MOST_ENVIRONMENTS].push(mark);
    }
  }
  shards.forEach(({ slots, parentShardId }, index) => {
    const parent = shards.findIndex(({ shardId, trigger }) => shardId === parentShardId && trigger === shards[index].trigger);
    const label = `${shardName(view, index)}${parent < 0 ? '' : `, a child of ${shardName(view, parent)}`}`;
    add('shard', label, slots, byShard[index].length === 0 ? 8 : slots === 1 ? 30 : slots <= 3 ? 20 : 11, byShard[index], FOOT + GAP);
  });
  if (events.length > 0) {
    const kinds = EVENT_KINDS.filter((kind) => events.some((event) => event.kind === kind));
    const words = { parked: 'parked ◆', givenUp: 'given up ■', refused: 'refused ☒', lost: 'lost ✕' };
    add('destination', `Failure destination: ${kinds.map((kind) => words[kind]).join('  ')}`, 1, 22,
      events.map((event) => ({ kind: 'event', event, from: event.moment, to: event.moment })));
  }
  byEnvironment.forEach((marks, index) => {
    const label = `${counted(environments.length, 'environment')}${environments.length > MOST_ENVIRONMENTS ? `, in ${MOST_ENVIRONMENTS} rows` : ''}`;
    add('environment', index === 0 ? label : '', 1, 12, marks, index === byEnvironment.length - 1 ? GAP : 0);
  });
  if (batches.some(({ age }) => age !== undefined)) {
    const { highestAge } = view.figures;
    add('age', `Iterator age: ${spanText(highestAge)} at most, ${untilExpiry(highestAge)}`, 1, 56, [], 10);
  }
  return { rows, height: y };
}

/** The last moment at which something of a mark is drawn: its end, or that of its wait for a retry. */
export function reach({ times }: View, mark: Mark): number {
  const until = mark.kind === 'batch' ? mark.batch.retry?.until : undefined;
  return until === undefined ? mark.to : Math.max(mark.to, Math.min(times.length - 1, firstWhere(times.length, (at) => times[at] >= until)));
}
