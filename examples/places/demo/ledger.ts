import type { FailedBatch } from '../../../lib/stream/failed-batch';
import type { ParkedRecord } from '../../../lib/stream/parked-record';
import type { StreamEvent, StreamRecord } from '../../../lib/stream/record';
import { compareSequenceNumbers } from '../../../lib/stream/sequence-number';
import type { AuditLine } from '../audit';

/** Keeps account of every record, from what is seen outside of the runtime and the engine: events, log lines, the failure queue. */
export class Ledger {
  /** Times that the function was invoked. */
  invocations = 0;
  /** Of these, with a record that had come before. */
  retries = 0;
  handlerCalls = 0;
  /** Calls beside another one of the same item, and first successes of a record after a newer one of the item had succeeded. */
  orderViolations = 0;

  private readonly deliveredRecords = new Map<string, { record: StreamRecord; shardId: string }>();
  private readonly done = new Set<string>();
  private readonly failedRecords = new Map<string, StreamRecord>();
  private readonly newestDone = new Map<string, string>();

  /** Records that reached the function, each counted once. */
  get delivered(): number {
    return this.deliveredRecords.size;
  }

  /** The records on the failure destination. */
  get failed(): StreamRecord[] {
    return [...this.failedRecords.values()];
  }

  /** Records with an end: done, or on the failure destination. */
  get settled(): number {
    return new Set([...this.done, ...this.failedRecords.keys()]).size;
  }

  invoked(shardId: string, { Records }: StreamEvent): void {
    this.invocations++;
    if (Records.some((record) => this.deliveredRecords.has(record.eventID!))) {
      this.retries++;
    }
    for (const record of Records) {
      this.deliveredRecords.set(record.eventID!, { record, shardId });
    }
  }

  called({ eventId, item, sequenceNumber, done, overlaps }: AuditLine): void {
    this.handlerCalls++;
    this.orderViolations += overlaps ? 1 : 0;
    if (!done || this.done.has(eventId)) {
      return;
    }
    this.done.add(eventId);
    const newest = this.newestDone.get(item);
    if (newest !== undefined && compareSequenceNumbers(sequenceNumber, newest) < 0) {
      this.orderViolations++;
    } else {
      this.newestDone.set(item, sequenceNumber);
    }
  }

  /** A message from the failure queue: a record parked whole, or Lambda's own, which says where in the stream the records are. */
  gaveUp(message: FailedBatch | ParkedRecord): void {
    const records = 'record' in message ? [message.record] : this.recordsOf(message);
    for (const record of records) {
      this.failedRecords.set(record.eventID!, record);
    }
  }

  private recordsOf({ DDBStreamBatchInfo: { shardId, startSequenceNumber, endSequenceNumber } }: FailedBatch): StreamRecord[] {
    return [...this.deliveredRecords.values()]
      .filter((delivered) => delivered.shardId === shardId)
      .map(({ record }) => record)
      .filter(({ dynamodb }) => compareSequenceNumbers(dynamodb!.SequenceNumber!, startSequenceNumber) >= 0
        && compareSequenceNumbers(dynamodb!.SequenceNumber!, endSequenceNumber) <= 0);
  }
}
