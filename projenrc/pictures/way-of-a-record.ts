import { Drawing } from './drawing';

const LEFT = 110;
const SIZE = [270, 60] as const;
const MIDDLE = LEFT + SIZE[0] / 2;
const RIGHT = LEFT + SIZE[0];

/** From the table to the function, and what becomes of a record that fails. */
export function wayOfARecord(): Drawing {
  const drawing = new Drawing(644, 'The way of a record: from the table through the stream and the event source mapping to the function; '
    + 'what fails goes to the failure destination, and comes back by a redrive.')
    .box([LEFT, 20], SIZE, 'DynamoDB table', 'an item changes')
    .arrow([[MIDDLE, 80], [MIDDLE, 108]])
    .frame([LEFT, 110], [SIZE[0], 92])
    .text(MIDDLE, 135, 'Stream', { anchor: 'middle', look: 'title' })
    .text(MIDDLE, 155, 'changes in order, kept for 24 hours', { anchor: 'middle', look: 'muted' })
    .arrow([[MIDDLE, 202], [MIDDLE, 232]])
    .box([LEFT, 234], SIZE, 'Event source mapping', 'Lambda filters, batches, retries')
    .arrow([[MIDDLE - 45, 294], [MIDDLE - 45, 348]])
    .text(MIDDLE - 53, 326, 'batch', { anchor: 'end' })
    .arrow([[MIDDLE + 45, 350], [MIDDLE + 45, 296]])
    .text(MIDDLE + 53, 326, 'checkpoint')
    .frame([LEFT, 350], [SIZE[0], 138])
    .text(MIDDLE, 375, 'Function', { anchor: 'middle', look: 'title' })
    .frame([LEFT + 12, 390], [SIZE[0] - 24, 38], 'group')
    .text(MIDDLE, 414, 'runtime: order, checkpoint', { anchor: 'middle' })
    .frame([LEFT + 12, 438], [SIZE[0] - 24, 38], 'group')
    .text(MIDDLE, 462, 'your handler, a record at a time', { anchor: 'middle' })
    .arrow([[MIDDLE, 488], [MIDDLE, 560]])
    .text(MIDDLE + 8, 518, 'parked:')
    .text(MIDDLE + 8, 536, 'one record, whole')
    .box([LEFT, 562], SIZE, 'Failure destination', 'a queue, a topic or a bucket', 'failed')
    .arrow([[RIGHT, 264], [408, 264], [408, 592], [RIGHT + 2, 592]])
    .text(416, 408, 'given up:')
    .text(416, 426, 'a batch')
    .arrow([[LEFT, 592], [78, 592], [78, 419], [LEFT - 2, 419]])
    .text(70, 510, 'redrive', { anchor: 'end' });
  for (let at = 0; at < 8; at++) {
    drawing.record(MIDDLE - 116 + at * 30, 167, '', 'plain', 22);
  }
  return drawing;
}
