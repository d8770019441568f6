import { InvalidEventError } from './errors';
import { expected } from './expected';
import { itemKey } from '../stream/item-key';
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

/** The records of one batch, and copies of what the answer is made of: nothing that a handler does to the event changes it. */
export interface Batch {
  readonly streamArn: string;
  readonly records: readonly CheckedRecord[];
  readonly sequenceNumbers: readonly string[];
  /** The full key of each record's item, as text. */
  readonly items: readonly string[];
}

/**
 * Reads an event: every record has keys and a sequence number, all are of one stream, and they are in order.
 *
 * @throws InvalidEventError if the event is anything else.
 */
export function readBatch(event: StreamEvent): Batch {
  const records = readRecords(event);
  return {
    streamArn: records[0]?.eventSourceARN ?? '',
    records,
    sequenceNumbers: records.map(({ dynamodb }) => dynamodb.SequenceNumber),
    items: records.map(({ dynamodb }) => itemKey(dynamodb.Keys)),
  };
}

function readRecords(event: StreamEvent): readonly CheckedRecord[] {
  const records: unknown = (event as StreamEvent | undefined)?.Records;
  if (!Array.isArray(records)) {
    throw new InvalidEventError(expected('The event', WHAT, event)
      + (Array.isArray(event) ? ': EventBridge Pipes delivers an array of records; see "Pipes" in docs/runtime.md' : ''));
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
  return inOrder ? [...records] : [...records].sort(compare);
}

const WHAT = 'that of a DynamoDB stream, { Records: [] }';

/** Which part of a record is wrong, what is allowed, and what it is. */
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
  if (!isDecimal(change.SequenceNumber)) {
    return ['.dynamodb.SequenceNumber', 'a decimal string', change.SequenceNumber && typeof change.SequenceNumber];
  }
  if (record.eventSourceARN !== eventSourceARN) {
    return ['.eventSourceARN', `${eventSourceARN}: a batch is of one stream`, record.eventSourceARN];
  }
  return undefined;
}

function isDecimal(value: unknown): boolean {
  return typeof value === 'string' && /^\d+$/.test(value);
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
