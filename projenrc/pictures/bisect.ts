import { Drawing, type Kind, RECORD } from './drawing';

const x = (record: number) => 12 + record * 50;
const ROW = 96;

/** The tries in their order: which records, in which row, and whether the batch fails. */
export const TRIES: readonly (readonly [first: number, last: number, row: number, kind: Kind])[] = [
  [1, 8, 0, 'failed'], [1, 4, 1, 'done'], [5, 8, 1, 'failed'], [5, 6, 2, 'failed'], [5, 5, 3, 'done'], [6, 6, 3, 'failed'], [7, 8, 2, 'done'],
];

/** How a failing batch is halved until the bad record is alone. */
export function bisect(): Drawing {
  const drawing = new Drawing(562, 'Bisect: Lambda halves a batch that fails, the first half first, until the bad record, number 6, is alone. It is retried, and then given up.')
    .text(24, 38, 'Record 6 always fails, and the function throws', { look: 'title' });
  TRIES.forEach(([first, last, row, kind], at) => {
    const y = 56 + row * ROW;
    const middle = (x(first) + x(last) + RECORD) / 2;
    drawing.frame([x(first) - 3, y], [x(last) - x(first) + RECORD + 6, 74], 'group')
      .text(middle, y + 18, `try ${at + 1}`, { anchor: 'middle', look: 'muted' });
    for (let record = first; record <= last; record++) {
      drawing.record(x(record), y + 28, `${record}`, kind === 'failed' && record !== 6 ? 'waiting' : kind);
    }
    if (row > 0) {
      drawing.arrow([[middle, y - ROW + 74], [middle, y - 2]]);
    }
  });
  const middle = x(6) + RECORD / 2;
  return drawing
    .arrow([[middle, 418], [middle, 446]])
    .box([middle - 105, 448], [210, 60], 'Failure destination', 'record 6 alone', 'failed')
    .text(24, 440, 'Halving uses up no retry.')
    .text(24, 460, 'Alone, record 6 is retried')
    .text(24, 480, 'as often as you set, and')
    .text(24, 500, 'is then given up.')
    .text(24, 540, 'Dashed: in a failed batch, so these come again.', { look: 'muted' });
}
