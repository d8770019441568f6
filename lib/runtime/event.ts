import { InvalidEventError } from './errors';
import { expected } from './expected';
import { EVENT_NAMES, type StreamEvent, type StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** A record that has what the runtime relies on. */
export interface CheckedRecord extends StreamRecord {
  readonly eventName: NonNullable<StreamRecord['eventName']>;
  readonly dynamodb: NonNullable<StreamRecord['dynamodb']> & {
    readonly Keys: NonNullable<NonNullable<StreamRecord['dynamodb']>['Keys']>;
    readonly SequenceNumber: string;
  };
}

/** Whether the event belongs to a tumbling window. */
export function isWindow(event: unknown): boolean {
  return !!(event as { window?: unknown } | undefined)?.window;
}

/**
 * The records of one batch: every one has keys and a sequence number, all are of one stream, and they are in order.
 *
 * @throws InvalidEventError if the event is anything else.
 */
export function readRecords(event: StreamEvent): readonly CheckedRecord[] {
  const records: unknown = (event as StreamEvent | undefined)?.Records;
  if (!Array.isArray(records)) {
    throw new InvalidEventError(expected('The event', 'that of a DynamoDB stream, { Records: [] }', event));
  }
  let before: CheckedRecord | undefined;
  let inOrder = true;
  for (const record of records) {
    const problem = problemOf(record, records[0]?.eventSourceARN);
    if (problem) {
      const [part, allowed, given] = problem;
      throw new InvalidEventError(expected(`Records[${records.indexOf(record)}]${part}`, allowed, given));
    }
    inOrder &&= !before || compare(before, record) <= 0;
    before = record;
  }
  // Lambda delivers in order; a hand-made event may not.
  return inOrder ? records : [...records].sort(compare);
}

/** Which part of a record is wrong, what it has to be, and what it is. */
function problemOf(record: StreamRecord | undefined, eventSourceARN: string | undefined): [string, string, unknown] | undefined {
  const change = record?.dynamodb;
  if (!change) {
    return ['', `of a DynamoDB stream (eventSource: ${record?.eventSource})`, record];
  }
  if (!EVENT_NAMES.includes(record.eventName!)) {
    return ['.eventName', EVENT_NAMES.join(), record.eventName];
  }
  if (isEmpty(change.Keys)) {
    return ['.dynamodb.Keys', "the item's key", change.Keys];
  }
  if (!change.SequenceNumber) {
    return ['.dynamodb.SequenceNumber', 'a decimal string', change.SequenceNumber];
  }
  if (record.eventSourceARN !== eventSourceARN) {
    return ['.eventSourceARN', `${eventSourceARN}: a batch is of one stream`, record.eventSourceARN];
  }
  return undefined;
}

function isEmpty(keys: object | undefined): boolean {
  for (const _name in keys) {
    return false;
  }
  return true;
}

function compare(a: CheckedRecord, b: CheckedRecord): number {
  return compareSequenceNumbers(a.dynamodb.SequenceNumber, b.dynamodb.SequenceNumber);
}
