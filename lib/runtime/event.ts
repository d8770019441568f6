import { InvalidEventError } from './errors';
import { expected } from './expected';
import type { StreamEvent, StreamRecord } from '../stream/record';
import { compareSequenceNumbers } from '../stream/sequence-number';

/** A record that has what the runtime relies on. */
export interface CheckedRecord extends StreamRecord {
  readonly eventName: NonNullable<StreamRecord['eventName']>;
  readonly dynamodb: NonNullable<StreamRecord['dynamodb']> & {
    readonly Keys: NonNullable<NonNullable<StreamRecord['dynamodb']>['Keys']>;
    readonly SequenceNumber: string;
  };
}

const EVENT_NAMES = ['INSERT', 'MODIFY', 'REMOVE'];

/** Whether the event belongs to a tumbling window. */
export function isWindow(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'window' in event;
}

/**
 * The records of one batch: every one has keys and a sequence number, all are of one stream, and they are in order.
 *
 * @throws InvalidEventError if the event is anything else.
 */
export function readRecords(event: StreamEvent): readonly CheckedRecord[] {
  const records: unknown = (event as StreamEvent | undefined)?.Records;
  if (!Array.isArray(records)) {
    throw new InvalidEventError(expected('The event', 'that of a DynamoDB stream, { Records: [ … ] }', event));
  }
  let inOrder = true;
  for (let i = 0; i < records.length; i++) {
    checkRecord(records[i], i, records[0]);
    inOrder &&= i === 0 || compare(records[i - 1], records[i]) <= 0;
  }
  // Lambda delivers in order; a hand-made event may not.
  return inOrder ? records : [...records].sort(compare);
}

function checkRecord(record: StreamRecord | undefined, index: number, first: StreamRecord): asserts record is CheckedRecord {
  const problem = problemOf(record, first);
  if (problem) {
    const [name, allowed, given] = problem;
    throw new InvalidEventError(expected(`Records[${index}]${name}`, allowed, given));
  }
}

/** Which part of a record is wrong, what it has to be, and what it is. */
function problemOf(record: StreamRecord | undefined, first: StreamRecord): [string, string, unknown] | undefined {
  const change = record?.dynamodb;
  if (!change) {
    return ['', `of a DynamoDB stream, with "dynamodb" (eventSource: ${record?.eventSource})`, record];
  }
  if (!EVENT_NAMES.includes(record.eventName!)) {
    return ['.eventName', EVENT_NAMES.join(', '), record.eventName];
  }
  if (!hasKeys(change.Keys)) {
    return ['.dynamodb.Keys', "the item's key, which its order depends on", change.Keys];
  }
  if (!change.SequenceNumber) {
    return ['.dynamodb.SequenceNumber', 'a decimal string, which failures are reported by', change.SequenceNumber];
  }
  if (record.eventSourceARN !== first.eventSourceARN) {
    return ['.eventSourceARN', `that of Records[0], ${first.eventSourceARN}, because a batch is of one stream`, record.eventSourceARN];
  }
  return undefined;
}

function hasKeys(keys: unknown): boolean {
  for (const _name in keys as object) {
    return true;
  }
  return false;
}

function compare(a: CheckedRecord, b: CheckedRecord): number {
  return compareSequenceNumbers(a.dynamodb.SequenceNumber, b.dynamodb.SequenceNumber);
}
