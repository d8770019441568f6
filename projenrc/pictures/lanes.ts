import { Drawing, type Kind, RECORD } from './drawing';

/** A batch: the item of each record, and what becomes of it. */
export const BATCH: readonly (readonly [item: string, kind: Kind])[] = [
  ['A', 'done'], ['B', 'done'], ['C', 'done'], ['A', 'done'], ['B', 'failed'], ['C', 'done'], ['D', 'done'], ['B', 'waiting'],
];
const x = (at: number) => 62 + at * 50;

/** How a batch is sorted into lanes, and what the answer says. */
export function lanes(): Drawing {
  const drawing = new Drawing(616, 'Lanes and checkpoint: the records of a batch are sorted into a lane for each item. Record 5 fails, so its lane stops. '
    + 'The other lanes go on. The checkpoint is 5, the lowest record that is not done: 5 to 8 come again.')
    .text(24, 38, 'A batch from one shard, in order', { look: 'title' });
  BATCH.forEach(([item], at) => {
    drawing.record(x(at), 54, item).text(x(at) + RECORD / 2, 112, `${at + 1}`, { anchor: 'middle', look: 'muted' });
  });

  drawing.rule(132).text(24, 164, 'Lanes: one for each item, side by side', { look: 'title' });
  ['A', 'B', 'C', 'D'].forEach((lane, row) => {
    const y = 180 + row * 58;
    drawing.frame([52, y], [410, 50], 'group').text(36, y + 30, lane, { anchor: 'middle' });
    BATCH.forEach(([item, kind], at) => item === lane && drawing.record(x(at), y + 5, `${at + 1}`, kind));
  });
  drawing.text(52, 434, 'Record 5 fails: its lane stops, and the others go on.', { look: 'muted' });

  drawing.rule(454).text(24, 486, 'The answer: the checkpoint is 5', { look: 'title' });
  BATCH.forEach(([, kind], at) => drawing.record(x(at), 502, `${at + 1}`, kind));
  return drawing
    .bracket(x(0), x(3) + RECORD, 548, 'done for good')
    .bracket(x(4), x(7) + RECORD, 548, 'comes again')
    .text(24, 600, 'The process remembers 6 and 7, and does not do them twice.', { look: 'muted' });
}
