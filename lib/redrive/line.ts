import { type GivenUpRecord, inOrder, isOfOneEvent, type Lane } from './inventory';

/** How much goes into an event. */
export interface Portion {
  readonly records: number;
  readonly bytes: number;
}

/** The records of a group that wait to be sent, in the order of their streams. */
export class Line {
  private readonly records: readonly GivenUpRecord[];
  private next = 0;
  /** The records before `next` that waited for others of their item. */
  private passedOver: GivenUpRecord[] = [];

  constructor(lanes: Iterable<Lane>) {
    this.records = [...lanes].flatMap((lane) => lane.records).sort(inOrder);
  }

  /**
   * The next records of one stream for one function, and none of an item that is in an invocation already. Their lanes are busy until they are released.
   */
  take(portion: Portion): GivenUpRecord[] {
    const taken: GivenUpRecord[] = [];
    const taking = new Set<Lane>();
    const waiting: GivenUpRecord[] = [];
    let bytes = 0;
    let isFull = false;
    const offer = (record: GivenUpRecord) => {
      if (record.lane.isClosed || record.outcome) {
        return;
      }
      isFull ||= taken.length > 0
        && (taken.length === portion.records || bytes + record.bytes > portion.bytes || !isOfOneEvent(taken[0], record));
      if (isFull || (record.lane.isBusy && !taking.has(record.lane))) {
        waiting.push(record);
        return;
      }
      record.lane.isBusy = true;
      taking.add(record.lane);
      taken.push(record);
      bytes += record.bytes + 1;
    };
    const before = this.passedOver;
    before.forEach(offer);
    while (!isFull && this.next < this.records.length) {
      offer(this.records[this.next++]);
    }
    this.passedOver = waiting;
    return taken;
  }

  release(lanes: Iterable<Lane>): void {
    for (const lane of lanes) {
      lane.isBusy = false;
    }
  }
}
