import { Drawing, type Kind } from './drawing';

/** What tells a bad record from an outage, and what becomes of each. */
export function parkedOrGivenUp(): Drawing {
  const drawing = new Drawing(592, 'Parked or given up: a record that fails while others succeed is parked whole, and the shard goes on. '
    + 'Where everything fails, records wait, with growing pauses, and are processed when the outage is over. '
    + 'A batch is given up only if the outage lasts longer than its retries or 22 hours.');

  drawing.text(24, 38, 'A bad record: it fails, and others succeed', { look: 'title' })
    .arrow([[132, 90], [132, 122]])
    .box([24, 124], [230, 60], 'Failure destination', 'parked: the record, whole', 'failed')
    .text(274, 150, 'The shard goes on,')
    .text(274, 170, 'without this record.');
  row(drawing, 54, [[24, 'done'], [70, 'done'], [116, 'failed'], [162, 'done'], [208, 'done'], [254, 'done'], [300, 'done'], [346, 'done'], [392, 'done'], [438, 'done']]);

  drawing.rule(208).text(24, 240, 'An outage: everything fails', { look: 'title' });
  row(drawing, 256, [[24, 'failed'], [70, 'failed'], [140, 'failed'], [258, 'failed'], [392, 'done'], [438, 'done']]);
  pauses(drawing, 276);
  drawing.text(24, 314, 'Records wait, with growing pauses. When the outage is')
    .text(24, 334, 'over, they are processed, in order. Nothing is parked.');

  drawing.rule(358).text(24, 390, 'An outage that outlasts retries or 22 hours', { look: 'title' })
    .arrow([[408, 442], [408, 474]])
    .box([246, 476], [230, 60], 'Failure destination', 'given up: the batch', 'failed')
    .text(24, 502, 'A queue gets a pointer,')
    .text(24, 522, 'good for 24 hours. A bucket')
    .text(24, 542, 'gets the batch, whole.')
    .text(24, 574, 'A redrive brings back what is parked, and what is given up.', { look: 'muted' });
  row(drawing, 406, [[24, 'failed'], [70, 'failed'], [140, 'failed'], [258, 'failed'], [393, 'failed']]);
  pauses(drawing, 426);
  return drawing;
}

/** Tries, from left to right. */
function row(drawing: Drawing, y: number, tries: readonly (readonly [x: number, kind: Kind])[]): void {
  tries.forEach(([x, kind]) => drawing.record(x, y, '', kind, 32));
}

/** Between the tries of an outage: each longer than the one before. */
function pauses(drawing: Drawing, y: number): void {
  [121, 215, 341].forEach((x) => drawing.text(x, y, '…', { anchor: 'middle' }));
}
